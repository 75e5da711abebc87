#include "tests/simulation/whole/plan.h"

#include <array>

#include "tests/simulation/random.h"

namespace footproof::whole {
namespace {

using simulation::Random;

// Is there in half of the seeds.
Micros every(Random& random, Micros low, Micros high) {
  const Micros drawn = random.between(low, high);
  return random.chance(500) ? drawn : 0;
}

LinkRates smooth_links(Random& random) {
  return {100 + random.below(2'000), 3 * kMilli + random.below(30 * kMilli), 0, 0, 0};
}

}  // namespace

Plan Plan::calm(std::uint64_t seed) {
  Random random(simulation::mix(seed ^ 0x776f6c65U));
  Plan plan;
  plan.seed = seed;
  plan.deadline = 300 * kSecond;
  plan.idle_ms = random.between(1'000, 20'000);
  plan.rough = plan.smooth = smooth_links(random);
  return plan;
}

Plan Plan::from_seed(std::uint64_t seed) {
  Plan plan = calm(seed);
  Random random(simulation::mix(seed ^ 0x706c616eU));
  if (random.chance(150)) plan.validators = 7;
  if (random.chance(100)) plan.validators = 5;
  plan.calm_at = random.between(5, 25) * kSecond;
  plan.deadline = plan.calm_at + 300 * kSecond;
  static constexpr std::array kWeak = {Weak::none,     Weak::none, Weak::dies,
                                       Weak::bad_disk, Weak::liar, Weak::twin};
  plan.weak = kWeak[random.below(kWeak.size())];
  plan.weak_place = random.below(plan.validators);
  plan.delta_ms = random.chance(300) ? random.between(20, 500) : 100;
  plan.attestations = random.between(5, 40);
  plan.contested = random.below(4);
  plan.submit_every = random.between(20, 500) * kMilli;

  plan.rough = plan.smooth;
  if (random.chance(500)) plan.rough.delay_max = random.between(20, 800) * kMilli;
  if (random.chance(300)) plan.rough.loss = random.between(1, 200);
  if (random.chance(300)) plan.rough.repeat = random.between(1, 100);
  if (random.chance(300)) plan.rough.reorder = random.between(1, 300);
  plan.partition_every = every(random, 2 * kSecond, 10 * kSecond);
  plan.crash_every = every(random, 1 * kSecond, 8 * kSecond);
  plan.break_every = every(random, 200 * kMilli, 4 * kSecond);
  plan.pause_every = every(random, 1 * kSecond, 6 * kSecond);
  plan.clock_every = every(random, 1 * kSecond, 6 * kSecond);
  plan.disk_fault_every = every(random, 2 * kSecond, 8 * kSecond);
  plan.power_cuts = random.chance(600);
  plan.clock_jump_ms = random.between(100, 30'000);
  return plan;
}

std::string Plan::text() const {
  static constexpr std::array kNames = {"", " dies", " bad-disk", " liar", " twin"};
  std::string out = "n=" + std::to_string(validators);
  out += kNames.at(static_cast<std::size_t>(weak));
  if (weak != Weak::none) out += '=' + std::to_string(weak_place);
  const auto add = [&out](const char* name, std::uint64_t value) {
    if (value != 0) out += std::string(" ") + name;
  };
  add("loss", rough.loss);
  add("repeat", rough.repeat);
  add("reorder", rough.reorder);
  add("partitions", partition_every);
  add(power_cuts ? "power-cuts" : "crashes", crash_every);
  add("breaks", break_every);
  add("pauses", pause_every);
  add("clocks", clock_every);
  add("disk-faults", disk_fault_every);
  return out;
}

}  // namespace footproof::whole
