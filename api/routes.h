// What each path answers (docs/api.md): from a Request to the port's calls and back to JSON, CBOR,
// notes or tiles. Knows no socket and no library of HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/meter.h"
#include "api/reader.h"

namespace footproof::api {

struct RoutesConfig {
  // Threads that may wait for receipts at one time: half the server's workers. The rest get 202 at
  // once, so that reads are always served.
  std::size_t waiters_max = 48;
  std::chrono::milliseconds wait_max{8'000};  // below the request deadline
  // For /metrics; zeros where missing. Both are called from the server's threads.
  std::shared_ptr<const ServerMeter> meter;
  std::function<NodeCounters()> counters;
};

// Makes the server's handler. `reader` and `submissions` must outlive it.
[[nodiscard]] Handler make_routes(const RoutesConfig& config, const Reader& reader,
                                  Submissions& submissions);

}  // namespace footproof::api
