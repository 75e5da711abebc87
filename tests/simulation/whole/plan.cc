#include "tests/simulation/whole/plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "tests/simulation/random.h"

namespace footproof::whole {
namespace {

using simulation::Random;

// Is there in half of the seeds.
Micros every(Random& random, Micros low, Micros high) {
  const Micros drawn = random.between(low, high);
  return random.chance(500) ? drawn : 0;
}

using SetChange = Plan::SetChange;
using What = SetChange::What;

// Up to three changes, in a third of the seeds.
void draw_changes(Plan& plan, Random& random) {
  if (!random.chance(330)) return;
  std::map<Person, std::size_t> generations;  // the last of each
  std::vector<Person> left;
  const auto draw = [&random](const auto& from) {
    auto at = from.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random.below(from.size())));
    return *at;
  };
  for (std::uint64_t count = random.between(1, 3); count > 0; --count) {
    const auto set = plan.last_set();
    SetChange change;
    change.what =
        std::array{What::admit, What::remove, What::replace, What::rotate}.at(random.below(4));
    if (change.what == What::remove && set.size() <= 4) change.what = What::replace;
    // Mostly so that the epoch ends while everything else happens.
    const Micros latest = random.chance(800) ? plan.calm_at / 3 : plan.calm_at + 3 * kSecond;
    change.at = random.between(1, latest / kMilli) * kMilli;
    const bool again = !left.empty() && random.chance(300);
    const Person comes = again ? draw(left) : plan.people();
    change.who = change.what == What::admit ? comes : draw(set);
    change.comes = comes;
    if (change.what == What::rotate) change.comes = change.who;
    if (change.what == What::remove || change.what == What::replace) left.push_back(change.who);
    if (change.what == What::rotate || (again && change.what != What::remove)) {
      change.generation = ++generations[change.comes];
    }
    if (change.what == What::admit || change.what == What::replace) {
      std::erase(left, comes);
      if (comes == plan.people()) ++plan.standing_by;
    }
    plan.changes.push_back(change);
  }
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
  draw_changes(plan, random);
  return plan;
}

std::set<Person> Plan::set_after(std::size_t count) const {
  std::set<Person> out;
  for (Person person = 0; person < validators; ++person) out.insert(person);
  for (std::size_t i = 0; i < count; ++i) {
    const SetChange& change = changes[i];
    if (change.what == What::admit) out.insert(change.who);
    if (change.what == What::remove || change.what == What::replace) out.erase(change.who);
    if (change.what == What::replace) out.insert(change.comes);
  }
  return out;
}

namespace {

std::string text_of(const SetChange& change) {
  const std::string who = std::to_string(change.who);
  switch (change.what) {
    case What::admit:
      return " +" + who;
    case What::remove:
      return " -" + who;
    case What::replace:
      return " -" + who + '+' + std::to_string(change.comes);
    case What::rotate:
      return " keys" + who;
  }
  return {};
}

}  // namespace

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
  for (const auto& change : changes) out += text_of(change);
  return out;
}

}  // namespace footproof::whole
