// S3 on whole nodes: one network again and again, in which one host loses power at one of its calls
// of the disk or frames that leave: so also at every step between the decision to vote and the
// vote's leaving. Whatever is left on its disk, it must never contradict itself, and come back.
#pragma once

#include <filesystem>

#include "tests/simulation/whole/world.h"

namespace footproof::whole {

// So many seeds together try every step of one host of one network.
inline constexpr std::uint64_t kCrashShares = 16;

// Every kCrashShares-th step; the first failure ends it. `folder` is empty, and the run's own.
[[nodiscard]] Outcome run_crash_calls(std::uint64_t seed, const std::filesystem::path& folder);

}  // namespace footproof::whole
