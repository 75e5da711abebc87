// From one epoch to the next (README.md §10): how an end is announced, told to who missed it, and
// what counts in the epoch after it.
#include "tests/consensus/epoch_fixture.h"

namespace footproof::consensus {
namespace {

class NextEpoch : public EpochEndDriven {
 protected:
  // The boundary block, delivered and executed: the epoch is over here.
  void end_it() {
    boundary = boundary_block();
    finalize(boundary, kBoundaryAt);
  }
  Proposal of_boundary() const {
    return {0, kBoundaryAt, kBoundaryAt - 1, block_id(boundary.header)};
  }
  EndOfEpoch end() const {
    return {boundary, network.certificate(VoteType::finalize, of_boundary())};
  }
  Network after(std::size_t n = 5) const {
    return next_network(network, boundary, n, head(kBoundaryAt));
  }
  Block boundary;
};

// ---- the end

TEST_F(NextEpoch, TheEndIsAnnouncedOnceItIsExecuted) {
  boundary = boundary_block();
  driven.receive(other(), network.propose(boundary, kBoundaryAt - 1));
  driven.receive(other(), network.certificate(VoteType::finalize, of_boundary()));
  ASSERT_EQ(driven.delivered.back().block, boundary);
  EXPECT_TRUE(driven.ended.empty());
  driven.step(Executed{head(kBoundaryAt), set});
  ASSERT_EQ(driven.ended.size(), 1U);
  EXPECT_EQ(driven.ended[0].epoch, 0U);
  EXPECT_EQ(driven.ended[0].boundary, boundary);
  EXPECT_EQ(driven.ended[0].block_id, block_id(boundary.header));
  EXPECT_EQ(driven.ended[0].finalization.proposal, of_boundary());
  driven.step(TimerFired{});
  EXPECT_EQ(driven.ended.size(), 1U);
}

TEST_F(NextEpoch, ARestartAnnouncesTheEndAgain) {
  end_it();
  Recovery recovery{driven.records, Applied{boundary, end().finalization}, {}, {}, {}};
  for (Height height = 1; height <= kBoundaryAt; ++height) recovery.heads.push_back(head(height));
  recovery.next_sets = {{kSetAt, set}};
  Driven back{network, self, recovery};
  back.start();
  ASSERT_EQ(back.ended.size(), 1U);
  EXPECT_EQ(back.ended[0].boundary, boundary);
  EXPECT_FALSE(back.replica->info().voting);
}

// Its key is not its own any more: it follows into the next epoch, where it may have another.
TEST_F(NextEpoch, AnAlarmOfTheOwnKeyDoesNotHoldUpTheEnd) {
  end_it();
  Recovery recovery{driven.records, Applied{boundary, end().finalization}, {}, {}, {}};
  for (Height height = 1; height <= kBoundaryAt; ++height) recovery.heads.push_back(head(height));
  recovery.next_sets = {{kSetAt, set}};
  recovery.records.push_back(
      encode_record(Evidence{network.vote(VoteType::notarize, {0, 1, 0, digest_of(0xb1)}, self),
                             network.vote(VoteType::notarize, {0, 1, 0, digest_of(0xb2)}, self)}));
  Parameters guarded;
  guarded.listen_first = false;
  Driven back{network, self, recovery, guarded};
  back.start();
  ASSERT_EQ(back.alarms.size(), 1U);
  EXPECT_EQ(back.alarms[0].kind, AlarmKind::own_key);
  EXPECT_EQ(back.ended.size(), 1U);
}

TEST_F(NextEpoch, NoEpochEndsAfterAnAlarmOfTheChain) {
  boundary = boundary_block();
  driven.receive(other(), network.propose(boundary, kBoundaryAt - 1));
  driven.receive(other(), network.certificate(VoteType::finalize, of_boundary()));
  driven.step(Contradicted{"the store says otherwise"});
  ASSERT_EQ(driven.alarms.size(), 1U);
  driven.step(Executed{head(kBoundaryAt), set});
  EXPECT_TRUE(driven.ended.empty());
}

// Signed before the end was seen, not durable then: it does not leave any more.
TEST_F(NextEpoch, WhatWasSignedAndHasNotLeftStaysHere) {
  boundary = boundary_block();
  driven.hold = true;
  driven.receive(other(), network.propose(boundary, kBoundaryAt - 1));
  driven.receive(other(), network.certificate(VoteType::notarize, of_boundary()));
  driven.receive(other(), again(boundary, kBoundaryAt + 1, kBoundaryAt));
  driven.receive(other(), end());
  EXPECT_TRUE(driven.replica->info().closed);
  driven.hold = false;
  driven.step(Durable{UINT64_MAX});
  EXPECT_TRUE(driven.voted(kBoundaryAt + 1, self).empty());
}

TEST_F(NextEpoch, AClosedEpochIsServedAndNotRepeated) {
  end_it();
  driven.sent.clear();
  driven.receive(other(), GetCert{0, {{kBoundaryAt + 5, Wanted::any}}});
  ASSERT_EQ(driven.sent.size(), 1U);
  EXPECT_EQ(std::get<Certificate>(driven.sent[0].message), end().finalization);
  driven.receive(other(), GetBlock{{block_id(boundary.header)}});
  ASSERT_EQ(driven.sent.size(), 2U);
  EXPECT_EQ(std::get<BlockAnswer>(driven.sent[1].message).block, boundary);
  driven.receive(other(), GetChain{0, 1, 10});
  ASSERT_EQ(driven.chains_to_serve.size(), 1U);
  driven.sent.clear();
  driven.now.mono_ms += 10'000;
  driven.step(TimerFired{});
  for (const Send& send : driven.sent) {
    EXPECT_TRUE(std::holds_alternative<Status>(send.message)) << name(send.message);
  }
}

TEST_F(NextEpoch, NothingButEvidenceMustStayOnceTheEndIsSynced) {
  end_it();
  const auto unsynced = driven.replica->live_records(kBoundaryAt - 1);
  bool block = false;
  bool finalization = false;
  for (const Bytes& bytes : unsynced) {
    const auto record = *parse_record(bytes);
    block = block || record == Record(boundary);
    finalization = finalization || record == Record(end().finalization);
  }
  EXPECT_TRUE(block && finalization);
  EXPECT_TRUE(driven.replica->live_records(kBoundaryAt).empty());
  driven.receive(2, network.vote(VoteType::finalize, {0, kBoundaryAt + 1, 0, digest_of(1)}, 2));
  driven.receive(2, network.vote(VoteType::finalize, {0, kBoundaryAt + 1, 0, digest_of(2)}, 2));
  ASSERT_EQ(driven.replica->evidence().size(), 1U);
  ASSERT_EQ(driven.replica->live_records(kBoundaryAt).size(), 1U);
}

// ---- who missed it

// Told by one of the next epoch, it takes the end and asks there for what is below it.
TEST_F(NextEpoch, AStragglerTakesTheEndAndAsksForTheChain) {
  boundary = boundary_block();
  Driven late{network, self};
  late.start();
  late.receive(other(), end());
  EXPECT_TRUE(late.replica->info().closed);
  EXPECT_FALSE(late.replica->info().voting);
  EXPECT_EQ(late.replica->info().finalized_view, kBoundaryAt);
  EXPECT_TRUE(late.delivered.empty());
  bool asked = false;
  for (const Send& send : late.sent) {
    const auto* request = std::get_if<GetChain>(&send.message);
    if (request == nullptr) continue;
    asked = true;
    EXPECT_EQ(*request, (GetChain{0, 1, 64}));
    EXPECT_EQ(send.to, other());
  }
  ASSERT_TRUE(asked);
  Chain chain{{}, end().finalization};
  for (const Deliver& deliver : driven.delivered) chain.blocks.push_back(deliver.block);
  chain.blocks.push_back(boundary);
  late.receive(other(), chain);
  EXPECT_EQ(late.replica->info().delivered_height, kBoundaryAt);
  for (Height height = 1; height < kBoundaryAt; ++height) late.step(Executed{head(height)});
  EXPECT_TRUE(late.ended.empty());
  late.step(Executed{head(kBoundaryAt)});
  EXPECT_EQ(late.ended.size(), 1U);
}

// Nobody who votes has a link to it: its host shows it the chain. What proves nothing does nothing,
// and a peer that was not asked is not heard.
TEST_F(NextEpoch, AStragglerWithoutLinksIsShownTheChain) {
  boundary = boundary_block();
  Driven late{network, self};
  late.start();
  Chain chain{{}, end().finalization};
  for (const Deliver& deliver : driven.delivered) chain.blocks.push_back(deliver.block);
  chain.blocks.push_back(boundary);
  Chain unproven = chain;
  unproven.finalization.signatures[0][0] ^= 1;
  Chain broken = chain;
  broken.blocks.erase(broken.blocks.begin() + 1);
  Chain of_another_epoch = chain;
  of_another_epoch.finalization.proposal.epoch = 1;
  for (const Chain& bad : {unproven, broken, of_another_epoch, Chain{}}) late.step(Shown{bad});
  late.receive(other(), chain);
  EXPECT_TRUE(late.delivered.empty());
  EXPECT_EQ(late.replica->info().finalized_view, 0U);
  late.step(Shown{chain});
  EXPECT_EQ(late.replica->info().delivered_height, kBoundaryAt);
  EXPECT_TRUE(late.replica->info().closed);
}

// One block below the end is missing: nobody who is past it answers by hash.
TEST_F(NextEpoch, AStragglerAsksForASingleBlockToo) {
  boundary = boundary_block();
  Recovery recovery{};
  for (std::size_t i = 0; i + 1 < driven.delivered.size(); ++i) {
    recovery.records.push_back(encode_record(driven.delivered[i].block));
  }
  recovery.records.push_back(
      encode_record(driven.delivered[driven.delivered.size() - 2].finalization));
  Driven late{network, self, recovery};
  late.start();
  ASSERT_EQ(late.replica->info().finalized_height, kBoundaryAt - 2);
  late.receive(other(), end());
  bool asked = false;
  for (const Send& send : late.sent) {
    const auto* request = std::get_if<GetChain>(&send.message);
    asked = asked || (request != nullptr && request->from_height == kBoundaryAt - 1);
  }
  EXPECT_TRUE(asked);
}

TEST_F(NextEpoch, AFalseEndIsRefused) {
  boundary = boundary_block();
  const EndOfEpoch right = end();
  EndOfEpoch wrong = right;
  wrong.finalization.signatures[0][0] ^= 1;
  const auto refused = driven.replica->info().messages_refused;
  driven.receive(other(), wrong);
  wrong = right;
  wrong.boundary.next_members = Bytes(8, 9);  // not those of its hash
  driven.receive(other(), wrong);
  wrong.boundary.header.next_members_hash = next_members_hash(wrong.boundary.next_members);
  driven.receive(other(), wrong);  // not the block that is finalized
  EXPECT_EQ(driven.replica->info().messages_refused, refused + 3);
  EXPECT_FALSE(driven.replica->info().closed);
  driven.receive(other(), right);
  EXPECT_TRUE(driven.replica->info().closed);
}

// ---- the epoch after it

TEST_F(NextEpoch, TheNextEpochBeginsAtViewOneOnTheBoundaryBlock) {
  end_it();
  const Network next = after();
  const auto me = static_cast<ValidatorIndex>((next.membership.leader(1) + 1) % 5);
  Driven first{next, me};
  first.start();
  const auto info = first.replica->info();
  EXPECT_EQ(info.epoch, 1U);
  EXPECT_EQ(info.view, 1U);
  EXPECT_EQ(info.delivered_height, kBoundaryAt);
  EXPECT_EQ(info.executed_height, kBoundaryAt);
  EXPECT_TRUE(info.voting);
  const ValidatorIndex leader = next.membership.leader(1);
  first.receive(leader, next.propose(next.block(1, next.root.block_id, kBoundaryAt + 1), 0));
  EXPECT_EQ(first.voted(1, me), kNotarize);
  EXPECT_FALSE(first.replica->info().end);
}

TEST_F(NextEpoch, ARootWithoutTheHeadAfterItIsRefused) {
  end_it();
  Network next = after();
  next.root.checkpoint = head(kBoundaryAt - 1);
  HashSigner signer(next.membership.members()[0].key);
  const auto made =
      Replica::make({}, next.membership, next.root, ValidatorIndex{0}, &signer, next.verifier, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::usage);
}

// The keys are the same, the signed bytes are not.
TEST_F(NextEpoch, NoVoteCertificateOrEvidenceOfAnotherEpochCounts) {
  end_it();
  const Network next = after(4);
  Driven first{next, 0};
  first.start();
  first.receive(1, network.certificate(VoteType::nullify, {0, 1, 0, {}}));
  Certificate renamed = network.certificate(VoteType::nullify, {0, 1, 0, {}});
  renamed.proposal.epoch = 1;  // signed for epoch 0
  first.receive(1, renamed);
  for (ValidatorIndex i = 1; i < 4; ++i) {
    first.receive(i, network.vote(VoteType::nullify, {0, 1, 0, {}}, i));
    Vote vote = network.vote(VoteType::nullify, {0, 1, 0, {}}, i);
    vote.proposal.epoch = 1;
    first.receive(i, vote);
  }
  first.receive(
      1, Status{1, 2, 0, std::nullopt, network.certificate(VoteType::nullify, {0, 1, 0, {}})});
  EXPECT_EQ(first.replica->info().view, 1U);
  const Vote one = network.vote(VoteType::finalize, {0, 1, 0, digest_of(1)}, 2);
  const Vote two = network.vote(VoteType::finalize, {0, 1, 0, digest_of(2)}, 2);
  first.receive(1, Evidence{one, two});
  Evidence mixed{next.vote(VoteType::finalize, {1, 1, 0, digest_of(1)}, 2), two};
  first.receive(1, mixed);
  EXPECT_TRUE(first.replica->evidence().empty());
  first.receive(1, next.certificate(VoteType::nullify, {1, 1, 0, {}}));
  EXPECT_EQ(first.replica->info().view, 2U);
}

TEST_F(NextEpoch, WhoSpeaksOfAnOlderEpochIsToldOfItsEnd) {
  end_it();
  const Network next = after();
  Driven first{next, 0};
  first.start();
  first.receive(3, Status{0, 9, 8, std::nullopt, std::nullopt});
  ASSERT_EQ(first.ends_to_serve.size(), 1U);
  EXPECT_EQ(first.ends_to_serve[0].to, 3);
  EXPECT_EQ(first.ends_to_serve[0].epoch, 0U);
  first.receive(3, network.vote(VoteType::nullify, {0, 9, 0, {}}, 3));  // not twice at once
  EXPECT_EQ(first.ends_to_serve.size(), 1U);
  first.receive(2, GetCert{0, {{9, Wanted::any}}});
  EXPECT_EQ(first.ends_to_serve.size(), 2U);
  first.now.mono_ms += 2 * Parameters{}.delta_ms;
  first.receive(3, network.vote(VoteType::nullify, {0, 9, 0, {}}, 3));
  EXPECT_EQ(first.ends_to_serve.size(), 3U);
  // Answers are not answered: two that are past it would tell each other for ever.
  first.now.mono_ms += 10'000;
  first.receive(3, end());
  first.receive(3, Chain{{boundary}, end().finalization});
  first.receive(3, BlockAnswer{boundary});
  EXPECT_EQ(first.ends_to_serve.size(), 3U);
}

TEST_F(NextEpoch, AnOlderEpochsChainIsServed) {
  end_it();
  const Network next = after();
  Driven first{next, 0};
  first.start();
  first.receive(3, GetChain{0, 5, 10});
  ASSERT_EQ(first.chains_to_serve.size(), 1U);
  EXPECT_EQ(first.chains_to_serve[0].epoch, 0U);
  EXPECT_EQ(first.chains_to_serve[0].from_height, 5U);
  first.receive(3, GetChain{0, kBoundaryAt + 1, 10});  // that epoch has none there
  first.receive(3, GetChain{2, 5, 10});
  EXPECT_EQ(first.chains_to_serve.size(), 1U);
}

TEST_F(NextEpoch, WhatALaterEpochSaysIsDropped) {
  end_it();
  const Network next = after(4);
  const auto before = driven.replica->info();
  driven.sent.clear();
  driven.receive(other(), next.certificate(VoteType::nullify, {1, 1, 0, {}}));
  driven.receive(other(), Status{1, 2, 99, std::nullopt, std::nullopt});
  driven.receive(other(), GetCert{1, {{1, Wanted::any}}});
  EXPECT_TRUE(driven.sent.empty());
  EXPECT_TRUE(driven.ends_to_serve.empty());
  EXPECT_EQ(driven.replica->info().peers_height, before.peers_height);
}

// Records are told apart by their epoch, never by their place.
TEST_F(NextEpoch, RecordsOfTheOldEpochArePassedOver) {
  end_it();
  const Network next = after(4);
  Driven first{next, 0};
  first.start();
  first.now.mono_ms += 300'000;
  first.step(TimerFired{});
  ASSERT_EQ(first.voted(1, 0), kNullify);
  std::vector<Bytes> records = driven.records;
  records.insert(records.begin(), first.records.begin(), first.records.end());
  Driven back{next, 0, {records, {}, {}}};
  const auto info = back.replica->info();
  EXPECT_EQ(info.view, 1U);
  EXPECT_EQ(info.finalized_view, 0U);
  EXPECT_EQ(info.blocks_held, 0U);
  back.start();  // bound by its vote of this epoch
  const Block block = next.block(1, next.root.block_id, kBoundaryAt + 1);
  back.receive(1, next.propose(block, 0));
  for (const VoteType type : back.voted(1, 0)) EXPECT_EQ(type, VoteType::nullify);
}

TEST_F(NextEpoch, ARecordOfALaterEpochIsRefused) {
  end_it();
  const Network next = after(4);
  const Bytes later = encode_record(next.certificate(VoteType::nullify, {1, 1, 0, {}}));
  HashSigner signer(network.membership.members()[self].key);
  const auto made = Replica::make({}, network.membership, network.root, self, &signer,
                                  network.verifier, {{later}, {}, {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::corrupt);
}

// Decided between the block that fixed this epoch's set and the boundary block: the next one.
TEST_F(NextEpoch, ASetThatTheRootsStateHoldsIsTheNextEnd) {
  end_it();
  const Network next = after();
  const NextSet later = next_set(7, 2);
  Recovery recovery;
  recovery.next_sets = {{kSetAt, set}, {kBoundaryAt, later}};
  Driven first{next, 0, recovery};
  first.start();
  const Block block = next.block(1, next.root.block_id, kBoundaryAt + 1);
  first.receive(1, next.propose(block, 0));
  first.receive(1, next.certificate(VoteType::finalize, {1, 1, 0, block_id(block.header)}));
  const auto end = first.replica->info().end;
  ASSERT_TRUE(end);
  EXPECT_EQ(end->boundary_height, kBoundaryAt + 1 + 8);
  EXPECT_EQ(end->next_members, later.record);
  // What the epoch before held is over.
  recovery.next_sets = {{kSetAt, set}};
  Driven plain{next, 0, recovery};
  plain.start();
  plain.receive(1, next.propose(block, 0));
  plain.receive(1, next.certificate(VoteType::finalize, {1, 1, 0, block_id(block.header)}));
  EXPECT_FALSE(plain.replica->info().end);
}

// ---- from the store

class BothEpochs final : public ChainReader {
 public:
  std::vector<Block> blocks;  // height 1 first
  std::vector<Certificate> finalizations;
  std::optional<Block> block_at(Height height) const override {
    if (height == 0 || height > blocks.size()) return std::nullopt;
    return blocks[height - 1];
  }
  std::optional<Certificate> finalization_at(Height height) const override {
    if (height == 0 || height > blocks.size()) return std::nullopt;
    return finalizations[height - 1];
  }
};

TEST_F(NextEpoch, NoStretchCrossesTheEnd) {
  end_it();
  BothEpochs store;
  for (const Deliver& deliver : driven.delivered) {
    store.blocks.push_back(deliver.block);
    store.finalizations.push_back(deliver.finalization);
  }
  const Network next = after();
  const Block block = next.block(1, next.root.block_id, kBoundaryAt + 1);
  store.blocks.push_back(block);
  store.finalizations.push_back(
      next.certificate(VoteType::finalize, {1, 1, 0, block_id(block.header)}));

  const auto chain = make_chain(store, 0, kBoundaryAt - 1, 10);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->blocks.size(), 2U);
  EXPECT_EQ(chain->blocks.back(), boundary);
  EXPECT_EQ(chain->finalization.proposal, of_boundary());
  const auto second = make_chain(store, 1, kBoundaryAt + 1, 10);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->blocks.size(), 1U);
  EXPECT_FALSE(make_chain(store, 0, kBoundaryAt + 1, 10));
  EXPECT_FALSE(make_chain(store, 1, kBoundaryAt, 10));

  const auto told = make_end_of_epoch(store, 0, kBoundaryAt);
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, end());
  EXPECT_FALSE(make_end_of_epoch(store, 1, kBoundaryAt));
  EXPECT_FALSE(make_end_of_epoch(store, 0, kBoundaryAt - 1));
  EXPECT_FALSE(make_end_of_epoch(store, 1, kBoundaryAt + 1));
  EXPECT_FALSE(make_end_of_epoch(store, 0, kBoundaryAt + 9));
}

}  // namespace
}  // namespace footproof::consensus
