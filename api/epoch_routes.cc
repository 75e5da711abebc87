#include "api/epoch_routes.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "attest/policy.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kEpochs = "/v1/epochs";

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json to_json(const PolicyEpoch& epoch) {
  ordered_json validators = ordered_json::array();
  for (const PolicyMember& member : epoch.members) validators.push_back(member.id);
  ordered_json shown;
  shown["epoch"] = epoch.epoch;
  shown["first_size"] = epoch.first_size;
  shown["last_size"] = or_null(epoch.last_size);
  shown["last_root"] = epoch.last_root ? ordered_json(epoch.last_root->hex()) : ordered_json();
  shown["ended"] = epoch.last_day ? ordered_json(epoch.last_day->text()) : ordered_json();
  shown["quorum"] = epoch.quorum();
  shown["validators"] = std::move(validators);
  return shown;
}

}  // namespace

bool EpochRoutes::takes(std::string_view path) {
  return path == kEpochs || (path.starts_with(kEpochs) && path[kEpochs.size()] == '/');
}

Response EpochRoutes::answer(const Request& request) const {
  const std::string_view path = request.path;
  return path == kEpochs ? all() : one(path.substr(kEpochs.size() + 1));
}

Response EpochRoutes::all() const {
  const auto text = reader_.trust_policy();
  if (!text) return problem(text.error());
  const auto policy = parse_policy(as_bytes(*text));
  if (!policy) return problem({Errc::corrupt, policy.error().detail});
  ordered_json epochs = ordered_json::array();
  for (const PolicyEpoch& epoch : policy->epochs) epochs.push_back(to_json(epoch));
  return json_answer(200, {{"epochs", std::move(epochs)}});
}

Response EpochRoutes::one(std::string_view text) const {
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  const bool one_spelling = text.size() == 1 || (!text.empty() && text.front() != '0');
  if (error != std::errc() || end != text.data() + text.size() || !one_spelling) {
    return problem(400, "bad-request", "Bad request", "the epoch is a decimal number");
  }
  const auto hop = reader_.hop(epoch);
  if (!hop) return problem(hop.error());
  return bytes_answer(encode_hop(*hop), "application/cbor", "public, max-age=31536000, immutable");
}

}  // namespace footproof::api
