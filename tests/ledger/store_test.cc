// The store through crashes and damage: it comes up as it was, or says by name why it does not, and
// is never talked into a second history.
#include "ledger/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "attest/receipt_check.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

namespace fs = std::filesystem;
using ledger::Durability;
using ledger::Store;

class StoreTest : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  std::unique_ptr<Sequencer> network_ = std::make_unique<Sequencer>(folder_.path());
  const Digest chain_id_ = network_->chain_id();
  const ledger::StorePaths paths_ = network_->paths();

  // A block with an attestation, not yet applied.
  [[nodiscard]] ledger::BlockResult next_block() {
    return network_->execute(
        {network_->sign(kVerifierUri, network_->attestation(number_++)).bytes()});
  }
  void grow(int blocks) {
    network_->admit_verifier();
    for (int at = 0; at < blocks; ++at) {
      network_->accept(network_->sign(kVerifierUri, network_->attestation(number_++)));
    }
  }
  // As after a crash: nothing of the process is left.
  void stop() { network_.reset(); }

  // The first word of the refusal, or "open".
  [[nodiscard]] std::string open() {
    auto store = Store::open(paths_, chain_id_);
    if (store) return "open";
    return store.error().detail.substr(0, store.error().detail.find(':'));
  }
  void copy_database(const fs::path& to) {
    fs::copy(paths_.database, to, fs::copy_options::recursive);
  }
  void restore_database(const fs::path& from) {
    fs::remove_all(paths_.database);
    fs::copy(from, paths_.database, fs::copy_options::recursive);
  }
  [[nodiscard]] std::vector<fs::path> files(std::string_view begin, std::string_view end) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(paths_.database)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(begin) && name.ends_with(end)) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::uint64_t number_ = 0;
};

TEST_F(StoreTest, ComesUpAsItWas) {
  grow(5);
  const auto head = network_->store().snapshot()->head();
  const auto state = network_->store().snapshot()->ledger().tree.root();
  stop();
  auto store = Store::open(paths_, chain_id_);
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_EQ((*store)->snapshot()->head(), head);
  EXPECT_EQ((*store)->snapshot()->ledger().tree.root(), state);
  EXPECT_EQ((*store)->snapshot()->ledger().log.root(), head.log_root);
  ASSERT_TRUE((*store)->published());
  EXPECT_EQ((*store)->published()->head(), head);
  EXPECT_FALSE(fs::exists(paths_.database.string() + ".rehearsal"));
}

TEST_F(StoreTest, IsMadeOnceAndOnlyOnPurpose) {
  EXPECT_FALSE(Store::create(paths_, next_block()));
  stop();
  EXPECT_FALSE(Store::open({folder_ / "nowhere", folder_ / "no-anchor"}, chain_id_));
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
}

// apply() again after a crash that lost the anchor's step, or the answer: nothing changes.
TEST_F(StoreTest, ApplyIsIdempotentByHeight) {
  grow(1);
  const auto block = next_block();
  EXPECT_TRUE(network_->store().apply(block, Durability::buffered));
  const auto head = network_->store().snapshot()->head();
  EXPECT_TRUE(network_->store().apply(block, Durability::buffered));
  EXPECT_EQ(network_->store().snapshot()->head(), head);
  auto other = block;
  other.after.head.block_id = tagged_hash("other", {});
  EXPECT_EQ(network_->store().apply(other, Durability::buffered).error().code, Errc::mismatch);
}

TEST_F(StoreTest, TakesOnlyWhatFollowsItsHead) {
  grow(1);
  const auto stale = next_block();
  network_->run({});
  auto later = stale;
  later.after.head.height += 1;
  EXPECT_EQ(network_->store().apply(later, Durability::buffered).error().code, Errc::mismatch);
}

// What is written is read back: a result whose root is not that of its leaves is not taken.
TEST_F(StoreTest, DoesNotTakeARootThatItsLeavesDoNotGive) {
  grow(1);
  auto wrong = next_block();
  wrong.items[0].bytes[20] ^= 1;  // the leaf was made from other bytes
  EXPECT_EQ(network_->store().apply(wrong, Durability::buffered).error().code, Errc::corrupt);
  // And nothing more after that: this process must stop.
  EXPECT_EQ(network_->store().apply(next_block(), Durability::buffered).error().code, Errc::io);
  EXPECT_FALSE(network_->store().sync());
}

TEST_F(StoreTest, DoesNotTakeARecordThatIsNotTheTrees) {
  grow(1);
  auto grant = network_->execute(
      {network_->sign(kBodyUri, network_->grant(kVerifierUri, "KOLAS-PCF-002")).bytes()});
  ASSERT_FALSE(grant.changes.empty());
  grant.changes.begin()->second->back() ^= 1;
  EXPECT_EQ(network_->store().apply(grant, Durability::buffered).error().code, Errc::corrupt);
}

// The process dies between the batch and the anchor: the database is ahead, which is no harm.
TEST_F(StoreTest, KilledBetweenBatchAndAnchorGoesOn) {
  grow(2);
  ASSERT_TRUE(network_->store().sync());
  const auto anchored = network_->store().anchor();
  ASSERT_TRUE(network_->store().apply(next_block(), Durability::buffered));
  const auto head = network_->store().snapshot()->head();
  stop();
  auto store = Store::open(paths_, chain_id_);
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_EQ((*store)->anchor().height, anchored.height);
  EXPECT_EQ((*store)->snapshot()->head(), head);
  // Its checkpoint was not published yet.
  EXPECT_FALSE((*store)->published());
  ASSERT_TRUE((*store)->sync());
  EXPECT_EQ((*store)->anchor().height, head.height);
}

TEST_F(StoreTest, ARolledBackDatabaseIsRefused) {
  grow(2);
  stop();
  copy_database(folder_ / "backup");
  {
    Sequencer again(folder_.path());
    again.accept(again.sign(kVerifierUri, again.attestation(1000)));
    ASSERT_TRUE(again.store().sync());
  }
  EXPECT_EQ(open(), "open");
  restore_database(folder_ / "backup");
  const auto before = files("", "");
  EXPECT_EQ(open(), "rolled-back");
  // Nobody but the copy was touched.
  EXPECT_EQ(files("", ""), before);
}

// A power cut may lose blocks that were executed and cosigned but not yet synced: they stand in the
// write-ahead log. Executing them again must give what was cosigned.
TEST_F(StoreTest, BehindItsCosignedHeadItMayOnlyRepeatItself) {
  grow(1);
  ASSERT_TRUE(network_->store().sync());
  stop();
  copy_database(folder_ / "synced");
  ledger::BlockResult block;
  ledger::BlockResult rival;
  {
    Sequencer again(folder_.path());
    block = again.execute({again.sign(kVerifierUri, again.attestation(1000)).bytes()});
    rival = again.execute({again.sign(kVerifierUri, again.attestation(1001)).bytes()});
    ASSERT_TRUE(again.store().apply(block, Durability::buffered));
    const auto head = again.store().snapshot()->head();
    ASSERT_TRUE(again.store().record_cosigned(head.log_size, head.log_root, 2'000'000'000));
  }
  restore_database(folder_ / "synced");
  auto store = Store::open(paths_, chain_id_);
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_LT((*store)->snapshot()->head().log_size, (*store)->anchor().cosigned_size);
  EXPECT_EQ((*store)->apply(rival, Durability::buffered).error().code, Errc::mismatch);
  EXPECT_TRUE((*store)->apply(block, Durability::buffered));
}

TEST_F(StoreTest, AnotherChainsDatabaseIsRefused) {
  grow(1);
  ASSERT_TRUE(network_->store().sync());
  stop();
  test::TempFolder other_folder;
  { Sequencer other(other_folder.path(), 4, "other"); }
  restore_database(other_folder / "database");
  EXPECT_EQ(open(), "other-chain");
  EXPECT_FALSE(Store::open(paths_, Digest{}));
}

TEST_F(StoreTest, AForkedDatabaseIsRefused) {
  network_->admit_verifier();
  stop();
  copy_database(folder_ / "common");
  {
    Sequencer one(folder_.path());
    one.accept(one.sign(kVerifierUri, one.attestation(1)));
    ASSERT_TRUE(one.store().sync());
  }
  // The same heights, another history, made by a node with another anchor.
  test::TempFolder other;
  fs::copy_file(folder_ / "genesis", other / "genesis");
  {
    Sequencer two(other.path());
    two.admit_verifier();
    two.accept(two.sign(kVerifierUri, two.attestation(2)));
    two.accept(two.sign(kVerifierUri, two.attestation(3)));
  }
  restore_database(other / "database");
  EXPECT_EQ(open(), "forked");
}

TEST_F(StoreTest, MissingFilesAreRefusedByName) {
  grow(3);
  ASSERT_TRUE(network_->store().sync());
  stop();
  copy_database(folder_ / "whole");
  ASSERT_EQ(open(), "open");
  const auto remove_all = [&](const std::vector<fs::path>& paths) {
    ASSERT_FALSE(paths.empty());
    for (const fs::path& path : paths) fs::remove(path);
  };
  restore_database(folder_ / "whole");
  remove_all(files("CURRENT", ""));
  EXPECT_EQ(open(), "database-damaged");
  restore_database(folder_ / "whole");
  remove_all(files("MANIFEST", ""));
  EXPECT_EQ(open(), "database-damaged");
  restore_database(folder_ / "whole");
  remove_all(files("", ".log"));
  EXPECT_NE(open(), "open");
  restore_database(folder_ / "whole");
  fs::remove_all(paths_.database);
  EXPECT_EQ(open(), "database-missing");
  fs::create_directory(paths_.database);
  EXPECT_EQ(open(), "database-missing");

  restore_database(folder_ / "whole");
  EXPECT_EQ(open(), "open");
  fs::rename(paths_.anchor, folder_ / "anchor-elsewhere");
  EXPECT_EQ(open(), "no-anchor");
  std::ofstream(paths_.anchor) << "not an anchor";
  EXPECT_EQ(open(), "anchor-damaged");
  fs::rename(folder_ / "anchor-elsewhere", paths_.anchor);
  EXPECT_EQ(open(), "open");
}

TEST_F(StoreTest, DeletedTablesAreRefused) {
  grow(3);
  ASSERT_TRUE(network_->store().sync());
  stop();
  ASSERT_EQ(open(), "open");  // turns the log into a table
  const auto tables = files("", ".ldb");
  ASSERT_FALSE(tables.empty());
  for (const fs::path& table : tables) fs::remove(table);
  EXPECT_NE(open(), "open");
}

// Every file cut short, at many lengths: it comes up with nothing missing, or it does not come up.
TEST_F(StoreTest, CutFilesNeverLoseWhatWasAnchored) {
  grow(3);
  ASSERT_TRUE(network_->store().sync());
  const auto head = network_->store().snapshot()->head();
  stop();
  copy_database(folder_ / "whole");
  std::size_t refused = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "whole")) {
    const std::string name = entry.path().filename().string();
    if (name == "LOCK" || name.starts_with("LOG")) continue;
    const auto size = fs::file_size(entry.path());
    for (const std::uintmax_t part : {0U, 1U, 3U, 5U, 7U}) {
      restore_database(folder_ / "whole");
      fs::resize_file(paths_.database / name, size * part / 8);
      auto store = Store::open(paths_, chain_id_);
      if (!store) {
        ++refused;
        continue;
      }
      EXPECT_EQ((*store)->snapshot()->head(), head) << name << " cut to " << part << "/8";
    }
  }
  EXPECT_GT(refused, 0U);
}

// A flipped byte anywhere: refused at open, or an error where it is read, never another value.
TEST_F(StoreTest, FlippedBytesAreDetected) {
  grow(20);
  ASSERT_TRUE(network_->store().sync());
  const auto head = network_->store().snapshot()->head();
  std::vector<Bytes> items;
  for (std::uint64_t index = 0; index < head.log_size; ++index) {
    items.push_back(network_->store().snapshot()->item(index).value().bytes);
  }
  stop();
  ASSERT_EQ(open(), "open");
  ASSERT_EQ(open(), "open");  // everything stands in tables now
  copy_database(folder_ / "whole");
  std::size_t detected = 0;
  std::size_t harmless = 0;
  std::uint64_t seed = 1;
  for (int round = 0; round < 150; ++round) {
    restore_database(folder_ / "whole");
    const auto tables = files("", round % 5 == 0 ? ".log" : ".ldb");
    ASSERT_FALSE(tables.empty());
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    const fs::path& victim = tables[(seed >> 33) % tables.size()];
    const auto size = fs::file_size(victim);
    if (size == 0) continue;
    {
      std::fstream file(victim, std::ios::binary | std::ios::in | std::ios::out);
      const auto at = static_cast<std::streamoff>((seed >> 20) % size);
      file.seekg(at);
      const char byte = static_cast<char>(file.get() ^ 0x40);
      file.seekp(at);
      file.put(byte);
    }
    auto store = Store::open(paths_, chain_id_);
    if (!store) {
      ++detected;
      continue;
    }
    const auto snapshot = (*store)->snapshot();
    ASSERT_EQ(snapshot->head(), head);
    bool error = false;
    for (std::uint64_t index = 0; index < head.log_size; ++index) {
      const auto item = snapshot->item(index);
      if (!item) {
        error = true;
        continue;
      }
      ASSERT_EQ(item->bytes, items[index]);
    }
    ++(error ? detected : harmless);
  }
  EXPECT_GT(detected, harmless);
}

TEST_F(StoreTest, CosignaturesNeverGoBackNorContradict) {
  grow(2);
  auto& store = network_->store();
  const auto head = store.snapshot()->head();
  const auto time = store.anchor().cosigned_time_s;
  EXPECT_EQ(store.anchor().cosigned_size, head.log_size);
  EXPECT_TRUE(store.record_cosigned(head.log_size, head.log_root, time + 60));
  EXPECT_FALSE(store.record_cosigned(head.log_size, head.log_root, time));
  EXPECT_FALSE(store.record_cosigned(head.log_size, Digest{}, time + 61));
  EXPECT_FALSE(store.record_cosigned(head.log_size + 1, head.log_root, time + 61));
  const auto smaller = ledger::log_root(*store.snapshot(), head.log_size - 1).value();
  EXPECT_FALSE(store.record_cosigned(head.log_size - 1, smaller, time + 61));
  EXPECT_EQ(store.anchor().cosigned_time_s, time + 60);
}

TEST_F(StoreTest, PublishesOnlyItsOwnHeads) {
  grow(1);
  auto& store = network_->store();
  const auto head = store.snapshot()->head();
  EXPECT_EQ(store.publish(head.log_size + 1, head.log_root, "note").error().code, Errc::not_found);
  EXPECT_EQ(store.publish(head.log_size, Digest{}, "note").error().code, Errc::mismatch);
  ASSERT_TRUE(store.apply(next_block(), Durability::buffered));
  const auto later = store.snapshot()->head();
  // Not published yet: the older head still is.
  EXPECT_EQ(store.published()->head(), head);
  EXPECT_TRUE(store.snapshot()->checkpoint().empty());
  ASSERT_TRUE(store.publish(later.log_size, later.log_root, "later"));
  EXPECT_EQ(store.published()->head(), later);
  EXPECT_EQ(store.published()->checkpoint(), "later");
  EXPECT_FALSE(store.publish(head.log_size, head.log_root, "older"));
  ASSERT_TRUE(store.publish(later.log_size, later.log_root, "renewed"));
  EXPECT_EQ(store.published()->checkpoint(), "renewed");
  EXPECT_EQ(store.checkpoint_at(later.log_size).value(), "renewed");
  EXPECT_NE(store.checkpoint_at(later.log_size - 1).value(), "renewed");
  EXPECT_EQ(store.checkpoint_at(~std::uint64_t{0}).value(), "renewed");
  EXPECT_FALSE(store.checkpoint_at(0).value());
}

TEST_F(StoreTest, KeepsTheHeadOfEveryHeightAndTheOrderingBytes) {
  grow(1);
  auto block = next_block();
  block.ordering = {{tagged_hash("certificate", {}), Bytes{1, 2, 3}}};
  ASSERT_TRUE(network_->store().apply(block, Durability::synced));
  const auto head = network_->store().snapshot()->head();
  EXPECT_EQ(network_->store().anchor().height, head.height);
  stop();
  auto store = Store::open(paths_, chain_id_).value();
  EXPECT_EQ(store->head_at(head.height).value(), head);
  EXPECT_EQ(store->head_at(0).value()->log_size, 1U);
  EXPECT_FALSE(store->head_at(head.height + 1).value());
  EXPECT_EQ(store->ordering_blob(tagged_hash("certificate", {})).value(), (Bytes{1, 2, 3}));
  EXPECT_FALSE(store->ordering_blob(Digest{}).value());
}

// A snapshot is what it was, whatever the store does after.
TEST_F(StoreTest, SnapshotsOutliveTheirStore) {
  grow(2);
  const auto entry = network_->accept(network_->sign(kVerifierUri, network_->attestation(500)));
  const auto snapshot = network_->store().published();
  const Policy policy = network_->policy();
  for (int at = 0; at < 3; ++at) network_->run({});
  stop();
  const auto receipt = snapshot->make_receipt(entry, std::nullopt);
  ASSERT_TRUE(receipt) << receipt.error().detail;
  EXPECT_TRUE(check_receipt(*receipt, policy));
}

}  // namespace
}  // namespace footproof::testing
