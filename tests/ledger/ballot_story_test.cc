// What ballots mean over several statements: the life of a body from its admission to its removal,
// majorities that change under a proposal, keys that were lost.
#include <gtest/gtest.h>

#include "attest/parameters.h"
#include "attest/receipt_check.h"
#include "tests/ledger/ballot_stage.h"

namespace footproof::testing {
namespace {

constexpr const char* kAccepted = "accepted";

class BallotStory : public ::testing::Test {
 protected:
  RulesStage it_;

  void vote_all(const Proposal& made, const std::vector<std::string>& voters) {
    for (const std::string& voter : voters) {
      EXPECT_EQ(vote(it_, voter, made), kAccepted) << voter;
    }
  }
  [[nodiscard]] std::string grant_by(std::string_view body, std::string_view id) {
    return it_.by(body, it_.network.grant("https://third.example", id, {}));
  }
  [[nodiscard]] Parameters parameters() const {
    return record_at(it_, state_key::parameters(), parse_parameters);
  }
};

TEST_F(BallotStory, ABodyIsAdmittedWorksIsRemovedAndComesBack) {
  // Nobody knows it before.
  EXPECT_EQ(grant_by(kNewBodyUri, "NEW-1"), "unknown-key");
  const Proposal admit = proposal(it_, new_body(it_));
  vote_all(admit, {association(2), association(0)});
  EXPECT_EQ(open_count(it_), 1U);
  EXPECT_EQ(grant_by(kNewBodyUri, "NEW-1"), "unknown-key");

  // The third of four ballots decides, and carries out in the same block.
  const Digest deciding = it_.logged(association(3), Ballot{admit, true});
  EXPECT_EQ(open_count(it_), 0U);
  const ProposalRecord decided = proposal_at(it_, admit);
  EXPECT_EQ(decided.proposer, association(2));
  ASSERT_TRUE(decided.decided);
  EXPECT_EQ(decided.decided->entry, deciding);
  EXPECT_EQ(decided.ballots.size(), 3U);
  const PartyRecord body = party_at(it_, kNewBodyUri);
  EXPECT_EQ(body.role, PartyRole::accreditation_body);
  EXPECT_EQ(body.keys.size(), 2U);
  ASSERT_EQ(body.events.size(), 1U);
  EXPECT_EQ(body.events[0].origin.entry, deciding);
  EXPECT_EQ(body.events[0].origin.authority.role, AuthorityRole::ballot);

  // It grants what it was admitted for, and nothing else.
  EXPECT_EQ(it_.by(kNewBodyUri, it_.network.grant(kVerifierUri, "NEW-1", {"eu-nab"})),
            "regime-not-allowed");
  EXPECT_EQ(it_.by(kNewBodyUri, it_.network.grant(kVerifierUri, "NEW-1")), kAccepted);
  auto attestation = it_.attestation();
  attestation.accreditation = {std::string(kNewBodyUri), "NEW-1"};
  const Digest certified = it_.logged(kVerifierUri, attestation);

  // Removed: neither it nor anybody under its accreditation says anything new. What was recorded
  // stands, and the verifier still answers for it.
  decide(it_, RemoveParty{std::string(kNewBodyUri)});
  EXPECT_EQ(grant_by(kNewBodyUri, "NEW-2"), "party-removed");
  EXPECT_EQ(it_.by(kNewBodyUri, it_.status(certified, StatusAction::revoke)), "party-removed");
  EXPECT_EQ(it_.attest(attestation), "body-removed");
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(certified, StatusAction::suspend)), kAccepted);

  // Back with new keys. The former ones are ended: whoever found them gets nowhere.
  const AdmitParty again = newcomer(it_, kNewBodyUri, PartyRole::accreditation_body, "2");
  decide(it_, again);
  EXPECT_EQ(party_at(it_, kNewBodyUri).keys.size(), 4U);
  EXPECT_EQ(grant_by(kNewBodyUri, "NEW-2"), "key-rotated");
  const SigningKey fresh = party_key(std::string(kNewBodyUri) + "2", KeyUsage::sign);
  EXPECT_EQ(it_.code_of(it_.offer(it_.network.sign(
                kNewBodyUri, fresh, it_.network.grant("https://third.example", "NEW-2", {})))),
            kAccepted);
  EXPECT_EQ(it_.attest(attestation), kAccepted);
}

TEST_F(BallotStory, AParameterHoldsFromTheDecidingBallotOn) {
  const Proposal made = proposal(it_, SetParameter{"issued-ahead-max-s", 600});
  vote_all(made, {association(0), association(1)});
  auto draft = it_.draft(kVerifierUri, it_.attestation());
  draft.issued_at += 600;
  const Bytes ahead =
      sign_statement(draft, party_key(kVerifierUri, KeyUsage::sign)).value().bytes();
  const Bytes deciding = it_.network.sign(association(2), Ballot{made, true}).bytes();
  // In one block: before the deciding ballot it is refused, after it accepted.
  const auto before = it_.network.execute({ahead, deciding}).outcomes;
  EXPECT_EQ(RulesStage::code_of(before[0].verdict), "from-the-future");
  EXPECT_EQ(RulesStage::code_of(before[1].verdict), kAccepted);
  const auto after = it_.network.run({deciding, ahead}).outcomes;
  EXPECT_EQ(RulesStage::code_of(after[0].verdict), kAccepted);
  EXPECT_EQ(RulesStage::code_of(after[1].verdict), kAccepted);
  EXPECT_EQ(parameters().issued_ahead_max_s, 600U);
  EXPECT_EQ(parameters().anchoring_days_max, Parameters{}.anchoring_days_max);
}

TEST_F(BallotStory, EveryParameterIsReadByItsRule) {
  const auto set = [&](const std::string& id, std::uint64_t value) {
    decide(it_, SetParameter{id, value});
  };
  set("issued-before-max-s", 3600);
  const Statement old = it_.network.sign(kVerifierUri, it_.attestation());
  it_.network.advance(3601);
  EXPECT_EQ(it_.code_of(it_.offer(old)), "stale");

  set("anchoring-days-max", 1);
  it_.network.advance(2 * 86400);  // so that the accreditation covers the issue date
  auto late = it_.attestation();
  late.issued_on = it_.today().plus(-2);
  EXPECT_EQ(it_.attest(late), "anchored-late");
  set("late-days.cbam", 1);
  EXPECT_EQ(it_.attest(it_.countersigned(late)), "late-not-allowed");
  set("late-days.cbam", 2);
  EXPECT_EQ(it_.attest(it_.countersigned(late)), kAccepted);

  set("compromise-reach-days-max", 1);
  KeyChange report;
  report.action = KeyAction::compromised;
  report.party = kVerifierUri;
  report.kid = party_key(kVerifierUri, KeyUsage::sign).public_key().kid();
  report.since = Instant{it_.network.now().ms - std::uint64_t{2} * 86'400'000};
  EXPECT_EQ(it_.by(kVerifierUri, report), "too-far-back");
  set("compromise-reach-days-max", 2);
  report.since = Instant{it_.network.now().ms - std::uint64_t{2} * 86'400'000};
  EXPECT_EQ(it_.by(kVerifierUri, report), kAccepted);
}

TEST_F(BallotStory, AProposalIsCarriedOutOnceEvenWithinOneBlock) {
  const Proposal made = proposal(it_, new_body(it_));
  std::vector<Bytes> block;
  for (std::size_t voter = 0; voter < 4; ++voter) {
    block.push_back(it_.network.sign(association(voter), Ballot{made, true}).bytes());
  }
  const auto outcomes = it_.network.run(block).outcomes;
  for (std::size_t voter = 0; voter < 3; ++voter) {
    EXPECT_EQ(RulesStage::code_of(outcomes[voter].verdict), kAccepted);
  }
  EXPECT_EQ(RulesStage::code_of(outcomes[3].verdict), "already-decided");
  EXPECT_EQ(party_at(it_, kNewBodyUri).events.size(), 1U);
}

TEST_F(BallotStory, AnAssociationsLastBallotCounts) {
  const Proposal made = proposal(it_, new_body(it_));
  vote_all(made, {association(0), association(1)});
  EXPECT_EQ(vote(it_, 1, made, false), kAccepted);
  EXPECT_EQ(vote(it_, 2, made), kAccepted);
  EXPECT_FALSE(proposal_at(it_, made).decided);
  EXPECT_EQ(vote(it_, 1, made), kAccepted);
  EXPECT_TRUE(proposal_at(it_, made).decided);
}

TEST_F(BallotStory, OnlyThoseWhoAreMembersAtTheMomentAreCounted) {
  decide(it_, fifth_association(it_));
  // Four of five are needed now. The fifth is for it, then it is removed.
  const Proposal made = proposal(it_, new_body(it_));
  vote_all(made, {association(0), std::string(kFifthUri), association(1)});
  EXPECT_EQ(tally(proposal_at(it_, made),
                  record_at(it_, state_key::associations(), parse_associations_record))
                .needed(),
            4U);
  decide(it_, RemoveParty{std::string(kFifthUri)}, 4);
  EXPECT_EQ(vote(it_, kFifthUri, made, false), "party-removed");
  // Three of four, and its ballot does not count.
  EXPECT_EQ(vote(it_, 0, made), "already-voted");
  EXPECT_EQ(vote(it_, 2, made), kAccepted);
  ASSERT_TRUE(proposal_at(it_, made).decided);
  EXPECT_EQ(proposal_at(it_, made).ballots.size(), 3U);
}

TEST_F(BallotStory, AMajorityThatCameByARemovalIsDecidedByTheNextBallot) {
  decide(it_, fifth_association(it_));
  const Proposal made = proposal(it_, new_body(it_));
  vote_all(made, {association(0), association(1), association(2)});
  EXPECT_FALSE(proposal_at(it_, made).decided);
  decide(it_, RemoveParty{std::string(kFifthUri)}, 4);
  EXPECT_FALSE(proposal_at(it_, made).decided);
  // Nobody new has to vote: an earlier voter says it once more.
  EXPECT_EQ(vote(it_, 1, made), kAccepted);
  EXPECT_TRUE(proposal_at(it_, made).decided);
}

TEST_F(BallotStory, ABallotFromBeforeARemovalDoesNotCountAfterReadmission) {
  decide(it_, fifth_association(it_));
  const Proposal made = proposal(it_, new_body(it_));
  vote_all(made, {std::string(kFifthUri), association(0), association(1)});
  decide(it_, RemoveParty{std::string(kFifthUri)}, 4);
  decide(it_, newcomer(it_, kFifthUri, PartyRole::association, "2"));
  // Four of five again: the fifth's old ballot would make it four with association 2.
  EXPECT_EQ(vote(it_, 2, made), kAccepted);
  EXPECT_FALSE(proposal_at(it_, made).decided);
  EXPECT_EQ(vote(it_, 3, made), kAccepted);
  EXPECT_TRUE(proposal_at(it_, made).decided);
}

TEST_F(BallotStory, LostKeysAreReplacedAndNeverActAgain) {
  const std::string lost = association(1);
  decide(it_, RenewPartyKeys{lost, {first_key(it_, lost, KeyUsage::sign, "2")}});
  const Proposal made = proposal(it_, new_body(it_));
  EXPECT_EQ(vote(it_, 1, made), "key-rotated");
  const SigningKey fresh = party_key(lost + "2", KeyUsage::sign);
  EXPECT_EQ(it_.code_of(it_.offer(it_.network.sign(lost, fresh, Ballot{made, true}))), kAccepted);
  // Its status key was not among those renewed and stays.
  EXPECT_EQ(it_.by(lost, it_.network.add_key(lost, key_from("spare", Algorithm::eddsa),
                                             KeyUsage::status)),
            kAccepted);
  // Keys of others, and proofs for another network, are no better in a ballot.
  NewKey taken = first_key(it_, lost, KeyUsage::sign, "3");
  taken.key = party_key(kBodyUri, KeyUsage::sign).public_key();
  EXPECT_EQ(vote(it_, 0, proposal(it_, RenewPartyKeys{lost, {taken}})), "key-exists");
  NewKey unproved = first_key(it_, lost, KeyUsage::sign, "3");
  unproved.proof = possession(party_key(lost + "3", KeyUsage::sign), Digest{}, lost, role::kSign);
  EXPECT_EQ(vote(it_, 0, proposal(it_, RenewPartyKeys{lost, {unproved}})), "bad-possession");
}

// A body has no registrar: what a stolen status key used up, a ballot gives back.
TEST_F(BallotStory, FirstKeysAgainLetAPartyGoOnByItself) {
  const std::string body(kOtherBodyUri);
  const auto add = [&](const std::string& name) {
    return it_.by(body,
                  it_.network.add_key(body, key_from(name, Algorithm::eddsa), KeyUsage::sign));
  };
  for (std::uint64_t i = 0; i < kOwnKeysMax; ++i) {
    ASSERT_EQ(add("thief-" + std::to_string(i)), kAccepted);
  }
  EXPECT_EQ(add("one too many"), "too-many-keys");
  decide(it_, RenewPartyKeys{body, {first_key(it_, body, KeyUsage::sign, "2")}});
  EXPECT_EQ(add("its own again"), kAccepted);
}

TEST_F(BallotStory, OnePartyTakesAnothersPlace) {
  const std::string old(kOtherBodyUri);
  decide(it_, ReplaceParty{old, new_body(it_)});
  EXPECT_EQ(grant_by(old, "KAB-1"), "party-removed");
  EXPECT_EQ(grant_by(kNewBodyUri, "NEW-1"), kAccepted);
  // An association that runs no validator: there are as many as before.
  decide(it_, fifth_association(it_));
  const AdmitParty sixth = newcomer(it_, "https://sixth.example", PartyRole::association);
  decide(it_, ReplaceParty{std::string(kFifthUri), sixth}, 4);
  const auto seats = record_at(it_, state_key::associations(), parse_associations_record);
  EXPECT_EQ(seats.seats.size(), 5U);
  EXPECT_EQ(seats.find(kFifthUri), nullptr);
  EXPECT_EQ(vote(it_, sixth.uri, proposal(it_, SetParameter{"anchoring-days-max", 30})), kAccepted);
}

TEST_F(BallotStory, WhatABodyMayGrantIsChangedByBallot) {
  auto grant = it_.network.grant(kVerifierUri, "KAB-001", {});
  grant.scopes = {{"steel.cbam", "kitech-cfp", {"iso14067-2018"}, Assurance::limited}};
  EXPECT_EQ(it_.by(kOtherBodyUri, grant), "scheme-not-allowed");
  decide(it_, AllowParty{std::string(kOtherBodyUri), {"kitech-cfp"}, {}});
  EXPECT_EQ(it_.by(kOtherBodyUri, grant), kAccepted);
  EXPECT_EQ(it_.by(kOtherBodyUri, it_.network.grant(kVerifierUri, "KAB-002", {})),
            "scheme-not-allowed");
}

TEST_F(BallotStory, AVerifierGetsAnotherRegistrar) {
  const auto add = [&](const char* name) {
    return it_.network.add_key(kVerifierUri, key_from(name, Algorithm::es256), KeyUsage::sign);
  };
  EXPECT_EQ(it_.by(kOtherBodyUri, add("first")), "not-the-registrar");
  decide(it_, SetRegistrar{std::string(kVerifierUri), std::string(kOtherBodyUri)});
  EXPECT_EQ(it_.by(kOtherBodyUri, add("first")), kAccepted);
  EXPECT_EQ(it_.by(kBodyUri, add("second")), "not-the-registrar");
}

TEST_F(BallotStory, TheReceiptOfABallotShowsTheProposal) {
  const Proposal made = proposal(it_, new_body(it_));
  const Digest entry = it_.logged(association(0), Ballot{made, true});
  const auto receipt = it_.network.store().published()->make_receipt(entry, std::nullopt).value();
  EXPECT_TRUE(check_receipt(receipt, it_.network.policy()));
  ASSERT_EQ(receipt.state_records.size(), 3U);
  ASSERT_TRUE(receipt.state_records[1]);
  EXPECT_EQ(parse_proposal_record(*receipt.state_records[1]).value(), proposal_at(it_, made));
}

}  // namespace
}  // namespace footproof::testing
