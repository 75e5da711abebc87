#include "api/submit.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "api/answers.h"
#include "attest/cbor.h"
#include "attest/cose.h"
#include "attest/statement.h"
#include "ledger/refusal.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr const char* kCose = "application/cose";
constexpr const char* kSequence = "application/cbor-seq";

// ?wait=no answers at once; the default is to wait for the receipt.
std::optional<bool> parse_wait(const Request& request) {
  const auto found = request.query.find("wait");
  if (found == request.query.end() || found->second == "yes") return true;
  if (found->second == "no") return false;
  return std::nullopt;
}

Response wrong_media_type(const char* wanted) {
  return problem(415, "media-type", "Unsupported media type",
                 std::string("Content-Type must be ") + wanted);
}

struct Parsed {
  Bytes bytes;
  Digest entry_id;
};

Result<Parsed> parse_canonical(ByteView bytes) {
  auto canonical = cose::with_empty_unprotected(bytes);
  if (!canonical) return fail(std::move(canonical.error()));
  const auto statement = parse_statement(*canonical);
  if (!statement) return fail(statement.error());
  return Parsed{std::move(*canonical), statement->entry_id()};
}

Response malformed_statement(const Error& error) {
  return problem(400, "malformed-statement", "Not a statement", error.detail);
}

// [status, entry id / null, index / null, reason, detail, remedy, final]; docs/api.md.
void write_item(cbor::Writer& out, int status, const std::optional<Digest>& entry_id,
                std::optional<std::uint64_t> index, const Refusal& refusal) {
  out.array(7).uint(static_cast<std::uint64_t>(status));
  if (entry_id) {
    out.bytes(entry_id->view());
  } else {
    out.null();
  }
  if (index) {
    out.uint(*index);
  } else {
    out.null();
  }
  const auto text = [&out](const std::string& value) {
    // Only UTF-8 may become a CBOR text; a detail that quotes other bytes is left out.
    out.text(is_utf8(as_bytes(value)) ? value : std::string());
  };
  text(refusal.reason);
  text(refusal.detail);
  text(refusal.remedy);
  out.boolean(refusal.final);
}

void append_item(Bytes& body, const Digest& entry_id, const Answer& answer) {
  cbor::Writer out;
  const auto* logged = std::get_if<Logged>(&answer);
  const auto* refusal = std::get_if<Refusal>(&answer);
  write_item(out, status_of(answer), entry_id,
             logged != nullptr ? std::optional(logged->index) : std::nullopt,
             refusal != nullptr ? *refusal : Refusal{});
  append(body, out.view());
}

}  // namespace

Result<std::vector<Bytes>> split_statements(ByteView sequence) {
  std::vector<Bytes> items;
  while (!sequence.empty()) {
    const std::string where = "statement " + std::to_string(items.size() + 1) + " of the sequence";
    if (items.size() == kSequenceItemsMax) {
      return fail(Errc::bad_length, "the sequence has more than " +
                                        std::to_string(kSequenceItemsMax) +
                                        " statements; send it in parts");
    }
    cbor::Reader in(sequence, "statement");
    in.tag(cose::kSign1Tag);
    in.array_of(4);
    for (int part = 0; part < 4; ++part) in.skip();
    if (in.failed()) return fail(where, in.error());
    // What can be cut out but is no statement stays as it is: it gets an answer of its own.
    const ByteView item = sequence.first(in.offset());
    auto canonical = cose::with_empty_unprotected(item);
    items.push_back(canonical ? std::move(*canonical) : to_bytes(item));
    sequence = sequence.subspan(in.offset());
  }
  if (items.empty()) return fail(Errc::malformed, "the sequence is empty");
  return items;
}

Response SubmitRoutes::submit(const Request& request) {
  const auto wait = parse_wait(request);
  if (!wait) return problem(400, "bad-request", "Bad request", "wait must be yes or no");
  if (request.content_type == kCose) return submit_one(request, *wait);
  if (request.content_type == kSequence) return submit_sequence(request, *wait);
  return wrong_media_type("application/cose or application/cbor-seq");
}

Response SubmitRoutes::submit_one(const Request& request, bool wait) {
  const auto parsed = parse_canonical(as_bytes(request.body));
  if (!parsed) return malformed_statement(parsed.error());
  std::vector<Answer> answers = submissions_.submit({parsed->bytes});
  if (wait) await(answers);
  return statement_answer(parsed->entry_id, answers.at(0));
}

Response SubmitRoutes::submit_sequence(const Request& request, bool wait) {
  auto items = split_statements(as_bytes(request.body));
  if (!items) return malformed_statement(items.error());
  // What parses goes to the node together; each answer finds its place again by `places`.
  std::vector<Bytes> statements;
  std::vector<std::optional<Digest>> entry_ids;
  std::vector<std::string> errors(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto statement = parse_statement((*items)[i]);
    if (statement) {
      entry_ids.emplace_back(statement->entry_id());
      statements.push_back(std::move((*items)[i]));
    } else {
      entry_ids.emplace_back();
      errors[i] = statement.error().detail;
    }
  }
  std::vector<Answer> answers;
  if (!statements.empty()) answers = submissions_.submit(statements);
  if (wait) await(answers);
  Bytes body;
  std::size_t next = 0;
  const auto& malformed = ledger::entry_of(ledger::RefusalReason::malformed);
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (entry_ids[i]) {
      append_item(body, *entry_ids[i], answers.at(next++));
    } else {
      cbor::Writer out;
      write_item(out, 400, std::nullopt, std::nullopt,
                 Refusal{std::string(malformed.code), std::string(malformed.rule), errors[i],
                         std::string(malformed.remedy), false, 0});
      append(body, out.view());
    }
  }
  return bytes_answer(std::move(body), kSequence, "no-store");
}

void SubmitRoutes::await(std::vector<Answer>& answers) {
  std::vector<Digest> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (const auto* accepted = std::get_if<Accepted>(&answers[i])) {
      open.push_back(accepted->entry_id);
      places.push_back(i);
    }
  }
  if (open.empty()) return;
  if (waiting_.fetch_add(1) < config_.waiters_max) {
    std::vector<Answer> awaited =
        submissions_.await(open, std::chrono::steady_clock::now() + config_.wait_max);
    for (std::size_t i = 0; i < places.size(); ++i) answers[places[i]] = std::move(awaited.at(i));
  }
  waiting_.fetch_sub(1);
}

Response SubmitRoutes::dry_run(const Request& request) {
  if (request.content_type != kCose) return wrong_media_type(kCose);
  const auto parsed = parse_canonical(as_bytes(request.body));
  if (!parsed) return malformed_statement(parsed.error());
  const auto result = submissions_.dry_run(parsed->bytes);
  if (!result) return problem(result.error());
  ordered_json body;
  body["entry_id"] = parsed->entry_id.hex();
  body["accepted"] = !result->refusal.has_value();
  body["signature_verifies"] = result->signature_verifies;
  body["height"] = result->height;
  if (result->refusal) body["refusal"] = to_json(*result->refusal);
  return json_answer(200, body);
}

}  // namespace footproof::api
