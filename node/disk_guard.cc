#include "node/disk_guard.h"

#include <sys/statvfs.h>

namespace footproof::node {

std::optional<DiskSpace> disk_space(const std::filesystem::path& folder) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return std::nullopt;
  const auto block = static_cast<std::uint64_t>(facts.f_frsize);
  return DiskSpace{static_cast<std::uint64_t>(facts.f_bavail) * block,
                   static_cast<std::uint64_t>(facts.f_blocks) * block};
}

std::string_view to_text(DiskGrade grade) {
  switch (grade) {
    case DiskGrade::plenty:
      return "enough free disk";
    case DiskGrade::scarce:
      return "less than 20 % of the disk is free; make room soon";
    case DiskGrade::refuse:
      return "less than 10 % of the disk is free; new statements are refused until there is room";
    case DiskGrade::exhausted:
      break;
  }
  return "less than 5 % of the disk is free; make room and start again";
}

}  // namespace footproof::node
