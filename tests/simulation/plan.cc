#include "tests/simulation/plan.h"

#include <algorithm>
#include <array>

#include "tests/simulation/random.h"

namespace footproof::simulation {
namespace {

constexpr std::array<std::string_view, kAdversaryKinds> kNames = {
    "honest",        "silent",    "nullify-only",    "finalize-withholder", "equivocator",
    "double-voter",  "twin",      "body-withholder", "stale-replayer",      "checkpoint-liar",
    "parent-forger", "time-liar", "junk-sender",     "subset-voter"};

std::size_t draw_size(Random& random) {
  static constexpr std::array<std::size_t, 20> kSizes = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
                                                         4, 5, 5, 5, 6, 6, 7, 7, 7, 10};
  return random.chance(3) ? 31 : kSizes[random.below(kSizes.size())];
}

void draw_adversaries(Plan& plan, Random& random) {
  plan.adversaries.assign(plan.n, AdversaryKind::none);
  if (random.chance(200)) return;
  const std::size_t f = consensus::faulty_max(plan.n);
  const std::size_t count = random.between(1, f);
  for (std::size_t i = 0; i < count; ++i) {
    plan.adversaries[random.below(plan.n)] =
        static_cast<AdversaryKind>(random.between(1, kAdversaryKinds - 1));
  }
}

void draw_partitions(Plan& plan, Random& random) {
  const std::uint64_t everybody = (1ULL << plan.n) - 1;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    Fault fault;
    fault.at_ms = random.below(plan.gst_ms);
    fault.kind = random.chance(600) ? Fault::Kind::split : Fault::Kind::one_way;
    fault.set = random.next() & everybody;
    plan.faults.push_back(fault);
    plan.faults.push_back({fault.at_ms + random.between(100, 4000), Fault::Kind::heal, 0, 0});
  }
}

void draw_crashes(Plan& plan, Random& random) {
  for (std::uint64_t i = random.below(7); i > 0; --i) {
    const std::uint64_t at = random.below(plan.gst_ms);
    const std::uint64_t host = random.below(plan.n);
    if (random.chance(700)) {
      plan.faults.push_back({at, Fault::Kind::crash_at_persist, host, random.between(1, 12)});
      continue;
    }
    plan.faults.push_back({at, Fault::Kind::crash, host, 0});
    plan.faults.push_back({at + random.between(10, 4000), Fault::Kind::restart, host, 0});
  }
  if (random.chance(350)) {
    for (std::uint64_t i = random.between(1, 4); i > 0; --i) {
      const std::uint64_t at = random.below(plan.gst_ms);
      plan.faults.push_back({at, Fault::Kind::crash_all, 0, 0});
      plan.faults.push_back({at + random.between(1, 1500), Fault::Kind::restart_all, 0, 0});
    }
  }
  if (random.chance(150)) {
    plan.faults.push_back({random.below(plan.gst_ms), Fault::Kind::clock_jump, random.below(plan.n),
                           random.below(1800)});
  }
}

// Some leave, some come, some vote with new keys from then on.
Set draw_set(const Set& before, std::size_t people, Random& random) {
  static constexpr std::array<std::size_t, 8> kSizes = {4, 4, 4, 5, 5, 6, 7, 7};
  const std::size_t size = std::min(kSizes[random.below(kSizes.size())], people);
  Set set = before;
  std::vector<std::uint8_t> away;
  for (std::size_t who = 0; who < people; ++who) {
    const auto is = [&](const SetMember& one) { return one.who == who; };
    if (std::none_of(set.begin(), set.end(), is)) away.push_back(static_cast<std::uint8_t>(who));
  }
  const std::size_t leave = random.below(set.size());  // at most all but one
  for (std::size_t i = 0; (i < leave && away.size() < 32) || set.size() > size; ++i) {
    const auto at = set.begin() + static_cast<std::ptrdiff_t>(random.below(set.size()));
    away.push_back(at->who);
    set.erase(at);
  }
  while (set.size() < size) {
    const auto at = away.begin() + static_cast<std::ptrdiff_t>(random.below(away.size()));
    const auto was = std::find_if(before.begin(), before.end(),
                                  [&](const SetMember& one) { return one.who == *at; });
    set.push_back({*at, was == before.end() ? std::uint8_t{0} : was->keys});
    away.erase(at);
  }
  for (SetMember& member : set) {
    if (member.keys + 1U < kKeysMax && random.chance(250)) ++member.keys;
  }
  return set;
}

bool bearable(const Plan& plan, const Set& set) {
  std::size_t faulty = 0;
  for (const SetMember& member : set) {
    if (plan.adversaries[member.who] != AdversaryKind::none) ++faulty;
  }
  return faulty <= consensus::faulty_max(set.size());
}

}  // namespace

void Plan::draw_changes(Random& random) {
  people = std::min<std::size_t>(std::max<std::size_t>(n + random.between(1, 3), 5), 9);
  adversaries.resize(people, AdversaryKind::none);
  if (random.chance(200)) {
    adversaries.back() = static_cast<AdversaryKind>(random.between(1, kAdversaryKinds - 1));
  }
  Set last;
  for (std::size_t who = 0; who < n; ++who) last.push_back({static_cast<std::uint8_t>(who), 0});
  consensus::Height height = random.between(1, 6);
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    Set next = draw_set(last, people, random);
    for (int tries = 0; tries < 50 && !bearable(*this, next); ++tries) {
      next = draw_set(last, people, random);
    }
    if (!bearable(*this, next)) break;
    changes.push_back({height, next});
    last = std::move(next);
    height += random.below(30);
  }
  if (random.chance(600)) {
    parameters.checkpoint_lag = static_cast<std::uint32_t>(random.between(1, 8));
    parameters.boundary_delay = static_cast<std::uint32_t>(random.between(1, 8));
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    epoch_crashes.push_back({static_cast<std::uint8_t>(random.below(people)),
                             random.below(changes.size() + 1),
                             static_cast<std::uint8_t>(random.below(7))});
  }
  for (std::uint64_t i = gst_ms == 0 ? 0 : random.below(3); i > 0; --i) {  // of whoever
    const std::uint64_t at = random.below(gst_ms);
    const std::uint64_t who = random.below(people);
    faults.push_back({at, Fault::Kind::crash, who, 0});
    faults.push_back({at + random.between(10, 4000), Fault::Kind::restart, who, 0});
  }
  offers = std::max<std::uint64_t>(offers, 12);
}

std::string_view name(AdversaryKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Plan Plan::from_seed(std::uint64_t seed, consensus::Mutation mutation) {
  Random random(mix(seed * 0x9e3779b97f4a7c15U + 1));
  Plan plan;
  plan.seed = seed;
  plan.n = draw_size(random);
  plan.real_keys = random.chance(50) && plan.n <= 7;
  plan.parameters.delta_ms = 100;
  plan.parameters.idle_ms = random.chance(500) ? 3'000 : 20'000;
  plan.parameters.mutation = mutation;
  draw_adversaries(plan, random);
  if (random.chance(100)) {  // calm from the start
    plan.gst_ms = 0;
  } else {
    plan.gst_ms = random.between(1'000, 9'000);
    plan.loss = random.chance(500) ? random.below(300) : random.below(30);
    plan.duplication = random.chance(300) ? random.below(200) : 0;
    plan.chaos_delay_ms = random.chance(400) ? random.between(50, 400) : random.between(5, 50);
    draw_partitions(plan, random);
    draw_crashes(plan, random);
    plan.faults.push_back({plan.gst_ms, Fault::Kind::heal, 0, 0});
    plan.faults.push_back({plan.gst_ms + 2500, Fault::Kind::restart_all, 0, 0});
    plan.faults.push_back({plan.gst_ms + 5500, Fault::Kind::restart_all, 0, 0});
  }
  plan.calm_delay_ms = random.between(2, 40);
  plan.disk_ms = random.chance(800) ? random.between(0, 8) : random.between(8, 40);
  plan.execution_ms = random.chance(800) ? random.between(0, 10) : random.between(10, 60);
  plan.offers = random.between(5, 60);
  plan.offer_every_ms = random.between(20, 300);
  if (random.chance(60)) plan.slow_disk_host = random.below(plan.n);
  if (plan.n <= 7 && random.chance(300)) plan.draw_changes(random);
  // Everybody is up 5.5 s after the network is calm; 3 s to catch up. Whoever shows a batch to some
  // only (a twin does so, too) can make views of leaders that lack it end: README.md §14.
  bool withheld = false;
  for (const AdversaryKind kind : plan.adversaries) {
    withheld = withheld || kind == AdversaryKind::body_withholder || kind == AdversaryKind::twin;
  }
  if (plan.slow_disk_host == SIZE_MAX && !withheld) {
    plan.strict_from_ms = plan.gst_ms == 0 ? 1'000 : plan.gst_ms + 8'500;
  }
  if (plan.n == 31) {  // dear: 30 times the messages of a small network
    plan.gst_ms = std::min<std::uint64_t>(plan.gst_ms, 1'000);
    plan.offers = 5;
    plan.strict_from_ms = 0;
  }
  return plan;
}

}  // namespace footproof::simulation
