#include "node/joining.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/answers.h"
#include "api/metrics.h"

namespace footproof::node {

api::Handler make_joining_routes(std::function<api::Health()> health,
                                 std::shared_ptr<const api::ServerMeter> meter) {
  return [health = std::move(health), meter = std::move(meter)](const api::Request& request) {
    const api::Health facts = health();
    if (request.method == "GET" && request.path == "/v1/health") {
      return api::json_answer(200, api::to_json(facts));
    }
    if (request.method == "GET" && request.path == "/metrics") {
      const auto text = api::metrics_text(facts, {}, meter->counters());
      return api::bytes_answer(to_bytes(as_bytes(text)), api::kMetricsType, "no-store");
    }
    auto answer = api::problem(503, "not-ready", "Not ready", facts.not_ready_reason);
    answer.retry_after_s = 5;
    return answer;
  };
}

}  // namespace footproof::node
