/* What makes the search small: states from which the same can happen are written the same way.

   order    honest validators are sorted: runs that differ only in who is who become one
   unseen   a block that no vote names any more may be proposed anew
   lost     which parent a block has is forgotten when it can never be notarized
   closed   when every honest validator is past a view and no certificate of it can still come to
            be, only its certificates are kept, and not who signed them

   "Can never" counts as possible voters all that the rules, as broken by -D, would let vote. Only
   the first two are used with -DSTAGED, where votes can be lost again; -DPLAIN leaves out the last
   two everywhere, to compare. */

byte r_j;
int r_swap;

#define swap(x) r_swap = x[r_j]; x[r_j] = x[r_j + 1]; x[r_j + 1] = r_swap

#ifdef STAGED
#define later(j)                                                                       \
  (sent[j] > sent[j + 1] ||                                                            \
   (sent[j] == sent[j + 1] &&                                                          \
    (appended[j] > appended[j + 1] ||                                                  \
     (appended[j] == appended[j + 1] &&                                                \
      (final[j] > final[j + 1] ||                                                      \
       (final[j] == final[j + 1] &&                                                    \
        (durable[j] > durable[j + 1] ||                                                \
         (durable[j] == durable[j + 1] && dropped[j] > dropped[j + 1]))))))))
#define swap_more() swap(durable); swap(appended); swap(dropped)
#define named(b)                                                                       \
  (((sent[0] | sent[1] | sent[2] | appended[0] | appended[1] | appended[2]) & notarize(b)) != 0)
#else
#define later(j) (sent[j] > sent[j + 1])
#define swap_more() skip
#define named(b) (((sent[0] | sent[1] | sent[2]) & notarize(b)) != 0)
#endif

inline sort_pair(j) {
  if
  :: later(j) -> r_j = j; swap(sent); swap(final); swap_more()
  :: else
  fi
}

/* Whether i has sent the vote or may yet; a view that was left is not entered again. */
#define may_be_in(i, v) ((sent[i] & (above(v) | at(FINALIZE, v))) == 0)
#define past(i, v) (!may_be_in(i, v))
#define could_notarize(i, b) \
  (says(i, notarize(b)) || (may_be_in(i, view_of(b)) && may_notarize(i, view_of(b))))
#define could_nullify(i, v) (says(i, at(NULLIFY, v)) || (may_be_in(i, v) && may_nullify(i, v)))
#define could_finalize(i, b) (says(i, finalize(b)) || may_finalize(i, view_of(b)))

#define could_win(b) (could_notarize(0, b) + could_notarize(1, b) + could_notarize(2, b) >= HONEST)
#define undecided(b)                                                                   \
  ((!notarized(b) && could_win(b)) ||                                                  \
   (notarized(b) && !finalized(b) &&                                                   \
    could_finalize(0, b) + could_finalize(1, b) + could_finalize(2, b) >= HONEST))
#define may_change(v)                                                                  \
  (undecided(block(v, 0)) || undecided(block(v, 1)) ||                                 \
   (!nullified(v) && could_nullify(0, v) + could_nullify(1, v) + could_nullify(2, v) >= HONEST))

int r_kept;
#define keep_if(certificate) ((certified(certificate)) -> (certificate) : 0)

inline close(v) {
  if
  :: past(0, v) && past(1, v) && past(2, v) && !is_closed(v) && !may_change(v) &&
         above(v) & sent[0] && above(v) & sent[1] && above(v) & sent[2] ->
    r_kept = keep_if(at(NOTARIZE_A, v)) | keep_if(at(NOTARIZE_B, v)) | keep_if(at(NULLIFY, v)) |
             keep_if(at(FINALIZE_A, v)) | keep_if(at(FINALIZE_B, v));
    sent[0] = (sent[0] & ~at(ALL, v)) | r_kept;
    sent[1] = (sent[1] & ~at(ALL, v)) | r_kept;
    sent[2] = (sent[2] & ~at(ALL, v)) | r_kept;
    closed = closed | (1 << (v - 1))
  :: else
  fi
}

inline forget_block(b) {
  if
  :: parent[b] != NO_BLOCK && !named(b) -> parent[b] = NO_BLOCK
#if !defined(STAGED) && !defined(PLAIN)
  :: parent[b] < NO_BLOCK && named(b) && !notarized(b) && !could_win(b) -> parent[b] = LOST_BLOCK
#endif
  :: else
  fi
}

inline settle() {
  d_step {
    check();
#if !defined(STAGED) && !defined(PLAIN)
    for (c_v : 1 .. VIEWS) {
      close(c_v)
    }
#endif
    for (c_b : 1 .. BLOCKS) {
      forget_block(c_b)
    }
    sort_pair(0); sort_pair(1); sort_pair(0);
    c_i = 0; c_v = 0; c_b = 0; c_up = 0; r_j = 0; r_swap = 0; r_kept = 0
  }
}
