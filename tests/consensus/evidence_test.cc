// Evidence in blocks: what a proposer holds goes in once, and what proves nothing is refused
// (README.md §11).
#include <algorithm>

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

constexpr ValidatorIndex kGuilty = 3;

class EvidenceInBlocks : public ::testing::Test {
 protected:
  Evidence evidence(View view, ValidatorIndex signer = kGuilty) const {
    return {network.vote(VoteType::finalize, {0, view, view - 1, digest_of(0xb1)}, signer),
            network.vote(VoteType::nullify, {0, view, 0, {}}, signer)};
  }
  Block block_with(std::vector<Evidence> list) const {
    Block block = network.block(1, network.root.block_id, 1);
    block.evidence = std::move(list);
    block.header.evidence_root = evidence_root(block.evidence);
    return block;
  }
  ValidatorIndex leader() const { return network.membership.leader(1); }
  // Somebody who neither leads view 1 nor is guilty.
  ValidatorIndex voter() const { return leader() == 0 ? 1 : 0; }

  static std::vector<Block> proposed(const Driven& driven) {
    std::vector<Block> blocks;
    for (const Send& send : driven.sent) {
      const auto* propose = std::get_if<Propose>(&send.message);
      if (propose != nullptr) blocks.push_back(propose->block);
    }
    return blocks;
  }

  Network network;
};

TEST_F(EvidenceInBlocks, AnIdleLeaderProposesWhatItHolds) {
  const ValidatorIndex self = leader();
  Driven driven(network, self);
  driven.start();
  ASSERT_TRUE(proposed(driven).empty());
  const Evidence seen = evidence(1, self == kGuilty ? 0 : kGuilty);
  driven.receive(voter(), seen);
  const auto blocks = proposed(driven);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].evidence, std::vector<Evidence>{seen});
  EXPECT_EQ(blocks[0].header.evidence_root, evidence_root({seen}));
}

TEST_F(EvidenceInBlocks, WhatTheChainHoldsIsNotProposedAgain) {
  const ValidatorIndex self = leader();
  Recovery recovery;
  const Evidence seen = evidence(1, self == kGuilty ? 0 : kGuilty);
  recovery.records = {encode_record(seen)};
  recovery.evidence = {key_of(seen)};
  Driven driven(network, self, recovery);
  driven.start();
  EXPECT_TRUE(proposed(driven).empty());
  // But what stands in the log alone is.
  recovery.evidence.clear();
  Driven other(network, self, recovery);
  other.start();
  ASSERT_EQ(proposed(other).size(), 1U);
  EXPECT_EQ(proposed(other)[0].evidence, std::vector<Evidence>{seen});
}

TEST_F(EvidenceInBlocks, ABlockTakesTheLowestViewsUpToItsLimit) {
  const ValidatorIndex self = leader();
  Recovery recovery;
  for (View view = 40; view > 0; --view) {
    recovery.records.push_back(encode_record(evidence(view, self == kGuilty ? 0 : kGuilty)));
  }
  Driven driven(network, self, recovery);
  driven.start();
  const auto blocks = proposed(driven);
  ASSERT_EQ(blocks.size(), 1U);
  ASSERT_EQ(blocks[0].evidence.size(), kBlockEvidenceMax);
  EXPECT_EQ(blocks[0].evidence.back().first.proposal.view, kBlockEvidenceMax);
  EXPECT_TRUE(parse_block(encode_block(blocks[0])));
}

TEST_F(EvidenceInBlocks, ABlockWithTrueEvidenceIsVotedForAndTeachesIt) {
  Driven driven(network, voter());
  driven.start();
  const Evidence shown = evidence(1);
  driven.receive(leader(), network.propose(block_with({shown}), 0));
  EXPECT_EQ(driven.voted(1, voter()), std::vector<VoteType>{VoteType::notarize});
  EXPECT_EQ(driven.replica->evidence(), std::vector<Evidence>{shown});
}

TEST_F(EvidenceInBlocks, ABlockWithFalseEvidenceIsRefused) {
  Evidence forged = evidence(1);
  forged.first.signature[5] ^= 1U;
  Evidence harmless = evidence(1);
  harmless.first = network.vote(VoteType::notarize, {0, 1, 0, digest_of(0xb1)}, kGuilty);
  Evidence two_views = evidence(1);
  two_views.second = network.vote(VoteType::nullify, {0, 2, 0, {}}, kGuilty);
  for (const Evidence& bad : {forged, harmless, two_views}) {
    Driven driven(network, voter());
    driven.start();
    driven.receive(leader(), network.propose(block_with({bad}), 0));
    EXPECT_TRUE(driven.voted(1, voter()).empty());
    EXPECT_TRUE(driven.replica->evidence().empty());
    EXPECT_EQ(driven.replica->info().messages_refused, 1U);
  }
}

// A proposal whose NOTARIZE came alone first, and twice so that it was verified, is a repetition;
// what it brings is judged with it all the same, and never at a later step.
TEST_F(EvidenceInBlocks, FalseEvidenceIsRefusedWhenItComesAlsoAfterTheVote) {
  Evidence forged = evidence(1);
  forged.first.signature[5] ^= 1U;
  const Propose bad = network.propose(block_with({forged}), 0);
  Driven driven(network, voter());
  driven.start();
  Vote vote{VoteType::notarize, bad.proposal, leader(), bad.signature};
  driven.receive(leader(), vote);
  vote.signature[5] ^= 1U;
  driven.receive(leader(), vote);
  driven.receive(leader(), bad);
  EXPECT_EQ(driven.replica->info().messages_refused, 1U);
  const std::size_t verified = network.verifier.calls;
  driven.step(TimerFired{});
  driven.receive(kGuilty == voter() ? leader() : kGuilty, Status{});
  EXPECT_EQ(network.verifier.calls, verified);
  EXPECT_TRUE(driven.voted(1, voter()).empty());
}

// While a proposal waits for something, its evidence is not verified again, kept or not.
TEST_F(EvidenceInBlocks, EvidenceIsVerifiedOnce) {
  Recovery recovery;
  for (View view = 100; view < 400; ++view) {
    recovery.records.push_back(encode_record(evidence(view)));
  }
  Driven driven(network, voter(), recovery);
  driven.start();
  Block block = block_with({evidence(1), evidence(2)});
  block.batch_refs = {{digest_of(0xba), 1, 100}};
  block.header.batch_count = 1;
  block.header.time_ms = driven.now.wall_ms;
  block.header.batch_root = batch_root(block.batch_refs);
  driven.receive(leader(), network.propose(block, 0));
  const std::size_t verified = network.verifier.calls;
  for (int times = 0; times < 3; ++times) driven.step(TimerFired{});
  EXPECT_EQ(network.verifier.calls, verified);
  driven.step(PayloadReady{block.batch_refs[0], leader(), true});
  EXPECT_EQ(driven.voted(1, voter()), std::vector<VoteType>{VoteType::notarize});
}

// In a network of seven, so that there are two.
class TwoOffenders : public ::testing::Test {
 protected:
  Evidence evidence(View view, ValidatorIndex signer) const {
    return {network.vote(VoteType::finalize, {0, view, view - 1, digest_of(0xb1)}, signer),
            network.vote(VoteType::nullify, {0, view, 0, {}}, signer)};
  }
  ValidatorIndex leader() const { return network.membership.leader(1); }
  ValidatorIndex after_leader(int places) const {
    return static_cast<ValidatorIndex>((leader() + places) % 7);
  }
  ValidatorIndex loud() const { return after_leader(1); }
  ValidatorIndex quiet() const { return after_leader(2); }
  ValidatorIndex other() const { return after_leader(3); }

  Network network{7};
};

TEST_F(TwoOffenders, OneLeavesRoomForTheOther) {
  Driven driven(network, leader());
  driven.start();
  for (View view = 1; view <= 300; ++view) driven.receive(other(), evidence(view, loud()));
  EXPECT_EQ(driven.replica->evidence().size(), kSignerEvidenceMax);
  driven.receive(other(), evidence(1, quiet()));
  const auto held = driven.replica->evidence();
  EXPECT_EQ(held.size(), kSignerEvidenceMax + 1);
  EXPECT_NE(std::find(held.begin(), held.end(), evidence(1, quiet())), held.end());
}

TEST_F(TwoOffenders, OneThatFillsItsPlaceInTheChainDoesNotFillTheOthers) {
  Recovery recovery;
  for (View view = 1; view <= 5000; ++view) recovery.evidence.emplace_back(view, loud());
  recovery.records = {encode_record(evidence(6000, loud())), encode_record(evidence(1, quiet()))};
  Driven driven(network, leader(), recovery);
  driven.start();
  std::vector<Evidence> proposed;
  for (const Send& send : driven.sent) {
    if (const auto* propose = std::get_if<Propose>(&send.message))
      proposed = propose->block.evidence;
  }
  EXPECT_EQ(proposed, std::vector<Evidence>{evidence(1, quiet())});
}

TEST_F(EvidenceInBlocks, AListThatDoesNotFitItsHeaderIsRefused) {
  Block block = block_with({evidence(1)});
  block.evidence.clear();
  Driven driven(network, voter());
  driven.start();
  driven.receive(leader(), network.propose(block, 0));
  EXPECT_TRUE(driven.voted(1, voter()).empty());
}

}  // namespace
}  // namespace footproof::consensus
