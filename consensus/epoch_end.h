// Where an epoch ends: a function of the chain alone (README.md §10).
//
// The first block of the epoch whose header's checkpoint state holds a next set fixes the height of
// the boundary block, `boundary_delay` above its own, and the set. Both stay fixed. The block at
// that height is the last of the epoch; it alone says boundary = 1 and carries the set.
#pragma once

#include <optional>
#include <vector>

#include "consensus/messages.h"
#include "consensus/quorum.h"

namespace footproof::consensus {

// The validators that a state holds for the next epoch, where they differ from this epoch's.
struct NextSet {
  Bytes record;                 // the member list as the state spells it (docs/formats.md)
  std::vector<Member> members;  // what it says of ids and vote keys
};

struct EpochEnd {
  Height boundary_height = 0;
  Bytes next_members;  // NextSet::record
  Digest next_members_hash;
  friend bool operator==(const EpochEnd&, const EpochEnd&) = default;
};

// Limits of a set, a function of the set alone: 4 to 31 members, ids and keys unique, a record that
// fits a block. Another is never fixed.
[[nodiscard]] bool acceptable(const NextSet& set);

// The end as it is known after a block, given the end after its parent and the set in the state of
// the block's own checkpoint (null: none). The state of the block itself says nothing.
[[nodiscard]] std::optional<EpochEnd> end_after(const std::optional<EpochEnd>& parents,
                                                const BlockHeader& header, const NextSet* held,
                                                std::uint32_t boundary_delay);

// `end` is end_after this block. True if it is a boundary block exactly where there must be one.
[[nodiscard]] bool ends_rightly(const Block& block, const std::optional<EpochEnd>& end);

}  // namespace footproof::consensus
