// One replica by hand: which proposals it votes for, and what it says and keeps.
#include "consensus/replica.h"

#include <set>

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

// Validator `self` leads neither view 1 nor 2 nor 3.
ValidatorIndex follower(const Network& network) {
  for (ValidatorIndex i = 0;; ++i) {
    bool leads = false;
    for (View view = 1; view <= 3; ++view) leads = leads || network.membership.leader(view) == i;
    if (!leads) return i;
  }
}

struct ReplicaTest : testing::Test {
  Network network;
  ValidatorIndex self = follower(network);
  Driven driven{network, self};

  Block first = network.block(1, network.root.block_id, 1);
  Proposal first_proposal{0, 1, 0, block_id(first.header)};
};

const std::vector<VoteType> kNotarize = {VoteType::notarize};
const std::vector<VoteType> kNullify = {VoteType::nullify};
const std::vector<VoteType> kNothing = {};

TEST_F(ReplicaTest, NotarizesAndFinalizesTheFirstBlock) {
  driven.start();
  driven.receive(0, network.propose(first, 0));
  EXPECT_EQ(driven.voted(1, self), kNotarize);
  driven.receive(0, network.certificate(VoteType::notarize, first_proposal));
  EXPECT_EQ(driven.voted(1, self), (std::vector<VoteType>{VoteType::notarize, VoteType::finalize}));
  EXPECT_EQ(driven.replica->info().view, 2U);
  driven.receive(0, network.certificate(VoteType::finalize, first_proposal));
  ASSERT_EQ(driven.delivered.size(), 1U);
  EXPECT_EQ(driven.delivered[0].block, first);
}

TEST_F(ReplicaTest, NothingLeavesBeforeItIsDurable) {
  driven.hold = true;
  driven.start();
  driven.receive(0, network.propose(first, 0));
  EXPECT_EQ(driven.voted(1, self), kNothing);
  driven.hold = false;
  driven.step(Durable{driven.records.size()});
  EXPECT_EQ(driven.voted(1, self), kNotarize);
}

TEST_F(ReplicaTest, BlockOfAnotherViewIsNotVotedFor) {
  driven.start();
  Block wrong = network.block(5, network.root.block_id, 1);  // led by the same validator
  Propose propose = network.propose(wrong, 0);
  propose.proposal.view = 1;
  propose.signature =
      network.vote(VoteType::notarize, propose.proposal, network.membership.leader(1)).signature;
  driven.receive(0, propose);
  EXPECT_EQ(driven.voted(1, self), kNullify);
}

// README.md §6 (a) to (c), view 3 on different parents.
TEST_F(ReplicaTest, ParentNeedsItsCertificateAndEveryViewBetweenItsNullification) {
  const Proposal empty2{0, 2, 0, {}};
  const Block third = network.block(3, block_id(first.header), 2);
  struct Case {
    const char* name;
    bool notarized1, nullified2;
    std::vector<VoteType> expected;
  };
  for (const Case& c : {Case{"all there", true, true, kNotarize},
                        Case{"view 2 not nullified", true, false, kNothing},
                        Case{"parent not notarized", false, true, kNothing}}) {
    Driven each{network, self};
    each.start();
    each.receive(0, network.propose(first, 0));
    if (c.notarized1) each.receive(0, network.certificate(VoteType::notarize, first_proposal));
    if (c.nullified2) each.receive(0, network.certificate(VoteType::nullify, empty2));
    // Something that brings everybody to view 3 either way.
    if (!c.nullified2) {
      const Block second = network.block(2, block_id(first.header), 2);
      each.receive(0, network.certificate(VoteType::notarize, {0, 2, 1, block_id(second.header)}));
    }
    each.receive(0, network.propose(third, 1));
    EXPECT_EQ(each.voted(3, self), c.expected) << c.name;
    if (c.expected.empty()) {
      EXPECT_GT(each.count_sent<GetCert>(), 0U) << c.name;
    }
  }
}

TEST_F(ReplicaTest, JustificationBringsWhatIsMissing) {
  driven.start();
  driven.receive(0, network.propose(first, 0));
  const Block third = network.block(3, block_id(first.header), 2);
  driven.receive(0, network.propose(third, 1,
                                    {network.certificate(VoteType::nullify, {0, 2, 0, {}}),
                                     network.certificate(VoteType::notarize, first_proposal)}));
  EXPECT_EQ(driven.replica->info().view, 3U);
  EXPECT_EQ(driven.voted(3, self), kNotarize);
}

TEST_F(ReplicaTest, ParentBelowTheFinalizedViewIsRefusedForGood) {
  driven.start();
  driven.receive(0, network.propose(first, 0));
  driven.receive(0, network.certificate(VoteType::finalize, first_proposal));
  driven.receive(0, network.propose(network.block(2, network.root.block_id, 1), 0));
  EXPECT_EQ(driven.voted(2, self), kNullify);
}

TEST_F(ReplicaTest, BlocksAgainstTheChainRulesAreNullified) {
  const auto changed = [&](auto change) {
    Block block = first;
    change(block);
    return block;
  };
  const std::vector<std::pair<const char*, Block>> blocks = {
      {"height", changed([](Block& b) { b.header.height = 2; })},
      {"time before parent", changed([](Block& b) { b.header.time_ms = 1'000; })},
      {"time ahead", changed([](Block& b) { b.header.time_ms = 1'000'000 + 2'001; })},
      {"proposer", changed([&](Block& b) { b.header.proposer = self; })},
      {"members", changed([](Block& b) { b.header.members_hash = digest_of(9); })},
      {"chain", changed([](Block& b) { b.header.chain_id = digest_of(9); })},
      {"epoch", changed([](Block& b) { b.header.epoch = 1; })},
      {"false root", changed([](Block& b) { b.header.checkpoint.log_root = digest_of(9); })},
      {"future head", changed([](Block& b) { b.header.checkpoint.height = 40; })},
  };
  for (const auto& [what, block] : blocks) {
    Driven each{network, self};
    each.start();
    each.receive(0, network.propose(block, 0));
    EXPECT_EQ(each.voted(1, self), kNullify) << what;
  }
}

TEST_F(ReplicaTest, TimeMayRunAheadByTheDrift) {
  driven.start();
  Block ahead = first;
  ahead.header.time_ms = 1'000'000 + 2'000;
  driven.receive(0, network.propose(ahead, 0));
  EXPECT_EQ(driven.voted(1, self), kNotarize);
}

TEST_F(ReplicaTest, WaitsForBodiesAndAsksTheProposerFirst) {
  driven.start();
  Block block = first;
  const BatchRef ref{digest_of(0x10), 2, 300};
  block.batch_refs = {ref};
  block.header.batch_count = 1;
  block.header.batch_root = batch_root(block.batch_refs);
  block.header.time_ms = driven.now.wall_ms;
  driven.receive(0, network.propose(block, 0));
  EXPECT_EQ(driven.voted(1, self), kNothing);
  EXPECT_TRUE(driven.replica->needs_batch(ref.digest));
  driven.step(PayloadReady{ref, 0, false});
  EXPECT_EQ(driven.voted(1, self), kNotarize);

  Driven lied{network, self};
  lied.start();
  lied.receive(0, network.propose(block, 0));
  lied.step(PayloadReady{{ref.digest, 3, 300}, 0, true});  // the block says 2
  EXPECT_EQ(lied.voted(1, self), kNullify);

  Driven malformed{network, self};
  malformed.start();
  malformed.receive(0, network.propose(block, 0));
  malformed.step(PayloadInvalid{ref.digest});
  EXPECT_EQ(malformed.voted(1, self), kNullify);
}

TEST_F(ReplicaTest, BackDatedPayloadIsRefused) {
  driven.start();
  Block block = first;
  const BatchRef ref{digest_of(0x10), 2, 300};
  block.batch_refs = {ref};
  block.header.batch_count = 1;
  block.header.batch_root = batch_root(block.batch_refs);
  block.header.time_ms = driven.now.wall_ms - 60'001;
  driven.step(PayloadReady{ref, 0, true});
  driven.receive(0, network.propose(block, 0));
  EXPECT_EQ(driven.voted(1, self), kNullify);
}

TEST_F(ReplicaTest, LeaderGivingUpEndsTheViewForMe) {
  driven.start();
  driven.receive(2, network.vote(VoteType::nullify, {0, 1, 0, {}}, network.membership.leader(1)));
  EXPECT_EQ(driven.voted(1, self), kNullify);
}

// Found by simulation: the leader's NULLIFY completed the quorum, and the view after it was given
// up in its place.
TEST_F(ReplicaTest, LeaderGivingUpLastDoesNotEndTheNextView) {
  driven.start();
  const ValidatorIndex leader = network.membership.leader(1);
  for (ValidatorIndex i = 0; i < 4; ++i) {
    if (i != self && i != leader)
      driven.receive(i, network.vote(VoteType::nullify, {0, 1, 0, {}}, i));
  }
  driven.receive(leader, network.vote(VoteType::nullify, {0, 1, 0, {}}, leader));
  EXPECT_EQ(driven.replica->info().view, 2U);
  EXPECT_EQ(driven.voted(2, self), kNothing);
}

// Found by simulation: an equivocating leader kept the winning block to itself for two Delta.
TEST_F(ReplicaTest, MissingNotarizedBlockIsAskedOfMoreThanItsLeader) {
  driven.start();
  driven.receive(0, network.certificate(VoteType::notarize, first_proposal));
  std::set<ValidatorIndex> asked;
  for (const Send& send : driven.sent) {
    if (std::holds_alternative<GetBlock>(send.message) && send.to) asked.insert(*send.to);
  }
  EXPECT_GE(asked.size(), 2U);
  driven.now.mono_ms += 151;  // Delta later, not at the next repetition
  driven.sent.clear();
  driven.step(TimerFired{});
  EXPECT_GE(driven.count_sent<GetBlock>(), 2U);
}

// f+1 others giving up is no reason: with one slow honest node it would let f end every view.
TEST_F(ReplicaTest, OthersGivingUpDoNot) {
  driven.start();
  for (ValidatorIndex i = 0; i < 4; ++i) {
    if (i == self || i == network.membership.leader(1)) continue;
    driven.receive(i, network.vote(VoteType::nullify, {0, 1, 0, {}}, i));
  }
  EXPECT_EQ(driven.voted(1, self), kNothing);
}

TEST_F(ReplicaTest, ExecutionThatAQuorumContradictsStopsVoting) {
  driven.start();
  driven.receive(0, network.propose(first, 0));
  driven.receive(0, network.certificate(VoteType::finalize, first_proposal));
  driven.step(Executed{{1, 5, digest_of(0x21)}});
  EXPECT_TRUE(driven.replica->info().voting);
  driven.step(Checkpointed{5, digest_of(0x22)});
  EXPECT_FALSE(driven.replica->info().voting);
}

TEST_F(ReplicaTest, AStoreThatContradictsItselfStopsVoting) {
  driven.start();
  EXPECT_TRUE(driven.replica->info().voting);
  std::vector<std::string> alarms;
  for (int i = 0; i < 2; ++i) {
    for (const Effect& effect : driven.replica->step({driven.now, Contradicted{"forked"}})) {
      if (const auto* alarm = std::get_if<Alarm>(&effect)) alarms.push_back(alarm->detail);
    }
  }
  EXPECT_EQ(alarms, std::vector<std::string>{"forked"});
  EXPECT_FALSE(driven.replica->info().voting);
  driven.receive(0, network.propose(first, 0));
  EXPECT_EQ(driven.voted(1, self), kNothing);
}

TEST_F(ReplicaTest, ObserverFollowsAndSaysNothingOfItsOwn) {
  auto made = Replica::make({}, network.membership, network.root, std::nullopt, nullptr,
                            network.verifier, {});
  ASSERT_TRUE(made);
  std::size_t delivered = 0;
  const auto step = [&](const decltype(Event::what)& what, std::uint64_t mono) {
    for (const Effect& effect : (*made)->step({{1'000'000, mono}, what})) {
      delivered += std::holds_alternative<Deliver>(effect) ? 1U : 0U;
      const auto* send = std::get_if<Send>(&effect);
      if (send == nullptr) continue;
      EXPECT_FALSE(std::holds_alternative<Vote>(send->message));
      EXPECT_FALSE(std::holds_alternative<Propose>(send->message));
    }
  };
  step(Started{}, 1'000);
  step(Received{0, network.propose(first, 0)}, 1'001);
  step(Received{1, network.certificate(VoteType::finalize, first_proposal)}, 1'002);
  for (std::uint64_t mono = 2'000; mono < 200'000; mono += 1'000) step(TimerFired{}, mono);
  EXPECT_EQ(delivered, 1U);
  EXPECT_FALSE((*made)->info().voting);
}

TEST_F(ReplicaTest, ProposesOnceAndTheSameAfterRestart) {
  const ValidatorIndex leader = network.membership.leader(1);
  Driven leading{network, leader};
  leading.start();
  leading.step(PayloadReady{{digest_of(0x10), 2, 300}, 0, true});
  const auto proposals = [](const Driven& run) {
    std::vector<Propose> all;
    for (const Send& send : run.sent) {
      if (const auto* propose = std::get_if<Propose>(&send.message)) all.push_back(*propose);
    }
    return all;
  };
  ASSERT_EQ(proposals(leading).size(), 1U);
  EXPECT_EQ(proposals(leading)[0].block.batch_refs.size(), 1U);

  Driven again{network, leader, {leading.records, {}, {}}};
  again.now = {5'000'000, 9'000};
  again.start();
  ASSERT_GE(proposals(again).size(), 1U);
  EXPECT_EQ(proposals(again)[0], proposals(leading)[0]);
}

}  // namespace
}  // namespace footproof::consensus
