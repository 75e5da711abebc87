#include "api/client/parse_answer.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "attest/cbor.h"

namespace footproof::api {
namespace {

using nlohmann::json;

constexpr std::size_t kTextMax = 4096;
constexpr std::size_t kPathMax = 64;
constexpr std::size_t kPeersMax = 64;

// Reads members of one JSON object; the first that is not what it should be is remembered.
class Fields {
 public:
  explicit Fields(const NodeAnswer& answer) : node_(answer.node) {
    object_ = json::parse(answer.body, nullptr, false);
    if (!object_.is_object()) reject("the answer is not a JSON object");
  }
  Fields(std::string node, json object) : node_(std::move(node)), object_(std::move(object)) {
    if (!object_.is_object()) reject("a member is not a JSON object");
  }

  std::string text(const char* name) {
    const json* found = find(name);
    if (found == nullptr || !found->is_string()) return reject(name), std::string();
    auto value = found->get<std::string>();
    if (value.size() > kTextMax) return reject(name), std::string();
    return value;
  }
  std::uint64_t number(const char* name) {
    const json* found = find(name);
    if (found == nullptr || !found->is_number_unsigned()) return reject(name), 0;
    return found->get<std::uint64_t>();
  }
  bool boolean(const char* name) {
    const json* found = find(name);
    if (found == nullptr || !found->is_boolean()) return reject(name), false;
    return found->get<bool>();
  }
  Digest digest(const char* name) {
    const auto value = digest_from_hex(text(name));
    if (!value) return reject(name), Digest{};
    return *value;
  }
  Bytes bytes(const char* name) {
    const json* found = find(name);
    return found == nullptr ? (reject(name), Bytes{}) : bytes_of(*found, name);
  }
  Bytes bytes_of(const json& value, const char* name) {
    if (!value.is_string()) return reject(name), Bytes{};
    auto decoded = from_base64(value.get_ref<const std::string&>());
    if (!decoded) return reject(name), Bytes{};
    return std::move(*decoded);
  }
  std::string long_text(const char* name) {
    const json* found = find(name);
    if (found == nullptr || !found->is_string()) return reject(name), std::string();
    return found->get<std::string>();
  }
  // Null where there is none; what is there is an object, or rejected.
  const json* find_object(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return nullptr;
    if (!found->is_object()) return reject(name), nullptr;
    return &*found;
  }
  const json& array(const char* name, std::size_t count_max) {
    static const json empty = json::array();
    const json* found = find(name);
    if (found == nullptr || !found->is_array() || found->size() > count_max) {
      return reject(name), empty;
    }
    return *found;
  }
  std::vector<Digest> path(const char* name) {
    std::vector<Digest> digests;
    for (const json& item : array(name, kPathMax)) {
      const auto digest = to_digest(bytes_of(item, name));
      if (!digest) return reject(name), digests;
      digests.push_back(*digest);
    }
    return digests;
  }
  [[nodiscard]] const json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }

  void reject(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] tl::unexpected<Error> error() const {
    return fail(Errc::malformed, node_ + ": answer not understood (" + error_ +
                                     "); is this a footproof node of this version?");
  }

 private:
  std::string node_;
  json object_ = json::object();
  std::string error_;
};

Refusal read_refusal(Fields& in) {
  Refusal refusal;
  refusal.reason = in.text("reason");
  refusal.rule = in.text("rule");
  refusal.detail = in.text("detail");
  refusal.remedy = in.text("remedy");
  refusal.final = in.boolean("final");
  refusal.height = in.number("height");
  return refusal;
}

Submitted read_item(cbor::Reader& in, const std::string& node) {
  Submitted item;
  item.node = node;
  in.array_of(7);
  const std::uint64_t status = in.uint_up_to(599);
  item.entry_id = in.digest_or_null().value_or(Digest{});
  if (!in.take_null()) item.index = in.uint();
  item.refusal.reason = in.text(kTextMax);
  item.refusal.detail = in.text(kTextMax);
  item.refusal.remedy = in.text(kTextMax);
  item.refusal.final = in.boolean();
  if (status == 201) item.what = Submitted::What::logged;
  if (status == 400 || status == 422) item.what = Submitted::What::refused;
  return item;
}

}  // namespace

Error problem_of(const NodeAnswer& answer) {
  const json body = json::parse(answer.body, nullptr, false);
  std::string detail;
  for (const char* name : {"detail", "remedy"}) {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) continue;
    const auto& text = body[name].get_ref<const std::string&>();
    if (text.empty() || text.size() > kTextMax) continue;
    detail += (detail.empty() ? "" : "; ") + text;
  }
  if (detail.empty()) detail = "answered with status " + std::to_string(answer.status);
  Errc code = Errc::io;
  if (answer.status == 404) code = Errc::not_found;
  if (answer.status == 422) code = Errc::refused;
  if (answer.status == 503 || answer.status == 429) code = Errc::too_busy;
  if (answer.status == 400 || answer.status == 413 || answer.status == 415) code = Errc::usage;
  return Error{code, answer.node + ": " + detail};
}

Result<Submitted> parse_submitted(const NodeAnswer& answer) {
  Fields in(answer);
  Submitted submitted;
  submitted.node = answer.node;
  submitted.entry_id = in.digest("entry_id");
  if (answer.status == 422) {
    submitted.what = Submitted::What::refused;
    submitted.refusal = read_refusal(in);
  } else if (answer.status == 200 || answer.status == 201) {
    submitted.what = Submitted::What::logged;
    submitted.index = in.number("index");
  }
  if (in.failed()) return in.error();
  return submitted;
}

Result<std::vector<Submitted>> parse_sequence(const NodeAnswer& answer, std::size_t count) {
  std::vector<Submitted> items;
  cbor::Reader in(as_bytes(answer.body), "answer");
  while (!in.failed() && items.size() < count) items.push_back(read_item(in, answer.node));
  if (const auto done = in.finish(); !done) return fail(answer.node, done.error());
  return items;
}

Result<DryRun> parse_dry_run(const NodeAnswer& answer) {
  Fields in(answer);
  DryRun result;
  result.height = in.number("height");
  result.signature_verifies = in.boolean("signature_verifies");
  if (!in.boolean("accepted")) {
    const json* refusal = in.find("refusal");
    if (refusal == nullptr) {
      in.reject("refusal");
    } else {
      Fields inner(answer.node, *refusal);
      result.refusal = read_refusal(inner);
      if (inner.failed()) return inner.error();
    }
  }
  if (in.failed()) return in.error();
  return result;
}

Result<StateReceipt> parse_state_receipt(const NodeAnswer& answer, std::size_t key_count) {
  Fields in(answer);
  StateReceipt receipt;
  receipt.checkpoint = in.long_text("checkpoint");
  receipt.last_record.record = in.bytes("last_record");
  receipt.last_record.path = in.path("last_record_path");
  receipt.proof = in.bytes("proof");
  const json& records = in.array("records", key_count);
  if (records.size() != key_count) in.reject("records");
  for (const json& record : records) {
    if (record.is_null()) {
      receipt.records.emplace_back();
    } else {
      receipt.records.emplace_back(in.bytes_of(record, "records"));
    }
  }
  if (in.failed()) return in.error();
  return receipt;
}

Result<Health> parse_health(const NodeAnswer& answer) {
  Fields in(answer);
  Health health;
  health.ready = in.boolean("ready");
  health.not_ready_reason = in.text("not_ready_reason");
  health.chain_id = in.digest("chain_id");
  health.origin = in.text("origin");
  health.validator_id = in.text("validator");
  health.version = in.text("version");
  health.epoch = in.number("epoch");
  health.height = in.number("height");
  health.view = in.number("view");
  health.published_size = in.number("published_size");
  health.block_time_ms = in.number("block_time_ms");
  health.node_time_ms = in.number("node_time_ms");
  health.validators = static_cast<std::uint32_t>(in.number("validators"));
  health.quorum = static_cast<std::uint32_t>(in.number("quorum"));
  health.mempool_bytes = in.number("mempool_bytes");
  health.disk_free_bytes = in.number("disk_free_bytes");
  for (const json& item : in.array("peers", kPeersMax)) {
    Fields peer(answer.node, item);
    health.peers.push_back({peer.text("validator"), peer.boolean("connected"),
                            peer.number("height"), peer.number("last_heard_ms")});
    if (peer.failed()) return peer.error();
  }
  if (const json* found = in.find_object("follow")) {
    Fields follow(answer.node, *found);
    health.follow = FollowFacts{
        {}, follow.number("behind"), follow.number("blocks_per_minute"), follow.text("doing")};
    if (follow.failed()) return follow.error();
  }
  if (const json* found = in.find_object("set")) {
    Fields set(answer.node, *found);
    health.set = SetFacts{};
    health.set->epoch = set.number("epoch");
    health.set->member = set.boolean("member");
    health.set->votes = set.boolean("votes");
    health.set->why_no_vote = set.text("why_no_vote");
    if (set.failed()) return set.error();
  }
  if (in.failed()) return in.error();
  return health;
}

}  // namespace footproof::api
