// I10 by itself: hosts that cosign what they must not are noticed (check_cosignatures.cc).
#include "tests/simulation/scenario.h"

namespace footproof::simulation {
namespace {

void judge_cosignatures_alone(World& world) {
  world.checkers().clear();
  world.checkers().push_back(check_cosignatures());
}

// Without its anchor a host that comes back behind what it had executed cosigns a smaller log.
TEST(Cosignatures, AHostThatForgetsWhatItCosignedIsNoticedWithin300Seeds) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Plan plan = Plan::from_seed(seed, consensus::Mutation::none);
    plan.forgets_cosigned = true;
    World world(plan);
    judge_cosignatures_alone(world);
    const Outcome outcome = world.run();
    if (!outcome.failure.starts_with("I10:")) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
    return;
  }
  FAIL() << "no seed out of 300 cosigned what it must not";
}

TEST(Cosignatures, AnotherRootAtAHeightIsNoticed) {
  World world(calm_plan());
  judge_cosignatures_alone(world);
  world.host(2).execute_wrongly_from(2);
  world.offer(0);
  world.run_until(2'000);
  world.offer(1);
  world.run_until(4'000);
  EXPECT_TRUE(world.failure().starts_with("I10:")) << world.failure();
}

TEST(Cosignatures, CalmHostsCosignAndAgree) {
  World world(calm_plan());
  judge_cosignatures_alone(world);
  for (std::size_t place = 0; place < 4; ++place) commit_one(world, place);
  const Outcome outcome = world.finish();
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GE(outcome.counts.at("cosignatures judged"), 16U);
  EXPECT_GE(outcome.counts.at("heads with q cosignatures"), 4U);
}

}  // namespace
}  // namespace footproof::simulation
