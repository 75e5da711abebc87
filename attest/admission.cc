#include "attest/admission.h"

#include <algorithm>
#include <utility>

#include "attest/fields.h"

namespace footproof::fields {

void write(cbor::Writer& out, const std::vector<NewKey>& keys) {
  out.array(keys.size());
  for (const NewKey& key : keys) write(out, key);
}

void write(cbor::Writer& out, const ValidatorProposal& validator) {
  write_text(out.array(9), validator.id);
  write_text(out, validator.party);
  out.bytes(validator.vote_key.raw()).bytes(validator.cosign_key.raw());
  out.bytes(validator.log_key.raw()).digest(validator.tls_pin);
  out.bytes(validator.vote_proof).bytes(validator.cosign_proof).bytes(validator.log_proof);
}

void write_items(cbor::Writer& out, const AdmitParty& party) {
  write_text(out, party.uri);
  write_code(out, party.role);
  write_text(out, party.legal_name);
  write(out, std::span<const std::string>(party.schemes));
  write(out, std::span<const std::string>(party.regimes));
  write(out, party.keys);
}

std::vector<NewKey> new_keys(cbor::Reader& in) {
  const std::size_t count = in.field("keys").array_between(1, kFirstKeysMax);
  std::vector<NewKey> keys;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    auto key = new_key(in);
    if (!key) break;
    const bool twice =
        std::ranges::any_of(keys, [&](const NewKey& other) { return other.key == key->key; });
    if (twice) in.field("keys").reject(Errc::bad_value, "one key stands there twice");
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::optional<ValidatorProposal> validator(cbor::Reader& in) {
  in.field("validator").array_of(9);
  const std::string name = id(in.field("validator id"));
  const std::string party = party_uri(in.field("validator party"));
  const auto vote = ed25519_key(in.field("vote key"));
  const auto cosign = ed25519_key(in.field("cosign key"));
  const auto log = ed25519_key(in.field("log key"));
  const Digest tls_pin = in.field("tls pin").digest();
  const PossessionProof vote_proof = possession_proof(in.field("proof of the vote key"));
  const PossessionProof cosign_proof = possession_proof(in.field("proof of the cosign key"));
  const PossessionProof log_proof = possession_proof(in.field("proof of the log key"));
  if (!vote || !cosign || !log) return std::nullopt;
  if (*vote == *cosign || *vote == *log || *cosign == *log) {
    in.field("validator keys").reject(Errc::bad_value, "roles never share a key");
  }
  return ValidatorProposal{name,    party,      *vote,        *cosign,  *log,
                           tls_pin, vote_proof, cosign_proof, log_proof};
}

AdmitParty party_items(cbor::Reader& in) {
  AdmitParty read;
  read.uri = party_uri(in.field("party"));
  read.role = code(in.field("role"), PartyRole::dataset_operator);
  if (read.role == PartyRole::verifier) {
    in.reject(Errc::bad_value, "a verifier is admitted by a grant alone");
  }
  read.legal_name = legal_name(in.field("legal name"));
  read.schemes = ids(in.field("schemes"), 0, kSchemesMax);
  read.regimes = ids(in.field("regimes"), 0, kRegimesMax);
  read.keys = new_keys(in);
  return read;
}

}  // namespace footproof::fields
