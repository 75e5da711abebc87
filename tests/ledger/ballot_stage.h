// Ballots on the stage of the rule tests: proposals, votes of the four associations, newcomers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "attest/governance_record.h"
#include "attest/ready.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::testing {

inline constexpr std::string_view kNewBodyUri = "https://new-body.example";
inline constexpr std::string_view kFifthUri = "https://fifth-association.example";

// One of the four of the cast; each runs a validator.
inline std::string association(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

inline Proposal proposal(const RulesStage& it, Change change, std::int64_t days = 30) {
  Proposal made{{}, std::move(change), it.today().plus(days)};
  std::ranges::copy(random_bytes(made.nonce.size()), made.nonce.begin());
  return made;
}

// "accepted", or the code of the refusal.
inline std::string vote(RulesStage& it, std::string_view by, const Proposal& proposal,
                        bool approve = true) {
  return it.by(by, Ballot{proposal, approve});
}
inline std::string vote(RulesStage& it, std::size_t association_number, const Proposal& proposal,
                        bool approve = true) {
  return vote(it, association(association_number), proposal, approve);
}

// The word of the new validator that a proposal names, after this entry.
inline Ready word_of(const RulesStage& it, const Proposal& proposal, const Digest& entry) {
  const SigningKey key = Sequencer::secret_of(new_validator_of(proposal.change)->vote_key);
  return make_ready(key, it.network.chain_id(), proposal, entry).value();
}
inline std::string vote_with(RulesStage& it, std::size_t association_number,
                             const Proposal& proposal, const Ready& ready) {
  return it.by(association(association_number), Ballot{proposal, true, ready});
}

// Proposed and voted for by as many of the first associations as it takes.
inline void decide(RulesStage& it, Change change, std::size_t votes = 3) {
  const Proposal made = proposal(it, std::move(change));
  for (std::size_t voter = 0; voter < votes; ++voter) {
    EXPECT_EQ(vote(it, voter, made), "accepted") << voter;
  }
}

// A party with the keys that party_key() gives it: RulesStage::by() signs with them. `generation`
// tells the keys of one admission from those of the next.
inline NewKey first_key(const RulesStage& it, std::string_view uri, KeyUsage usage,
                        const std::string& generation = "") {
  const SigningKey key = party_key(std::string(uri) + generation, usage);
  return {key.public_key(), usage, possession(key, it.network.chain_id(), uri, to_text(usage))};
}
inline AdmitParty newcomer(const RulesStage& it, std::string_view uri, PartyRole role,
                           const std::string& generation = "") {
  AdmitParty party;
  party.uri = uri;
  party.role = role;
  party.legal_name = "Newcomer";
  if (role == PartyRole::accreditation_body) {
    party.schemes = {"cbam"};
    party.regimes = {"iaf-mla"};
  }
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    party.keys.push_back(first_key(it, uri, usage, generation));
  }
  return party;
}
inline AdmitParty new_body(const RulesStage& it) {
  return newcomer(it, kNewBodyUri, PartyRole::accreditation_body);
}
inline AdmitParty fifth_association(const RulesStage& it) {
  return newcomer(it, kFifthUri, PartyRole::association);
}

// What the state holds under a key, parsed; it must be there.
template <class Record>
Record record_at(const RulesStage& it, const Digest& key, Result<Record> (*parse)(ByteView)) {
  return parse(it.network.store().snapshot()->record(key).value().value()).value();
}
inline PartyRecord party_at(const RulesStage& it, std::string_view uri) {
  return record_at(it, state_key::party(uri), parse_party_record);
}
inline ProposalRecord proposal_at(const RulesStage& it, const Proposal& proposal) {
  return record_at(it, state_key::proposal(proposal.nonce), parse_proposal_record);
}
// How many proposals the state lists as open.
inline std::size_t open_count(const RulesStage& it) {
  const auto bytes = it.network.store().snapshot()->record(state_key::open_proposals()).value();
  if (!bytes) return 0;
  const OpenProposalsRecord record = parse_open_proposals_record(*bytes).value();
  std::size_t count = 0;
  for (const Proposer& one : record.proposers) {
    count += one.open.size();
  }
  return count;
}

}  // namespace footproof::testing
