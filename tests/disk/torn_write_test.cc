// D2: the last record of each kind of file, cut off at every length: the rest missing, or zeros in
// its place as a file that had grown before its pages were written has them. FOOTPROOF_DISK=full
// tries every length of LevelDB's log, the short form every 43rd.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "ledger/store.h"
#include "node/wal.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

namespace fs = std::filesystem;
using ledger::Durability;
using ledger::Store;

std::size_t step() {
  const char* form = std::getenv("FOOTPROOF_DISK");
  return form != nullptr && std::string_view(form) == "full" ? 1 : 43;
}

std::string load(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// In place: some file systems sync a file that was cut to nothing, and this is done often.
void save(const fs::path& file, const std::string& bytes) {
  fs::resize_file(file, bytes.size());
  std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << bytes;
}

// LevelDB's log is the one that is written to.
fs::path newest_log(const fs::path& database) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(database)) {
    if (entry.path().extension() == ".log" && entry.path() > newest) newest = entry.path();
  }
  return newest;
}

// A store before and after its last block.
class LastBlock {
 public:
  explicit LastBlock(Durability durability) : network_(folder_.path()) {
    network_.admit_verifier();
    network_.accept(network_.sign(kVerifierUri, network_.attestation(1)));
    EXPECT_TRUE(network_.store().sync());
    network_.advance(60);
    height_ = network_.store().snapshot()->head().height;
    before_ = load(newest_log(network_.paths().database));
    block_ = network_.execute({network_.sign(kVerifierUri, network_.attestation(2)).bytes()});
    EXPECT_TRUE(network_.store().apply(block_, durability));
    network_.close();
    after_ = load(newest_log(network_.paths().database));
    EXPECT_TRUE(after_.starts_with(before_));
  }

  // The whole folder, its log cut to `length` bytes, and `zeros` behind.
  ledger::StorePaths copy(const fs::path& to, std::size_t length, std::size_t zeros) const {
    fs::remove_all(to);
    fs::create_directories(to);
    fs::copy(network_.paths().database, to / "ledger");
    fs::copy(network_.paths().anchor, to / "anchor");
    save(newest_log(to / "ledger"), after_.substr(0, length) + std::string(zeros, '\0'));
    return {to / "ledger", to / "anchor"};
  }
  [[nodiscard]] std::size_t begin() const { return before_.size(); }
  [[nodiscard]] std::size_t end() const { return after_.size(); }
  [[nodiscard]] std::uint64_t height() const { return height_; }  // before the block
  [[nodiscard]] const ledger::BlockResult& block() const { return block_; }
  [[nodiscard]] const Digest& chain_id() const { return network_.chain_id(); }

 private:
  test::TempFolder folder_;
  Sequencer network_;
  std::uint64_t height_ = 0;
  std::string before_;
  std::string after_;
  ledger::BlockResult block_;
};

// What was never synced may go; the store is the one before it, and the block can be run again.
TEST(TornWrite, OfABufferedBlockLeavesTheBlockBefore) {
  const LastBlock last(Durability::buffered);
  const test::TempFolder folder;
  std::size_t refused = 0;
  std::size_t starts = 0;
  for (std::size_t length = last.begin(); length < last.end(); length += step()) {
    for (const std::size_t zeros : {std::size_t{0}, last.end() - length}) {
      ++starts;
      auto store = Store::open(last.copy(folder / "copy", length, zeros), last.chain_id());
      if (!store && zeros > 0) {  // LevelDB takes it for damage, which it may be
        ++refused;
        ASSERT_TRUE(store.error().detail.starts_with("database-damaged: ")) << length;
        continue;
      }
      ASSERT_TRUE(store) << length << ": " << store.error().detail;
      ASSERT_EQ((*store)->snapshot()->head().height, last.height()) << length;
      ASSERT_TRUE((*store)->apply(last.block(), Durability::synced)) << length;
    }
  }
  EXPECT_GT(starts, 60U);
  std::cout << "D2 database log: " << starts / 2 << " lengths, " << starts << " starts, " << refused
            << " refused by name, nothing acknowledged lost\n";
}

// What the anchor knows to be durable and is gone is no start at all.
TEST(TornWrite, OfASyncedBlockIsRefused) {
  const LastBlock last(Durability::synced);
  const test::TempFolder folder;
  std::size_t lengths = 0;
  for (std::size_t length = last.begin(); length < last.end(); length += step(), ++lengths) {
    const auto store = Store::open(last.copy(folder / "copy", length, 0), last.chain_id());
    ASSERT_FALSE(store) << length;
    const std::string& why = store.error().detail;
    ASSERT_TRUE(why.starts_with("rolled-back: ") || why.starts_with("database-damaged: ")) << why;
  }
  EXPECT_TRUE(Store::open(last.copy(folder / "copy", last.end(), 0), last.chain_id()));
  std::cout << "D2 database log, synced: " << lengths << " lengths, all refused by name\n";
}

ledger::AnchorState state_at(std::uint64_t height) {
  ledger::AnchorState state;
  state.chain_id = tagged_hash("chain", {});
  state.height = height;
  state.block_id = tagged_hash("block", {ByteWriter().u64(height).bytes()});
  state.log_size = height * 3 + 1;
  state.log_root = tagged_hash("root", {ByteWriter().u64(height).bytes()});
  return state;
}

TEST(TornWrite, OfTheAnchorLeavesTheStateBeforeOrAfter) {
  const test::TempFolder folder;
  const fs::path path = folder / "anchor";
  {
    auto anchor = ledger::Anchor::create(path, state_at(0)).value();
    ASSERT_TRUE(anchor.write(state_at(1)));
  }
  const std::string before = load(path);
  ASSERT_TRUE(ledger::Anchor::open(path).value().write(state_at(2)));
  const std::string after = load(path);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t cut = 0; cut <= after.size(); ++cut) {
    // From either end: pages reach a disk in any order.
    for (const bool front : {true, false}) {
      save(path, front ? after.substr(0, cut) + before.substr(cut)
                       : before.substr(0, cut) + after.substr(cut));
      const auto anchor = ledger::Anchor::open(path);
      ASSERT_TRUE(anchor) << cut;
      ASSERT_TRUE(anchor->state() == state_at(1) || anchor->state() == state_at(2)) << cut;
    }
  }
  std::cout << "D2 anchor: " << after.size() + 1 << " lengths from either end\n";
}

TEST(TornWrite, OfTheWriteAheadLogLosesItsLastRecordOnly) {
  constexpr std::size_t kSegment = 4096;
  const test::TempFolder folder;
  ASSERT_TRUE(node::Wal::create(folder / "wal", kSegment));
  fs::path segment;
  std::string before;
  std::string after;
  {
    auto opened = node::Wal::open(folder / "wal", kSegment, [](node::WalRecord&&) {});
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->wal->append(0, 1, 1, Bytes(100, 1)));
    ASSERT_TRUE(opened->wal->sync());
    for (const auto& entry : fs::directory_iterator(folder / "wal")) {
      if (entry.path().extension() == ".wal") segment = std::max(segment, entry.path());
    }
    before = load(segment);
    ASSERT_TRUE(opened->wal->append(0, 1, 1, Bytes(200, 2)));
    ASSERT_TRUE(opened->wal->sync());
    after = load(segment);
  }
  ASSERT_EQ(before.size(), after.size());  // preallocated
  std::size_t lengths = 0;
  for (std::size_t cut = 0; cut < after.size(); ++cut) {
    const std::string torn = after.substr(0, cut) + before.substr(cut);
    if (torn == before || torn == after) continue;
    ++lengths;
    save(segment, torn);
    std::vector<Bytes> bodies;
    const auto opened =
        node::Wal::open(folder / "wal", kSegment,
                        [&bodies](node::WalRecord&& record) { bodies.push_back(record.body); });
    ASSERT_TRUE(opened) << cut;
    ASSERT_TRUE(opened->trusted) << cut << ": " << opened->reason;
    ASSERT_EQ(bodies, std::vector<Bytes>{Bytes(100, 1)}) << cut;
  }
  EXPECT_GT(lengths, 200U);
  std::cout << "D2 write-ahead log: " << lengths << " lengths\n";
}

}  // namespace
}  // namespace footproof::testing
