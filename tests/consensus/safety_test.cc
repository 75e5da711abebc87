#include "consensus/safety.h"

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

constexpr VoteType N = VoteType::notarize;
constexpr VoteType X = VoteType::nullify;
constexpr VoteType F = VoteType::finalize;

struct SafetyTest : testing::Test {
  Network network;
  HashSigner signer{network.membership.members()[1].key};
  Safety safety{network.membership, ValidatorIndex{1}, &signer, Mutation::none};
  Proposal p{0, 5, 4, digest_of(0x44)};
  Proposal other{0, 5, 3, digest_of(0x55)};
};

// R1, every order of three votes of one view: what may follow what.
TEST_F(SafetyTest, EveryOrderKeepsR1) {
  for (const VoteType a : {N, X, F}) {
    for (const VoteType b : {N, X, F}) {
      for (const VoteType c : {N, X, F}) {
        Safety fresh{network.membership, ValidatorIndex{1}, &signer, Mutation::none};
        std::vector<VoteType> signed_types;
        for (const VoteType type : {a, b, c}) {
          if (fresh.sign(type, p)) signed_types.push_back(type);
        }
        const auto has = [&](VoteType type) {
          return std::count(signed_types.begin(), signed_types.end(), type);
        };
        EXPECT_LE(has(N), 1);
        EXPECT_LE(has(X) + has(F), 1);
        const auto nullify = std::find(signed_types.begin(), signed_types.end(), X);
        EXPECT_EQ(std::find(nullify, signed_types.end(), N), signed_types.end());
      }
    }
  }
}

TEST_F(SafetyTest, WhatIsAllowed) {
  EXPECT_TRUE(safety.sign(N, p));
  EXPECT_TRUE(safety.sign(F, other));  // the notarized one, though I voted for another
  Safety second{network.membership, ValidatorIndex{1}, &signer, Mutation::none};
  EXPECT_TRUE(second.sign(N, p));
  EXPECT_TRUE(second.sign(X, p));
}

TEST_F(SafetyTest, WhatIsForbidden) {
  ASSERT_TRUE(safety.sign(N, p));
  EXPECT_FALSE(safety.sign(N, other));
  EXPECT_FALSE(safety.sign(N, p));
  ASSERT_TRUE(safety.sign(F, p));
  EXPECT_FALSE(safety.sign(F, other));
  EXPECT_FALSE(safety.sign(X, p));
  EXPECT_FALSE(safety.sign(N, {1, 9, 0, {}}));  // another epoch
}

TEST_F(SafetyTest, NothingAtOrBelowTheFinalizedView) {
  safety.finalized(5);
  for (const VoteType type : {N, X, F}) {
    EXPECT_FALSE(safety.sign(type, p));
    EXPECT_FALSE(safety.sign(type, {0, 4, 3, {}}));
    EXPECT_TRUE(safety.may_sign(type, {0, 6, 5, {}}));
  }
  safety.finalized(3);  // never back
  EXPECT_FALSE(safety.sign(N, p));
}

TEST_F(SafetyTest, RestoredVotesBindLikeFreshOnes) {
  safety.restore(network.vote(X, p, 1));
  EXPECT_FALSE(safety.sign(N, p));
  EXPECT_FALSE(safety.sign(F, p));
  ASSERT_NE(safety.find(X, 5), nullptr);
  EXPECT_EQ(safety.highest_view(), 5U);
  // A second one of a kind does not displace the first.
  safety.restore(network.vote(N, {0, 7, 4, digest_of(1)}, 1));
  safety.restore(network.vote(N, {0, 7, 4, digest_of(2)}, 1));
  EXPECT_EQ(safety.find(N, 7)->proposal.block_id, digest_of(1));
}

TEST_F(SafetyTest, ObserversAndTheStoppedSignNothing) {
  Safety observer{network.membership, std::nullopt, &signer, Mutation::none};
  EXPECT_FALSE(observer.sign(N, p));
  Safety keyless{network.membership, ValidatorIndex{1}, nullptr, Mutation::none};
  EXPECT_FALSE(keyless.sign(N, p));
  safety.stop();
  EXPECT_FALSE(safety.sign(N, p));
  EXPECT_FALSE(safety.voting());
}

TEST_F(SafetyTest, SignaturesVerify) {
  const auto vote = safety.sign(X, p);
  ASSERT_TRUE(vote);
  EXPECT_TRUE(network.membership.verify(*vote, network.verifier));
  EXPECT_TRUE(vote->proposal.block_id.is_zero());
}

}  // namespace
}  // namespace footproof::consensus
