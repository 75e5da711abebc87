#include "node/disk_guard.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

TEST(DiskGuard, GoesByShareOnASmallDisk) {
  const std::uint64_t size = 10'000 * kMiB;
  EXPECT_EQ((DiskSpace{2'000 * kMiB, size}).grade(), DiskGrade::plenty);
  EXPECT_EQ((DiskSpace{2'000 * kMiB - 1, size}).grade(), DiskGrade::scarce);
  EXPECT_EQ((DiskSpace{1'000 * kMiB, size}).grade(), DiskGrade::scarce);
  EXPECT_EQ((DiskSpace{1'000 * kMiB - 1, size}).grade(), DiskGrade::refuse);
  EXPECT_EQ((DiskSpace{500 * kMiB, size}).grade(), DiskGrade::refuse);
  EXPECT_EQ((DiskSpace{500 * kMiB - 1, size}).grade(), DiskGrade::exhausted);
  EXPECT_EQ((DiskSpace{0, size}).grade(), DiskGrade::exhausted);
}

TEST(DiskGuard, GoesByFigureOnALargeDisk) {
  const std::uint64_t size = 4096 * kGiB;
  EXPECT_EQ((DiskSpace{20 * kGiB, size}).grade(), DiskGrade::plenty);
  EXPECT_EQ((DiskSpace{20 * kGiB - 1, size}).grade(), DiskGrade::scarce);
  EXPECT_EQ((DiskSpace{2 * kGiB - 1, size}).grade(), DiskGrade::refuse);
  EXPECT_EQ((DiskSpace{1 * kGiB - 1, size}).grade(), DiskGrade::exhausted);
}

TEST(DiskGuard, AsksTheDiskOfAFolder) {
  const footproof::test::TempFolder folder;
  const auto space = disk_space(folder.path());
  ASSERT_TRUE(space);
  EXPECT_GT(space->size_bytes, 0U);
  EXPECT_LE(space->free_bytes, space->size_bytes);
  EXPECT_FALSE(disk_space(folder.path() / "nowhere"));
}

}  // namespace
}  // namespace footproof::node
