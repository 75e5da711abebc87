#include "tests/simulation/whole/cast.h"

#include <utility>

#include "attest/check.h"
#include "attest/date.h"
#include "attest/note.h"
#include "tests/support/sequencer.h"

namespace footproof::whole {
namespace {

using testing::key_from;

constexpr std::string_view kName = "whole";

SigningKey party_key(std::string_view party, KeyUsage usage) {
  return key_from(std::string(party) + '/' + std::string(to_text(usage)), Algorithm::eddsa);
}

constexpr std::size_t kAssociations = 4;

std::string association_uri(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

node::Network make(std::size_t validators) {
  auto genesis = testing::cast_genesis(validators, std::string(kName));
  const Digest context = ledger::genesis_possession_context(genesis.domain, genesis.network);
  for (auto& party : genesis.parties) {
    party.keys.clear();
    for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
      const auto key = party_key(party.uri, usage);
      party.keys.push_back(
          {key.public_key(), usage, testing::possession(key, context, party.uri, to_text(usage))});
    }
  }
  auto network = node::make_network(ledger::encode_genesis(genesis));
  CHECK(network.has_value());
  return *std::move(network);
}

// A version 4 UUID, as random_subject() gives.
std::string subject_of(std::uint64_t high, std::uint64_t low) {
  const std::string hex = to_hex(ByteWriter().u64(high).u64(low).bytes());
  return "urn:uuid:" + hex.substr(0, 8) + '-' + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" +
         hex.substr(17, 3) + '-' + hex.substr(20);
}

Date day_of(std::uint64_t at_s) {
  return Date::from_days(static_cast<std::int64_t>(at_s / 86'400));
}

}  // namespace

Cast::Cast(std::size_t validators)
    : network_(make(validators)),
      policy_{network_.origin, network_.chain_id, Date::from_days(20'000), {}} {
  policy_.epochs.push_back(make_policy_epoch(network_.origin, network_.validators));
}

std::string Cast::id_of(std::size_t person) { return "validator-" + std::to_string(person); }

node::OwnKeys Cast::keys(std::size_t person, std::size_t generation) {
  std::string name = std::string(kName) + '/' + id_of(person);
  if (generation > 0) name += "/keys-" + std::to_string(generation);
  const Digest tls_pin = sha256(as_bytes(name));  // as testing::cast_genesis() makes them
  return {key_from(name + "/vote", Algorithm::eddsa), key_from(name + "/cosign", Algorithm::eddsa),
          key_from(name + "/log", Algorithm::eddsa), tls_pin};
}

Bytes Cast::sign(std::string_view issuer, const SigningKey& key, Payload payload,
                 std::uint64_t at_s) {
  const std::uint64_t high = random_.next();
  auto statement = sign_statement({std::string(issuer), subject_of(high, random_.next()),
                                   network_.chain_id, at_s, std::move(payload)},
                                  key);
  CHECK(statement.has_value());
  return statement->bytes();
}

Bytes Cast::admission(std::size_t step, std::uint64_t at_s) {
  const auto by = party_key(testing::kBodyUri, KeyUsage::status);
  if (step == 0) {
    const Date today = day_of(at_s);
    AccreditationChange grant;
    grant.id = testing::kAccreditationId;
    grant.action = AccreditationAction::grant;
    grant.effective = today;
    grant.verifier = testing::kVerifierUri;
    grant.scopes = {
        {"steel.cbam", "cbam", {"iso14064-3-2019", "iso14067-2018"}, Assurance::reasonable}};
    grant.validity = DateRange{today.plus(-365), today.plus(4 * 365)};
    grant.regimes = {"iaf-mla"};
    return sign(testing::kBodyUri, party_key(testing::kBodyUri, KeyUsage::sign), std::move(grant),
                at_s);
  }
  const KeyUsage usage = step == 1 ? KeyUsage::sign : KeyUsage::status;
  const auto key = party_key(testing::kVerifierUri, usage);
  KeyChange change;
  change.action = KeyAction::add;
  change.party = testing::kVerifierUri;
  change.added =
      NewKey{key.public_key(), usage,
             testing::possession(key, network_.chain_id, testing::kVerifierUri, to_text(usage))};
  return sign(testing::kBodyUri, by, std::move(change), at_s);
}

Bytes Cast::attestation(std::uint64_t number, std::uint64_t at_s) {
  const Date today = day_of(at_s);
  Attestation attestation;
  attestation.root = tagged_hash("whole/declaration", {ByteWriter().u64(number).bytes()});
  attestation.accreditation = {std::string(testing::kBodyUri),
                               std::string(testing::kAccreditationId)};
  attestation.scope = "steel.cbam";
  attestation.scheme = {"cbam", "2025-2546"};
  attestation.standards = {"iso14067-2018"};
  attestation.assurance = Assurance::limited;
  attestation.issued_on = today;
  attestation.valid_from = today;
  attestation.valid_until = today.plus(3 * 365);
  return sign(testing::kVerifierUri, party_key(testing::kVerifierUri, KeyUsage::sign),
              std::move(attestation), at_s);
}

Bytes Cast::contested_key(std::uint64_t number, bool second, std::uint64_t at_s) {
  const auto& parties = network_.genesis.parties;
  const std::string party = parties[(number * 2 + (second ? 1 : 0)) % parties.size()].uri;
  const auto key = key_from("contested/" + std::to_string(number), Algorithm::eddsa);
  KeyChange change;
  change.action = KeyAction::add;
  change.party = party;
  change.added = NewKey{key.public_key(), KeyUsage::sign,
                        testing::possession(key, network_.chain_id, party, role::kSign)};
  return sign(party, party_key(party, KeyUsage::status), std::move(change), at_s);
}

ValidatorProposal Cast::validator(std::size_t person, std::size_t generation) const {
  const auto keys = Cast::keys(person, generation);
  const std::string id = id_of(person);
  const auto proof = [&](const SigningKey& key, std::string_view role) {
    return testing::possession(key, network_.chain_id, id, role);
  };
  return {id,
          association_uri(person % kAssociations),
          keys.vote.public_key(),
          keys.cosign.public_key(),
          keys.log.public_key(),
          keys.tls_pin,
          proof(keys.vote, role::kVote),
          proof(keys.cosign, role::kCosign),
          proof(keys.log, role::kLog)};
}

Proposal Cast::proposal(Change change, std::uint64_t at_s) {
  Proposal out{{}, std::move(change), day_of(at_s).plus(30)};
  for (auto& byte : out.nonce) byte = static_cast<std::uint8_t>(random_.next());
  return out;
}

Bytes Cast::ballot(std::size_t association, Ballot ballot, std::uint64_t at_s) {
  const std::string party = association_uri(association);
  return sign(party, party_key(party, KeyUsage::sign), std::move(ballot), at_s);
}

Bytes Cast::stranger(std::uint64_t number) const {
  const auto key = key_from("stranger", Algorithm::eddsa);
  KeyChange change;
  change.action = KeyAction::add;
  change.party = "https://stranger.example";
  change.added = NewKey{key.public_key(), KeyUsage::sign,
                        testing::possession(key, network_.chain_id, change.party, role::kSign)};
  const auto statement =
      sign_statement({change.party, subject_of(number, number), network_.chain_id,
                      static_cast<std::uint64_t>(testing::kFixtureGenesis.ms) / 1000, change},
                     key);
  CHECK(statement.has_value());
  return statement->bytes();
}

Bytes Cast::with_junk_signature(const Bytes& statement) {
  Bytes out = statement;  // COSE_Sign1 ends with the signature
  out.back() ^= 1U;
  return out;
}

}  // namespace footproof::whole
