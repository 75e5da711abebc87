// What a server counts as it goes. Whoever gives a meter in the configuration can read it at any
// time, from any thread: the figures of /metrics. They are of one moment each, not of one together.
#pragma once

#include <atomic>
#include <cstdint>

namespace footproof::api {

struct ServerCounters {
  std::uint64_t requests = 0;
  std::uint64_t refused_requests = 0;  // answered by the guard: malformed, late, too large, 503
  std::uint64_t shed_connections = 0;  // ended because places, buffers or the queue ran out
  std::uint64_t open_connections = 0;  // now
};

struct ServerMeter {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> refused_requests = 0;
  std::atomic<std::uint64_t> shed_connections = 0;
  std::atomic<std::uint64_t> open_connections = 0;

  [[nodiscard]] ServerCounters counters() const {
    return {requests, refused_requests, shed_connections, open_connections};
  }
};

// What the rest of a node counts, since the process started.
struct NodeCounters {
  // Statements that clients sent, by the first answer.
  std::uint64_t taken = 0;
  std::uint64_t known = 0;
  std::uint64_t refused_early = 0;
  std::uint64_t busy = 0;
  // Statements of finalised blocks, by the rules' verdict.
  std::uint64_t executed = 0;
  std::uint64_t refused = 0;
  std::uint64_t links_dropped = 0;    // because a peer broke the protocol
  std::uint64_t batches_checked = 0;  // of other validators: their signatures were verified
};

}  // namespace footproof::api
