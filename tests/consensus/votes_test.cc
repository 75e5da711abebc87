#include "consensus/votes.h"

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

struct ViewVotesTest : testing::Test {
  ViewVotes::Outcome add(const Vote& vote, bool verified = false) {
    return votes.add(network.membership, network.verifier, vote, verified, true, Mutation::none);
  }
  Network network;
  ViewVotes votes;
  Proposal p{0, 5, 4, digest_of(0x44)};
  Proposal other{0, 5, 4, digest_of(0x55)};
};

TEST_F(ViewVotesTest, FormAtExactlyQAndVerifyOnlyThen) {
  EXPECT_FALSE(add(network.vote(VoteType::notarize, p, 3)).formed);
  EXPECT_FALSE(add(network.vote(VoteType::notarize, p, 0)).formed);
  EXPECT_EQ(network.verifier.calls, 0U);
  const auto outcome = add(network.vote(VoteType::notarize, p, 1));
  ASSERT_TRUE(outcome.formed);
  EXPECT_EQ(network.verifier.calls, 3U);
  EXPECT_EQ(outcome.formed->signers, 0b1011U);
  EXPECT_TRUE(network.membership.verify(*outcome.formed, network.verifier));
}

TEST_F(ViewVotesTest, OneSignerCountsOnce) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(add(network.vote(VoteType::notarize, p, 2)).formed);
  }
}

TEST_F(ViewVotesTest, VotesForDifferentThingsDoNotAddUp) {
  EXPECT_FALSE(add(network.vote(VoteType::notarize, p, 0)).formed);
  EXPECT_FALSE(add(network.vote(VoteType::notarize, other, 1)).formed);
  EXPECT_FALSE(add(network.vote(VoteType::notarize, p, 2)).formed);
  EXPECT_FALSE(add(network.vote(VoteType::nullify, p, 3)).formed);
  EXPECT_TRUE(add(network.vote(VoteType::notarize, p, 3)).formed);
}

TEST_F(ViewVotesTest, BadCopyBeforeOrAfterChangesNothing) {
  for (ValidatorIndex signer = 0; signer < 3; ++signer) {
    Vote bad = network.vote(VoteType::notarize, p, signer);
    bad.signature[0] ^= 1U;
    EXPECT_FALSE(add(bad).formed);
    const auto outcome = add(network.vote(VoteType::notarize, p, signer));
    EXPECT_EQ(outcome.formed.has_value(), signer == 2);
    EXPECT_FALSE(add(bad).offence);
    EXPECT_EQ(votes.find(VoteType::notarize, signer) != nullptr, true);
  }
}

TEST_F(ViewVotesTest, BadVotesNeverMakeACertificate) {
  Vote bad = network.vote(VoteType::notarize, p, 0);
  bad.signature[0] ^= 1U;
  add(bad);
  add(network.vote(VoteType::notarize, p, 1));
  const auto outcome = add(network.vote(VoteType::notarize, p, 2));
  EXPECT_FALSE(outcome.formed);
  EXPECT_EQ(outcome.refused, 1U);
  EXPECT_TRUE(add(network.vote(VoteType::notarize, p, 3)).formed);
}

TEST_F(ViewVotesTest, OffencesAreFoundOnce) {
  add(network.vote(VoteType::notarize, p, 2));
  const auto twice = add(network.vote(VoteType::notarize, other, 2));
  ASSERT_TRUE(twice.offence);
  EXPECT_TRUE(network.membership.verify(*twice.offence, network.verifier));
  add(network.vote(VoteType::finalize, p, 1));
  const auto both = add(network.vote(VoteType::nullify, p, 1));
  ASSERT_TRUE(both.offence);
  EXPECT_TRUE(network.membership.verify(*both.offence, network.verifier));
  EXPECT_FALSE(add(network.vote(VoteType::nullify, p, 2)).offence);  // NOTARIZE, then NULLIFY
}

TEST_F(ViewVotesTest, ForgedSecondVoteIsNoOffence) {
  add(network.vote(VoteType::notarize, p, 2));
  Vote forged = network.vote(VoteType::notarize, other, 2);
  forged.signature[0] ^= 1U;
  const auto outcome = add(forged);
  EXPECT_FALSE(outcome.offence);
  EXPECT_EQ(outcome.refused, 1U);
}

}  // namespace
}  // namespace footproof::consensus
