#include "api/answers.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attest/date.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr const char* kProblem = "application/problem+json";

// What a text of ours may quote is not always UTF-8; a byte that is not is shown as U+FFFD.
std::string dump(const ordered_json& body) {
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Response refusal_answer(const Digest& entry_id, const Refusal& refusal) {
  ordered_json body = to_json(refusal);
  body["entry_id"] = entry_id.hex();
  Response response;
  response.status = 422;
  response.content_type = kProblem;
  response.body = dump(body);
  return response;
}

Response logged_answer(const Logged& logged) {
  ordered_json body;
  body["entry_id"] = logged.entry_id.hex();
  body["status"] = "logged";
  body["index"] = logged.index;
  body["height"] = logged.height;
  body["recorded_ms"] = logged.recorded_ms;
  body["recorded"] = Instant{logged.recorded_ms}.text();
  body["receipt"] = entry_path(logged.entry_id) + "/receipt";
  Response response = json_answer(201, body);
  response.location = entry_path(logged.entry_id);
  return response;
}

Response pending_answer(const Digest& entry_id) {
  ordered_json body;
  body["entry_id"] = entry_id.hex();
  body["status"] = "pending";
  body["poll"] = entry_path(entry_id);
  Response response = json_answer(202, body);
  response.location = entry_path(entry_id);
  response.retry_after_s = 1;
  return response;
}

}  // namespace

Response json_answer(int status, const ordered_json& body) {
  Response response;
  response.status = status;
  response.body = dump(body);
  return response;
}

Response bytes_answer(Bytes body, const char* content_type, const char* cache_control) {
  Response response;
  response.content_type = content_type;
  response.cache_control = cache_control;
  response.body = std::string(as_text(body));
  return response;
}

Response problem(int status, std::string_view type, std::string_view title,
                 std::string_view detail) {
  ordered_json body;
  body["type"] = "urn:footproof:problem:" + std::string(type);
  body["title"] = title;
  body["status"] = status;
  body["detail"] = detail;
  Response response;
  response.status = status;
  response.content_type = kProblem;
  response.body = dump(body);
  return response;
}

Response problem(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return problem(404, "not-found", "Not found", error.detail);
    case Errc::too_busy: {
      Response response = problem(503, "busy", "Too busy", error.detail);
      response.retry_after_s = 1;
      return response;
    }
    case Errc::malformed:
    case Errc::bad_value:
    case Errc::bad_length:
    case Errc::bad_version:
    case Errc::usage:
      return problem(400, "bad-request", "Bad request", error.detail);
    default:
      return problem(500, "internal", "The node failed to answer",
                     "the node's log says why; another node may answer");
  }
}

int status_of(const Answer& answer) {
  struct Status {
    int operator()(const Logged&) const { return 201; }
    int operator()(const Accepted&) const { return 202; }
    int operator()(const Refusal&) const { return 422; }
    int operator()(const TooBusy&) const { return 503; }
    int operator()(const Unknown&) const { return 404; }
  };
  return std::visit(Status{}, answer);
}

Response statement_answer(const Digest& entry_id, const Answer& answer) {
  if (const auto* logged = std::get_if<Logged>(&answer)) return logged_answer(*logged);
  if (const auto* refusal = std::get_if<Refusal>(&answer))
    return refusal_answer(entry_id, *refusal);
  if (const auto* busy = std::get_if<TooBusy>(&answer)) {
    Response response = problem(503, "busy", "Too busy",
                                "the node cannot take the statement now, GET /v1/ready says why; "
                                "send the same bytes again, or to another node");
    response.retry_after_s = busy->retry_after_s;
    return response;
  }
  if (std::holds_alternative<Accepted>(answer)) return pending_answer(entry_id);
  return problem(404, "unknown-entry", "Unknown entry",
                 "not in the published log, not pending and not lately refused at this node; if it "
                 "was submitted, submit the same bytes again");
}

std::string entry_path(const Digest& entry_id) { return "/v1/entries/" + entry_id.hex(); }

ordered_json to_json(const Refusal& refusal) {
  ordered_json body;
  body["type"] = "urn:footproof:refusal:" + refusal.reason;
  body["title"] = "The rules of the ledger forbid this statement";
  body["status"] = 422;
  body["reason"] = refusal.reason;
  body["rule"] = refusal.rule;
  body["detail"] = refusal.detail;
  body["remedy"] = refusal.remedy;
  body["final"] = refusal.final;
  body["height"] = refusal.height;
  return body;
}

ordered_json to_json(const std::vector<Digest>& path) {
  ordered_json array = ordered_json::array();
  for (const Digest& digest : path) array.push_back(to_base64(digest.view()));
  return array;
}

namespace {

ordered_json to_json(const FollowFacts& follow) {
  ordered_json sources = ordered_json::array();
  for (const SourceFacts& source : follow.sources) {
    sources.push_back(
        {{"url", source.url}, {"height", source.height}, {"trouble", source.trouble}});
  }
  return {{"doing", follow.doing},
          {"behind", follow.behind},
          {"blocks_per_minute", follow.blocks_per_minute},
          {"sources", std::move(sources)}};
}

ordered_json to_json(const SetFacts& set) {
  ordered_json out{{"epoch", set.epoch},
                   {"members", set.members},
                   {"member", set.member},
                   {"votes", set.votes},
                   {"why_no_vote", set.why_no_vote}};
  if (set.ends_at != 0) out["ends_at_height"] = set.ends_at;
  if (!set.next_members.empty()) out["next_members"] = set.next_members;
  return out;
}

}  // namespace

ordered_json to_json(const Health& health) {
  ordered_json peers = ordered_json::array();
  for (const PeerFacts& peer : health.peers) {
    peers.push_back({{"validator", peer.validator_id},
                     {"connected", peer.connected},
                     {"height", peer.height},
                     {"last_heard_ms", peer.last_heard_ms}});
  }
  ordered_json body;
  body["ready"] = health.ready;
  body["not_ready_reason"] = health.not_ready_reason;
  body["chain_id"] = health.chain_id.hex();
  body["origin"] = health.origin;
  body["validator"] = health.validator_id;
  body["version"] = health.version;
  body["epoch"] = health.epoch;
  body["height"] = health.height;
  body["view"] = health.view;
  body["published_size"] = health.published_size;
  body["block_time_ms"] = health.block_time_ms;
  body["node_time_ms"] = health.node_time_ms;
  body["validators"] = health.validators;
  body["quorum"] = health.quorum;
  body["peers"] = std::move(peers);
  if (health.follow) body["follow"] = to_json(*health.follow);
  if (health.set) body["set"] = to_json(*health.set);
  body["mempool_bytes"] = health.mempool_bytes;
  body["disk_free_bytes"] = health.disk_free_bytes;
  return body;
}

}  // namespace footproof::api
