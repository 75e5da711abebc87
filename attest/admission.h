// Who is let in, in CBOR: a validator with its keys, a party with its first keys (docs/formats.md
// §3.5). Genesis, descriptors and ballots all write them through here, so that they have one
// spelling; only the frame around them differs.
//
// Readers check what the bytes alone tell: grammar, keys on their curves, no key twice. Whether the
// proofs of possession verify depends on the chain and is the caller's to check.
#pragma once

#include <optional>
#include <vector>

#include "attest/cbor.h"
#include "attest/payload.h"

namespace footproof::fields {

// An array of nine.
void write(cbor::Writer& out, const ValidatorProposal& validator);
[[nodiscard]] std::optional<ValidatorProposal> validator(cbor::Reader& in);

// The six items URI, role, legal name, schemes, regimes, keys; the array around them is the
// caller's.
inline constexpr std::size_t kPartyItems = 6;
void write_items(cbor::Writer& out, const AdmitParty& party);
[[nodiscard]] AdmitParty party_items(cbor::Reader& in);

// 1 to kFirstKeysMax new keys.
void write(cbor::Writer& out, const std::vector<NewKey>& keys);
[[nodiscard]] std::vector<NewKey> new_keys(cbor::Reader& in);

}  // namespace footproof::fields
