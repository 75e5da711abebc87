/* The rules of ../README.md §6, §7 and §13 as a state space that spin searches to its end.

   Four validators: three honest, one Byzantine. The Byzantine one counts as having signed every
   vote that can be signed, and leads every view, with two blocks per view (an honest leader does
   less). The network is one set of votes sent: whoever acts may have received any part of it, in
   any order, and nothing forces anybody to receive or to act. So a certificate exists as soon as
   HONEST honest votes for it were sent. README.md beside this file says why nothing is lost by
   that, and what is left out.

   -DVIEWS=n        views 1 … n (default 3, at most 5)
   -DSTAGED         votes are appended, made durable and sent in steps of their own, honest nodes
                    crash and restart at any of them, learn what is final and drop old votes
   -DAGREEMENT      checks agreement alone, not what leads to it
   -DPLAIN          without the larger reductions of reduce.pml
   -DBREAK_…        breaks one rule on purpose; the checks must notice
   -DREACH=n        claims that something ordinary never happens; must be found wrong */

#ifndef VIEWS
#define VIEWS 3
#endif
#define NODES 3

/* q = 3 of 4: the Byzantine signature is always there, so two honest ones make a certificate. */
#ifdef BREAK_QUORUM
#define HONEST 1
#else
#define HONEST 2
#endif

/* ---- votes: five bits per view */

#define NOTARIZE_A 1
#define NOTARIZE_B 2
#define NULLIFY 4
#define FINALIZE_A 8
#define FINALIZE_B 16
#define NOTARIZE (NOTARIZE_A | NOTARIZE_B)
#define FINALIZE (FINALIZE_A | FINALIZE_B)
#define ALL 31

#define at(vote, view) ((vote) << (5 * ((view)-1)))
#define above(view) (~((1 << (5 * (view))) - 1)) /* the bits of all later views */

/* ---- blocks: 0 is the root; view v has blocks 2v-1 (A) and 2v (B) */

#define BLOCKS (2 * VIEWS)
#define ROOT 0
#define NO_BLOCK 254   /* not proposed yet */
#define LOST_BLOCK 255 /* proposed, and can never be notarized (reduce.pml) */
#define block(view, other) (2 * (view)-1 + (other))
#define view_of(block) (((block) + 1) / 2)
#define notarize(block) at(1 << (((block) + 1) % 2), view_of(block))
#define finalize(block) at(8 << (((block) + 1) % 2), view_of(block))

byte parent[BLOCKS + 1] = NO_BLOCK;

/* ---- honest validators */

int sent[NODES]; /* all votes that ever left, as bits */
byte final[NODES]; /* lf, the highest view known to be final */
#ifdef STAGED
int durable[NODES];   /* votes on its disk */
int appended[NODES];  /* one vote, signed and appended, not yet durable; or none */
byte dropped[NODES];  /* own votes up to this view are forgotten, in memory and on disk */
#define remembered(i) ((durable[i] | appended[i]) & above(dropped[i]))
#define ready(i) (appended[i] == 0)
#else
#define remembered(i) sent[i]
#define ready(i) true
#endif

byte closed; /* bit v-1: nothing that is still to come in view v matters (reduce.pml) */
#define is_closed(v) ((closed & (1 << ((v)-1))) != 0)

/* ---- certificates that can be made from what was sent */

#define says(i, vote) ((sent[i] & (vote)) != 0)
#define certified(vote) (says(0, vote) + says(1, vote) + says(2, vote) >= HONEST)
#define notarized(b) (certified(notarize(b)))
#define finalized(b) (certified(finalize(b)))
#define nullified(view) (certified(at(NULLIFY, view)))
#define won(b) ((b) == ROOT || notarized(b))
#define ended(view) \
  ((view) == 0 || nullified(view) || notarized(block(view, 0)) || notarized(block(view, 1)))

/* Every view between has its nullification (§6 c). */
#ifdef BREAK_PARENT
#define skipped(p, v) true
#else
#define skip(u, p, v) ((u) <= (p) || (u) >= (v) || (u) > VIEWS || nullified(u))
#define skipped(p, v) \
  (skip(1, p, v) && skip(2, p, v) && skip(3, p, v) && skip(4, p, v) && skip(5, p, v))
#endif

/* ---- the rules */

/* R2 */
#ifdef BREAK_FINAL
#define open(i, v) (!is_closed(v))
#else
#define open(i, v) ((v) > final[i] && !is_closed(v))
#endif

/* The node may be in view v: that view was entered, and no own vote shows a later one. */
#define in_view(i, v) \
  (ended((v)-1) && (remembered(i) & above(v)) == 0 && (remembered(i) & at(FINALIZE, v)) == 0)

/* R1 */
#if defined(BREAK_NOTARIZE_ONCE)
#define may_notarize(i, v) ((remembered(i) & at(NULLIFY, v)) == 0)
#elif defined(BREAK_ORDER)
#define may_notarize(i, v) ((remembered(i) & at(NOTARIZE, v)) == 0)
#else
#define may_notarize(i, v) ((remembered(i) & at(NOTARIZE | NULLIFY, v)) == 0)
#endif
#ifdef BREAK_NULLIFY
#define may_nullify(i, v) ((remembered(i) & at(NOTARIZE | NULLIFY | FINALIZE, v)) == 0)
#else
#define may_nullify(i, v) ((remembered(i) & at(NULLIFY | FINALIZE, v)) == 0)
#endif
#ifdef BREAK_FINALIZE
#define may_finalize(i, v) ((remembered(i) & at(FINALIZE, v)) == 0)
#else
#define may_finalize(i, v) ((remembered(i) & at(NULLIFY | FINALIZE, v)) == 0)
#endif

/* §6: b may be built on in view v. */
#define acceptable(i, b, v) \
  (view_of(b) < (v) && view_of(b) >= final[i] && won(b) && skipped(view_of(b), v))

#include "checks.pml"
#include "progress.pml"
#include "reduce.pml"

/* ---- steps: who, which view, which of the two blocks, on which parent */

byte who, view, this, on;

#ifdef STAGED
inline sign(vote) {
  appended[who] = vote;
#ifdef BREAK_DURABLE
  sent[who] = sent[who] | vote;
#endif
}
#else
inline sign(vote) { sent[who] = sent[who] | vote; }
#endif

inline pick_who() {
  if
  :: who = 0
  :: who = 1
  :: who = 2
  fi
}

inline pick_view() {
  if
  :: view = 1
  :: VIEWS >= 2 -> view = 2
  :: VIEWS >= 3 -> view = 3
  :: VIEWS >= 4 -> view = 4
  :: VIEWS >= 5 -> view = 5
  fi
}

inline pick_block() {
  if
  :: this = block(view, 0)
  :: this = block(view, 1)
  fi
}

/* A block that was seen has the parent that it has; a new one may have any. B is proposed only
   after A: they are names, nothing tells them apart. */
inline pick_parent() {
  if
  :: parent[this] < NO_BLOCK -> on = parent[this]
  :: parent[this] == NO_BLOCK && (this & 1) == 0 && parent[this - 1] == NO_BLOCK -> goto nothing
  :: parent[this] == NO_BLOCK && ((this & 1) == 1 || parent[this - 1] != NO_BLOCK) ->
    if
    :: on = ROOT
    :: view > 1 -> on = block(1, 0)
    :: view > 1 -> on = block(1, 1)
    :: view > 2 -> on = block(2, 0)
    :: view > 2 -> on = block(2, 1)
    :: view > 3 -> on = block(3, 0)
    :: view > 3 -> on = block(3, 1)
    :: view > 4 -> on = block(4, 0)
    :: view > 4 -> on = block(4, 1)
    fi
  :: parent[this] > NO_BLOCK -> goto nothing
  fi
}

inline notarize_step() {
  if
  :: open(who, view) && in_view(who, view) && may_notarize(who, view) -> skip
  :: else -> goto nothing
  fi;
  pick_block();
  pick_parent();
  if
  :: acceptable(who, on, view) ->
    check_order();
    parent[this] = on;
    sign(notarize(this))
  :: else -> goto nothing
  fi
}

inline nullify_step() {
  if
  :: open(who, view) && in_view(who, view) && may_nullify(who, view) -> sign(at(NULLIFY, view))
  :: else -> goto nothing
  fi
}

#ifdef BREAK_NOTARIZED
#define may_follow(i, b) says(i, notarize(b))
#else
#define may_follow(i, b) notarized(b)
#endif

inline finalize_step() {
  pick_block();
  if
  :: open(who, view) && may_follow(who, this) && may_finalize(who, view) -> sign(finalize(this))
  :: else -> goto nothing
  fi
}

#ifdef STAGED
inline sync_step() {
  if
  :: appended[who] != 0 ->
    durable[who] = durable[who] | appended[who];
    sent[who] = sent[who] | appended[who];
    appended[who] = 0
  :: else -> goto nothing
  fi
}

/* What was not durable is lost; the rest is read again (§13). */
inline restart_step() {
  appended[who] = 0;
#ifdef BREAK_RESTART
  dropped[who] = VIEWS;
#endif
#ifdef BREAK_DROPPING
  final[who] = 0;
#endif
}

/* Learns what is final, has that durable, and forgets own votes up to there. */
inline learn_step() {
  if
  :: appended[who] == 0 && view > final[who] &&
         (finalized(block(view, 0)) || finalized(block(view, 1))) ->
    final[who] = view;
    dropped[who] = view
  :: else -> goto nothing
  fi
}
#endif

init {
step:
  atomic {
    pick_who();
    pick_view();
    if
    :: ready(who) -> notarize_step()
    :: ready(who) -> nullify_step()
    :: ready(who) -> finalize_step()
#ifdef STAGED
    :: view == 1 -> sync_step()
    :: view == 1 -> restart_step()
    :: learn_step()
#endif
    fi;
    settle();
nothing:
    who = 0; view = 0; this = 0; on = 0;
    goto step
  }
}
