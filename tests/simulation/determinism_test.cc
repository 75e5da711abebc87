#include <gtest/gtest.h>

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
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Plan plan = Plan::from_seed(seed, consensus::Mutation::none);
    std::size_t faulty = 0;
    for (const AdversaryKind kind : plan.adversaries) {
      adversaries.insert(kind);
      if (kind != AdversaryKind::none) ++faulty;
    }
    EXPECT_LE(faulty, consensus::faulty_max(plan.n)) << "seed " << seed;
    for (const Fault& fault : plan.faults) faults.insert(fault.kind);
    sizes.insert(plan.n);
    real_keys += plan.real_keys ? 1U : 0U;
  }
  EXPECT_EQ(adversaries.size(), kAdversaryKinds);
  EXPECT_EQ(faults.size(), 9U);
  EXPECT_EQ(sizes, (std::set<std::size_t>{4, 5, 6, 7, 10, 31}));
  EXPECT_GT(real_keys, 20U);
}

}  // namespace
}  // namespace footproof::simulation
