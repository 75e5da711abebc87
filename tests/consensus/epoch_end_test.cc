// Where an epoch ends (README.md §10): the rule alone, and a replica that is driven to the end.
#include "consensus/epoch_end.h"

#include "consensus/blocks.h"
#include "tests/consensus/epoch_fixture.h"

namespace footproof::consensus {
namespace {

TEST(EpochEnd, TheFirstBlockOverAStateWithASetFixesHeightAndSetForGood) {
  const NextSet set = next_set(5);
  const NextSet later = next_set(7, 2);
  BlockHeader header;
  header.height = 20;
  EXPECT_FALSE(end_after({}, header, nullptr, 8));
  const auto end = end_after({}, header, &set, 8);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->boundary_height, 28U);
  EXPECT_EQ(end->next_members, set.record);
  EXPECT_EQ(end->next_members_hash, next_members_hash(set.record));
  header.height = 21;
  EXPECT_EQ(end_after(end, header, &later, 8), end);
  EXPECT_EQ(end_after(end, header, nullptr, 8), end);
}

TEST(EpochEnd, OnlyTheBlockAtTheHeightIsABoundary) {
  const EpochEnd end{28, Bytes(8, 1), next_members_hash(Bytes(8, 1))};
  Block plain;
  plain.header.height = 27;
  EXPECT_TRUE(ends_rightly(plain, end));
  EXPECT_TRUE(ends_rightly(plain, {}));
  Block last = plain;
  last.header.boundary = 1;
  last.next_members = end.next_members;
  last.header.next_members_hash = end.next_members_hash;
  EXPECT_FALSE(ends_rightly(last, end));
  last.header.height = plain.header.height = 28;
  EXPECT_TRUE(ends_rightly(last, end));
  EXPECT_FALSE(ends_rightly(plain, end));
  EXPECT_FALSE(ends_rightly(last, {}));
  Block other = last;
  other.next_members = Bytes(8, 2);
  other.header.next_members_hash = next_members_hash(other.next_members);
  EXPECT_TRUE(body_fits(other) == false || !ends_rightly(other, end));
  EXPECT_FALSE(ends_rightly(other, end));
  last.header.height = plain.header.height = 29;
  EXPECT_FALSE(ends_rightly(last, end));
  EXPECT_FALSE(ends_rightly(plain, end));
}

TEST(EpochEnd, ASetOutsideTheLimitsIsNotTaken) {
  EXPECT_TRUE(acceptable(next_set(4)));
  EXPECT_TRUE(acceptable(next_set(31)));
  EXPECT_FALSE(acceptable(next_set(3)));
  EXPECT_FALSE(acceptable(next_set(32)));
  NextSet twice = next_set(4);
  twice.members[1].key = twice.members[0].key;
  EXPECT_FALSE(acceptable(twice));
  twice = next_set(4);
  twice.members[1].id = twice.members[0].id;
  EXPECT_FALSE(acceptable(twice));
  EXPECT_FALSE(acceptable({{}, Network::members(4)}));
  EXPECT_FALSE(acceptable({Bytes(kNextMembersBytesMax + 1, 1), Network::members(4)}));
}

TEST(EpochEnd, ABlockCarriesNextMembersExactlyWhenItIsABoundary) {
  const Network network;
  Block block = network.block(1, network.root.block_id, 1);
  const Bytes plain = encode_block(block);
  block.header.boundary = 1;
  block.next_members = Bytes(8, 1);
  EXPECT_FALSE(body_fits(block));
  block.header.next_members_hash = next_members_hash(block.next_members);
  EXPECT_TRUE(body_fits(block));
  const Bytes bytes = encode_block(block);
  EXPECT_EQ(bytes.size(), plain.size() + 4 + 8);
  const auto back = parse_block(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, block);
  EXPECT_FALSE(parse_block(ByteView(bytes).first(bytes.size() - 1)));
  block.header.boundary = 2;
  EXPECT_FALSE(parse_block(encode_block(block)));
  block.header.boundary = 0;
  EXPECT_FALSE(parse_block(encode_block(block)));
}

TEST_F(EpochEndDriven, TheEndIsFixedByTheChain) {
  const auto end = driven.replica->info().end;
  ASSERT_TRUE(end);
  EXPECT_EQ(end->boundary_height, kBoundaryAt);
  EXPECT_EQ(end->next_members, set.record);
  EXPECT_FALSE(driven.replica->info().closed);
}

TEST_F(EpochEndDriven, TheBoundaryBlockIsVotedFor) {
  EXPECT_EQ(vote_on(boundary_block()), kNotarize);
}

TEST_F(EpochEndDriven, AnOrdinaryBlockAtThatHeightIsRefused) {
  EXPECT_EQ(vote_on(next_block(kBoundaryAt)), kNullify);
}

TEST_F(EpochEndDriven, ABoundaryBlockWithAnotherSetIsRefused) {
  Block block = boundary_block();
  block.next_members = Bytes(8, 9);
  block.header.next_members_hash = next_members_hash(block.next_members);
  EXPECT_EQ(vote_on(block), kNullify);
}

TEST_F(EpochEndDriven, AfterItOnlyItselfIsProposed) {
  const Block last = boundary_block();
  const Proposal proposal{0, kBoundaryAt, kBoundaryAt - 1, block_id(last.header)};
  EXPECT_EQ(vote_on(last), kNotarize);
  driven.receive(other(), network.certificate(VoteType::notarize, proposal));
  driven.receive(other(), again(last, kBoundaryAt + 1, kBoundaryAt));
  EXPECT_EQ(driven.voted(kBoundaryAt + 1, self), kNotarize);
}

TEST_F(EpochEndDriven, NothingIsBuiltOnIt) {
  const Block last = boundary_block();
  const Proposal proposal{0, kBoundaryAt, kBoundaryAt - 1, block_id(last.header)};
  EXPECT_EQ(vote_on(last), kNotarize);
  driven.receive(other(), network.certificate(VoteType::notarize, proposal));
  parent = proposal.block_id;
  EXPECT_EQ(vote_on(next_block(kBoundaryAt + 1)), kNullify);
}

// 17. A block that is no boundary is proposed in its own view alone.
TEST_F(EpochEndDriven, AnOrdinaryBlockIsNotProposedAgain) {
  const Block last = next_block(kBoundaryAt - 1);
  const Proposal proposal{0, kBoundaryAt, kBoundaryAt - 1, block_id(last.header)};
  const Signature signature =
      network.vote(VoteType::notarize, proposal, network.membership.leader(kBoundaryAt)).signature;
  driven.receive(other(), Propose{proposal, last, signature, {}});
  EXPECT_EQ(driven.voted(kBoundaryAt, self), kNullify);
}

// Its leader proposes the boundary block again, to the byte, with no payload of its own.
TEST_F(EpochEndDriven, ALeaderProposesItAgain) {
  const Block last = boundary_block();
  const Digest id = block_id(last.header);
  EXPECT_EQ(vote_on(last), kNotarize);
  driven.step(PayloadReady{{digest_of(0x77), 1, 300}, 0, true});
  driven.receive(other(),
                 network.certificate(VoteType::notarize, {0, kBoundaryAt, kBoundaryAt - 1, id}));
  for (View view = kBoundaryAt + 1; view < kBoundaryAt + 3; ++view) {
    driven.receive(other(), again(last, view, view - 1));
    driven.receive(other(), network.certificate(VoteType::notarize, {0, view, view - 1, id}));
  }
  driven.now.mono_ms += 50;  // past the wait for a finalization, before the lead deadline
  driven.step(TimerFired{});
  std::vector<Propose> said;
  for (const Send& send : driven.sent) {
    const auto* propose = std::get_if<Propose>(&send.message);
    if (propose != nullptr && propose->proposal.view == kBoundaryAt + 3) said.push_back(*propose);
  }
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0].block, last);
  EXPECT_EQ(said[0].proposal.block_id, id);
  EXPECT_EQ(said[0].proposal.parent_view, kBoundaryAt + 2);
}

TEST_F(EpochEndDriven, ItsFinalizationClosesTheEpochAlsoAfterARestart) {
  const Block last = boundary_block();
  finalize(last, kBoundaryAt);
  EXPECT_TRUE(driven.replica->info().closed);
  EXPECT_FALSE(driven.replica->info().voting);
  EXPECT_EQ(driven.delivered.back().block, last);
  driven.now.mono_ms += 300'000;
  driven.step(TimerFired{});
  EXPECT_TRUE(driven.voted(kBoundaryAt + 1, self).empty());

  Driven back{network, self, {driven.records, {}, {}}};
  EXPECT_TRUE(back.replica->info().closed);
  back.start();
  back.now.mono_ms += 300'000;
  back.step(TimerFired{});
  EXPECT_TRUE(back.voted(kBoundaryAt + 1, self).empty());
}

TEST_F(EpochEndDriven, ARestartFromTheStoreKnowsTheEnd) {
  const Block tip = driven.delivered.back().block;
  const Certificate final = driven.delivered.back().finalization;
  Recovery recovery{{}, Applied{tip, final}, {}, {}, {}};
  for (Height height = 1; height < kBoundaryAt; ++height) recovery.heads.push_back(head(height));
  recovery.next_sets = {{kSetAt, set}};
  recovery.end = driven.replica->info().end;
  Driven back{network, self, recovery};
  back.start();
  back.receive(other(), network.propose(next_block(kBoundaryAt), kBoundaryAt - 1));
  EXPECT_EQ(back.voted(kBoundaryAt, self), kNullify);
  Driven right{network, self, recovery};
  right.start();
  right.receive(other(), network.propose(boundary_block(), kBoundaryAt - 1));
  EXPECT_EQ(right.voted(kBoundaryAt, self), kNotarize);
}

}  // namespace
}  // namespace footproof::consensus
