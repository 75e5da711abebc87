#include "attest/receipt.h"

#include <algorithm>
#include <utility>

#include "attest/cbor.h"
#include "attest/cose.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

constexpr std::size_t kPathSizeMax = 63;  // a log of 2^63 − 1 leaves
constexpr std::size_t kRecordSizeMax = 1024;
constexpr std::size_t kCheckpointSizeMax = std::size_t{64} * 1024;
constexpr std::size_t kStateRecordsMax = 8;
constexpr std::size_t kStateProofSizeMax = std::size_t{128} * 1024;

// What the statement is about, apart from its signing key: by kind of payload.
struct SubjectQueries {
  const Statement& statement;
  const std::optional<Digest>& declaration_root;
  std::vector<StateQuery>& queries;

  void ask(StatePart part, const Digest& key) const { queries.push_back({part, key}); }
  void ask_issuer() const { ask(StatePart::party, state_key::party(statement.issuer())); }

  void operator()(const Attestation& attestation) const {
    ask(StatePart::status, state_key::status(statement.entry_id()));
    if (declaration_root) {
      ask(StatePart::declaration_status,
          state_key::declaration_status(statement.entry_id(), *declaration_root));
    }
    const auto& [body, id] = attestation.accreditation;
    ask(StatePart::accreditation, state_key::accreditation(body, id));
    ask(StatePart::party, state_key::party(body));
    // One of the issuer's own would be no countersignature: then there is no record to show.
    if (attestation.countersignature && attestation.countersignature->kid != statement.kid()) {
      ask(StatePart::countersigning_key, state_key::key(attestation.countersignature->kid));
    }
  }
  void operator()(const StatusChange& change) const {
    if (change.declaration) {
      ask(StatePart::declaration_status,
          state_key::declaration_status(change.target, *change.declaration));
    } else {
      ask(StatePart::status, state_key::status(change.target));
    }
    ask_issuer();
  }
  void operator()(const AccreditationChange& change) const {
    ask(StatePart::accreditation, state_key::accreditation(statement.issuer(), change.id));
    ask_issuer();
  }
  void operator()(const KeyChange& change) const {
    ask(StatePart::party, state_key::party(change.party));
    if (change.added && change.added->key.kid() != statement.kid()) {
      ask(StatePart::added_key, state_key::key(change.added->key.kid()));
    }
  }
  void operator()(const Ballot& ballot) const {
    ask(StatePart::proposal, state_key::proposal(ballot.proposal.nonce));
    ask_issuer();
  }
  void operator()(const DatasetRelease& release) const {
    ask(StatePart::dataset, state_key::dataset(release.database, release.release));
    ask_issuer();
  }
};

}  // namespace

std::vector<StateQuery> state_queries(const Statement& statement,
                                      const std::optional<Digest>& declaration_root) {
  std::vector<StateQuery> queries;
  queries.push_back({StatePart::signing_key, state_key::key(statement.kid())});
  std::visit(SubjectQueries{statement, declaration_root, queries}, statement.payload());
  return queries;
}

std::vector<Digest> receipt_state_keys(const Statement& statement,
                                       const std::optional<Digest>& declaration_root) {
  std::vector<Digest> keys;
  for (const auto& query : state_queries(statement, declaration_root)) keys.push_back(query.key);
  return keys;
}

void write_path(cbor::Writer& out, const std::vector<Digest>& path) {
  Bytes joined;
  joined.reserve(path.size() * Digest::kSize);
  for (const Digest& digest : path) append(joined, digest.view());
  out.bytes(joined);
}

std::vector<Digest> read_path(cbor::Reader& in, std::size_t count_max) {
  const ByteView joined = in.bytes(count_max * Digest::kSize);
  if (joined.size() % Digest::kSize != 0) {
    in.reject(Errc::bad_length, "digests must be 32 bytes each");
    return {};
  }
  std::vector<Digest> path(joined.size() / Digest::kSize);
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::ranges::copy(joined.subspan(i * Digest::kSize, Digest::kSize), path[i].bytes.begin());
  }
  return path;
}

void write_logged(cbor::Writer& out, const LoggedRecord& logged) {
  out.array(2).bytes(logged.record);
  write_path(out, logged.path);
}

LoggedRecord read_logged(cbor::Reader& in, std::string_view what) {
  LoggedRecord logged;
  in.field(what).array_of(2);
  logged.record = to_bytes(in.bytes(kRecordSizeMax));
  logged.path = read_path(in, kPathSizeMax);
  return logged;
}

void write_receipt(cbor::Writer& out, const Receipt& receipt) {
  out.map(8 + (receipt.own_record ? 1U : 0U) + (receipt.declaration_root ? 1U : 0U));
  out.uint(1).uint(1);
  out.uint(2).bytes(receipt.statement);
  out.uint(3).uint(receipt.index);
  out.uint(4);
  write_path(out, receipt.path);
  if (receipt.own_record) {
    out.uint(5);
    write_logged(out, *receipt.own_record);
  }
  out.uint(6).text(receipt.checkpoint);
  out.uint(7);
  write_logged(out, receipt.last_record);
  if (receipt.declaration_root) out.uint(8).digest(*receipt.declaration_root);
  out.uint(9).array(receipt.state_records.size());
  for (const auto& record : receipt.state_records) {
    record ? out.bytes(*record) : out.null();
  }
  out.uint(10).bytes(receipt.state_proof);
}

Receipt read_receipt(cbor::Reader& in) {
  Receipt receipt;
  auto map = in.field("receipt").map();
  if (map.require(1) && in.field("version").uint() != 1) {
    in.reject(Errc::bad_version, "only version 1 is known; update footproof");
  }
  if (map.require(2))
    receipt.statement = to_bytes(in.field("statement").bytes(cose::kSign1SizeMax));
  if (map.require(3)) receipt.index = in.field("index").uint_up_to(INT64_MAX);
  if (map.require(4)) {
    in.field("path");
    receipt.path = read_path(in, kPathSizeMax);
  }
  if (map.key(5)) receipt.own_record = read_logged(in, "own record");
  if (map.require(6)) receipt.checkpoint = in.field("checkpoint").text(kCheckpointSizeMax);
  if (map.require(7)) receipt.last_record = read_logged(in, "last record");
  if (map.key(8)) receipt.declaration_root = in.field("declaration root").digest();
  if (map.require(9)) {
    const std::size_t count = in.field("state records").array_up_to(kStateRecordsMax);
    for (std::size_t i = 0; i < count; ++i) {
      if (in.take_null()) {
        receipt.state_records.emplace_back();
      } else {
        receipt.state_records.emplace_back(to_bytes(in.bytes(kStateRecordSizeMax)));
      }
    }
  }
  if (map.require(10))
    receipt.state_proof = to_bytes(in.field("state proof").bytes(kStateProofSizeMax));
  map.end();
  return receipt;
}

Bytes encode_receipt(const Receipt& receipt) {
  cbor::Writer out;
  write_receipt(out, receipt);
  return std::move(out).take();
}

Result<Receipt> parse_receipt(ByteView bytes) {
  if (bytes.size() > kReceiptSizeMax) return fail(Errc::bad_length, "receipt: larger than 512 KiB");
  cbor::Reader in(bytes, "receipt");
  Receipt receipt = read_receipt(in);
  if (auto finished = in.finish(); !finished) return fail(std::move(finished.error()));
  return receipt;
}

}  // namespace footproof
