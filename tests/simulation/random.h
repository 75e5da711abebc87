// The simulator's only source of chance: one 64-bit seed gives one sequence, on every machine.
// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014).
#pragma once

#include <cstddef>
#include <cstdint>

namespace footproof::simulation {

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15U); }
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool chance(std::uint64_t per_thousand) { return below(1000) < per_thousand; }
  // An independent stream.
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace footproof::simulation
