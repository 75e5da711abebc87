// One run of whole nodes, completely: what is drawn from a seed, or set by hand in a test. Each
// option is there in some seeds and not in others (swarm testing: A. Groce et al., ISSTA 2012).
//
// A run has two phases. Before `calm_at` anything drawn may happen. Then links heal, clocks agree
// within the drift, all hosts but those that may stay dead come back, and everything that was
// promised must come true before the deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/whole/network.h"

namespace footproof::whole {

struct Plan {
  std::uint64_t seed = 1;
  std::size_t validators = 4;
  Micros calm_at = 0;
  Micros deadline = 0;

  // The host that need not keep its promises or come back; at most f of them, and here one.
  enum class Weak : std::uint8_t {
    none,
    dies,      // and stays dead
    bad_disk,  // pages torn, bits flipped
    liar,      // its mouth is tampered with
    twin,      // a second host with its keys, on a disk of its own
  };
  Weak weak = Weak::none;
  Place weak_place = 0;

  std::uint64_t delta_ms = 100;
  std::uint64_t idle_ms = 5'000;
  LinkRates rough;
  LinkRates smooth;
  std::size_t attestations = 30;
  std::size_t contested = 0;  // pairs
  Micros submit_every = 200 * kMilli;

  // A change of the set by ballot, begun at that time at the earliest, and only when the one before
  // it is in force. Who comes stands by, or was in the set before, with the keys of a generation.
  struct SetChange {
    enum class What : std::uint8_t { admit, remove, replace, rotate };
    What what = What::admit;
    Person who = 0;              // of replace: who goes
    Person comes = 0;            // of replace
    std::size_t generation = 0;  // keys of whoever comes or rotates
    Micros at = 0;
  };
  std::vector<SetChange> changes;
  std::size_t standing_by = 0;  // hosts that are in no set at first

  // How often, on the mean; 0: never.
  Micros partition_every = 0;
  Micros crash_every = 0;
  Micros break_every = 0;
  Micros pause_every = 0;
  Micros clock_every = 0;
  Micros disk_fault_every = 0;
  bool power_cuts = false;  // else a crash is one of the process alone
  std::uint64_t clock_jump_ms = 0;

  [[nodiscard]] static Plan from_seed(std::uint64_t seed);
  // No faults at all.
  [[nodiscard]] static Plan calm(std::uint64_t seed);
  [[nodiscard]] std::string text() const;
  // Validators of genesis, hosts that stand by, the twin: a person's place is its number.
  [[nodiscard]] std::size_t people() const { return validators + standing_by; }
  [[nodiscard]] std::size_t places() const { return people() + (weak == Weak::twin ? 1 : 0); }
  [[nodiscard]] Place twin_place() const { return people(); }
  // After so many changes.
  [[nodiscard]] std::set<Person> set_after(std::size_t count) const;
  [[nodiscard]] std::set<Person> last_set() const { return set_after(changes.size()); }
};

}  // namespace footproof::whole
