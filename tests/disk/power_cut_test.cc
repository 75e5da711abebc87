// A run of blocks over a disk that fails at each of its calls, one run for each: the power goes, or
// the call reports an error. What was acknowledged must be there afterwards. FOOTPROOF_DISK=full
// tries every call; the short form every n-th.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "ledger/fsck.h"
#include "ledger/store.h"
#include "node/wal.h"
#include "tests/disk/faulty_disk.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

namespace fs = std::filesystem;
using ledger::Durability;
using ledger::Store;
using test::Fault;
using test::Kept;

constexpr std::size_t kSegment = 16 * 1024;  // so that the log turns to new segments
constexpr std::size_t kOpenEvery = 17;       // blocks between openings of the store

bool full() {
  const char* form = std::getenv("FOOTPROOF_DISK");
  return form != nullptr && std::string_view(form) == "full";
}

// What the run was told is durable.
struct Acknowledged {
  std::uint64_t height = 0;
  std::uint64_t cosigned = 0;
  std::uint64_t logged = 0;  // records of the write-ahead log
  bool failed = false;       // the run ended with an error
};

// Blocks made once, and a node's files of before them to run them on.
class Run {
 public:
  explicit Run(std::size_t blocks) {
    const test::TempFolder folder;
    Sequencer network(folder.path());
    network.admit_verifier();
    EXPECT_TRUE(network.store().sync());
    genesis_file_ = encode_genesis(network.genesis());
    chain_id_ = network.chain_id();
    const auto paths = network.paths();
    network.close();
    fs::create_directory(begin());
    fs::copy(paths.database, begin() / "ledger");
    fs::copy(paths.anchor, begin() / "anchor");
    EXPECT_TRUE(node::Wal::create(begin() / "wal", kSegment));
    network.reopen();
    for (std::size_t i = 0; i < blocks; ++i) {
      network.advance(60);
      blocks_.push_back(
          network.execute({network.sign(kVerifierUri, network.attestation(i)).bytes()}));
      EXPECT_TRUE(network.store().apply(blocks_.back(), Durability::buffered));
    }
  }

  [[nodiscard]] const std::vector<ledger::BlockResult>& blocks() const { return blocks_; }
  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] const Bytes& genesis_file() const { return genesis_file_; }
  [[nodiscard]] fs::path begin() const { return folder_ / "data"; }

 private:
  test::TempFolder folder_;
  Bytes genesis_file_;
  Digest chain_id_;
  std::vector<ledger::BlockResult> blocks_;
};

ledger::StorePaths paths_in(const fs::path& data) { return {data / "ledger", data / "anchor"}; }

// True: go on.
bool run_block(Store& store, node::Wal& wal, const ledger::BlockResult& block, bool synced,
               Acknowledged& told) {
  const Bytes record = ByteWriter().u64(told.logged).bytes();
  if (!wal.append(0, 1, 1, record) || !wal.sync()) return false;
  ++told.logged;
  if (!store.apply(block, synced ? Durability::synced : Durability::buffered)) return false;
  const ledger::Head& head = block.after.head;
  if (synced) told.height = head.height;
  if (!store.record_cosigned(head.log_size, head.log_root, head.time_ms / 1000)) return false;
  told.cosigned = head.log_size;
  return true;
}

Acknowledged run_blocks(const Run& run, const fs::path& data) {
  Acknowledged told;
  told.failed = true;
  auto wal = node::Wal::open(data / "wal", kSegment, [](node::WalRecord&&) {});
  if (!wal || !wal->trusted) return told;
  auto store = Store::open(paths_in(data), run.chain_id());
  if (!store) return told;
  told.height = (*store)->anchor().height;
  told.cosigned = (*store)->anchor().cosigned_size;
  std::size_t number = 0;
  for (const auto& block : run.blocks()) {
    if (!run_block(**store, *wal->wal, block, number % 3 == 2, told)) return told;
    if (++number % kOpenEvery != 0) continue;
    store->reset();
    store = Store::open(paths_in(data), run.chain_id());
    if (!store) return told;
  }
  told.failed = false;
  return told;
}

// A start after the fault: the store opens, nothing that was acknowledged is gone, and the blocks
// after it can be run. Where pages of LevelDB's log were torn (`may_refuse`), it cannot tell a
// write that was never synced from damage, and the store refuses by name. `refused`: it did.
void expect_recovers(const Run& run, const fs::path& data, const Acknowledged& told,
                     bool checks_all, bool may_refuse, bool& refused) {
  std::vector<Bytes> records;
  auto wal = node::Wal::open(data / "wal", kSegment, [&records](node::WalRecord&& record) {
    records.push_back(std::move(record.body));
  });
  ASSERT_TRUE(wal) << wal.error().detail;
  ASSERT_TRUE(wal->trusted) << wal->reason;
  ASSERT_GE(records.size(), told.logged);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i], ByteWriter().u64(i).bytes());
  }
  {
    auto store = Store::open(paths_in(data), run.chain_id());
    if (!store && may_refuse) {
      refused = true;
      ASSERT_TRUE(store.error().detail.starts_with("database-damaged: ")) << store.error().detail;
      return;
    }
    ASSERT_TRUE(store) << store.error().detail;
    const std::uint64_t height = (*store)->snapshot()->head().height;
    ASSERT_GE(height, told.height);
    ASSERT_GE((*store)->anchor().cosigned_size, told.cosigned);
    for (const auto& block : run.blocks()) {
      if (block.after.head.height > height + 2) break;
      const auto applied = (*store)->apply(block, Durability::synced);
      ASSERT_TRUE(applied) << applied.error().detail;
    }
  }
  if (!checks_all) return;
  const test::TempFolder work;
  const auto done = ledger::fsck(paths_in(data), run.genesis_file(), work / "fsck", nullptr);
  ASSERT_TRUE(done) << done.error().detail;
  for (const auto& finding : done->findings) {
    // A write of the anchor that was cut off stands there until the one after the next.
    ASSERT_EQ(finding.file, "anchor") << finding.height << ": " << finding.what;
    ASSERT_NE(finding.what.find("a write was cut off"), std::string::npos) << finding.what;
  }
}

struct Tried {
  std::size_t calls = 0;
  std::size_t starts = 0;
  std::size_t refused = 0;  // by name, where pages were torn
};

// One run with the fault at this call, and every start that may come of it.
void try_call(const Run& run, Fault fault, std::size_t call, bool syncs, Tried& tried) {
  const test::TempFolder folder;
  fs::copy(run.begin(), folder / "data", fs::copy_options::recursive);
  test::watch_disk(folder / "data");
  test::set_fault(fault, call, syncs);
  const Acknowledged told = run_blocks(run, folder / "data");
  const bool met = test::fault_met();
  test::stop_watching();
  if (!met) return;  // another thread of LevelDB's made fewer calls this time
  ++tried.calls;
  constexpr Kept kAll[] = {Kept::nothing, Kept::names, Kept::pages, Kept::pages, Kept::all};
  for (std::size_t i = 0; i < std::size(kAll); ++i) {
    const fs::path data = folder / ("after" + std::to_string(i));
    test::restore_disk(data, kAll[i], call * 8 + i);
    bool refused = false;
    expect_recovers(run, data, told, full() || (call + i) % 16 == 0, kAll[i] == Kept::pages,
                    refused);
    tried.refused += refused ? 1 : 0;
    if (::testing::Test::HasFatalFailure()) {
      FAIL() << "call " << call << ", kept " << static_cast<int>(kAll[i]) << ", told height "
             << told.height;
    }
    fs::remove_all(data);
    ++tried.starts;
  }
}

std::size_t count_calls(const Run& run, bool syncs) {
  const test::TempFolder folder;
  fs::copy(run.begin(), folder / "data", fs::copy_options::recursive);
  test::watch_disk(folder / "data");
  test::set_fault(Fault::io, ~std::size_t{0}, syncs);
  EXPECT_FALSE(run_blocks(run, folder / "data").failed);
  const std::size_t calls = test::calls_counted();
  test::stop_watching();
  return calls;
}

void try_all(const char* name, Fault fault, bool syncs, std::size_t step) {
  const Run run(full() ? 50 : 20);
  const std::size_t calls = count_calls(run, syncs);
  ASSERT_GT(calls, run.blocks().size());
  Tried tried;
  for (std::size_t call = 1; call <= calls; call += full() ? 1 : step) {
    try_call(run, fault, call, syncs, tried);
    if (::testing::Test::HasFatalFailure()) return;
  }
  std::cout << name << ": " << run.blocks().size() << " blocks, " << tried.calls << " of " << calls
            << " calls tried, " << tried.starts << " starts, " << tried.refused
            << " refused by name, nothing acknowledged lost\n";
}

TEST(PowerCut, AtEachCallLosesNothingAcknowledged) { try_all("D1", Fault::power_cut, false, 13); }
TEST(FailedSync, AtEachCallLosesNothingAcknowledged) { try_all("D7", Fault::io, true, 9); }
TEST(FailedCall, AtEachCallLosesNothingAcknowledged) { try_all("EIO", Fault::io, false, 23); }
TEST(FullDisk, AtEachCallLosesNothingAcknowledged) { try_all("ENOSPC", Fault::full, false, 23); }

}  // namespace
}  // namespace footproof::testing
