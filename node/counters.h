// What this node has counted since it started: the figures of /metrics (api/meter.h says what each
// is). Incremented where it happens, from any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "api/meter.h"

namespace footproof::node {

struct Counters {
  std::atomic<std::uint64_t> taken = 0;
  std::atomic<std::uint64_t> known = 0;
  std::atomic<std::uint64_t> refused_early = 0;
  std::atomic<std::uint64_t> busy = 0;
  std::atomic<std::uint64_t> executed = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> links_dropped = 0;
  std::atomic<std::uint64_t> batches_checked = 0;

  [[nodiscard]] api::NodeCounters now() const {
    return {taken, known, refused_early, busy, executed, refused, links_dropped, batches_checked};
  }
};

}  // namespace footproof::node
