// The store on a disk that fails: syncs that report an error, names that a power cut would take
// away, and files that LevelDB would throw away if it were let at them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace {

// What fsync and fdatasync do in this program: note which file it was and, when told to, fail.
class Syncs {
 public:
  int take(int file, long number) {
    std::string name(4096, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const ssize_t size = readlink(link.c_str(), name.data(), name.size());
    name.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    {
      const std::lock_guard lock(mutex_);
      if (gettid() == watched_) seen_.push_back(name);
      const bool ours = watched_ == 0 || gettid() == watched_;
      if (ours && !fail_at_.empty() && name.ends_with(fail_at_)) {
        fail_at_.clear();
        errno = EIO;
        return -1;
      }
    }
    return static_cast<int>(syscall(number, file));
  }
  // The next sync of a file whose name ends so fails, once (of the thread watched, if one is).
  void fail_next(std::string name_end) {
    const std::lock_guard lock(mutex_);
    fail_at_ = std::move(name_end);
  }
  void reset() {
    const std::lock_guard lock(mutex_);
    watched_ = 0;
    fail_at_.clear();
  }
  // From here on, those of the calling thread.
  void watch() {
    const std::lock_guard lock(mutex_);
    watched_ = gettid();
    seen_.clear();
  }
  [[nodiscard]] std::string last() {
    const std::lock_guard lock(mutex_);
    return seen_.empty() ? std::string() : seen_.back();
  }
  [[nodiscard]] bool saw(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    return std::find(seen_.begin(), seen_.end(), path.string()) != seen_.end();
  }

 private:
  std::mutex mutex_;
  pid_t watched_ = 0;
  std::vector<std::string> seen_;
  std::string fail_at_;
};

Syncs& syncs() {
  static Syncs all;
  return all;
}

}  // namespace

extern "C" int fsync(int file) { return syncs().take(file, SYS_fsync); }
extern "C" int fdatasync(int file) { return syncs().take(file, SYS_fdatasync); }

namespace footproof::testing {
namespace {

namespace fs = std::filesystem;
using ledger::Durability;
using ledger::Store;

constexpr std::size_t kMoreThanTheWriteBuffer = std::size_t{17} * 1024 * 1024;

class StoreFaultsTest : public ::testing::Test {
 protected:
  StoreFaultsTest() { network_->admit_verifier(); }
  ~StoreFaultsTest() override { syncs().reset(); }

  [[nodiscard]] ledger::BlockResult next_block() {
    network_->advance(1);
    return network_->execute(
        {network_->sign(kVerifierUri, network_->attestation(number_++)).bytes()});
  }
  // After two of them LevelDB has turned to a new log, and after a third it has made a table.
  void apply_large() {
    auto block = next_block();
    block.ordering = {{tagged_hash("large", {ByteWriter().u64(number_).bytes()}),
                       Bytes(kMoreThanTheWriteBuffer, 1)}};
    ASSERT_TRUE(network_->store().apply(block, Durability::buffered));
  }
  [[nodiscard]] std::vector<fs::path> tables() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(paths_.database)) {
      if (entry.path().extension() == ".ldb") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // Takes the last record off the manifest in use: a log of {crc u32, length u16, type u8, bytes},
  // shorter here than its block of 32 KiB.
  void cut_manifest() const {
    std::string name;
    std::ifstream(paths_.database / "CURRENT") >> name;
    std::ifstream in(paths_.database / name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    ASSERT_LT(bytes.size(), 32768U);
    std::size_t last = 0;
    for (std::size_t at = 0; at + 7 <= bytes.size();) {
      last = at;
      at += 7U + static_cast<unsigned char>(bytes[at + 4]) +
            256U * static_cast<unsigned char>(bytes[at + 5]);
    }
    ASSERT_GT(last, 0U);
    fs::resize_file(paths_.database / name, last);
  }

  test::TempFolder folder_;
  std::unique_ptr<Sequencer> network_ = std::make_unique<Sequencer>(folder_.path());
  const Digest chain_id_ = network_->chain_id();
  const ledger::StorePaths paths_ = network_->paths();

 private:
  std::uint64_t number_ = 0;
};

TEST_F(StoreFaultsTest, NothingIsWrittenAfterAnAnchorThatFailed) {
  auto& store = network_->store();
  const auto block = next_block();
  const auto head = store.snapshot()->head();
  const auto time = store.anchor().cosigned_time_s;
  syncs().fail_next(paths_.anchor.filename());
  EXPECT_EQ(store.record_cosigned(head.log_size, head.log_root, time + 60).error().code, Errc::io);
  EXPECT_EQ(store.apply(block, Durability::buffered).error().code, Errc::io);
  EXPECT_EQ(store.publish(head.log_size, head.log_root, "note").error().code, Errc::io);
  EXPECT_FALSE(store.sync());
  EXPECT_EQ(store.snapshot()->head(), head);
}

TEST_F(StoreFaultsTest, NothingIsWrittenAfterASyncThatFailed) {
  auto& store = network_->store();
  ASSERT_TRUE(store.apply(next_block(), Durability::buffered));
  const auto anchored = store.anchor();
  const auto head = store.snapshot()->head();
  syncs().fail_next(".log");
  EXPECT_EQ(store.sync().error().code, Errc::io);
  EXPECT_EQ(store.anchor(), anchored);
  EXPECT_FALSE(store.sync());
  EXPECT_EQ(store.apply(next_block(), Durability::buffered).error().code, Errc::io);
  EXPECT_EQ(store.record_cosigned(head.log_size, head.log_root, head.time_ms / 1000).error().code,
            Errc::io);
}

// A log whose name is not on the disk is lost in a power cut, synced or not: the folder is synced
// before the anchor says that its blocks are durable.
TEST_F(StoreFaultsTest, SyncsTheNameOfANewLogBeforeTheAnchor) {
  apply_large();
  ASSERT_TRUE(network_->store().sync());
  apply_large();  // begins the next log
  syncs().watch();
  ASSERT_TRUE(network_->store().sync());
  EXPECT_TRUE(syncs().saw(paths_.database));
  EXPECT_TRUE(syncs().saw(paths_.anchor));
  syncs().fail_next(paths_.database.filename());
  apply_large();
  const auto anchored = network_->store().anchor();
  EXPECT_FALSE(network_->store().sync());
  EXPECT_EQ(network_->store().anchor(), anchored);
}

// LevelDB names its new manifest and forgets the old one without syncing that name.
TEST_F(StoreFaultsTest, SyncsTheFolderAfterOpeningIt) {
  network_.reset();
  syncs().watch();
  auto store = Store::open(paths_, chain_id_);
  ASSERT_TRUE(store);
  EXPECT_EQ(syncs().last(), paths_.database);
}

// A manifest that lost its end makes LevelDB delete the tables that it no longer names. The head
// stands in a younger log, so only reading all of it shows the hole: in the copy, not in the
// folder.
TEST_F(StoreFaultsTest, TablesThatACutManifestForgetsAreNotDeleted) {
  apply_large();
  apply_large();
  ASSERT_TRUE(network_->store().apply(next_block(), Durability::buffered));
  ASSERT_TRUE(network_->store().apply(next_block(), Durability::synced));
  network_.reset();
  const auto before = tables();
  ASSERT_FALSE(before.empty());
  std::vector<std::uintmax_t> sizes;
  for (const auto& table : before) sizes.push_back(fs::file_size(table));
  cut_manifest();
  auto store = Store::open(paths_, chain_id_);
  ASSERT_FALSE(store);
  EXPECT_TRUE(store.error().detail.starts_with("database-damaged")) << store.error().detail;
  EXPECT_EQ(tables(), before);
  // Nor written over: the copy gives their numbers to new ones.
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(fs::file_size(before[i]), sizes[i]);
}

}  // namespace
}  // namespace footproof::testing
