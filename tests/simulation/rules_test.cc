// The executable rules by themselves: which broken replicas they notice, and small traces by hand.
#include "tests/simulation/rules.h"

#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Certificate;
using consensus::Mutation;
using consensus::Vote;
using consensus::VoteType;

class RulesMutants : public testing::TestWithParam<Mutation> {};

// Repetition is not here: leaving it out does nothing that is forbidden.
TEST_P(RulesMutants, AreCaughtByTheRulesAlone) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    World world(Plan::from_seed(seed, GetParam()));
    world.checkers().clear();
    world.checkers().push_back(check_rules());
    const Outcome outcome = world.run();
    if (!outcome.failure.starts_with("I14:")) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
    return;
  }
  FAIL() << "no seed out of 300 took a step that the rules forbid";
}

INSTANTIATE_TEST_SUITE_P(
    RulesBrokenOnPurpose, RulesMutants,
    testing::Values(Mutation::finalize_after_nullify, Mutation::parent_without_nullifications,
                    Mutation::send_before_durable, Mutation::notarize_without_bodies,
                    Mutation::quorum_too_small, Mutation::signer_counted_twice));

// Validator 1 of four at its first start, in view 1; every batch is held.
class RulesByHand : public testing::Test {
 protected:
  RulesByHand() : world_(Plan{}), rules_(surroundings()) { begin(); }

  // A life that has listened.
  void begin() {
    rules_.restart({}, std::nullopt);
    for (int i = 0; i < 2; ++i) rules_.received(consensus::Status{});
  }

  Rules::Surroundings surroundings() {
    Rules::Surroundings around;
    around.membership = &world_.membership();
    around.root = world_.root();
    around.self = kSelf;
    around.holds_body = [](const Digest&) { return true; };
    around.executed_here = [](const consensus::Checkpoint&) { return true; };
    around.latest_time = [] { return UINT64_MAX; };
    return around;
  }

  static Vote vote(VoteType type, consensus::View view, consensus::ValidatorIndex signer = kSelf) {
    Vote vote{type, {0, view, 0, {}}, signer, {}};
    vote.signature[0] = signer;
    return vote;
  }

  static Certificate certificate(VoteType type, consensus::View view) {
    Certificate made{type, {0, view, 0, {}}, 0b0111, {}};
    for (consensus::ValidatorIndex i = 0; i < 3; ++i) {
      made.signatures.push_back(vote(type, view, i).signature);
    }
    return made;
  }

  static constexpr consensus::ValidatorIndex kSelf = 1;
  World world_;
  Rules rules_;
};

TEST_F(RulesByHand, NobodyVotesBeforeItHasHeardEnough) {
  rules_.restart({}, std::nullopt);
  rules_.received(consensus::Status{});
  EXPECT_NE(rules_.persisted(1, vote(VoteType::nullify, 1)), "");
  rules_.received(consensus::Status{});
  EXPECT_EQ(rules_.persisted(2, vote(VoteType::nullify, 2)).find("heard"), std::string::npos);
}

TEST_F(RulesByHand, AVoteOfAnotherGoesToItsSignerAlone) {
  rules_.received(vote(VoteType::nullify, 1, 2));
  EXPECT_EQ(rules_.sent(vote(VoteType::nullify, 1, 2), 2), "");
  EXPECT_NE(rules_.sent(vote(VoteType::nullify, 1, 2), 3), "");
  EXPECT_NE(rules_.sent(vote(VoteType::nullify, 1, 3), 3), "");  // it never came
}

TEST_F(RulesByHand, AVoteLeavesOnlyWhenItIsDurable) {
  EXPECT_EQ(rules_.persisted(1, vote(VoteType::nullify, 1)), "");
  EXPECT_NE(rules_.sent(vote(VoteType::nullify, 1), {}), "");
  rules_.durable(1);
  EXPECT_EQ(rules_.sent(vote(VoteType::nullify, 1), {}), "");
}

TEST_F(RulesByHand, ACertificateIsMadeOfVotesThatCameAndOwnDurableOnes) {
  rules_.received(vote(VoteType::nullify, 1, 0));
  EXPECT_EQ(rules_.persisted(1, vote(VoteType::nullify, 1)), "");
  rules_.durable(1);
  EXPECT_NE(rules_.persisted(2, certificate(VoteType::nullify, 1)), "");  // 2 said nothing

  rules_.restart({vote(VoteType::nullify, 1)}, std::nullopt);
  rules_.received(vote(VoteType::nullify, 1, 0));
  rules_.received(vote(VoteType::nullify, 1, 2));
  EXPECT_EQ(rules_.persisted(1, certificate(VoteType::nullify, 1)), "");
  EXPECT_EQ(rules_.sent(certificate(VoteType::nullify, 1), {}), "");
}

TEST_F(RulesByHand, AnOwnVoteIsNotCountedBeforeItIsDurable) {
  rules_.received(vote(VoteType::nullify, 1, 0));
  rules_.received(vote(VoteType::nullify, 1, 2));
  EXPECT_EQ(rules_.persisted(1, vote(VoteType::nullify, 1)), "");
  EXPECT_NE(rules_.persisted(2, certificate(VoteType::nullify, 1)), "");
}

TEST_F(RulesByHand, NoVoteAfterNullifyBelowTheFinalViewOrAfterAnAlarm) {
  EXPECT_EQ(rules_.persisted(1, vote(VoteType::nullify, 1)), "");
  EXPECT_NE(rules_.persisted(2, vote(VoteType::nullify, 1)), "");
  EXPECT_NE(rules_.persisted(3, vote(VoteType::notarize, 1)), "");
  EXPECT_NE(rules_.persisted(4, vote(VoteType::nullify, 2)), "");  // of a view not entered
  rules_.received(certificate(VoteType::finalize, 5));
  EXPECT_EQ(rules_.persisted(5, certificate(VoteType::finalize, 5)), "");
  EXPECT_NE(rules_.persisted(6, vote(VoteType::nullify, 5)), "");
  EXPECT_EQ(rules_.persisted(7, vote(VoteType::nullify, 6)), "");
  rules_.received(certificate(VoteType::nullify, 6));
  EXPECT_EQ(rules_.persisted(8, certificate(VoteType::nullify, 6)), "");
  rules_.alarmed();
  EXPECT_NE(rules_.persisted(9, vote(VoteType::nullify, 7)), "");
}

TEST_F(RulesByHand, NotarizeNeedsAProposalOfTheLeader) {
  const consensus::Proposal proposal{0, 1, 0, {}};
  EXPECT_NE(rules_.persisted(1, Vote{VoteType::notarize, proposal, kSelf, {}}), "");
}

TEST_F(RulesByHand, FinalizeNeedsTheNotarizationInTheLog) {
  EXPECT_NE(rules_.persisted(1, vote(VoteType::finalize, 1)), "");
  begin();
  rules_.received(certificate(VoteType::notarize, 1));
  EXPECT_EQ(rules_.persisted(1, certificate(VoteType::notarize, 1)), "");
  EXPECT_EQ(rules_.persisted(2, vote(VoteType::finalize, 1)), "");
}

TEST_F(RulesByHand, NothingOfOthersIsSentThatIsNotInTheLog) {
  rules_.received(certificate(VoteType::nullify, 1));
  EXPECT_NE(rules_.sent(certificate(VoteType::nullify, 1), {}), "");
  rules_.received(vote(VoteType::nullify, 1, 2));
  EXPECT_NE(rules_.sent(vote(VoteType::nullify, 1, 2), {}), "");
  EXPECT_NE(rules_.persisted(1, consensus::Evidence{vote(VoteType::finalize, 3, 2),
                                                    vote(VoteType::nullify, 3, 2)}),
            "");
}

TEST_F(RulesByHand, StatusSaysTheViewThatTheLogGives) {
  consensus::Status status;
  status.view = 1;
  EXPECT_EQ(rules_.sent(status, {}), "");
  status.view = 2;
  EXPECT_NE(rules_.sent(status, {}), "");
}

}  // namespace
}  // namespace footproof::simulation
