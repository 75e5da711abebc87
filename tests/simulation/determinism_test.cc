#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

Outcome run(std::uint64_t seed) {
  World world(Plan::from_seed(seed, consensus::Mutation::none));
  return world.run();
}

TEST(Simulation, SameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Outcome first = run(seed);
    const Outcome second = run(seed);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
  }
}

TEST(Simulation, OtherSeedsGiveOtherTraces) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) hashes.insert(run(seed).trace_hash);
  EXPECT_EQ(hashes.size(), 40U);
}

// A simulator that breaks nothing proves nothing: the seeds must hold what they promise to hold.
TEST(Simulation, SeedsContainTheFaultsTheyAreMadeFor) {
  std::set<AdversaryKind> adversaries;
  std::set<Fault::Kind> faults;
  std::set<std::size_t> sizes;
  std::size_t real_keys = 0;
  std::size_t changes = 0;
  std::size_t came = 0;
  std::size_t new_keys = 0;
  std::size_t shrank = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Plan plan = Plan::from_seed(seed, consensus::Mutation::none);
    adversaries.insert(plan.adversaries.begin(), plan.adversaries.end());
    std::vector<Set> sets(1);
    for (std::size_t who = 0; who < plan.n; ++who) {
      sets[0].push_back({static_cast<Person>(who), 0});
    }
    for (const SetChange& change : plan.changes) sets.push_back(change.set);
    for (const Set& set : sets) {
      const auto faulty = std::count_if(set.begin(), set.end(), [&](const SetMember& member) {
        return plan.adversaries[member.who] != AdversaryKind::none;
      });
      EXPECT_LE(static_cast<std::size_t>(faulty), consensus::faulty_max(set.size()))
          << "seed " << seed;
    }
    changes += plan.changes.size();
    for (std::size_t i = 1; i < sets.size(); ++i) {
      for (const SetMember& member : sets[i]) {
        const auto was = std::find_if(sets[i - 1].begin(), sets[i - 1].end(),
                                      [&](const SetMember& one) { return one.who == member.who; });
        came += was == sets[i - 1].end() ? 1U : 0U;
        new_keys += was != sets[i - 1].end() && was->keys != member.keys ? 1U : 0U;
      }
      if (sets[i].size() < sets[i - 1].size()) ++shrank;
    }
    for (const Fault& fault : plan.faults) faults.insert(fault.kind);
    sizes.insert(plan.n);
    real_keys += plan.real_keys ? 1U : 0U;
  }
  EXPECT_EQ(adversaries.size(), kAdversaryKinds);
  EXPECT_EQ(faults.size(), 9U);
  EXPECT_EQ(sizes, (std::set<std::size_t>{4, 5, 6, 7, 10, 31}));
  EXPECT_GT(real_keys, 20U);
  EXPECT_GT(changes, 300U);
  EXPECT_GT(came, 300U);
  EXPECT_GT(new_keys, 300U);
  EXPECT_GT(shrank, 30U);
}

}  // namespace
}  // namespace footproof::simulation
