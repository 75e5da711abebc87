// What comes back from the WAL (consensus/README.md §13).
#include <algorithm>

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

struct RecoveryTest : testing::Test {
  Network network;
  ValidatorIndex self = 0;

  // A replica that went through `views` views: 1, 4, 7 … finalized, 2, 5 … nullified by it, the
  // rest notarized.
  Driven live(View views) {
    Driven driven{network, self};
    driven.start();
    Digest parent = network.root.block_id;
    View parent_view = 0;
    Height height = 0;
    for (View view = 1; view <= views; ++view) {
      if (view % 3 == 2) {
        driven.receive(1, network.certificate(VoteType::nullify, {0, view, 0, {}}));
        continue;
      }
      const Block block = network.block(view, parent, ++height);
      const Proposal proposal{0, view, parent_view, block_id(block.header)};
      if (network.membership.leader(view) != self)
        driven.receive(1, network.propose(block, parent_view));
      driven.receive(1, BlockAnswer{block});
      driven.receive(1, network.certificate(VoteType::notarize, proposal));
      driven.receive(1, BlockAnswer{block});
      if (view % 3 == 1) driven.receive(1, network.certificate(VoteType::finalize, proposal));
      parent = proposal.block_id;
      parent_view = view;
    }
    return driven;
  }
};

TEST_F(RecoveryTest, SameStateFromRecordsInAnyOrder) {
  const Driven before = live(12);
  const auto info = before.replica->info();
  EXPECT_EQ(info.view, 13U);
  EXPECT_EQ(info.finalized_view, 10U);
  std::vector<Bytes> records = before.records;
  for (int turn = 0; turn < 5; ++turn) {
    Driven after{network, self, {records, {}, {}}};
    EXPECT_EQ(after.replica->info().view, info.view);
    EXPECT_EQ(after.replica->info().finalized_view, info.finalized_view);
    after.start();
    EXPECT_EQ(after.replica->info().finalized_height, info.finalized_height);
    EXPECT_EQ(after.delivered.size(), before.delivered.size());
    std::rotate(records.begin(), records.begin() + 3, records.end());
    std::reverse(records.begin(), records.end());
  }
}

TEST_F(RecoveryTest, LiveRecordsAreEnough) {
  const Driven before = live(12);
  const auto records = before.replica->live_records(0);
  EXPECT_LT(records.size(), before.records.size());
  Driven after{network, self, {records, {}, {}}};
  after.start();
  EXPECT_EQ(after.replica->info().view, before.replica->info().view);
  EXPECT_EQ(after.replica->info().finalized_view, before.replica->info().finalized_view);
  EXPECT_EQ(after.delivered.size(), before.delivered.size());
}

TEST_F(RecoveryTest, OwnVotesBindAfterRestart) {
  Driven before{network, self};
  before.start();
  before.now.mono_ms += 200'000;  // nobody proposes: NULLIFY
  before.step(TimerFired{});
  ASSERT_EQ(before.voted(1, self), (std::vector<VoteType>{VoteType::nullify}));
  Driven after{network, self, {before.records, {}, {}}};
  after.start();
  after.sent.clear();
  const Block first = network.block(1, network.root.block_id, 1);
  after.receive(1, network.propose(first, 0));
  after.receive(1, network.certificate(VoteType::notarize, {0, 1, 0, block_id(first.header)}));
  for (const VoteType type : after.voted(1, self)) EXPECT_EQ(type, VoteType::nullify);
}

TEST_F(RecoveryTest, OwnVotesAreCountedAgain) {
  Driven before{network, self};
  before.start();
  before.now.mono_ms += 200'000;
  before.step(TimerFired{});
  Driven after{network, self, {before.records, {}, {}}};
  after.start();
  after.receive(1, network.vote(VoteType::nullify, {0, 1, 0, {}}, 1));
  EXPECT_EQ(after.replica->info().view, 1U);
  after.receive(2, network.vote(VoteType::nullify, {0, 1, 0, {}}, 2));
  EXPECT_EQ(after.replica->info().view, 2U);
}

// Two votes of one validator that exclude each other are kept, told to others, and still held after
// a restart.
TEST_F(RecoveryTest, EvidenceIsHeldAcrossARestart) {
  Driven before{network, self};
  before.start();
  const Vote first = network.vote(VoteType::finalize, {0, 1, 0, digest_of(0xaa)}, 2);
  const Vote second = network.vote(VoteType::finalize, {0, 1, 0, digest_of(0xbb)}, 2);
  before.receive(2, first);
  EXPECT_TRUE(before.replica->evidence().empty());
  before.receive(2, second);
  ASSERT_EQ(before.replica->evidence().size(), 1U);
  EXPECT_TRUE(
      is_offence(before.replica->evidence()[0].first, before.replica->evidence()[0].second));
  EXPECT_EQ(before.replica->evidence()[0].first.signer, 2);
  EXPECT_EQ(before.count_sent<Evidence>(), 1U);
  Driven after{network, self, {before.records, {}, {}}};
  EXPECT_EQ(after.replica->evidence(), before.replica->evidence());
}

TEST_F(RecoveryTest, StoreAheadOfTheLogGivesTheFinalizedView) {
  const Driven before = live(4);  // final at view 4, height 3
  ASSERT_EQ(before.delivered.size(), 3U);
  const Deliver& last = before.delivered.back();
  const Recovery recovery{{},
                          Applied{last.block, last.finalization},
                          {{1, 1, digest_of(1)}, {2, 1, digest_of(1)}, {3, 1, digest_of(1)}}};
  Driven after{network, self, recovery};
  after.start();
  const auto info = after.replica->info();
  EXPECT_EQ(info.finalized_view, 4U);
  EXPECT_EQ(info.view, 5U);
  EXPECT_EQ(info.delivered_height, 3U);
  EXPECT_EQ(info.executed_height, 3U);
  EXPECT_TRUE(after.delivered.empty());
}

TEST_F(RecoveryTest, AnotherChainsLogIsRefused) {
  const Driven before = live(4);
  Network other;
  other.membership = *Membership::make(digest_of(0xc2), 0, Network::members(4), digest_of(0x3e));
  HashSigner signer(other.membership.members()[0].key);
  const auto made = Replica::make({}, other.membership, other.root, self, &signer, other.verifier,
                                  {before.records, {}, {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::corrupt);
}

TEST_F(RecoveryTest, JunkIsRefused) {
  HashSigner signer(network.membership.members()[0].key);
  const auto made = Replica::make({}, network.membership, network.root, self, &signer,
                                  network.verifier, {{Bytes{1, 2, 3}}, {}, {}});
  EXPECT_FALSE(made);
}

}  // namespace
}  // namespace footproof::consensus
