// How much room the disk has left, and what the node does about it before a write fails: warn,
// take no new statements, stop while there is still room to write down what is under way.
//
// A share on small disks, a figure on large ones, whichever is less: a fifth of a terabyte is no
// reason to worry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace footproof::node {

enum class DiskGrade : std::uint8_t {
  plenty,
  scarce,     // below 20 % and 20 GiB: a warning in the log
  refuse,     // below 10 % and 2 GiB: new statements are refused, the node is not ready
  exhausted,  // below 5 % and 1 GiB: the node ends, cleanly
};

struct DiskSpace {
  std::uint64_t free_bytes = 0;  // for this process
  std::uint64_t size_bytes = 0;

  [[nodiscard]] DiskGrade grade() const {
    constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
    const auto below = [this](std::uint64_t percent, std::uint64_t gibibytes) {
      return free_bytes < std::min(size_bytes / 100 * percent, gibibytes * kGiB);
    };
    if (below(5, 1)) return DiskGrade::exhausted;
    if (below(10, 2)) return DiskGrade::refuse;
    return below(20, 20) ? DiskGrade::scarce : DiskGrade::plenty;
  }
};

// Of the file system that `folder` is on; nothing if it cannot be asked.
[[nodiscard]] std::optional<DiskSpace> disk_space(const std::filesystem::path& folder);

[[nodiscard]] std::string_view to_text(DiskGrade grade);

}  // namespace footproof::node
