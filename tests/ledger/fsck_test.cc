// Fsck over stores that are whole, and over stores that somebody or some disk changed. The long
// form of the last two (FOOTPROOF_DISK=full) tries more bytes.
#include "ledger/fsck.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <random>

#include "ledger/database.h"
#include "ledger/store_format.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;
using testing::kVerifierUri;
using testing::RulesStage;

std::string load(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void save(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}
bool full() {
  const char* form = std::getenv("FOOTPROOF_DISK");
  return form != nullptr && std::string_view(form) == "full";
}

// What LevelDB keeps beside the data is none.
bool is_data(const fs::path& file) {
  const std::string name = file.filename().string();
  return name != "LOCK" && !name.starts_with("LOG");
}

std::map<std::string, std::string> all_files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = load(entry.path());
  }
  return files;
}

// A store of a dozen blocks in two tables and a log, synced at its head.
class Node {
 public:
  explicit Node(int attestations) {
    for (int i = 0; i < attestations; ++i) {
      first_ = stage_.logged(kVerifierUri, stage_.attestation());
      if (i == 2 || i == 4) stage_.network.reopen();
      if (i == 3) stage_.network.run({});
    }
    stage_.logged(kVerifierUri, stage_.status(first_, StatusAction::revoke));
    stage_.network.advance(1);
    for (int i = 0; i < 2; ++i) {
      const auto block =
          stage_.network.execute({stage_.network.sign(kVerifierUri, stage_.attestation()).bytes()});
      EXPECT_TRUE(stage_.network.store().apply(block, Durability::synced));
      stage_.network.advance(1);
    }
    head_ = stage_.network.store().snapshot()->head();
    stage_.network.close();
  }
  [[nodiscard]] Bytes genesis() const { return encode_genesis(stage_.network.genesis()); }
  [[nodiscard]] Digest chain_id() const { return stage_.network.chain_id(); }
  [[nodiscard]] StorePaths paths() const { return stage_.network.paths(); }
  [[nodiscard]] const Head& head() const { return head_; }

 private:
  RulesStage stage_;
  Digest first_;
  Head head_;
};

const Node& node() {
  static const Node one(8);
  return one;
}

// A copy of a node's files that may be spoilt.
class Copy {
 public:
  explicit Copy(const Node& of) : of_(of) {
    fs::copy(of.paths().database, paths.database);
    fs::copy_file(of.paths().anchor, paths.anchor);
  }
  [[nodiscard]] Fsck fsck() const {
    const test::TempFolder work;
    auto done = ledger::fsck(paths, of_.genesis(), work / "fsck", nullptr);
    EXPECT_TRUE(done) << done.error().detail;
    return done ? std::move(*done) : Fsck{};
  }
  // Whether start refuses it, and if it does, that it touched nothing.
  [[nodiscard]] bool refused_at_start() const {
    const auto before = all_files(folder_.path());
    {
      const auto store = Store::open(paths, of_.chain_id());
      if (store) return false;
      EXPECT_NE(store.error().detail.find(':'), std::string::npos);
    }
    EXPECT_TRUE(all_files(folder_.path()) == before) << "start touched what it refused";
    return true;
  }
  // What LevelDB reads in these files, every row; none where it cannot. Opening them changes files.
  [[nodiscard]] std::optional<std::map<std::string, std::string>> rows() const {
    const test::TempFolder folder;
    fs::copy(paths.database, folder / "ledger");
    const auto database = Database::open(folder / "ledger", false);
    if (!database) return std::nullopt;
    const Reading reading(*database);
    std::map<std::string, std::string> rows;
    const auto cursor = reading.rows();
    for (; cursor->valid(); cursor->next()) rows.emplace(cursor->key(), cursor->value());
    if (!cursor->status()) return std::nullopt;
    return rows;
  }
  // Rows with checksums that fit.
  void edit(const Batch& batch) const {
    auto database = Database::open(paths.database, false);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->write(batch, true));
  }
  [[nodiscard]] Bytes row(const std::string& key) const {
    auto database = Database::open(paths.database, false);
    EXPECT_TRUE(database);
    return Reading(*database).get(key, "row").value();
  }

 private:
  test::TempFolder folder_;
  const Node& of_;

 public:
  const StorePaths paths{folder_ / "ledger", folder_ / "anchor"};
};

std::string text_of(const Fsck& fsck) {
  std::string text;
  for (const auto& finding : fsck.findings) {
    text += finding.file + " height " + std::to_string(finding.height) + ": " + finding.what + "\n";
  }
  return text;
}

TEST(Fsck, AWholeStoreIsWholeAndStaysAsItIs) {
  const Copy copy(node());
  const auto before = all_files(copy.paths.anchor.parent_path());
  const Fsck done = copy.fsck();
  EXPECT_EQ(done.found, 0U) << text_of(done);
  EXPECT_TRUE(done.complete);
  EXPECT_EQ(done.height, node().head().height);
  EXPECT_EQ(done.log_size, node().head().log_size);
  EXPECT_GT(done.rows, 100U);
  EXPECT_TRUE(all_files(copy.paths.anchor.parent_path()) == before);
}

// A stop in the middle of a compaction (the full form of tests/disk met it, at call 147 of 50
// blocks) leaves a table half written, which no manifest names and the next start deletes.
TEST(Fsck, ATableLeftHalfWrittenIsNoDamage) {
  const Copy copy(node());
  std::string half;
  for (const auto& [name, bytes] : all_files(copy.paths.database)) {
    if (name.ends_with(".ldb")) half = bytes.substr(0, bytes.size() / 2);
  }
  ASSERT_FALSE(half.empty());
  save(copy.paths.database / "000999.ldb", half);
  const Fsck done = copy.fsck();
  EXPECT_EQ(done.found, 0U) << text_of(done);
  EXPECT_TRUE(done.complete);
  EXPECT_FALSE(copy.refused_at_start());
  EXPECT_FALSE(fs::exists(copy.paths.database / "000999.ldb"));
}

// Every kind of row, changed, taken away and invented, with a checksum that fits.
TEST(Fsck, EveryRowEditIsFoundWithItsHeight) {
  std::map<char, std::vector<std::string>> rows;
  {
    const Copy copy(node());
    auto database = Database::open(copy.paths.database, false);
    ASSERT_TRUE(database);
    const Reading reading(*database);
    for (auto at = reading.rows(); at->valid(); at->next()) {
      rows[at->key()[0]].emplace_back(at->key());
    }
  }
  ASSERT_GE(rows.size(), 9U);
  std::size_t edits = 0;
  for (const auto& [kind, keys] : rows) {
    for (const std::string& key : {keys.front(), keys[keys.size() / 2], keys.back()}) {
      for (const bool erases : {false, true}) {
        const Copy copy(node());
        Batch batch;
        if (erases) {
          batch.erase(key);
        } else {
          Bytes bytes = copy.row(key);
          if (bytes.empty()) bytes.push_back(0);  // a posting
          bytes.back() ^= 1;
          batch.put(key, bytes);
        }
        copy.edit(batch);
        // A checkpoint that is gone, or whose last signature is another, is no lie about the log;
        // a history of another version is made anew at start.
        if (kind == 'c' || kind == 'X') continue;
        const Fsck done = copy.fsck();
        ++edits;
        EXPECT_GT(done.found, 0U) << kind << to_hex(as_bytes(key)) << erases;
        for (const auto& finding : done.findings) {
          EXPECT_TRUE(finding.file.starts_with("ledger") || finding.file == "anchor");
          EXPECT_LE(finding.height, node().head().height + 1);
        }
      }
    }
  }
  std::cout << "row edits found: " << edits << "\n";
}

TEST(Fsck, NamesTheHeightAndTheFileOfAnEdit) {
  const Copy copy(node());
  const std::string key = format::number_key(Kind::block, 5);
  Bytes bytes = copy.row(key);
  bytes.back() ^= 1;
  Batch batch;
  batch.put(key, bytes);
  copy.edit(batch);
  const Fsck done = copy.fsck();
  ASSERT_GE(done.found, 1U);
  EXPECT_EQ(done.findings.front().height, 5U) << text_of(done);
  const std::string file = done.findings.front().file.substr(std::string("ledger/").size());
  EXPECT_NE(load(copy.paths.database / file).find(key), std::string::npos) << text_of(done);
}

TEST(Fsck, AnInventedRowIsFound) {
  const Copy copy(node());
  Batch batch;
  batch.put(format::digest_key(Kind::state, sha256(as_bytes("nobody"))), as_bytes("x"));
  batch.put(format::number_key(Kind::item, 1000), as_bytes("x"));
  batch.put(format::posting_key(sha256(as_bytes("nothing")), 3), {});
  copy.edit(batch);
  EXPECT_EQ(copy.fsck().found, 3U) << text_of(copy.fsck());
}

// D6: the database as it was so many blocks ago, beside the anchor of now.
TEST(Fsck, AFolderOfEarlierIsRolledBack) {
  const int ages = full() ? 20 : 5;
  const test::TempFolder saved;
  RulesStage stage;
  const auto paths = stage.network.paths();
  std::vector<std::uint64_t> heights;
  for (int age = 0; age <= ages; ++age) {
    ASSERT_TRUE(stage.network.store().sync());
    heights.push_back(stage.network.store().snapshot()->head().height);
    stage.network.close();
    fs::copy(paths.database, saved / std::to_string(age));
    stage.network.reopen();
    stage.logged(kVerifierUri, stage.attestation());
  }
  ASSERT_TRUE(stage.network.store().sync());
  const Digest chain_id = stage.network.chain_id();
  stage.network.close();
  for (int age = 0; age <= ages; ++age) {
    const StorePaths old{saved / std::to_string(age), paths.anchor};
    const auto before = all_files(old.database);
    const auto store = Store::open(old, chain_id);
    ASSERT_FALSE(store);
    EXPECT_TRUE(store.error().detail.starts_with("rolled-back")) << store.error().detail;
    EXPECT_TRUE(all_files(old.database) == before);
    const test::TempFolder work;
    const auto done = fsck(old, encode_genesis(stage.network.genesis()), work / "fsck", nullptr);
    ASSERT_TRUE(done);
    EXPECT_NE(text_of(*done).find("rolled back"), std::string::npos) << text_of(*done);
    EXPECT_EQ(done->findings.front().height, heights[static_cast<std::size_t>(age)] + 1);
  }
  std::cout << "folders rolled back: " << ages + 1 << ", all refused at start and found\n";
}

// D3: one bit of a byte, every byte of the anchor, random ones of every other file.
TEST(Fsck, EveryFlippedByteIsFound) {
  Copy anchor_copy(node());
  const std::string anchor = load(anchor_copy.paths.anchor);
  std::size_t flips = 0;
  for (std::size_t at = 0; at < anchor.size(); ++at) {
    std::string bad = anchor;
    bad[at] = static_cast<char>(bad[at] ^ 16);
    save(anchor_copy.paths.anchor, bad);
    ASSERT_FALSE(Anchor::inspect(anchor_copy.paths.anchor).empty()) << at;
    ++flips;
  }
  std::mt19937_64 random(7);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(node().paths().database)) {
    if (is_data(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  const std::size_t each = full() ? 20000 / files.size() : 12;
  std::size_t at_start = 0;
  for (const fs::path& file : files) {
    const std::string good = load(file);
    for (std::size_t i = 0; i < each && !good.empty(); ++i) {
      const Copy copy(node());
      std::string bad = good;
      const std::size_t at = random() % bad.size();
      bad[at] = static_cast<char>(bad[at] ^ (1 << (random() % 8)));
      save(copy.paths.database / file.filename(), bad);
      const Fsck done = copy.fsck();
      ASSERT_GT(done.found, 0U) << file << " byte " << at << " of " << bad.size();
      for (const auto& finding : done.findings) ASSERT_FALSE(finding.file.empty());
      ++flips;
      if (copy.refused_at_start()) ++at_start;
    }
  }
  std::cout << "flips found: " << flips << ", of the database also refused at start: " << at_start
            << "\n";
}

// D6: each file, and the whole folder, deleted, emptied, cut, zeroed, another node's.
TEST(Fsck, EveryFileExchangedIsFound) {
  const Node other(6);
  const auto whole = Copy(node()).rows();
  ASSERT_TRUE(whole);
  std::size_t tried = 0;
  std::size_t at_start = 0;
  std::vector<std::string> names{"../anchor"};
  for (const auto& entry : fs::directory_iterator(node().paths().database)) {
    if (is_data(entry.path())) names.push_back(entry.path().filename().string());
  }
  const auto other_of = [&](const std::string& name) {
    if (name == "../anchor") return load(other.paths().anchor);
    const fs::path ending = fs::path(name).extension();
    for (const auto& entry : fs::directory_iterator(other.paths().database)) {
      const std::string there = entry.path().filename().string();
      if (there == name || (name.starts_with("MANIFEST") && there.starts_with("MANIFEST")) ||
          (!ending.empty() && entry.path().extension() == ending)) {
        return load(entry.path());
      }
    }
    return std::string();
  };
  for (const std::string& name : names) {
    const std::string good = load(node().paths().database / name);
    if (good.empty()) continue;
    for (const std::string how : {"deleted", "emptied", "half", "last", "zeroed", "other"}) {
      const Copy copy(node());
      const fs::path file = copy.paths.database / name;
      std::string bad;
      if (how == "half") bad = good.substr(0, good.size() / 2);
      if (how == "last") bad = good.substr(0, good.size() - 1);
      if (how == "zeroed") bad = std::string(good.size(), '\0');
      if (how == "other") bad = other_of(name);
      if (bad == good) continue;
      how == "deleted" ? static_cast<void>(fs::remove(file)) : save(file, bad);
      ++tried;
      const bool refused = copy.refused_at_start();
      at_start += refused ? 1 : 0;
      const Fsck done = copy.fsck();
      // The other node's may name the same tables, as its compactions fell. Then the same rows are
      // read, and nothing is amiss; otherwise it is found like everything else.
      if (how == "other" && name.starts_with("MANIFEST") && copy.rows() == whole) {
        EXPECT_FALSE(refused) << name;
        EXPECT_EQ(done.found, 0U) << name << "\n" << text_of(done);
        continue;
      }
      EXPECT_TRUE(refused || done.found > 0) << name << " " << how;
      EXPECT_GT(done.found, 0U) << name << " " << how;
    }
  }
  for (const bool empties : {false, true}) {
    const Copy copy(node());
    fs::remove_all(copy.paths.database);
    if (empties) fs::create_directory(copy.paths.database);
    EXPECT_TRUE(copy.refused_at_start());
    EXPECT_GT(copy.fsck().found, 0U);
    ++tried, ++at_start;
  }
  std::cout << "files spoilt: " << tried << ", refused at start: " << at_start
            << ", found: " << tried << "\n";
}

}  // namespace
}  // namespace footproof::ledger
