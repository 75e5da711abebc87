/* Liveness within bounds (../README.md §14): in every state that can be reached, the three honest
   validators come out without the Byzantine one. Nothing more is lost from here on, it says nothing
   more, and everybody has timed out:

   - the highest view in which anybody honest is ends: by a notarization that an honest one holds,
     or by the NULLIFY of all three;
   - the next leader finds a parent by walking down: in each view a winner or a nullification; and no
     view above the parent can be final, so nobody refuses it for good. Both where a leader prefers
     winners and where it knows nullifications only;
   - nobody has voted above, so all three notarize and finalize what it proposes.

   Not part of -DSTAGED: what was appended and is lost was never said. */

byte p_view, p_parent, p_walk;
bool p_done, p_winners;

#define any(vote) (((sent[0] | sent[1] | sent[2]) & (vote)) != 0)
#define all_say(vote) ((sent[0] & sent[1] & sent[2] & (vote)) != 0)
#define nullifies(i, v) (says(i, at(NULLIFY, v)) || may_nullify(i, v))

inline find_highest_view() {
  p_view = 1;
  for (c_v : 1 .. VIEWS) {
    if
    :: any(at(FINALIZE, c_v)) -> p_view = c_v + 1
    :: !any(at(FINALIZE, c_v)) && any(at(NOTARIZE | NULLIFY, c_v)) && c_v > p_view -> p_view = c_v
    :: else
    fi
  }
}

inline check_view_ends() {
  if
  :: p_view <= VIEWS ->
    assert((any(at(FINALIZE_A, p_view)) && notarized(block(p_view, 0))) ||
           (any(at(FINALIZE_B, p_view)) && notarized(block(p_view, 1))) ||
           all_say(at(NOTARIZE_A, p_view)) || all_say(at(NOTARIZE_B, p_view)) ||
           (nullifies(0, p_view) && nullifies(1, p_view) && nullifies(2, p_view)))
  :: else
  fi
}

inline check_parent_found() {
  p_done = false;
  p_parent = ROOT;
  p_walk = p_view - 1;
  do
  :: p_walk == 0 || p_done -> break
  :: else ->
    if
    :: (p_winners || !nullified(p_walk)) && notarized(block(p_walk, 0)) ->
      p_parent = block(p_walk, 0); p_done = true
    :: (p_winners || !nullified(p_walk)) && notarized(block(p_walk, 1)) ->
      p_parent = block(p_walk, 1); p_done = true
    :: else -> assert(nullified(p_walk)); p_walk = p_walk - 1
    fi
  od;
  for (c_b : 1 .. BLOCKS) {
    assert(!finalized(c_b) || view_of(c_b) <= view_of(p_parent) || view_of(c_b) >= p_view)
  }
}

inline check_progress() {
  find_highest_view();
  check_view_ends();
  p_winners = false;
  check_parent_found();
  p_winners = true;
  check_parent_found();
  p_view = 0; p_parent = 0; p_walk = 0; p_done = false; p_winners = false
}
