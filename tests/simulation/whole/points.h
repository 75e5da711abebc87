// Places where a simulated part may do what is allowed and rare: be late, refuse, break off, run
// short. Each seed has about half of them at all, each of those at a rate of its own; and none once
// the run is calm. Counts how often each did it, so that nothing is only hoped for.
// (FoundationDB's BUGGIFY: J. Zhou et al., SIGMOD 2021, section 4.)
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/simulation/random.h"

namespace footproof::whole {

class Points {
 public:
  explicit Points(std::uint64_t seed) : seed_(seed), random_(simulation::mix(seed ^ 0x706f696eU)) {}

  // True: do it. `rate`: per mille of the times it is asked, where the seed has the point.
  [[nodiscard]] bool hit(std::string_view name, std::uint64_t rate);
  // The same for what is rare itself and may come late: also when the run is calm, a few times.
  [[nodiscard]] bool hit_few(std::string_view name, std::uint64_t rate);
  // A choice made once for the run or for one life: true for about a quarter of the seeds.
  [[nodiscard]] bool chosen(std::string_view name);
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return random_.between(low, high);
  }
  [[nodiscard]] bool is_calm() const { return calm_; }
  // From here on none is hit.
  void calm() { calm_ = true; }
  // Nor what may be hit a few times.
  void never() { calm_ = never_ = true; }
  // How often each was hit; with 0 those that were asked and never hit.
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& counts() const {
    return counts_;
  }

 private:
  [[nodiscard]] std::uint64_t draw(std::string_view name) const;
  std::uint64_t seed_;
  simulation::Random random_;
  bool calm_ = false;
  bool never_ = false;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace footproof::whole
