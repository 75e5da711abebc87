#include "attest/attested.h"

#include <string_view>
#include <utility>

#include "attest/cbor.h"
#include "attest/statement.h"

namespace footproof {
namespace {

constexpr std::string_view kTag = "footproof/attested/v1";
constexpr std::size_t kNodeUrlMax = 256;
constexpr std::size_t kSubjectPathMax = 20;  // 2^20 declarations

}  // namespace

Bytes encode_attested(const Attested& attested) {
  cbor::Writer out;
  out.array(7).text(kTag).bytes(attested.statement).digest(attested.tree_root);
  out.uint(attested.position);
  write_path(out, attested.subject_path);
  if (attested.receipt) {
    write_receipt(out, *attested.receipt);
  } else {
    out.null();
  }
  out.array(attested.nodes.size());
  for (const std::string& node : attested.nodes) out.text(node);
  return std::move(out).take();
}

Result<Attested> parse_attested(ByteView bytes) {
  if (bytes.size() > kAttestedSizeMax) return fail(Errc::bad_length, "attested file: too large");
  cbor::Reader in(bytes, "attested file");
  Attested attested;
  in.array_of(7);
  in.text_equal(kTag);
  attested.statement = to_bytes(in.field("statement").bytes(cose::kSign1SizeMax));
  attested.tree_root = in.field("tree root").digest();
  attested.position = in.field("position").uint();
  attested.subject_path = read_path(in.field("subject path"), kSubjectPathMax);
  if (!in.field("receipt").take_null()) attested.receipt = read_receipt(in);
  const std::size_t nodes = in.field("nodes").array_up_to(kAttestedNodesMax);
  for (std::size_t i = 0; i < nodes && !in.failed(); ++i) {
    attested.nodes.emplace_back(in.text(kNodeUrlMax));
  }
  if (auto done = in.finish(); !done) return fail(std::move(done.error()));

  const auto statement = parse_statement(attested.statement);
  if (!statement) return fail("attested file", statement.error());
  if (statement->as<Attestation>() == nullptr) {
    return fail(Errc::bad_value, "attested file: its statement is not an attestation");
  }
  if (attested.receipt && attested.receipt->statement != attested.statement) {
    // The same entry may be logged with another signature; the logged bytes then count.
    const auto logged = parse_statement(attested.receipt->statement);
    if (!logged || logged->entry_id() != statement->entry_id()) {
      return fail(Errc::mismatch, "attested file: its receipt is of another statement");
    }
  }
  return attested;
}

}  // namespace footproof
