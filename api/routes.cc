#include "api/routes.h"

#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/epoch_routes.h"
#include "api/governance_routes.h"
#include "api/history_route.h"
#include "api/metrics.h"
#include "api/submit.h"
#include "attest/receipt.h"
#include "attest/state_proof.h"
#include "ledger/tiles.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr const char* kImmutable = "public, max-age=31536000, immutable";
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kCbor = "application/cbor";
constexpr const char* kOctets = "application/octet-stream";
constexpr std::string_view kEntries = "/v1/entries/";

// A decimal without sign, leading zeros or anything after it.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

Result<std::uint64_t> number_of(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  const auto value = found == request.query.end() ? std::nullopt : parse_number(found->second);
  if (!value || request.query.count(name) != 1) {
    return fail(Errc::usage, name + ": give one decimal number, as ?" + name + "=5");
  }
  return *value;
}

Response method_not_allowed(const char* allowed) {
  return problem(405, "method-not-allowed", "Method not allowed",
                 std::string("this path takes ") + allowed);
}

class Routes {
 public:
  Routes(const RoutesConfig& config, const Reader& reader, Submissions& submissions)
      : reader_(reader),
        submissions_(submissions),
        meter_(config.meter),
        counters_(config.counters),
        submit_(config, submissions),
        governance_(reader),
        epochs_(reader) {}

  Response answer(const Request& request) {
    if (request.path == "/v1/statements" || request.path == "/v1/dry-run") {
      if (request.method != "POST") return method_not_allowed("POST");
      if (request.path == "/v1/dry-run") return submit_.dry_run(request);
      const std::string elsewhere = submissions_.elsewhere();
      if (elsewhere.empty()) return submit_.submit(request);
      return problem(421, "takes-no-statements", "This node takes no statements", elsewhere);
    }
    if (request.method != "GET") return method_not_allowed("GET");
    return get(request);
  }

 private:
  Response get(const Request& request) {
    const std::string& path = request.path;
    if (path.starts_with(kEntries)) return entry(request);
    if (path.starts_with("/tile/")) return tile(std::string_view(path).substr(1));
    if (path == "/checkpoint") return text(reader_.checkpoint(), "no-store");
    if (path == "/v1/policy") return text(reader_.trust_policy(), "no-store");
    if (path == "/v1/genesis") return bytes(reader_.genesis(), kCbor, kImmutable);
    if (path == "/v1/proofs/inclusion") return inclusion(request);
    if (path == "/v1/proofs/consistency") return consistency(request);
    if (path == "/v1/proofs/state") return state(request);
    if (GovernanceRoutes::takes(path)) return governance_.answer(request);
    if (EpochRoutes::takes(path)) return epochs_.answer(request);
    if (path == "/v1/evidence") return evidence();
    if (path == "/v1/chain") return chain(request);
    if (path == "/v1/snapshot") return bytes(reader_.snapshot_offer(), kOctets, "no-store");
    if (path == "/v1/snapshot/state") return snapshot_state(request);
    if (path == "/v1/history") return answer_history(request, reader_);
    if (path == "/v1/health") return json_answer(200, to_json(reader_.health()));
    if (path == "/v1/ready") return ready();
    if (path == "/metrics") return metrics();
    return problem(404, "no-such-path", "Not found", "docs/api.md lists the paths there are");
  }

  static Response text(const Result<std::string>& result, const char* cache_control) {
    if (!result) return problem(result.error());
    return bytes_answer(to_bytes(as_bytes(*result)), kText, cache_control);
  }
  static Response bytes(Result<Bytes> result, const char* content_type, const char* cache_control) {
    if (!result) return problem(result.error());
    return bytes_answer(std::move(*result), content_type, cache_control);
  }

  // /v1/entries/<id> and /v1/entries/<id>/receipt
  Response entry(const Request& request) {
    std::string_view rest = std::string_view(request.path).substr(kEntries.size());
    const auto slash = rest.find('/');
    const auto id = digest_from_hex(rest.substr(0, slash));
    if (!id) {
      return problem(400, "bad-request", "Bad request", "the entry id is 64 lower-case hex digits");
    }
    if (slash == std::string_view::npos) {
      const Answer answer = submissions_.poll(*id);
      Response response = statement_answer(*id, answer);
      if (response.status == 201) response.status = 200;  // nothing is made by asking
      return response;
    }
    if (rest.substr(slash) == "/receipt") return receipt(request, *id);
    if (rest.substr(slash) == "/statement") return statement(*id);
    return problem(404, "no-such-path", "Not found", "an entry has /receipt and /statement");
  }

  Response receipt(const Request& request, const Digest& id) {
    std::optional<Digest> declaration;
    if (const auto found = request.query.find("declaration"); found != request.query.end()) {
      const auto root = digest_from_hex(found->second);
      if (!root) {
        return problem(400, "bad-request", "Bad request",
                       "declaration: the tree root is 64 lower-case hex digits");
      }
      declaration = *root;
    }
    const auto found = reader_.receipt(id, declaration);
    if (!found) return problem(found.error());
    return bytes_answer(encode_receipt(*found), kCbor, "no-store");
  }

  Response statement(const Digest& id) {
    auto found = reader_.receipt(id, std::nullopt);
    if (!found) return problem(found.error());
    return bytes_answer(std::move(found->statement), "application/cose", kImmutable);
  }

  Response tile(std::string_view path) {
    const auto name = ledger::parse_tile_path(path);
    if (!name) return problem(404, "no-such-path", "Not found", name.error().detail);
    switch (name->kind) {
      case ledger::TileKind::hashes:
        return bytes(reader_.tile(name->level, name->index, name->width), kOctets, kImmutable);
      case ledger::TileKind::entries:
        return bytes(reader_.entry_bundle(name->index, name->width), kOctets, kImmutable);
      case ledger::TileKind::statements:
        break;
    }
    return bytes(reader_.statement_bundle(name->index, name->width), kOctets, kImmutable);
  }

  Response inclusion(const Request& request) {
    const auto index = number_of(request, "index");
    if (!index) return problem(index.error());
    const auto size = number_of(request, "size");
    if (!size) return problem(size.error());
    const auto path = reader_.inclusion(*index, *size);
    if (!path) return problem(path.error());
    return json_answer(200, {{"index", *index}, {"size", *size}, {"path", to_json(*path)}});
  }

  Response consistency(const Request& request) {
    const auto from = number_of(request, "from");
    if (!from) return problem(from.error());
    const auto to = number_of(request, "to");
    if (!to) return problem(to.error());
    const auto path = reader_.consistency(*from, *to);
    if (!path) return problem(path.error());
    return json_answer(200, {{"from", *from}, {"to", *to}, {"path", to_json(*path)}});
  }

  // ?key=<hex>&key=<hex>: as many as fit a query, which is 14.
  Response state(const Request& request) {
    std::vector<Digest> keys;
    const auto [first, last] = request.query.equal_range("key");
    for (auto it = first; it != last; ++it) {
      const auto key = digest_from_hex(it->second);
      if (!key) {
        return problem(400, "bad-request", "Bad request", "key: 64 lower-case hex digits");
      }
      for (const Digest& other : keys) {
        if (other == *key) return problem(400, "bad-request", "Bad request", "key: given twice");
      }
      keys.push_back(*key);
    }
    if (keys.empty()) return problem(400, "bad-request", "Bad request", "key: give at least one");
    const auto found = reader_.state_receipt(keys);
    if (!found) return problem(found.error());
    ordered_json records = ordered_json::array();
    for (const auto& record : found->records) {
      records.push_back(record ? ordered_json(to_base64(*record)) : ordered_json());
    }
    return json_answer(200, {{"checkpoint", found->checkpoint},
                             {"last_record", to_base64(found->last_record.record)},
                             {"last_record_path", to_json(found->last_record.path)},
                             {"proof", to_base64(found->proof)},
                             {"records", std::move(records)}});
  }

  Response chain(const Request& request) {
    const auto from = number_of(request, "from");
    if (!from) return problem(from.error());
    return bytes(reader_.chain(*from), kOctets, "no-store");
  }

  // ?size=<n>&prefix=<hex digits>; without a prefix the root.
  Response snapshot_state(const Request& request) {
    const auto size = number_of(request, "size");
    if (!size) return problem(size.error());
    const auto found = request.query.find("prefix");
    return bytes(reader_.snapshot_state(*size, found == request.query.end() ? "" : found->second),
                 kOctets, "no-store");
  }

  Response evidence() {
    const auto found = reader_.accusation();
    if (!found) return problem(found.error());
    return bytes_answer(encode(*found), kCbor, "no-store");
  }

  Response ready() {
    const Health health = reader_.health();
    if (health.ready) return json_answer(200, {{"ready", true}});
    Response response = problem(503, "not-ready", "Not ready", health.not_ready_reason);
    response.retry_after_s = 1;
    return response;
  }

  Response metrics() {
    const ServerCounters http = meter_ ? meter_->counters() : ServerCounters{};
    const NodeCounters node = counters_ ? counters_() : NodeCounters{};
    return bytes_answer(to_bytes(as_bytes(metrics_text(reader_.health(), node, http))),
                        kMetricsType, "no-store");
  }

  const Reader& reader_;
  Submissions& submissions_;
  const std::shared_ptr<const ServerMeter> meter_;
  const std::function<NodeCounters()> counters_;
  SubmitRoutes submit_;
  GovernanceRoutes governance_;
  EpochRoutes epochs_;
};

}  // namespace

Handler make_routes(const RoutesConfig& config, const Reader& reader, Submissions& submissions) {
  auto routes = std::make_shared<Routes>(config, reader, submissions);
  return [routes](const Request& request) { return routes->answer(request); };
}

}  // namespace footproof::api
