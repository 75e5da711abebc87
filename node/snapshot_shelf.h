// The snapshots that this node keeps for those who are fetching them: a state changes with every
// block, and whoever fetches it in parts needs all of them of one moment.
//
// A snapshot is kept while somebody asks for its parts, at most kKept of them: they cost memory and
// disk only for what has changed since. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/result.h"
#include "ledger/store.h"
#include "node/mono_time.h"

namespace footproof::node {

class SnapshotShelf {
 public:
  static constexpr std::size_t kKept = 3;
  static constexpr std::chrono::minutes kOfferedFor{5};  // then a newer one is offered
  static constexpr std::chrono::minutes kUnusedFor{15};  // then it goes
  static constexpr std::chrono::hours kKeptAtMost{24};   // and then, whoever asks for it

  explicit SnapshotShelf(const ledger::Store& store) : store_(store) {}

  // not_found: nothing is published yet.
  [[nodiscard]] Result<Bytes> offer(MonoTime now);
  // A part of the state at that size (ledger/state_part.h). not_found: it is not kept, or no more.
  [[nodiscard]] Result<Bytes> part(std::uint64_t size, std::string_view prefix, MonoTime now);

 private:
  struct Kept {
    std::shared_ptr<const ledger::Snapshot> snapshot;
    MonoTime offered_since;
    MonoTime used_at;
  };
  // The one to offer; null where nothing is published.
  [[nodiscard]] std::shared_ptr<const ledger::Snapshot> pick(MonoTime now);

  const ledger::Store& store_;
  std::mutex mutex_;
  std::vector<Kept> kept_;  // guarded by mutex_; by age
};

}  // namespace footproof::node
