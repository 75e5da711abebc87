// How a node that asks others gets on: what its health page shows and its log says now and then.
// Not for two threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "api/reader.h"
#include "ledger/snapshot.h"
#include "node/mono_time.h"
#include "node/source_book.h"

namespace footproof::node {

class FollowMeter {
 public:
  static constexpr std::chrono::seconds kTellEvery{5};  // in the log

  // From this height on, blocks are counted.
  FollowMeter(std::uint64_t height, MonoTime now) : height_(height), told_at_(now) {}

  // With what is executed here by now.
  [[nodiscard]] api::FollowFacts look(const ledger::Head& head, const SourceBook& sources,
                                      MonoTime now);

 private:
  std::uint64_t height_;
  MonoTime told_at_;
  std::deque<std::pair<MonoTime, std::uint64_t>> recent_;  // blocks of the last minute
};

}  // namespace footproof::node
