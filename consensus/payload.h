// Which batches this node holds, and which of them a leader puts into its block (README.md §3).
// Bodies are the host's. Bounded: kHeldMax batches, kInvalidMax digests known to be malformed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "consensus/messages.h"

namespace footproof::consensus {

class Payload {
 public:
  static constexpr std::size_t kHeldMax = 8192;
  static constexpr std::size_t kInvalidMax = 1024;
  static constexpr std::size_t kOrderedMax = 16384;

  enum class State : std::uint8_t { missing, held, invalid };

  // `needed`: a block names it, so the bound does not apply.
  void add(const BatchRef& ref, ValidatorIndex producer, bool proposable, bool needed);
  void refuse(const Digest& digest);
  void drop(const Digest& digest);
  // It stands in the finalized chain: never proposed again by this node.
  void ordered(const Digest& digest);

  // Against what the block says of it: another count or length is invalid.
  [[nodiscard]] State state(const BatchRef& ref) const;
  [[nodiscard]] bool holds(const Digest& digest) const { return held_.contains(digest); }
  [[nodiscard]] std::size_t size() const { return held_.size(); }

  // Is there a batch to propose that is not in `taken`?
  [[nodiscard]] bool any(const std::set<Digest>& taken) const;
  // Oldest first, one from each producer in turn, up to the limits of a block.
  [[nodiscard]] std::vector<BatchRef> pick(const std::set<Digest>& taken) const;

 private:
  struct Held {
    BatchRef ref;
    ValidatorIndex producer = 0;
    std::uint64_t order = 0;  // of arrival
  };

  std::map<Digest, Held> held_;
  std::map<std::uint64_t, Digest> open_;  // held, proposable and not ordered, by arrival
  std::uint64_t next_order_ = 0;
  std::set<Digest> invalid_;
  std::set<Digest> ordered_;
  std::map<std::uint64_t, Digest> ordered_age_;
  std::uint64_t next_ordered_ = 0;
};

}  // namespace footproof::consensus
