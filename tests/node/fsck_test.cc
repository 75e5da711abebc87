// What a stopped node holds, made again from genesis; and copies of it, and what becomes of them.
#include "node/fsck.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ledger/database.h"
#include "ledger/store_format.h"
#include "node/backup.h"
#include "node/chain_store.h"
#include "node/log.h"
#include "tests/node/node_cluster.h"

namespace footproof::node {
namespace {

namespace fs = std::filesystem;
namespace format = ledger::store_format;
using std::chrono::milliseconds;

fs::path largest_table(const fs::path& folder) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".ldb") continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  return largest;
}

void flip_middle(const fs::path& file) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  const auto middle = static_cast<std::streamoff>(fs::file_size(file) / 2);
  stream.seekg(middle);
  const auto byte = static_cast<char>(stream.get() ^ 1);
  stream.seekp(middle);
  stream.put(byte);
}

class FsckTest : public ::testing::Test {
 protected:
  FsckTest() {
    set_log_level(LogLevel::error);
    cluster_.init_all();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(cluster_.start(i));
    EXPECT_TRUE(test::NodeCluster::until([&] { return cluster_.is_ready(0); }));
    for (const char* name : {"one", "two", "three"}) log_one(0, name);
  }
  void log_one(std::size_t node, const std::string& name) {
    const auto submitted =
        cluster_.client(node).submit(cluster_.add_key(name).bytes(), milliseconds(15'000));
    ASSERT_TRUE(submitted) << submitted.error().detail;
    ASSERT_EQ(submitted->what, api::Submitted::What::logged);
  }
  // Until this node serves as much as the first.
  void await(std::size_t node) {
    const auto size = cluster_.published(0);
    EXPECT_TRUE(test::NodeCluster::until([&] { return cluster_.published(node) >= size; }));
  }
  [[nodiscard]] ledger::Fsck fsck(std::size_t node) {
    auto done = fsck_home(cluster_.config(node), temp_ / "work");
    EXPECT_TRUE(done) << done.error().detail;
    return done ? std::move(done->store) : ledger::Fsck{};
  }
  [[nodiscard]] static std::string text_of(const ledger::Fsck& fsck) {
    std::string text;
    for (const auto& finding : fsck.findings) {
      text +=
          finding.file + " height " + std::to_string(finding.height) + ": " + finding.what + "\n";
    }
    return text;
  }

  test::NodeCluster cluster_;
  footproof::test::TempFolder temp_;
};

TEST_F(FsckTest, ANodeThatStoppedIsWhole) {
  const auto running = fsck_home(cluster_.config(0), temp_ / "work");
  ASSERT_FALSE(running);
  EXPECT_EQ(running.error().code, Errc::too_busy);
  const std::string& why = running.error().detail;
  EXPECT_NE(why.find(cluster_.config(0).data.string() + " is in use"), std::string::npos) << why;
  EXPECT_NE(why.find("Stop the footproofd"), std::string::npos) << why;
  cluster_.stop(0);
  const auto done = fsck(0);
  EXPECT_EQ(done.found, 0U) << text_of(done);
  EXPECT_TRUE(done.complete);
  EXPECT_GE(done.statements, 3U);
  EXPECT_FALSE(fs::exists(temp_ / "work"));
  EXPECT_TRUE(cluster_.start(0));
}

TEST_F(FsckTest, AnEditedBlockIsFoundWithItsHeight) {
  cluster_.stop(0);
  const auto& data = cluster_.config(0).data;
  {
    auto database = ledger::Database::open(data / kDatabaseFolder, false);
    ASSERT_TRUE(database);
    const std::string key = format::digest_key(format::Kind::ordering, block_key(2));
    Bytes bytes = ledger::Reading(*database).get(key, "block").value();
    bytes.back() ^= 1;  // of a signature
    ledger::Batch batch;
    batch.put(key, bytes);
    batch.erase(format::digest_key(format::Kind::ordering, block_key(3)));
    ASSERT_TRUE((*database)->write(batch, true));
  }
  const auto done = fsck(0);
  ASSERT_EQ(done.found, 2U) << text_of(done);
  EXPECT_EQ(done.findings[0].height, 2U);
  EXPECT_TRUE(done.findings[0].file.starts_with("ledger/")) << done.findings[0].file;
  EXPECT_NE(done.findings[0].what.find("does not verify"), std::string::npos) << text_of(done);
  EXPECT_EQ(done.findings[1].height, 3U);
  EXPECT_NE(done.findings[1].what.find("missing"), std::string::npos) << text_of(done);
}

// After a view that finalises nothing, the next one finalises all before it: a block may then be
// stored with the certificate of a descendant, and never with that of an ancestor.
TEST_F(FsckTest, ABlockMayBeFinalisedThroughADescendant) {
  cluster_.stop(0);
  const auto& data = cluster_.config(0).data;
  // Stores the block of one height with the certificate of another.
  const auto give = [&](consensus::Height to, consensus::Height of) {
    auto database = ledger::Database::open(data / kDatabaseFolder, false);
    ASSERT_TRUE(database);
    const auto at = [&](consensus::Height height) {
      const std::string key = format::digest_key(format::Kind::ordering, block_key(height));
      return parse_block_blob(ledger::Reading(*database).get(key, "block").value()).value();
    };
    const auto blob = block_blob(at(to).block, at(of).finalization);
    ledger::Batch batch;
    batch.put(format::digest_key(format::Kind::ordering, blob.key), blob.bytes);
    ASSERT_TRUE((*database)->write(batch, true));
  };
  give(2, 3);
  auto done = fsck(0);
  EXPECT_EQ(done.found, 0U) << text_of(done);
  give(3, 1);
  done = fsck(0);
  ASSERT_GE(done.found, 1U);
  EXPECT_EQ(done.findings[0].height, 3U) << text_of(done);
  EXPECT_NE(done.findings[0].what.find("finalises another"), std::string::npos) << text_of(done);
}

TEST_F(FsckTest, ALostLogIsFound) {
  cluster_.stop(0);
  fs::remove_all(cluster_.config(0).data / kWalFolder);
  const auto done = fsck(0);
  ASSERT_EQ(done.found, 1U) << text_of(done);
  EXPECT_EQ(done.findings[0].file, kWalFolder);
}

// A restored node is one that went back in time: it follows and serves, and its vote is not given.
TEST_F(FsckTest, ARestoredNodeFollowsAndDoesNotVote) {
  const Config& config = cluster_.config(3);
  EXPECT_EQ(back_up(config, temp_ / "copy").error().code, Errc::too_busy);
  cluster_.stop(3);
  const auto copied = back_up(config, temp_ / "copy");
  ASSERT_TRUE(copied) << copied.error().detail;
  EXPECT_FALSE(back_up(config, temp_ / "copy"));
  EXPECT_EQ(back_up(config, config.data / "copy").error().code, Errc::usage);
  EXPECT_FALSE(fs::exists(config.data / "copy"));
  EXPECT_FALSE(fs::exists(temp_ / "copy" / kWalFolder));
  ASSERT_TRUE(cluster_.start(3));
  for (const char* name : {"four", "five"}) log_one(0, name);
  await(3);
  cluster_.stop(3);
  EXPECT_EQ(restore(config, temp_ / "copy").error().code, Errc::usage);  // data is there
  fs::rename(config.data, temp_ / "lost");
  const auto restored = restore(config, temp_ / "copy");
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_EQ(restored->height, copied->height);
  EXPECT_TRUE(fs::exists(config.data / kObserverFile));
  const auto done = fsck(3);
  EXPECT_EQ(done.found, 0U) << text_of(done);
  ASSERT_TRUE(cluster_.start(3));
  EXPECT_FALSE(fs::exists(config.data / "wal.damaged"));
  await(3);
  cluster_.stop(2);
  const auto submitted =
      cluster_.client(0).submit(cluster_.add_key("no quorum").bytes(), milliseconds(500));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, api::Submitted::What::pending);
}

// One byte of a table is another: the refusal names the file and what to do, and leaves nothing.
TEST_F(FsckTest, AFileThatFailsItsChecksumsIsNotBackedUp) {
  cluster_.stop(0);
  ASSERT_TRUE(cluster_.start(0));  // turns the log into a table
  cluster_.stop(0);
  const Config& config = cluster_.config(0);
  const auto table = largest_table(config.data / kDatabaseFolder);
  ASSERT_FALSE(table.empty());
  flip_middle(table);
  const auto copied = back_up(config, temp_ / "copy");
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::corrupt);
  const std::string& why = copied.error().detail;
  EXPECT_NE(why.find("ledger/" + table.filename().string()), std::string::npos) << why;
  EXPECT_NE(why.find("`footproof fsck`"), std::string::npos) << why;
  EXPECT_FALSE(fs::exists(temp_ / "copy"));
  const auto started = cluster_.start(0);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find(table.filename().string()), std::string::npos)
      << started.error().detail;
  EXPECT_NE(started.error().detail.find("`footproof fsck`"), std::string::npos);
}

// Every checksum fits, and the state is not that of the head.
TEST_F(FsckTest, ADatabaseThatANodeWouldRefuseIsNotBackedUp) {
  cluster_.stop(0);
  const Config& config = cluster_.config(0);
  {
    auto database = ledger::Database::open(config.data / kDatabaseFolder, false);
    ASSERT_TRUE(database);
    ledger::Batch batch;
    batch.put(format::digest_key(format::Kind::state, sha256(as_bytes("nobody"))), as_bytes("x"));
    ASSERT_TRUE((*database)->write(batch, true));
  }
  const auto copied = back_up(config, temp_ / "copy");
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::corrupt);
  EXPECT_NE(copied.error().detail.find("another root"), std::string::npos) << copied.error().detail;
  EXPECT_NE(copied.error().detail.find("`footproof fsck`"), std::string::npos);
  EXPECT_FALSE(fs::exists(temp_ / "copy"));
}

TEST_F(FsckTest, ACopyThatIsNotWholeOrNotOursIsRefused) {
  cluster_.stop(3);
  const Config& config = cluster_.config(3);
  ASSERT_TRUE(back_up(config, temp_ / "copy"));
  fs::rename(config.data, temp_ / "lost");
  cluster_.stop(2);
  fs::rename(cluster_.config(2).data, temp_ / "lost2");
  EXPECT_EQ(restore(cluster_.config(2), temp_ / "copy").error().code, Errc::mismatch);
  EXPECT_FALSE(fs::exists(cluster_.config(2).data));
  std::ofstream(temp_ / "copy" / kDatabaseFolder / "000999.ldb") << "x";
  EXPECT_EQ(restore(config, temp_ / "copy").error().code, Errc::corrupt);
  fs::remove(temp_ / "copy" / kDatabaseFolder / "000999.ldb");
  fs::resize_file(temp_ / "copy" / kAnchorFile, 100);
  EXPECT_EQ(restore(config, temp_ / "copy").error().code, Errc::corrupt);
  fs::remove(temp_ / "copy" / kBackupList);
  EXPECT_EQ(restore(config, temp_ / "copy").error().code, Errc::not_found);
  EXPECT_FALSE(fs::exists(config.data));
  EXPECT_FALSE(fs::exists(config.data.string() + ".restoring"));
}

}  // namespace
}  // namespace footproof::node
