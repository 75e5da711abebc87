// Which scenarios there are: enumeration up to renaming, then chance.
#include <algorithm>
#include <array>
#include <numeric>

#include "attest/check.h"
#include "tests/simulation/twins.h"

namespace footproof::simulation {
namespace {

using Step = TwinsScenario::Step;

constexpr std::size_t kViewsMax = 7;

// A renaming of hosts under which a scenario stays the same: twins of one validator change places,
// validators with twins do, and validators without.
using Renaming = std::vector<std::size_t>;

struct Shape {
  std::size_t n;
  std::size_t twins;
  std::size_t views;  // enumerated
  [[nodiscard]] std::size_t hosts() const { return n + twins; }
  [[nodiscard]] std::uint32_t steps() const {
    return static_cast<std::uint32_t>(n << (hosts() - 1));
  }
};

// As a number: leader, then the sides with host 0 on side 0.
std::uint32_t code(const Shape& shape, const Step& step) {
  const auto everybody = static_cast<std::uint32_t>((1U << shape.hosts()) - 1);
  const std::uint32_t sides = (step.sides & 1U) != 0 ? ~step.sides & everybody : step.sides;
  return static_cast<std::uint32_t>(step.leader) << (shape.hosts() - 1) | sides >> 1U;
}

Step step_of(const Shape& shape, std::uint32_t code) {
  const auto leader = static_cast<consensus::ValidatorIndex>(code >> (shape.hosts() - 1));
  return {leader, (code & ((1U << (shape.hosts() - 1)) - 1)) << 1U};
}

std::vector<Renaming> renamings(const Shape& shape) {
  std::vector<Renaming> all;
  std::vector<std::size_t> twins(shape.twins);
  std::vector<std::size_t> others(shape.n - shape.twins);
  std::iota(twins.begin(), twins.end(), 0);
  do {
    std::iota(others.begin(), others.end(), shape.twins);
    do {
      for (std::uint32_t swapped = 0; swapped < 1U << shape.twins; ++swapped) {
        Renaming renaming(shape.hosts());
        for (std::size_t i = 0; i < shape.twins; ++i) {
          const bool swap = ((swapped >> i) & 1U) != 0;
          renaming[i] = swap ? shape.n + twins[i] : twins[i];
          renaming[shape.n + i] = swap ? twins[i] : shape.n + twins[i];
        }
        std::copy(others.begin(), others.end(),
                  renaming.begin() + static_cast<std::ptrdiff_t>(shape.twins));
        all.push_back(std::move(renaming));
      }
    } while (std::next_permutation(others.begin(), others.end()));
  } while (std::next_permutation(twins.begin(), twins.end()));
  return all;
}

// What each step becomes under each renaming.
std::vector<std::vector<std::uint32_t>> renamed_steps(const Shape& shape) {
  std::vector<std::vector<std::uint32_t>> tables;
  for (const Renaming& renaming : renamings(shape)) {
    std::vector<std::uint32_t>& table = tables.emplace_back(shape.steps());
    for (std::uint32_t from = 0; from < shape.steps(); ++from) {
      const Step step = step_of(shape, from);
      const std::size_t leads = renaming[step.leader];
      Step renamed;
      renamed.leader =
          static_cast<consensus::ValidatorIndex>(leads >= shape.n ? leads - shape.n : leads);
      for (std::size_t host = 0; host < shape.hosts(); ++host) {
        renamed.sides |= ((step.sides >> host) & 1U) << renaming[host];
      }
      table[from] = code(shape, renamed);
    }
  }
  return tables;
}

// Sequences of `shape.views` steps, of those that a renaming makes equal the first one.
std::vector<std::vector<std::uint32_t>> enumerate(const Shape& shape) {
  const auto tables = renamed_steps(shape);
  std::vector<std::vector<std::uint32_t>> found = {{}};
  for (std::size_t view = 0; view < shape.views; ++view) {
    std::vector<std::vector<std::uint32_t>> longer;
    for (const auto& begin : found) {
      std::vector<std::uint32_t> next = begin;
      next.push_back(0);
      for (next.back() = 0; next.back() < shape.steps(); ++next.back()) {
        const bool first = std::none_of(tables.begin(), tables.end(), [&](const auto& table) {
          for (const std::uint32_t step : next) {
            if (table[step] != step) return table[step] < step;
          }
          return false;
        });
        if (first) longer.push_back(next);
      }
    }
    found = std::move(longer);
  }
  return found;
}

constexpr Shape kT1 = {4, 1, 3};
constexpr Shape kT2 = {7, 2, 2};

const std::vector<std::vector<std::uint32_t>>& enumerated(TwinsKind kind) {
  static const auto t1 = enumerate(kT1);
  static const auto t2 = enumerate(kT2);
  static const std::vector<std::vector<std::uint32_t>> none;
  return kind == TwinsKind::t1 ? t1 : kind == TwinsKind::t2 ? t2 : none;
}

// Leaders are twins more often than others are: there is where two proposals come from.
void draw_steps(TwinsScenario& scenario, Random& random) {
  const std::size_t hosts = scenario.people() + scenario.twins;
  for (std::uint64_t view = random.between(4, kViewsMax); view > 0; --view) {
    const std::uint64_t leader =
        random.chance(400) ? random.below(scenario.twins) : random.below(scenario.n);
    scenario.steps.push_back({static_cast<consensus::ValidatorIndex>(leader),
                              static_cast<std::uint32_t>(random.below(1U << hosts))});
  }
}

void draw_crashes(TwinsScenario& scenario, Random& random) {
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    TwinsScenario::Crash crash;
    crash.view = random.between(1, scenario.steps.size());
    crash.place = random.below(scenario.people() + scenario.twins);
    crash.away_ms = random.chance(500) ? random.between(1, 100) : random.between(100, 3'000);
    const bool twin = crash.place < scenario.twins || crash.place >= scenario.people();
    crash.loses_disk = twin && random.chance(500);
    scenario.crashes.push_back(crash);
  }
}

// The twin stays, goes or gets a new key; so do others, and one may come.
void draw_change(TwinsScenario& scenario, Random& random) {
  SetChange change;
  for (std::uint8_t who = 0; who < 5; ++who) change.set.push_back({who, 0});
  if (random.chance(700)) {
    change.set.erase(change.set.begin() + static_cast<std::ptrdiff_t>(random.below(5)));
  }
  for (SetMember& member : change.set) {
    if (member.who < 4 && random.chance(300)) member.keys = 1;
  }
  const bool same = change.set.size() == 4 && change.set.back().who == 3;
  if (same) change.set.back().keys = 1;
  change.from_height = random.between(1, 2);
  scenario.boundary_delay = static_cast<std::uint32_t>(random.between(1, 3));
  scenario.changes.push_back(std::move(change));
}

}  // namespace

std::uint64_t twins_enumerated(TwinsKind kind) { return enumerated(kind).size(); }

TwinsScenario TwinsScenario::make(TwinsKind kind, std::uint64_t number) {
  TwinsScenario scenario;
  scenario.kind = kind;
  scenario.number = number;
  Random random(mix(number * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(kind)));
  const bool large = kind == TwinsKind::t2 || (kind == TwinsKind::t3 && random.chance(300));
  const Shape& shape = large ? kT2 : kT1;
  scenario.n = shape.n;
  scenario.twins = shape.twins;
  static constexpr std::array<std::uint64_t, 3> kPatience = {300, 600, 1'500};
  scenario.patience_ms = kPatience[random.below(kPatience.size())];
  if (kind == TwinsKind::t3_change) draw_change(scenario, random);
  const auto& first = enumerated(kind);
  if (number < first.size()) {
    // In an order that shows all kinds early: the step is prime, and no divisor of their number.
    constexpr std::uint64_t kPrime = 1'000'003;
    CHECK(first.size() % kPrime != 0);
    for (const std::uint32_t step : first[number * kPrime % first.size()]) {
      scenario.steps.push_back(step_of(shape, step));
    }
  } else {
    draw_steps(scenario, random);
  }
  if (kind == TwinsKind::t3_change) {
    draw_steps(scenario, random);  // the first views of the next epoch
    scenario.steps_of_next = random.between(1, 4);
  }
  const bool crashes =
      kind == TwinsKind::t3 || (kind == TwinsKind::t3_change && random.chance(500));
  if (crashes) draw_crashes(scenario, random);
  return scenario;
}

std::string TwinsScenario::text() const {
  std::string text = "n=" + std::to_string(n) + " twins=" + std::to_string(twins) + " patience " +
                     std::to_string(patience_ms);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::array<std::string, 2> groups;
    for (std::size_t host = 0; host < people() + twins; ++host) {
      const std::string name =
          host < people() ? std::to_string(host) : std::to_string(host - people()) + "'";
      groups[(steps[i].sides >> host) & 1U] += " " + name;
    }
    if (i == first_steps()) text += "; next epoch";
    text += "; view " + std::to_string(i < first_steps() ? i + 1 : i + 1 - first_steps()) +
            " led by " + std::to_string(steps[i].leader) + ":" + groups[0] + " |" + groups[1];
  }
  for (const SetChange& change : changes) {
    text += "; from height " + std::to_string(change.from_height) + " the next set is";
    for (const SetMember& member : change.set) {
      text += " " + std::to_string(member.who) + (member.keys == 0 ? "" : " (new key)");
    }
  }
  for (const Crash& crash : crashes) {
    text += "; host " + std::to_string(crash.place) + " down at view " +
            std::to_string(crash.view) + " for " + std::to_string(crash.away_ms) + " ms" +
            (crash.loses_disk ? ", disk lost" : "");
  }
  return text;
}

}  // namespace footproof::simulation
