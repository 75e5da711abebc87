// Evidence in blocks: what a proposer holds goes in once, and what proves nothing is refused
// (README.md §11).
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
