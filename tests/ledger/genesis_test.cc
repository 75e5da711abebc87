#include "ledger/genesis.h"

#include <gtest/gtest.h>

#include <functional>

#include "attest/block_record.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using ledger::encode_genesis;
using ledger::Genesis;
using ledger::parse_genesis;

TEST(Genesis, HasOneSpelling) {
  Genesis genesis = cast_genesis(5, "korea");
  for (const bool continues : {false, true}) {
    if (continues) genesis.predecessor = {tagged_hash("old", {}), 1234, tagged_hash("root", {})};
    const Bytes file = encode_genesis(genesis);
    const auto parsed = parse_genesis(file);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(encode_genesis(*parsed), file);
    EXPECT_EQ(parsed->validators, genesis.validators);
    EXPECT_EQ(parsed->parties, genesis.parties);
    EXPECT_EQ(parsed->predecessor, genesis.predecessor);
  }
}

TEST(Genesis, NoFlippedByteIsStillTheSameNetwork) {
  const Bytes file = encode_genesis(cast_genesis(4, "korea"));
  const Digest chain_id = ledger::chain_id_of(file);
  for (std::size_t at = 0; at < file.size(); at += 7) {
    Bytes flipped = file;
    flipped[at] ^= 0x04;
    EXPECT_NE(ledger::chain_id_of(flipped), chain_id);
    const auto parsed = parse_genesis(flipped);
    if (parsed) {
      EXPECT_EQ(encode_genesis(*parsed), flipped) << at;
    }
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, file.size() - 1}) {
    EXPECT_FALSE(parse_genesis(ByteView(file).first(size)));
  }
}

TEST(Genesis, RefusesWhatCannotBeANetwork) {
  const Genesis good = cast_genesis(4, "korea");
  ASSERT_TRUE(parse_genesis(encode_genesis(good)));
  const std::vector<std::pair<const char*, std::function<void(Genesis&)>>> spoilers = {
      {"three validators", [](Genesis& g) { g.validators.pop_back(); }},
      {"unsorted validators", [](Genesis& g) { std::swap(g.validators[0], g.validators[1]); }},
      {"a validator twice", [](Genesis& g) { g.validators[1] = g.validators[0]; }},
      {"unsorted parties", [](Genesis& g) { std::swap(g.parties[0], g.parties[1]); }},
      {"three associations", [](Genesis& g) { g.parties.erase(g.parties.begin()); }},
      {"validator without association", [](Genesis& g) { g.validators[0].party = kBodyUri; }},
      {"shared vote and cosign key",
       [](Genesis& g) { g.validators[0].cosign_key = g.validators[0].vote_key; }},
      {"key of another validator",
       [](Genesis& g) { g.validators[0].vote_key = g.validators[1].vote_key; }},
      {"shared TLS pin", [](Genesis& g) { g.validators[0].tls_pin = g.validators[1].tls_pin; }},
      {"vote possession", [](Genesis& g) { g.validators[2].vote_proof[5] ^= 1; }},
      {"cosign possession", [](Genesis& g) { g.validators[2].cosign_proof[5] ^= 1; }},
      {"log possession", [](Genesis& g) { g.validators[2].log_proof[5] ^= 1; }},
      {"party possession", [](Genesis& g) { g.parties[0].keys[0].proof[40] ^= 1; }},
      {"party without keys", [](Genesis& g) { g.parties[0].keys.clear(); }},
      {"a verifier", [](Genesis& g) { g.parties.back().role = PartyRole::verifier; }},
      {"unsorted schemes",
       [](Genesis& g) {
         g.parties.back().schemes = {"b", "a"};
       }},
      {"domain in upper case", [](Genesis& g) { g.domain = "Footproof.example"; }},
      {"network with a slash", [](Genesis& g) { g.network = "kor/ea"; }},
      // Proofs of possession are made for one domain and network.
      {"another network's keys", [](Genesis& g) { g.network = "japan"; }},
      {"a parameter out of range", [](Genesis& g) { g.parameters.anchoring_days_max = 0; }},
      {"time of no calendar", [](Genesis& g) { g.time_ms = ~std::uint64_t{0}; }},
  };
  for (const auto& [what, spoil] : spoilers) {
    Genesis bad = good;
    spoil(bad);
    const auto parsed = parse_genesis(encode_genesis(bad));
    EXPECT_FALSE(parsed) << what;
    if (!parsed) {
      EXPECT_FALSE(parsed.error().detail.empty());
    }
  }
}

TEST(Genesis, DescriptorsCarryTheirProofs) {
  const Genesis genesis = cast_genesis(4, "korea");
  const ledger::ValidatorDescriptor validator{genesis.domain, genesis.network,
                                              genesis.validators[1]};
  const ledger::PartyDescriptor party{genesis.domain, genesis.network, genesis.parties[1]};
  EXPECT_EQ(ledger::parse_validator_descriptor(encode(validator)).value().validator,
            validator.validator);
  EXPECT_EQ(ledger::parse_party_descriptor(encode(party)).value().party, party.party);
  // One is not the other, nor good for another network.
  EXPECT_FALSE(ledger::parse_party_descriptor(encode(validator)));
  EXPECT_FALSE(ledger::parse_validator_descriptor(encode(party)));
  auto elsewhere = validator;
  elsewhere.network = "japan";
  EXPECT_EQ(ledger::parse_validator_descriptor(encode(elsewhere)).error().code,
            Errc::bad_signature);
  const Bytes file = encode(validator);
  for (std::size_t at = 0; at < file.size(); ++at) {
    Bytes flipped = file;
    flipped[at] ^= 0x08;
    const auto parsed = ledger::parse_validator_descriptor(flipped);
    // The id of its association and the TLS pin are not what the keys prove.
    if (parsed) {
      EXPECT_EQ(encode(*parsed), flipped);
      EXPECT_EQ(parsed->validator.vote_key, validator.validator.vote_key);
    }
  }
}

TEST(Genesis, StateHoldsThePartiesKeysValidatorsAndParameters) {
  const Genesis genesis = cast_genesis(4, "korea");
  const Digest chain_id = ledger::chain_id_of(encode_genesis(genesis));
  const auto block = ledger::genesis_block(genesis, chain_id, tagged_hash("block", {})).value();
  EXPECT_EQ(block.after.head.log_size, 1U);
  EXPECT_EQ(block.after.head.height, 0U);
  ASSERT_EQ(block.items.size(), 1U);
  EXPECT_EQ(block.after.tree.size(), block.changes.size());
  // Nine parties with two keys each, the validators of epoch 0, associations and parameters.
  EXPECT_EQ(block.changes.size(), 9U + 18U + 3U);
  const auto associations =
      parse_associations_record(*block.changes.at(state_key::associations())).value();
  EXPECT_EQ(associations.seats.size(), 4U);
  for (const AssociationSeat& seat : associations.seats) {
    EXPECT_EQ(seat.since.ms, genesis.time_ms) << seat.uri;
  }
  const auto validators =
      parse_validators_record(*block.changes.at(state_key::validators(0))).value();
  EXPECT_EQ(validators.quorum, 3U);
  EXPECT_EQ(validators.from_height, 0U);
  EXPECT_EQ(validators.from_size, 0U);
  EXPECT_EQ(validators.members.size(), 4U);
  EXPECT_EQ(parse_parameters(*block.changes.at(state_key::parameters())).value(),
            genesis.parameters);
  for (const AdmitParty& party : genesis.parties) {
    const auto record = parse_party_record(*block.changes.at(state_key::party(party.uri))).value();
    EXPECT_EQ(record.role, party.role);
    EXPECT_EQ(record.keys.size(), 2U);
    for (const Digest& kid : record.keys) {
      EXPECT_EQ(parse_key_record(*block.changes.at(state_key::key(kid))).value().party, party.uri);
    }
  }
  // The same block id, the same record; another block id, another root.
  EXPECT_EQ(ledger::genesis_block(genesis, chain_id, tagged_hash("block", {})).value().after.head,
            block.after.head);
  EXPECT_NE(ledger::genesis_block(genesis, chain_id, Digest{}).value().after.head.log_root,
            block.after.head.log_root);
}

}  // namespace
}  // namespace footproof::testing
