#include "tests/simulation/crash_steps.h"

#include <array>

namespace footproof::simulation {
namespace {

constexpr std::array<std::string_view, kVoteSteps> kNames = {"decided", "appended",  "synced",
                                                             "leaving", "half sent", "sent"};

// Small, with views that end by time and, in half of the seeds, somebody who lies.
Plan plan_of(std::uint64_t seed, consensus::Mutation mutation) {
  static constexpr std::array<AdversaryKind, 4> kKinds = {
      AdversaryKind::silent, AdversaryKind::equivocating_proposer, AdversaryKind::double_voter,
      AdversaryKind::subset_voter};
  Random random(mix(seed ^ 0x637261736865U));
  Plan plan;
  plan.seed = random.next();
  plan.n = random.chance(150) ? 7 : 4;
  plan.parameters.delta_ms = 100;
  plan.parameters.idle_ms = 3'000;
  plan.parameters.mutation = mutation;
  plan.adversaries.assign(plan.n, AdversaryKind::none);
  if (random.chance(500)) {
    plan.adversaries[random.below(plan.n)] = kKinds[random.below(kKinds.size())];
  }
  plan.gst_ms = random.between(500, 2'000);
  plan.loss = random.below(200);
  plan.chaos_delay_ms = random.between(10, 200);
  plan.calm_delay_ms = random.between(2, 40);
  plan.disk_ms = random.between(0, 20);
  plan.execution_ms = random.between(0, 10);
  plan.offers = 8;
  plan.offer_every_ms = 150;
  plan.deadline_ms = 120'000;
  plan.faults.push_back({plan.gst_ms, Fault::Kind::heal, 0, 0});
  return plan;
}

void add(Outcome& sum, const Outcome& one) {
  sum.virtual_ms += one.virtual_ms;
  sum.events += one.events;
  sum.blocks_finalized += one.blocks_finalized;
  sum.batches_final += one.batches_final;
  sum.trace_hash = mix(sum.trace_hash ^ one.trace_hash);
  ++sum.counts["runs"];
}

}  // namespace

Outcome run_crash_steps(std::uint64_t seed, consensus::Mutation mutation) {
  const Plan plan = plan_of(seed, mutation);
  World whole(plan);
  Outcome sum;
  add(sum, whole.run());
  if (whole.failed()) sum.failure = whole.failure();
  for (std::size_t place = 0; place < plan.n && sum.failure.empty(); ++place) {
    if (!whole.host(place).honest()) continue;
    const std::uint64_t votes = std::min(whole.host(place).votes_made(), kCrashVotesMax);
    for (std::uint64_t number = 1; number <= votes; ++number) {
      for (std::size_t step = 0; step < kVoteSteps; ++step) {
        World world(plan);
        world.host(place).crash_at_vote(number, static_cast<VoteStep>(step));
        const Outcome outcome = world.run();
        add(sum, outcome);
        const std::string name(kNames[step]);
        if (outcome.counts.contains("crashes")) ++sum.counts["died: " + name];
        if (outcome.failure.empty()) continue;
        sum.failure = "host " + std::to_string(place) + ", vote " + std::to_string(number) + " " +
                      name + ": " + outcome.failure;
        return sum;
      }
    }
  }
  return sum;
}

}  // namespace footproof::simulation
