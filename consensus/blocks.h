// The blocks this node holds: the finalized stretch that waits for delivery, what may still be
// finalized above it, and a window of delivered ones for others (README.md §5).
//
// A block's body is held only if it fits its header. Linked = finalized, and held down to the
// epoch's root or the last applied block; linked blocks are queued for delivery in height order.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "consensus/messages.h"
#include "consensus/replica.h"

namespace footproof::consensus {

// What a child needs to know of its parent.
struct ParentInfo {
  Digest id;
  Height height = 0;
  std::uint64_t time_ms = 0;
  Checkpoint checkpoint;
  bool boundary = false;  // nothing is built on it, it may only be proposed again
};

// batch_root, batch_count and evidence_root of the header are those of the body; next members are
// there exactly in a boundary block, and are those of its hash.
[[nodiscard]] bool body_fits(const Block& block);

class Blocks {
 public:
  static constexpr std::size_t kDeliveredKept = 256;

  struct Entry {
    Block block;
    bool persisted = false;
    bool linked = false;
    bool names = false;  // counted in needs_batch
  };
  enum class End : std::uint8_t {
    linked,    // reached the linked tip
    missing,   // a block is not held: `missing`
    conflict,  // reached a height that is already linked, by another block
  };
  struct Walk {
    End end = End::linked;
    Digest missing;
    std::vector<Digest> path;  // from the top down, without the linked tip
  };
  struct Final {
    Digest id;
    Certificate finalization;
  };

  explicit Blocks(const EpochRoot& root);
  // The block that the store has applied becomes the linked tip.
  void restore_applied(const Block& block);

  [[nodiscard]] const Entry* find(const Digest& id) const;
  [[nodiscard]] Entry* find(const Digest& id);
  // Precondition: body_fits(block), id is its block id. False if it was held.
  bool insert(const Digest& id, const Block& block);
  [[nodiscard]] std::optional<ParentInfo> parent_info(const Digest& id) const;

  // From `id` down, through held blocks.
  [[nodiscard]] Walk walk(const Digest& id) const;
  // Makes a walk that ended linked part of the finalized chain.
  void link(const Walk& walk, const Certificate& finalization);
  [[nodiscard]] bool on_chain(const Digest& id) const;
  [[nodiscard]] const ParentInfo& linked_tip() const { return linked_; }
  // A linked block that is still held, by height.
  [[nodiscard]] const BlockHeader* linked_header(Height height) const;
  // The lowest view of the finalized stretch that is still held; 0 with the root.
  [[nodiscard]] View lowest_kept_view() const;

  [[nodiscard]] const std::deque<Final>& queue() const { return queue_; }
  void delivered();
  [[nodiscard]] Height delivered_height() const { return linked_.height - queue_.size(); }
  void executed(Height height);

  // Drops blocks of views at or below `view` that are not in the finalized chain.
  void prune(View view);
  // A block above the executed height names the batch.
  [[nodiscard]] bool needs_batch(const Digest& digest) const { return named_.contains(digest); }
  [[nodiscard]] std::size_t size() const { return blocks_.size(); }
  [[nodiscard]] const std::map<Digest, Entry>& all() const { return blocks_; }

 private:
  void name_batches(Entry& entry);
  void forget_batches(Entry& entry);

  EpochRoot root_;
  std::map<Digest, Entry> blocks_;
  std::map<Digest, std::uint32_t> named_;  // batch -> blocks above executed_ that name it
  ParentInfo linked_;
  std::deque<Final> queue_;  // linked, not delivered
  std::deque<Digest> kept_;  // linked and held, ascending; its end is the queue
  Height executed_ = 0;
};

}  // namespace footproof::consensus
