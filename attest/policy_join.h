// Two trust policies of one network made into one that knows what either knows (docs/formats.md
// §7.3): how a reader keeps the early epochs of a policy of years ago beside the newest validators.
//
// What both know must be the same in both: chain, origin, and of every common epoch the sizes, the
// validators with their keys, and where it ended. One rule more, of time: who says that an epoch
// has ended must not have been overtaken by a later policy in which it had not. Anything else is
// refused, naming the field and what to do. Which of the two is given first does not matter.
//
// Joining proves nothing about what only one of them says: that stays the word of whoever gave it.
#pragma once

#include "attest/policy.h"
#include "attest/result.h"

namespace footproof {

// mismatch: they contradict one another, or leave a gap. The result passes check().
[[nodiscard]] Result<Policy> join_policies(const Policy& a, const Policy& b);

}  // namespace footproof
