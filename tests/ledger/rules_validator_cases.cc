// Validators by ballot: who comes and goes, and the word of a new one that it keeps up.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/next_set.h"
#include "tests/ledger/ballot_stage.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

// Proposed and decided with the new validator's word; what the third vote was answered with.
std::string decide_set(RulesStage& it, const Change& change) {
  const Proposal made = proposal(it, change);
  EXPECT_EQ(vote(it, 0, made), kAccepted);
  const Digest entry = it.logged(association(1), Ballot{made, true, std::nullopt});
  if (new_validator_of(change) == nullptr) return vote(it, 2, made);
  return vote_with(it, 2, made, word_of(it, made, entry));
}

}  // namespace

const std::map<R, Case>& ballot_validator_cases() {
  static const std::map<R, Case> cases = {
      {R::not_ready,
       [](RulesStage& it) {
         const Digest old = it.logged(kVerifierUri, it.attestation());
         const Proposal made = proposal(it, AdmitValidator{it.network.validator(4)});
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         EXPECT_EQ(vote(it, 1, made), kAccepted);
         // The ballot that decides needs it.
         EXPECT_EQ(vote(it, 2, made), "not-ready");
         Ready wrong = word_of(it, made, old);
         wrong.signature[5] ^= 1;
         EXPECT_EQ(vote_with(it, 2, made, wrong), "not-ready");
         EXPECT_EQ(vote_with(it, 2, made, word_of(it, made, Digest{})), "not-ready");
         // Of another proposal for the same validator.
         const Proposal other = proposal(it, made.change);
         EXPECT_EQ(vote_with(it, 2, made, word_of(it, other, old)), "not-ready");
         it.network.advance(7 * 86400 + 1);
         EXPECT_EQ(vote_with(it, 2, made, word_of(it, made, old)), "not-ready");
         const Digest recent = it.logged(kVerifierUri, it.attestation());
         // Whoever brings it need not be the one who decides, and may repeat its vote for it.
         EXPECT_EQ(vote(it, 0, made), "already-voted");
         EXPECT_EQ(vote_with(it, 0, made, word_of(it, made, recent)), kAccepted);
         EXPECT_EQ(vote_with(it, 0, made, word_of(it, made, recent)), "already-voted");
         EXPECT_EQ(proposal_at(it, made).ready->entry, recent);
         it.network.advance(7 * 86400 + 1);
         EXPECT_EQ(vote(it, 2, made), "not-ready");  // too long ago by now
         const Digest today = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(vote_with(it, 2, made, word_of(it, made, today)), kAccepted);
         EXPECT_TRUE(proposal_at(it, made).decided.has_value());
       }},
      {R::validator_exists,
       [](RulesStage& it) {
         const ValidatorProposal again = it.network.validator(2, "second");
         EXPECT_EQ(vote(it, 0, proposal(it, AdmitValidator{again})), "validator-exists");
         EXPECT_EQ(vote(it, 0, proposal(it, ReplaceValidator{"validator-1", again})),
                   "validator-exists");
         EXPECT_EQ(vote(it, 0, proposal(it, ReplaceValidator{"validator-2", again})), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, AdmitValidator{it.network.validator(4)})), kAccepted);
         // Keys: all new, but those that a validator keeps in their roles.
         ValidatorProposal keeps = again;
         const Member before = it.network.set_in_force().members[2];
         keeps.vote_key = before.vote_key;
         keeps.vote_proof = possession(Sequencer::secret_of(before.vote_key), it.network.chain_id(),
                                       keeps.id, role::kVote);
         EXPECT_EQ(vote(it, 1, proposal(it, ReplaceValidator{"validator-2", keeps})), kAccepted);
         EXPECT_EQ(
             vote(it, 1, proposal(it, ReplaceValidator{"validator-1", it.network.validator(5)})),
             kAccepted);
         ValidatorProposal taken = it.network.validator(6);
         taken.log_key = before.vote_key;
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{taken})), "key-exists");
         taken = it.network.validator(6);
         taken.tls_pin = before.tls_pin;
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{taken})), "key-exists");
         taken = it.network.validator(6);
         taken.cosign_proof[9] ^= 1;
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{taken})), "bad-possession");
         taken = it.network.validator(6);
         taken.party = kBodyUri;
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{taken})), "not-for-this-role");
         taken.party = "https://stranger.example";
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{taken})), "not-a-member");
       }},
      {R::unknown_validator,
       [](RulesStage& it) {
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveValidator{"validator-7"})), "unknown-validator");
         EXPECT_EQ(
             vote(it, 0, proposal(it, ReplaceValidator{"validator-7", it.network.validator(4)})),
             "unknown-validator");
         EXPECT_EQ(
             vote(it, 0, proposal(it, ReplaceValidator{"validator-3", it.network.validator(4)})),
             kAccepted);
       }},
      {R::too_few_validators,
       [](RulesStage& it) {
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveValidator{"validator-0"})), "too-few-validators");
         EXPECT_EQ(decide_set(it, AdmitValidator{it.network.validator(4)}), kAccepted);
         it.network.end_epoch();
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveValidator{"validator-0"})), kAccepted);
         // Its keys are nobody's again, in whatever role.
         EXPECT_EQ(decide_set(it, RemoveValidator{"validator-3"}), kAccepted);
         it.network.end_epoch();
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{it.network.validator(3)})),
                   "key-exists");
         EXPECT_EQ(vote(it, 1, proposal(it, AdmitValidator{it.network.validator(3, "new")})),
                   kAccepted);
         // Its association is free to go, once there are enough of them.
         decide(it, fifth_association(it));
         EXPECT_EQ(vote(it, 1, proposal(it, RemoveParty{association(3)})), kAccepted);
       }},
      {R::too_many_validators,
       [](RulesStage& it) {
         test::TempFolder folder;
         std::ofstream(folder.path() / "genesis", std::ios::binary)
             << as_text(ledger::encode_genesis(cast_genesis(kValidatorsMax, "sequencer")));
         RulesStage full(folder.path(), it);
         EXPECT_EQ(vote(full, 0, proposal(full, AdmitValidator{full.network.validator(31)})),
                   "too-many-validators");
         EXPECT_EQ(
             vote(full, 0,
                  proposal(full, ReplaceValidator{"validator-7", full.network.validator(31)})),
             kAccepted);
         it.refused.merge(full.refused);
         it.passed += full.passed;
       }},
      {R::change_pending,
       [](RulesStage& it) {
         const Proposal rival = proposal(it, AdmitValidator{it.network.validator(5)});
         EXPECT_EQ(vote(it, 0, rival), kAccepted);
         EXPECT_EQ(decide_set(it, AdmitValidator{it.network.validator(4)}), kAccepted);
         EXPECT_EQ(vote(it, 1, rival), "change-pending");
         EXPECT_EQ(vote(it, 1, proposal(it, RemoveValidator{"validator-0"})), "change-pending");
         EXPECT_EQ(vote(it, 1, rival, false), kAccepted);
         // What waits has its association already.
         EXPECT_EQ(it.network.set_in_force().members.size(), 4U);
         it.network.end_epoch();
         EXPECT_EQ(it.network.set_in_force().members.size(), 5U);
         EXPECT_EQ(vote(it, 2, rival), kAccepted);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
