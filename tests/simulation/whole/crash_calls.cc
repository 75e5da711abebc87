#include "tests/simulation/whole/crash_calls.h"

#include <fmt/format.h>

#include <array>

namespace footproof::whole {
namespace {

constexpr std::size_t kNever = ~std::size_t{0};

using What = Plan::SetChange::What;

// Every third network changes its set.
void draw_change(Plan& plan, std::uint64_t network) {
  if (network % 3 != 2) return;
  Plan::SetChange change;
  change.what = std::array{What::rotate, What::replace, What::admit}.at(network / 3 % 3);
  change.who = change.what == What::admit ? plan.validators : network / 9 % plan.validators;
  change.comes = change.what == What::rotate ? change.who : plan.validators;
  change.generation = change.what == What::rotate ? 1 : 0;
  change.at = 400 * kMilli;
  plan.standing_by = change.what == What::rotate ? 0 : 1;
  plan.changes.push_back(change);
}

Plan plan_of(std::uint64_t network) {
  Plan plan = Plan::calm(simulation::mix(network ^ 0x6372617368U));
  plan.attestations = 3;
  plan.submit_every = 300 * kMilli;
  plan.idle_ms = 1'000;
  draw_change(plan, network);
  return plan;
}

void add(Outcome& sum, const Outcome& one) {
  sum.virtual_ms += one.virtual_ms;
  sum.events += one.events;
  sum.blocks += one.blocks;
  sum.statements += one.statements;
  sum.trace_hash = simulation::mix(sum.trace_hash ^ one.trace_hash);
  for (const auto& [what, times] : one.counts) sum.counts[what] += times;
  ++sum.counts["runs"];
}

}  // namespace

Outcome run_crash_calls(std::uint64_t seed, const std::filesystem::path& folder) {
  const Plan plan = plan_of(seed / kCrashShares);
  const Place place = seed / kCrashShares % plan.validators;
  const auto run = [&](std::size_t call, std::size_t& calls) {
    const auto home = folder / fmt::format("{}", call);
    std::filesystem::create_directory(home);
    Outcome outcome;
    {
      World world(plan, home, false);
      world.cut_power_at(place, call);
      outcome = world.run();
      calls = world.calls_of(place);
    }
    std::filesystem::remove_all(home);
    return outcome;
  };
  std::size_t calls = 0;
  std::size_t ignored = 0;
  Outcome sum;
  const Outcome whole = run(kNever, calls);
  add(sum, whole);
  sum.failure = whole.failure;
  for (std::size_t call = 1 + seed % kCrashShares; call <= calls && sum.failure.empty();
       call += kCrashShares) {
    const Outcome outcome = run(call, ignored);
    add(sum, outcome);
    if (outcome.failure.empty()) continue;
    sum.failure = fmt::format("host {}, step {} of {}: {}", place, call, calls, outcome.failure);
  }
  return sum;
}

}  // namespace footproof::whole
