// What a node answers while it is still fetching its snapshot: how far it is, and nothing of a
// ledger that it does not have yet.
#pragma once

#include <functional>
#include <memory>

#include "api/http.h"
#include "api/meter.h"
#include "api/reader.h"

namespace footproof::node {

// /v1/health and /metrics; everything else is 503 with `not_ready_reason`. Both are called from the
// server's threads.
[[nodiscard]] api::Handler make_joining_routes(std::function<api::Health()> health,
                                               std::shared_ptr<const api::ServerMeter> meter);

}  // namespace footproof::node
