// A validator that meets a vote of its own key which it has not signed stops for good, and says why
// (README.md §13): a cloned machine, a restored copy, a wiped folder.
#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

constexpr ValidatorIndex kSelf = 1;

class OwnKey : public ::testing::Test {
 protected:
  static Parameters guarded() {
    Parameters parameters;
    parameters.listen_first = false;
    return parameters;
  }
  Proposal proposal(View view, std::uint8_t block = 0xb1) const {
    return {0, view, view - 1, digest_of(block)};
  }
  void expect_stopped(const Driven& driven) const {
    ASSERT_EQ(driven.alarms.size(), 1U);
    EXPECT_EQ(driven.alarms[0].kind, AlarmKind::own_key);
    EXPECT_NE(driven.alarms[0].detail.find("not by this node"), std::string::npos);
    EXPECT_FALSE(driven.replica->info().voting);
  }
  // Every deadline passes.
  static void wait(Driven& driven) {
    driven.now.mono_ms += 600'000;
    driven.now.wall_ms += 600'000;
    driven.step(TimerFired{});
  }
  // The first view from 1 that another validator leads.
  View view_of_another() const { return network.membership.leader(1) == kSelf ? 2 : 1; }

  Network network;
};

TEST_F(OwnKey, AVoteThatItDidNotSignStopsItForGood) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  driven.receive(0, network.vote(VoteType::notarize, proposal(1), kSelf));
  expect_stopped(driven);
  driven.sent.clear();
  wait(driven);
  EXPECT_EQ(driven.count_sent<Vote>(), 0U);
}

TEST_F(OwnKey, ItsVoteInsideACertificateStopsIt) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  driven.receive(0, network.certificate(VoteType::nullify, proposal(5)));
  expect_stopped(driven);
}

TEST_F(OwnKey, ACertificateWithoutItIsNoReason) {
  Driven driven(network, 3, {}, guarded());
  driven.start();
  driven.receive(0, network.certificate(VoteType::nullify, proposal(5)));  // of 0, 1 and 2
  EXPECT_TRUE(driven.alarms.empty());
  EXPECT_TRUE(driven.replica->info().voting);
}

TEST_F(OwnKey, AProposalInItsNameStopsIt) {
  View view = 1;
  while (network.membership.leader(view) != kSelf) ++view;
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  driven.receive(0, network.propose(network.block(view, network.root.block_id, 1), 0));
  expect_stopped(driven);
}

TEST_F(OwnKey, EvidenceAgainstItStopsItWhateverTheView) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  driven.receive(0, Evidence{network.vote(VoteType::notarize, proposal(1, 0xb1), kSelf),
                             network.vote(VoteType::notarize, proposal(1, 0xb2), kSelf)});
  expect_stopped(driven);
  // And the next life, too: the evidence stands in the log.
  Recovery recovery;
  recovery.records = driven.records;
  Driven again(network, kSelf, recovery, guarded());
  again.start();
  expect_stopped(again);
}

TEST_F(OwnKey, ItsOwnVotesThatComeBackAreItsOwn) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  wait(driven);  // gives view 1 up
  ASSERT_EQ(driven.voted(1, kSelf), std::vector<VoteType>{VoteType::nullify});
  driven.receive(0, network.vote(VoteType::nullify, proposal(1), kSelf));
  driven.receive(0, network.certificate(VoteType::nullify, proposal(1)));
  EXPECT_TRUE(driven.alarms.empty());
  // Also in a later life that has its log.
  Recovery recovery;
  recovery.records = driven.records;
  Driven again(network, kSelf, recovery, guarded());
  again.start();
  again.receive(0, network.vote(VoteType::nullify, proposal(1), kSelf));
  EXPECT_TRUE(again.alarms.empty());
}

TEST_F(OwnKey, AVoteThatDoesNotVerifyIsNoReason) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  Vote forged = network.vote(VoteType::notarize, proposal(1), kSelf);
  forged.signature[0] ^= 1U;
  driven.receive(0, forged);
  EXPECT_TRUE(driven.alarms.empty());
  EXPECT_TRUE(driven.replica->info().voting);
}

TEST_F(OwnKey, WhatWasSignedAndIsNotDurableNeverLeaves) {
  Driven driven(network, kSelf, {}, guarded());
  driven.hold = true;
  driven.start();
  wait(driven);
  driven.receive(0, network.vote(VoteType::notarize, proposal(2), kSelf));
  expect_stopped(driven);
  driven.step(Durable{1'000});
  EXPECT_TRUE(driven.voted(1, kSelf).empty());
}

TEST_F(OwnKey, ItListensToEnoughOthersBeforeItsFirstVote) {
  Driven driven(network, kSelf, {}, Parameters{});
  driven.start();
  EXPECT_TRUE(driven.replica->info().listening);
  wait(driven);
  driven.receive(0, Status{});
  driven.receive(0, Status{});  // the same one
  wait(driven);
  EXPECT_TRUE(driven.voted(1, kSelf).empty());
  driven.receive(2, Status{});
  wait(driven);
  EXPECT_FALSE(driven.replica->info().listening);
  EXPECT_FALSE(driven.voted(1, kSelf).empty());
}

// What is wrong with the key does not hide what is wrong with the chain.
TEST_F(OwnKey, CertificatesThatExcludeEachOtherAreStillAnAlarm) {
  Driven driven(network, kSelf, {}, guarded());
  driven.start();
  driven.receive(0, network.vote(VoteType::notarize, proposal(1), kSelf));
  expect_stopped(driven);
  driven.receive(0, network.vote(VoteType::notarize, proposal(2), kSelf));
  ASSERT_EQ(driven.alarms.size(), 1U);
  driven.receive(0, network.certificate(VoteType::notarize, proposal(3, 0xb1)));
  driven.receive(0, network.certificate(VoteType::notarize, proposal(3, 0xb2)));
  ASSERT_EQ(driven.alarms.size(), 2U);
  EXPECT_EQ(driven.alarms[1].kind, AlarmKind::conflicting_finality);
}

// The deadlines of a view that it has entered in silence begin when it may speak.
TEST_F(OwnKey, AViewIsNotGivenUpForTheTimeThatItListened) {
  Driven driven(network, kSelf, {}, Parameters{});
  driven.start();
  driven.step(PayloadReady{{digest_of(0xba), 1, 100}, 0, true});  // work
  driven.receive(0, Status{});
  wait(driven);
  driven.receive(2, Status{});
  EXPECT_FALSE(driven.replica->info().listening);
  EXPECT_TRUE(driven.voted(1, kSelf).empty());
  wait(driven);
  EXPECT_EQ(driven.voted(1, kSelf), std::vector<VoteType>{VoteType::nullify});
}

TEST_F(OwnKey, WhatItsPeerShowsItOnConnectingComesBeforeTheStatus) {
  const View view = view_of_another();
  // Validator 0 has the NOTARIZE that the wiped one cast before it lost its disk.
  Driven peer(network, 0, {}, guarded());
  peer.start();
  const Vote lost = network.vote(VoteType::notarize, proposal(view), kSelf);
  peer.receive(kSelf, lost);
  peer.sent.clear();
  peer.step(Connected{kSelf});
  ASSERT_GE(peer.sent.size(), 2U);
  ASSERT_TRUE(std::holds_alternative<Vote>(peer.sent[0].message));
  EXPECT_EQ(std::get<Vote>(peer.sent[0].message), lost);
  EXPECT_EQ(peer.sent[0].to, kSelf);
  EXPECT_TRUE(std::holds_alternative<Status>(peer.sent[1].message));

  Driven wiped(network, kSelf, {}, Parameters{});
  wiped.start();
  for (const Send& send : peer.sent) wiped.receive(0, send.message);
  wiped.receive(2, Status{});
  expect_stopped(wiped);
  wait(wiped);
  EXPECT_EQ(wiped.count_sent<Vote>(), 0U);
}

}  // namespace
}  // namespace footproof::consensus
