// What this node has executed, and which of it a quorum has cosigned: the answers to "is this
// checkpoint right?" (README.md §2). Bounded: the last kHeadsMax heights, the last 64 cosigned
// heads.
#pragma once

#include <map>
#include <optional>

#include "consensus/epoch_end.h"
#include "consensus/messages.h"
#include "consensus/replica.h"

namespace footproof::consensus {

class Heads {
 public:
  enum class Verdict : std::uint8_t { right, wrong, not_executed };

  explicit Heads(const EpochRoot& root);

  // Heads of earlier lives, ascending. Those at or below the root are ignored.
  void restore(const std::vector<Checkpoint>& heads);
  // The sets that their states hold for the next epoch: the heights, ascending, where that changed.
  // Those below the root are of the epoch before, and ignored.
  void restore_sets(const std::vector<std::pair<Height, std::optional<NextSet>>>& sets);
  // False if it is not the next height. `next`: the set for the next epoch in the state after it;
  // one that is not acceptable() counts as none.
  [[nodiscard]] bool executed(const Checkpoint& head, const std::optional<NextSet>& next = {});
  void checkpointed(std::uint64_t log_size, const Digest& log_root);

  // The set for the next epoch in the state after an executed height; null: none.
  [[nodiscard]] const NextSet* next_set(Height height) const;
  // Some kept state holds one.
  [[nodiscard]] bool any_next_set() const;

  [[nodiscard]] Height executed_height() const { return heads_.rbegin()->first; }
  [[nodiscard]] bool has_executed(const Checkpoint& named) const {
    return named.height <= executed_height();
  }

  // May a block of this height, over a parent that names `parent`, name `named`?
  [[nodiscard]] Verdict judge(const Checkpoint& named, const Checkpoint& parent, Height height,
                              std::uint32_t lag) const;
  // What a leader names there: the highest cosigned head that is old enough, else the parent's.
  [[nodiscard]] Checkpoint choose(const Checkpoint& parent, Height height, std::uint32_t lag) const;
  // This node executed that height, to another head.
  [[nodiscard]] bool contradicts(const Checkpoint& named) const;
  // A quorum cosigned another root at a size that this node has executed.
  [[nodiscard]] bool contradicted() const { return contradicted_; }

 private:
  [[nodiscard]] bool known(const Checkpoint& named) const;
  void compare_cosigned();
  void note_set(Height height, const std::optional<NextSet>& next);

  static constexpr std::size_t kCosignedMax = 64;

  std::map<Height, Checkpoint> heads_;  // never empty
  Height root_height_;
  std::map<Height, std::optional<NextSet>> sets_;  // from that height on; none before the first
  std::map<std::uint64_t, Height> by_size_;        // log size -> height of its last record
  std::map<std::uint64_t, Digest> cosigned_;       // log size -> root
  bool contradicted_ = false;
};

}  // namespace footproof::consensus
