// Instants of the monotonic clock. In a simulation they are those of its own.
#pragma once

#include <chrono>

namespace footproof::node {

using MonoTime = std::chrono::steady_clock::time_point;

inline constexpr MonoTime kNever = MonoTime::max();

}  // namespace footproof::node
