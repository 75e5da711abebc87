// Receipt: the ledger's part of a presentation. What a node hands out for one entry, all of it made
// from one snapshot of the log and of the state (docs/formats.md §8; pitfall M5).
//
// It says where a statement stands in the log, when it was recorded, what the quorum cosigned, and
// what the state tree holds, or does not hold, about it as of that checkpoint. Nobody has to trust
// the node: verify_receipt() needs the trust policy and nothing else.
//
// Invariants of a parsed receipt (not yet verified):
//   1. One spelling: encode_receipt(parse_receipt(b)) == b.
//   2. own_record is absent if and only if the own record is the last record of the log.
//   3. state_records has one slot for each key of receipt_state_keys(), in that order; an empty
//   slot
//      claims absence. Every slot, filled or empty, is covered by state_proof.
// Limits: a receipt is at most kReceiptSizeMax bytes, a path at most 63 digests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "attest/statement.h"

namespace footproof {

inline constexpr std::size_t kReceiptSizeMax = std::size_t{512} * 1024;

// A block record (its exact bytes) and its path in the log tree of the checkpoint. Its index is not
// stored: it is first index + count, which the record itself names.
struct LoggedRecord {
  Bytes record;
  std::vector<Digest> path;

  friend bool operator==(const LoggedRecord&, const LoggedRecord&) = default;
};

struct Receipt {
  Bytes statement;           // COSE_Sign1, tag 18, empty unprotected header: the logged bytes
  std::uint64_t index = 0;   // of the statement's leaf
  std::vector<Digest> path;  // of the statement's leaf, sibling first
  std::optional<LoggedRecord> own_record;
  // C2SP signed note: the checkpoint text, a blank line, the serving node's log line (0x01), then
  // exactly q cosignature lines (0x04) in ascending byte order of key name.
  std::string checkpoint;
  LoggedRecord last_record;  // at size − 1; carries the state root
  // Only for an attestation of more than one declaration, and only where the receipt is about one
  // of them: its tree root. Adds that declaration's status to the state keys.
  std::optional<Digest> declaration_root;
  std::vector<std::optional<Bytes>> state_records;  // exact value bytes, or nothing: absence
  Bytes state_proof;  // encoded multi-proof (attest/state_proof.h) of all the keys under the root

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// A record of the state tree that a receipt shows, or shows the absence of.
enum class StatePart : std::uint8_t {
  status,              // of the attestation; of a status statement: of its target
  declaration_status,  // of one declaration under it
  accreditation,
  signing_key,
  party,  // an attestation's accreditation body; a key's party; else the issuer
  added_key,
  countersigning_key,  // of an attestation that its accreditation body countersigned
  proposal,
  dataset,
};

struct StateQuery {
  StatePart part = StatePart::status;
  Digest key;  // in the state tree
  friend bool operator==(const StateQuery&, const StateQuery&) = default;
};

// Which records a receipt for this statement carries, in order. All keys differ.
[[nodiscard]] std::vector<StateQuery> state_queries(const Statement& statement,
                                                    const std::optional<Digest>& declaration_root);
// Only the keys, for whoever makes the proof.
[[nodiscard]] std::vector<Digest> receipt_state_keys(const Statement& statement,
                                                     const std::optional<Digest>& declaration_root);

namespace cbor {
class Reader;
class Writer;
}  // namespace cbor

[[nodiscard]] Bytes encode_receipt(const Receipt& receipt);
// Strict deterministic CBOR; says nothing about what the receipt claims.
[[nodiscard]] Result<Receipt> parse_receipt(ByteView bytes);

// The same as one item of a larger file. What is wrong is recorded in `in`.
void write_receipt(cbor::Writer& out, const Receipt& receipt);
[[nodiscard]] Receipt read_receipt(cbor::Reader& in);
// Digests, one after the other in one byte string: how paths stand in receipts and presentations.
void write_path(cbor::Writer& out, const std::vector<Digest>& path);
[[nodiscard]] std::vector<Digest> read_path(cbor::Reader& in, std::size_t count_max);
// `what` names the record in errors.
void write_logged(cbor::Writer& out, const LoggedRecord& logged);
[[nodiscard]] LoggedRecord read_logged(cbor::Reader& in, std::string_view what);

}  // namespace footproof
