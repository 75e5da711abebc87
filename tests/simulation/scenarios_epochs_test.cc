// Named scenarios of consensus/README.md §10: the set changes.
#include "tests/simulation/scenario.h"
#include "tests/simulation/watch.h"

namespace footproof::simulation {
namespace {

using consensus::Epoch;
using consensus::Propose;
using consensus::VoteType;

Set people(std::initializer_list<int> who, std::uint8_t keys = 0) {
  Set set;
  for (const int one : who) set.push_back({static_cast<std::uint8_t>(one), keys});
  return set;
}

// A network in which these sets follow the first four.
Plan changing(std::size_t hosts, const std::vector<Set>& sets) {
  Plan plan = calm_plan(4);
  plan.people = hosts;
  plan.adversaries.assign(hosts, AdversaryKind::none);
  plan.offers = 10;
  plan.offer_every_ms = 100;
  consensus::Height height = 2;
  for (const Set& set : sets) {
    plan.changes.push_back({height, set});
    height += 10;
  }
  plan.offers = 10 + 30 * sets.size();
  return plan;
}

Epoch lowest_epoch(World& world) {
  Epoch lowest = UINT64_MAX;
  for (const auto& host : world.hosts()) {
    if (host->honest()) lowest = std::min(lowest, host->epoch());
  }
  return lowest;
}

void expect_final(World& world, Epoch epoch) {
  const Outcome outcome = world.run();
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(world.epochs().highest(), epoch);
  EXPECT_EQ(lowest_epoch(world), epoch);
}

const Set kFive = people({0, 1, 2, 3, 4});
const Set kSeven = people({0, 1, 2, 3, 4, 5, 6});

TEST(EpochScenario, FourToFiveToSevenToFour) {
  Plan plan = changing(7, {kFive, kSeven, people({2, 4, 5, 6})});
  World world(plan);
  expect_final(world, 3);
  for (std::size_t place = 0; place < 7; ++place) {
    const bool member = place == 2 || place >= 4;
    EXPECT_EQ(world.host(place).member(), member) << place;
  }
}

TEST(EpochScenario, FourToFiveToSevenToFourWithALiarInEverySet) {
  for (const AdversaryKind kind :
       {AdversaryKind::silent, AdversaryKind::nullify_only, AdversaryKind::equivocating_proposer,
        AdversaryKind::double_voter, AdversaryKind::twin, AdversaryKind::stale_replayer,
        AdversaryKind::finalize_withholder, AdversaryKind::subset_voter}) {
    Plan plan = changing(7, {kFive, kSeven, people({2, 4, 5, 6})});
    plan.adversaries[2] = kind;
    plan.loss = 100;
    plan.gst_ms = 3'000;
    plan.chaos_delay_ms = 80;
    World world(plan);
    const Outcome outcome = world.run();
    EXPECT_EQ(outcome.failure, "") << name(kind);
    EXPECT_EQ(world.epochs().highest(), 3U) << name(kind);
  }
}

// 10. Nobody of the old set is in the new one: those who come followed until then, those who go
// follow from then on.
TEST(EpochScenario, TheWholeSetIsReplaced) {
  World world(changing(8, {people({4, 5, 6, 7})}));
  expect_final(world, 1);
  for (std::size_t place = 0; place < 8; ++place) {
    EXPECT_EQ(world.host(place).member(), place >= 4) << place;
    EXPECT_EQ(world.host(place).store_height(), world.host(0).store_height());
  }
}

// The new keys count from the first view of the new epoch on, the old ones never again.
TEST(EpochScenario, AllKeysAreRotated) {
  Plan plan = changing(4, {people({0, 1, 2, 3}, 1)});
  World world(plan);
  expect_final(world, 1);
  const auto before = info(world, 0);
  for (consensus::ValidatorIndex i = 1; i < 4; ++i) {
    const consensus::Proposal proposal{1, before.view, 0, {}};
    consensus::Vote vote{VoteType::nullify, proposal, i, {}};
    vote.signature = world.keys().sign(
        world.keys().slot(i, 0),
        consensus::sign_bytes(world.membership().chain_id(), VoteType::nullify, proposal));
    world.host(0).step(consensus::Received{i, vote});
  }
  EXPECT_EQ(info(world, 0).view, before.view);
}

// 10. Two sets decided in a row: the second, decided when the first was fixed, is of the next
// epoch.
TEST(EpochScenario, ASetDecidedAfterTheEndIsFixedWaitsForTheNextEpoch) {
  Plan plan = changing(7, {kFive, kSeven});
  plan.changes[1].from_height = 12;
  World world(plan);
  expect_final(world, 2);
  EXPECT_EQ(world.epochs().at(1).set, kFive);
  EXPECT_EQ(world.epochs().at(2).set, kSeven);
}

// ---- the boundary block

// 10. Its finalization is lost in its first view: it is proposed again, to the byte, and nothing
// else follows it.
TEST(EpochScenario, TheBoundaryBlockIsProposedAgainUntilItIsFinal) {
  World world(changing(5, {kFive}));
  std::map<Digest, consensus::View> first;
  std::set<consensus::View> again;
  const auto look = [&](const Wire& wire) {
    const auto* propose = as<Propose>(wire);
    if (propose == nullptr || propose->block.header.boundary == 0) return;
    const auto view = propose->proposal.view;
    first.emplace(propose->proposal.block_id, view);
    if (propose->block.header.view < view) again.insert(view);
  };
  world.filter = [&](Person, Person, const Wire& wire) {
    look(wire);
    const auto* vote = as<consensus::Vote>(wire);
    if (vote == nullptr || vote->type != VoteType::finalize) return false;
    const auto block = first.find(vote->proposal.block_id);
    return block != first.end() && vote->proposal.view < block->second + 3;
  };
  expect_final(world, 1);
  EXPECT_GE(again.size(), 2U);
  EXPECT_EQ(first.size(), 1U);
}

// 10. Only one host sees the finalization: the others end the epoch by its word.
TEST(EpochScenario, TheFinalizationIsShownToOneHostOnly) {
  World world(changing(5, {kFive}));
  std::set<Digest> boundaries;
  std::uint64_t until = 0;
  world.filter = [&](Person, Person to, const Wire& wire) {
    if (const auto* propose = as<Propose>(wire); propose && propose->block.header.boundary == 1) {
      boundaries.insert(propose->proposal.block_id);
      if (until == 0) until = world.now() + 1'500;
    }
    if (world.now() > until || to == 2) return false;
    const auto* vote = as<consensus::Vote>(wire);
    const auto* certificate = as<consensus::Certificate>(wire);
    const auto* status = as<consensus::Status>(wire);
    return (vote && vote->type == VoteType::finalize &&
            boundaries.contains(vote->proposal.block_id)) ||
           (certificate && certificate->type == VoteType::finalize &&
            boundaries.contains(certificate->proposal.block_id)) ||
           status != nullptr;
  };
  expect_final(world, 1);
}

// ---- crashes

// 10. Each host in turn, at every step on its way from one epoch to the next.
TEST(EpochScenario, AHostDiesAtEveryStepBetweenEpochs) {
  std::uint64_t died = 0;
  for (std::size_t who = 0; who < 5; ++who) {
    for (std::size_t step = 0; step < kEpochSteps; ++step) {
      Plan plan = changing(5, {kFive, people({1, 2, 3, 4}, 1)});
      plan.seed += step;
      const Epoch epoch = who == 4 ? 1 : 0;
      plan.epoch_crashes = {
          {static_cast<std::uint8_t>(who), epoch, static_cast<std::uint8_t>(step)}};
      World world(plan);
      const Outcome outcome = world.run();
      ASSERT_EQ(outcome.failure, "") << "host " << who << " step " << step;
      EXPECT_EQ(world.epochs().highest(), 2U);
      if (outcome.counts.contains("died between epochs")) ++died;
    }
  }
  EXPECT_EQ(died, 5 * kEpochSteps);
}

// All of them at the same step: what the old set has said must be on their disks.
TEST(EpochScenario, TheWholeSetDiesAtEveryStepBetweenEpochs) {
  for (std::size_t step = 0; step < kEpochSteps; ++step) {
    Plan plan = changing(6, {people({2, 3, 4, 5}, 1)});
    for (std::uint8_t who = 0; who < 6; ++who) {
      plan.epoch_crashes.push_back({who, 0, static_cast<std::uint8_t>(step)});
    }
    World world(plan);
    const Outcome outcome = world.run();
    ASSERT_EQ(outcome.failure, "") << "step " << step;
    EXPECT_EQ(world.epochs().highest(), 1U);
    EXPECT_GE(outcome.counts.at("died between epochs"), 2U) << "step " << step;
  }
}

// ---- away

// 10. A joiner is down at the switch: the others go on, it comes, follows and then votes.
TEST(EpochScenario, AJoinerIsDownAtTheSwitch) {
  Watch::Books books;
  World world(changing(5, {kFive}));
  world.checkers().push_back(std::make_unique<Watch>(books));
  world.host(4).crash();
  world.run_until([&] { return world.host(0).epoch() == 1 && info(world, 0).finalized_view > 3; },
                  60'000);
  ASSERT_FALSE(world.failed()) << world.failure();
  EXPECT_EQ(world.host(4).store_height(), 0U);
  world.restart_all();
  expect_final(world, 1);
  EXPECT_TRUE(world.host(4).member());
  commit_one(world, 4);
  bool voted = false;
  for (const auto& [key, votes] : books.signed_votes) voted = voted || key.first == 4;
  EXPECT_TRUE(voted);
}

// 11. A member of every set comes back after three epochs: those who are past them tell it.
TEST(EpochScenario, AMemberComesBackAfterThreeEpochs) {
  World world(changing(7, {kFive, kSeven, kFive}));
  world.run_until([&] { return world.host(0).store_height() >= 4; }, 20'000);
  world.host(1).crash();
  world.run_until([&] { return world.host(0).epoch() == 3 && info(world, 0).finalized_view > 2; },
                  120'000);
  ASSERT_FALSE(world.failed()) << world.failure();
  EXPECT_EQ(world.host(1).epoch(), 0U);
  world.restart_all();
  world.run_until([&] { return world.host(1).epoch() == 3; }, 60'000);
  EXPECT_EQ(world.failure(), "");
  EXPECT_TRUE(world.host(1).member());
  const Outcome outcome = world.run();
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GE(outcome.counts.at("ends of epochs told"), 1U);
}

// 11. It has a place in the next set and none in those after it: those who vote have no link to it.
TEST(EpochScenario, AMemberOfTheNextSetAloneComesBack) {
  World world(changing(5, {kFive, people({0, 2, 3, 4})}));
  world.run_until([&] { return world.host(0).store_height() >= 4; }, 20'000);
  world.host(1).crash();
  world.run_until([&] { return world.host(0).epoch() == 2; }, 120'000);
  ASSERT_FALSE(world.failed()) << world.failure();
  world.restart_all();
  expect_final(world, 2);
  EXPECT_FALSE(world.host(1).member());
}

// 11. And one that was removed meanwhile: nobody has a link to it; it learns that it is out, votes
// no more, and follows.
TEST(EpochScenario, AMemberComesBackAndIsRemoved) {
  World world(changing(5, {people({0, 2, 3, 4}), people({0, 2, 3, 4}, 1)}));
  world.run_until([&] { return world.host(0).store_height() >= 4; }, 20'000);
  world.host(1).crash();
  world.run_until([&] { return world.host(0).epoch() == 2; }, 120'000);
  ASSERT_FALSE(world.failed()) << world.failure();
  world.restart_all();
  const Outcome outcome = world.run();
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(world.host(1).epoch(), 2U);
  EXPECT_FALSE(world.host(1).member());
  EXPECT_EQ(outcome.counts.at("gave up voting to follow"), 1U);
}

// 10. The one that leads when the epoch ends goes; and one that goes is needed for the hop.
TEST(EpochScenario, WhoGoesCosignsTheHopFirst) {
  Plan plan = changing(5, {people({0, 1, 2, 4})});
  plan.adversaries[0] = AdversaryKind::silent;  // q of the old set is the three others, 3 included
  World world(plan);
  const Outcome outcome = world.run();
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(world.epochs().highest(), 1U);
  EXPECT_FALSE(world.host(3).member());
}

}  // namespace
}  // namespace footproof::simulation
