// GET /metrics: what a node measures of itself, in Prometheus' text format 0.0.4
// (docs/operating.md lists the figures). Names and labels are ours alone: nothing that came from
// outside stands there but validator ids, which have no character that needs escaping.
#pragma once

#include <string>

#include "api/meter.h"
#include "api/reader.h"

namespace footproof::api {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string metrics_text(const Health& health, const NodeCounters& node,
                                       const ServerCounters& http);

}  // namespace footproof::api
