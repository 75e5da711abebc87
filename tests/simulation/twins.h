// Twins (S. Bano et al., "Twins: BFT Systems Made Robust", OPODIS 2021): some validators run twice,
// two unchanged replicas with one key, and for each of the first views it is said who leads it and
// which two groups of hosts do not hear each other in it. So equivocation, double votes and lost
// memory come by themselves. Honest hosts must keep every invariant of checker.h, and once the last
// of these views is over all that was offered must become final.
//
// A scenario is a number. The first ones are all scenarios of few views, each once up to renaming
// hosts that are alike; from there on leaders and groups of up to seven views are drawn from the
// number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace footproof::simulation {

// T1: 4 validators, one of them twice. T2: 7, two of them twice. T3: as T1 or T2, and hosts crash,
// come back and catch up on the way; twins may lose their disk. T3 over a change of the set: 4
// validators, one of them twice, and a fifth host that may come in; the epoch ends within the views
// that are told, and the first views of the next one are told, too.
enum class TwinsKind : std::uint8_t { t1 = 1, t2, t3, t3_change };

struct TwinsScenario {
  // One view: who leads it (in epoch 0), and bit i = the side of host i. Hosts from people() on are
  // the second twins of the validators 0, 1, ….
  struct Step {
    consensus::ValidatorIndex leader = 0;
    std::uint32_t sides = 0;
  };
  struct Crash {
    consensus::View view = 0;  // when somebody enters it
    std::size_t place = 0;
    std::uint64_t away_ms = 0;
    bool loses_disk = false;  // twins only
  };

  TwinsKind kind = TwinsKind::t1;
  std::uint64_t number = 0;
  std::size_t n = 4;
  std::size_t twins = 1;
  std::vector<Step> steps;         // of views 1, 2, … of epoch 0, and then of epoch 1
  std::size_t steps_of_next = 0;   // how many of them are of epoch 1
  std::vector<SetChange> changes;  // of the set, at most one
  std::uint32_t boundary_delay = 8;
  std::vector<Crash> crashes;
  // The groups of a view hear each other this long after somebody entered it: a group that is too
  // small to go on would wait for ever.
  std::uint64_t patience_ms = 400;

  [[nodiscard]] std::size_t people() const { return n + (changes.empty() ? 0 : 1); }
  [[nodiscard]] std::size_t first_steps() const { return steps.size() - steps_of_next; }
  [[nodiscard]] static TwinsScenario make(TwinsKind kind, std::uint64_t number);
  [[nodiscard]] std::string text() const;
};

// How many scenarios of this kind are enumerated; 0 for T3.
[[nodiscard]] std::uint64_t twins_enumerated(TwinsKind kind);

// `only_agreement`: what is final or certified, and no other invariant.
[[nodiscard]] Outcome run_twins(const TwinsScenario& scenario, consensus::Mutation mutation,
                                bool only_agreement = false, bool trace = false);

}  // namespace footproof::simulation
