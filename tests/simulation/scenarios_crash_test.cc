// Named scenarios of consensus/README.md §15 about crashes and what comes back from disk.
#include "tests/simulation/crash_steps.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/watch.h"

namespace footproof::simulation {
namespace {

using consensus::ValidatorIndex;
using consensus::VoteType;

// 4. One host dies inside the append of each of its first records in turn, with and without the
// record reaching the disk; it restarts and must not contradict itself.
TEST(Scenario, CrashAtEveryAppendOfEveryVote) {
  std::size_t crashes = 0;
  for (std::uint64_t append = 1; append <= 30; ++append) {
    for (std::size_t place = 0; place < 4; ++place) {
      Plan plan = calm_plan();
      plan.seed = append;
      World world(plan);
      world.host(place).crash_at_persist(append);
      for (std::size_t i = 0; i < 8; ++i) commit_one(world, (place + 1 + i % 3) % 4);
      if (world.host(place).life() > 1) ++crashes;
      expect_sound(world);
      ASSERT_FALSE(world.failed()) << "append " << append << " host " << place;
    }
  }
  EXPECT_GT(crashes, 100U);
}

// S3 in its short form: every step of the first votes of each host, 20 networks.
TEST(Scenario, CrashAtEveryStepOfAVotesWayOut) {
  std::map<std::string, std::uint64_t> counts;
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t kSeeds = 2;
#else
  constexpr std::uint64_t kSeeds = 20;
#endif
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = run_crash_steps(seed, consensus::Mutation::none);
    ASSERT_EQ(outcome.failure, "") << "seed " << seed;
    for (const auto& [what, times] : outcome.counts) counts[what] += times;
  }
  for (const char* step : {"decided", "appended", "synced", "leaving", "half sent", "sent"}) {
    EXPECT_GT(counts["died: " + std::string(step)], 30 * kSeeds) << step;
  }
}

// It can fail: votes that leave before they are durable are contradicted after the crash.
TEST(Scenario, CrashAtEveryStepNoticesVotesThatLeaveEarly) {
  std::string failure;
  for (std::uint64_t seed = 1; seed <= 20 && failure.empty(); ++seed) {
    failure = run_crash_steps(seed, consensus::Mutation::send_before_durable).failure;
  }
  EXPECT_NE(failure, "");
}

// 7. Nobody proposes in view 1; every NULLIFY is lost, then everybody restarts.
TEST(Scenario, LostNullifyIsRepeatedAfterRestart) {
  World world(calm_plan());
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  bool restarted = false;
  world.filter = [&](ValidatorIndex, ValidatorIndex, const Wire& wire) {
    const bool propose = as<consensus::Propose>(wire) != nullptr && is_notarize(wire, 1);
    return propose || (!restarted && is_vote(wire, VoteType::nullify, 1));
  };
  world.offer(0);
  world.run_until(
      [&] {
        for (std::size_t i = 0; i < 4; ++i) {
          const auto& votes = books.signed_votes[{i, 1}];
          if (votes.empty() || votes.back().type != VoteType::nullify) return false;
        }
        return true;
      },
      10'000);
  world.run_until(world.now() + 50);  // durable everywhere
  world.crash_all();
  world.restart_all();
  restarted = true;
  world.run_until([&] { return lowest_height(world) >= 1; }, 60'000);
  EXPECT_TRUE(books.nullified.contains(1));
  expect_sound(world);
}

// A node that was away for hundreds of blocks comes back and takes them in by stretches.
TEST(Scenario, FarBehindCatchesUpByChains) {
  World world(calm_plan());
  for (std::size_t i = 0; i < 3; ++i) commit_one(world, 3);
  world.host(3).crash();
  while (info(world, 0).executed_height < 420 && !world.failed()) commit_one(world, 0);
  const std::uint64_t before = world.now();
  world.restart_all();
  world.run_until([&] { return lowest_height(world) >= 420; }, 20'000);
  EXPECT_LE(world.now() - before, 10'000U);
  EXPECT_GE(world.finish().counts["chains served"], 6U);
  commit_one(world, 3);
  expect_sound(world);
}

// Proposals of now are of no use to it, and are not heaped up while it fetches what was before.
TEST(Scenario, WhoIsFarBehindKeepsNoMoreThanItsBound) {
  Plan plan = calm_plan();
  plan.parameters.idle_ms = 20;
  World world(plan);
  world.host(3).crash();
  for (std::size_t i = 0; i < 3; ++i) commit_one(world, i);
  world.filter = [](Person, Person to, const Wire& wire) {
    const bool fetched =
        as<consensus::Chain>(wire) != nullptr || as<consensus::BlockAnswer>(wire) != nullptr;
    return fetched && to == 3;
  };
  world.restart_all();
  std::size_t most = 0;
  world.run_until(
      [&] {
        most = std::max(most, info(world, 3).blocks_held);
        return info(world, 0).executed_height >= 900;
      },
      200'000);
  EXPECT_GE(info(world, 0).executed_height, 900U);
  EXPECT_GE(most, 512U);
  EXPECT_LE(most, 512U + 64U);
  world.filter = {};
  world.run_until([&] { return info(world, 3).executed_height >= 900; }, 60'000);
  EXPECT_GE(info(world, 3).executed_height, 900U);
  expect_sound(world);
}

// Execution that goes wrong on one node is caught within a few blocks: that node stops voting and
// says so; the others go on and are not fooled.
TEST(Scenario, WrongExecutionStopsThatNodeOnly) {
  World world(calm_plan());
  Watch::Books books;
  world.checkers().clear();
  world.checkers().push_back(std::make_unique<Watch>(books));
  for (std::size_t i = 0; i < 5; ++i) commit_one(world, i % 4);
  world.host(2).execute_wrongly_from(7);
  for (std::size_t i = 0; i < 30; ++i) commit_one(world, i % 2);
  ASSERT_EQ(books.alarms.size(), 1U);
  EXPECT_EQ(books.alarms[0].first, 2U);
  EXPECT_EQ(books.alarms[0].second.kind, consensus::AlarmKind::execution_differs);
  EXPECT_FALSE(info(world, 2).voting);
  EXPECT_EQ(world.host(0).root_at(20), world.host(1).root_at(20));
  EXPECT_NE(world.host(0).root_at(20), world.host(2).root_at(20));
  EXPECT_EQ(world.failure(), "");
}

// 16. The whole set loses power, again and again, at any moment.
TEST(Scenario, AllCrashAtOnceAgainAndAgain) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Plan plan = calm_plan(seed % 3 == 0 ? 7 : 4);
    plan.seed = seed;
    plan.disk_ms = 10;
    World world(plan);
    Random moments(seed);
    for (int round = 0; round < 12; ++round) {
      world.offer(moments.below(plan.n));
      world.run_until(world.now() + moments.between(1, 120));
      world.crash_all();
      world.restart_all();
    }
    commit_one(world, 0);
    expect_sound(world);
    ASSERT_FALSE(world.failed()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace footproof::simulation
