/* What is checked after every step.

   agreement     every notarized block of a view at or after a finalized one has it as ancestor, so
                 two finalized blocks are on one chain                         (../README.md §12, 3, 4)
   certificates  one notarization a view; no nullification beside a finalization     (§12, 1, 2)
   R1            over all that a key ever sent, restarts included                    (§7)
   parents       a notarized proposal has a won parent, and the views between are nullified (§6)
   persistence   no vote is out there that its signer could not read back            (§13)
   progress      the honest get out of every state                           (§14, progress.pml) */

byte c_i, c_v, c_b, c_up;

inline check_certificates() {
  for (c_v : 1 .. VIEWS) {
    assert(!(notarized(block(c_v, 0)) && notarized(block(c_v, 1))));
    assert(!(nullified(c_v) && (finalized(block(c_v, 0)) || finalized(block(c_v, 1)))))
  }
}

/* Every finalized block is at or above every notarized one of its view and later ones. */
inline check_agreement() {
  for (c_b : 1 .. BLOCKS) {
    if
    :: finalized(c_b) ->
      for (c_i : 1 .. BLOCKS) {
        if
#ifdef AGREEMENT
        :: view_of(c_i) >= view_of(c_b) && finalized(c_i) ->
#else
        :: view_of(c_i) >= view_of(c_b) && notarized(c_i) ->
#endif
          c_up = c_i;
          do
          :: view_of(c_up) > view_of(c_b) -> c_up = parent[c_up]
          :: else -> break
          od;
          assert(c_up == c_b)
        :: else
        fi
      }
    :: else
    fi
  }
}

#define both(x, y) ((x) != 0 && (y) != 0)

inline check_votes() {
  for (c_i : 0 .. 2) {
    for (c_v : 1 .. VIEWS) {
      assert(!both(sent[c_i] & at(NOTARIZE_A, c_v), sent[c_i] & at(NOTARIZE_B, c_v)));
      assert(!both(sent[c_i] & at(FINALIZE_A, c_v), sent[c_i] & at(FINALIZE_B, c_v)));
      assert(!both(sent[c_i] & at(NULLIFY, c_v), sent[c_i] & at(FINALIZE, c_v)))
    }
#ifdef STAGED
    assert((sent[c_i] & ~durable[c_i]) == 0);
    assert(dropped[c_i] <= final[c_i])
#endif
  }
}

inline check_parents() {
  for (c_b : 1 .. BLOCKS) {
    if
    :: parent[c_b] < NO_BLOCK && ((sent[0] | sent[1] | sent[2]) & notarize(c_b)) ->
      assert(won(parent[c_b]));
      for (c_v : 1 .. VIEWS) {
        assert(c_v <= view_of(parent[c_b]) || c_v >= view_of(c_b) || nullified(c_v))
      }
    :: else
    fi
  }
}

/* No NOTARIZE is signed once NULLIFY of the view was sent. */
#ifdef AGREEMENT
#define check_order()
#else
#define check_order() assert((sent[who] & at(NULLIFY, view)) == 0)
#endif

/* Not vacuous: 1 a block of every view final, each on the one before; 2 the last view final on the
   root, over a view with both a notarization and a nullification. */
#define first(v) block(v, 0)
#if REACH == 1
#define check_reach()                                                                   \
  c_up = first(VIEWS);                                                                  \
  do                                                                                    \
  :: c_up > 1 && finalized(c_up) && parent[c_up] == c_up - 2 -> c_up = c_up - 2         \
  :: c_up == 1 && finalized(c_up) -> assert(false)                                      \
  :: else -> break                                                                      \
  od
#else
#define check_reach()                                                                   \
  assert(!(finalized(first(VIEWS)) && parent[first(VIEWS)] == ROOT && notarized(first(1)) && \
           nullified(1)))
#endif

#ifdef REACH
#define check() check_reach()
#elif defined(AGREEMENT)
#define check() check_agreement()
#else
#ifdef STAGED
#define check_liveness() skip
#else
#define check_liveness() check_progress()
#endif
#define check()         \
  check_certificates(); \
  check_agreement();    \
  check_votes();        \
  check_parents();      \
  check_liveness()
#endif
