// How the ledger's own kinds of values stand in CBOR: dates, ids, URIs, closed codes, sets of ids,
// scopes (docs/formats.md §§1, 3). Shared by payloads and state records, so that a value has one
// spelling wherever it stands.
//
// Readers record what is wrong in the cbor::Reader, under the field it was told of, and then yield
// some value of the type; the caller asks finish() once.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/cbor.h"
#include "attest/date.h"
#include "attest/payload.h"

namespace footproof::fields {

// A text that may not be UTF-8, being somebody's input, becomes one that no parser of ours accepts:
// what is wrong is then said under its field instead of ending the process.
void write_text(cbor::Writer& out, std::string_view text);
void write(cbor::Writer& out, Date date);
void write(cbor::Writer& out, const std::optional<Digest>& digest_or_null);
void write(cbor::Writer& out, std::span<const std::string> texts);
void write(cbor::Writer& out, const DateRange& range);
void write(cbor::Writer& out, std::span<const Scope> scopes);
void write(cbor::Writer& out, const NewKey& key);
void write(cbor::Writer& out, const Proposal& proposal);
void write(cbor::Writer& out, const Ready& ready);

// The version member of a payload or record: 1.
void version(cbor::Reader& in);
[[nodiscard]] Date date(cbor::Reader& in);
[[nodiscard]] std::string id(cbor::Reader& in);
[[nodiscard]] std::string party_uri(cbor::Reader& in);
[[nodiscard]] std::string legal_name(cbor::Reader& in);
[[nodiscard]] Reason reason(cbor::Reader& in);
[[nodiscard]] DateRange date_range(cbor::Reader& in);
// Ascending by bytes, none twice.
[[nodiscard]] std::vector<std::string> ids(cbor::Reader& in, std::size_t min, std::size_t max);
[[nodiscard]] std::vector<Scope> scopes(cbor::Reader& in);
[[nodiscard]] PossessionProof possession_proof(cbor::Reader& in);
// COSE_Key, usage, proof as an array of three.
[[nodiscard]] std::optional<NewKey> new_key(cbor::Reader& in);
[[nodiscard]] std::optional<Proposal> proposal(cbor::Reader& in);
[[nodiscard]] Ready ready(cbor::Reader& in);
// The 32 bytes of an Ed25519 key.
[[nodiscard]] std::optional<PublicKey> ed25519_key(cbor::Reader& in);

// An unsigned integer that is one of the values of an enumeration, 0 to `last`.
template <class Enum>
[[nodiscard]] Enum code(cbor::Reader& in, Enum last) {
  return static_cast<Enum>(in.uint_up_to(static_cast<std::uint64_t>(last)));
}

template <class Enum>
void write_code(cbor::Writer& out, Enum value) {
  out.uint(static_cast<std::uint64_t>(value));
}

}  // namespace footproof::fields
