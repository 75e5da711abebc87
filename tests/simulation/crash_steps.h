// S3: one network again and again, in which one host dies with one of its votes at one step on its
// way out: decided, in the log, synced, leaving, sent to some, sent. Whatever is left on its disk,
// it must never contradict itself.
#pragma once

#include "tests/simulation/world.h"

namespace footproof::simulation {

// The first votes of each honest host, at every step each.
inline constexpr std::uint64_t kCrashVotesMax = 12;

// All of them for the network of this seed; the first failure ends it. Counts how often a host died
// at which step.
[[nodiscard]] Outcome run_crash_steps(std::uint64_t seed, consensus::Mutation mutation);

}  // namespace footproof::simulation
