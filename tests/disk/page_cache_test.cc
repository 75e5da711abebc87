// A process that is killed, or whose sync fails, leaves bytes that the next one reads back and no
// disk holds. What stands on them must wait until they are written once more: a power cut comes.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ledger/anchor.h"
#include "node/wal.h"
#include "tests/disk/faulty_disk.h"
#include "tests/support/temp_folder.h"

namespace footproof::test {
namespace {

namespace fs = std::filesystem;
using ledger::Anchor;
using ledger::AnchorState;

AnchorState cosigned_at(std::uint64_t size) {
  AnchorState state;
  state.cosigned_size = size;
  state.cosigned_root.bytes[0] = static_cast<std::uint8_t>(size);
  return state;
}

TEST(PageCache, AStateOfTheAnchorThatWasOnlyReadIsWrittenBeforeItCounts) {
  const TempFolder folder;
  fs::create_directory(folder / "data");
  { ASSERT_TRUE(Anchor::create(folder / "data" / "anchor", cosigned_at(1))); }
  watch_disk(folder / "data");
  set_fault(Fault::io, 1, true);
  EXPECT_FALSE(Anchor::open(folder / "data" / "anchor").value().write(cosigned_at(2)));
  ASSERT_TRUE(fault_met());
  {
    auto anchor = Anchor::open(folder / "data" / "anchor").value();
    ASSERT_EQ(anchor.state(), cosigned_at(2));
    ASSERT_TRUE(anchor.write(cosigned_at(2)));  // and the cosignature leaves
  }
  stop_watching();
  restore_disk(folder / "found", Kept::nothing, 0);
  EXPECT_EQ(Anchor::open(folder / "found" / "anchor").value().state(), cosigned_at(2));
}

TEST(PageCache, ASealOfTheLogThatWasOnlyReadIsWrittenBeforeAnythingFollows) {
  constexpr std::size_t kSegment = 4096;
  const TempFolder folder;
  fs::create_directory(folder / "data");
  const fs::path log = folder / "data" / "wal";
  ASSERT_TRUE(node::Wal::create(log, kSegment));
  const auto ignore = [](node::WalRecord&&) {};
  {
    auto opened = node::Wal::open(log, kSegment, ignore);
    ASSERT_TRUE(opened);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(opened->wal->append(0, 1, 1, Bytes(1'000, 1)));
    ASSERT_TRUE(opened->wal->sync());
  }
  // A roll of the log takes a few syncs; each in turn is the one that fails.
  std::size_t failed = 0;
  for (;; ++failed) {
    ASSERT_LE(failed, 20U);
    fs::remove_all(folder / "copy");
    fs::copy(folder / "data", folder / "copy", fs::copy_options::recursive);
    const fs::path copied = folder / "copy" / "wal";
    watch_disk(folder / "copy");
    {
      auto opened = node::Wal::open(copied, kSegment, ignore);
      ASSERT_TRUE(opened);
      set_fault(Fault::io, failed + 1, true);
      if (opened->wal->append(0, 1, 1, Bytes(1'000, 2))) break;
      ASSERT_TRUE(fault_met());
    }
    auto opened = node::Wal::open(copied, kSegment, ignore);
    ASSERT_TRUE(opened && opened->trusted);
    ASSERT_TRUE(opened->wal->append(0, 1, 1, Bytes(1'000, 3)));
    ASSERT_TRUE(opened->wal->sync());  // and the vote leaves
    stop_watching();
    fs::remove_all(folder / "found");
    restore_disk(folder / "found", Kept::nothing, 0);
    const auto found = node::Wal::open(folder / "found" / "wal", kSegment, ignore);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->trusted) << "sync " << failed + 1 << ": " << found->reason;
    EXPECT_EQ(found->records, opened->records + 1) << "sync " << failed + 1;
  }
  stop_watching();
  EXPECT_GE(failed, 2U);
}

}  // namespace
}  // namespace footproof::test
