// The store over LevelDB. Why these options, and what LevelDB does not notice by itself:
// docs/ARCHITECTURE.md, what is durable. Every value has a checksum of ours, because LevelDB's own
// do not cover a value that comes back from the wrong place; the directory is looked at through a
// copy first, because opening a damaged one deletes what was still good.
#include "ledger/store.h"

#include <fcntl.h>
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "attest/block_record.h"
#include "attest/check.h"
#include "attest/note.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;

constexpr std::size_t kWriteBufferSize = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kFileSizeMax = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kBlockCacheSize = std::size_t{64} * 1024 * 1024;
constexpr int kBloomBits = 10;
constexpr int kOpenFilesMax = 256;
// How many of the newest entries are hashed again at open: an older hole is found when it is read.
constexpr std::uint64_t kItemsCheckedAtOpen = 1024;

leveldb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view_of(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

tl::unexpected<Error> level_error(const leveldb::Status& status) {
  const bool damage = status.IsCorruption() || status.IsInvalidArgument();
  return fail(damage ? Errc::corrupt : Errc::io,
              (damage ? "database-damaged: " : "database: ") + status.ToString());
}

// An open database with the options that the limits demand. Shared by all who read from it.
class Database {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Database>> open(const fs::path& folder, bool create) {
    auto database = std::make_shared<Database>();
    leveldb::Options options;
    options.create_if_missing = create;
    options.error_if_exists = create;
    options.paranoid_checks = true;
    options.reuse_logs = false;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = kWriteBufferSize;
    options.max_file_size = kFileSizeMax;
    options.max_open_files = kOpenFilesMax;
    options.block_cache = database->cache_.get();
    options.filter_policy = database->filter_.get();
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, folder.string(), &opened);
    if (!status.ok()) return level_error(status);
    database->db_.reset(opened);
    return database;
  }

  [[nodiscard]] leveldb::DB& db() { return *db_; }

 private:
  std::unique_ptr<leveldb::Cache> cache_{leveldb::NewLRUCache(kBlockCacheSize)};
  std::unique_ptr<const leveldb::FilterPolicy> filter_{leveldb::NewBloomFilterPolicy(kBloomBits)};
  std::unique_ptr<leveldb::DB> db_;  // last: it uses the two above
};

// The database as it was at one moment.
class Reading {
 public:
  explicit Reading(std::shared_ptr<Database> database)
      : database_(std::move(database)), moment_(database_->db().GetSnapshot()) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { database_->db().ReleaseSnapshot(moment_); }

  [[nodiscard]] Result<std::optional<Bytes>> find(const std::string& key) const {
    std::string value;
    const leveldb::Status status = database_->db().Get(options(true), slice(key), &value);
    if (status.IsNotFound()) return std::optional<Bytes>();
    if (!status.ok()) return level_error(status);
    auto bytes = format::open_value(key, value);
    if (!bytes) return fail(bytes.error());
    return std::optional<Bytes>(to_bytes(*bytes));
  }

  [[nodiscard]] Result<Bytes> get(const std::string& key, const char* what) const {
    auto found = find(key);
    if (!found) return fail(found.error());
    if (!*found) return fail(Errc::corrupt, std::string("database-damaged: no ") + what);
    return std::move(**found);
  }

  [[nodiscard]] std::unique_ptr<leveldb::Iterator> iterate() const {
    return std::unique_ptr<leveldb::Iterator>(database_->db().NewIterator(options(false)));
  }

 private:
  [[nodiscard]] leveldb::ReadOptions options(bool fill_cache) const {
    leveldb::ReadOptions read;
    read.verify_checksums = true;
    read.fill_cache = fill_cache;
    read.snapshot = moment_;
    return read;
  }

  std::shared_ptr<Database> database_;
  const leveldb::Snapshot* moment_;
};

Bytes encode_item(const LogItem& item) {
  return ByteWriter().u8(static_cast<std::uint8_t>(item.kind)).raw(item.bytes).bytes();
}

Result<LogItem> decode_item(std::uint64_t index, ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t kind = in.u8();
  if (in.failed() || kind > static_cast<std::uint8_t>(ItemKind::record)) {
    return fail(Errc::corrupt, "database-damaged: entry " + std::to_string(index));
  }
  LogItem item;
  item.index = index;
  item.kind = static_cast<ItemKind>(kind);
  item.bytes = to_bytes(in.rest());
  item.entry =
      item.kind == ItemKind::record ? block_record_entry(item.bytes) : statement_entry(item.bytes);
  return item;
}

Result<std::vector<Digest>> decode_tile(ByteView bytes) {
  if (bytes.size() != kTileWidth * Digest::kSize) {
    return fail(Errc::corrupt, "database-damaged: a tile of wrong length");
  }
  std::vector<Digest> hashes(kTileWidth);
  ByteReader in(bytes);
  for (Digest& hash : hashes) {
    auto digest = to_digest(in.take(Digest::kSize));
    if (!digest) return fail(digest.error());
    hash = *digest;
  }
  return hashes;
}

class LevelSnapshot final : public Snapshot {
 public:
  LevelSnapshot(std::shared_ptr<const Reading> reading, LedgerState ledger, std::string checkpoint)
      : reading_(std::move(reading)),
        ledger_(std::move(ledger)),
        checkpoint_(std::move(checkpoint)) {}

  // The same moment, with the checkpoint that covers it.
  [[nodiscard]] std::shared_ptr<const LevelSnapshot> with_checkpoint(std::string note) const {
    return std::make_shared<const LevelSnapshot>(reading_, ledger_, std::move(note));
  }

  [[nodiscard]] const LedgerState& ledger() const override { return ledger_; }
  [[nodiscard]] const std::string& checkpoint() const override { return checkpoint_; }

  [[nodiscard]] Result<std::optional<Bytes>> record(const Digest& state_key) const override {
    auto bytes = reading_->find(format::digest_key(Kind::state, state_key));
    if (!bytes) return fail(bytes.error());
    // The tree in memory is what proofs are made of: a record that it does not hold, or holds
    // otherwise, must not leave this node.
    const auto expected = ledger_.tree.find(state_key);
    const bool same = bytes->has_value() == expected.has_value() &&
                      (!expected || state_value_hash(**bytes) == *expected);
    if (!same) return fail(Errc::corrupt, "database-damaged: a state record is not the tree's");
    return std::move(*bytes);
  }

  [[nodiscard]] Result<std::optional<LoggedStatement>> logged(
      const Digest& entry_id) const override {
    auto place = reading_->find(format::digest_key(Kind::entry, entry_id));
    if (!place) return fail(place.error());
    if (!*place) return std::optional<LoggedStatement>();
    ByteReader in(**place);
    LoggedStatement logged;
    logged.index = in.u64();
    logged.recorded_ms = in.u64();
    if (!in.exhausted()) return fail(Errc::corrupt, "database-damaged: index of entries");
    auto found = item(logged.index);
    if (!found) return fail(found.error());
    logged.statement = std::move(found->bytes);
    return std::optional<LoggedStatement>(std::move(logged));
  }

  [[nodiscard]] Result<std::optional<Digest>> entry_of(std::string_view issuer,
                                                       std::string_view subject) const override {
    auto id = reading_->find(format::digest_key(Kind::subject, subject_key(issuer, subject)));
    if (!id) return fail(id.error());
    if (!*id) return std::optional<Digest>();
    auto digest = to_digest(**id);
    if (!digest) return fail(Errc::corrupt, "database-damaged: index of subjects");
    return std::optional<Digest>(*digest);
  }

  [[nodiscard]] Result<std::vector<Digest>> tile_hashes(std::uint32_t level, std::uint64_t first,
                                                        std::size_t count) const override {
    const std::uint64_t tile = first / kTileWidth;
    const auto begin = static_cast<std::size_t>(first % kTileWidth);
    if (level >= kTileLevels || begin + count > kTileWidth) {
      return fail(Errc::usage, "tile hashes: not of one tile");
    }
    std::vector<Digest> hashes;
    if (tile == (ledger_.log.size() >> (8 * level)) / kTileWidth) {
      hashes = ledger_.log.partial(level);
    } else {
      auto bytes =
          reading_->get(format::position_key(Kind::tile, {level, tile}), "tile of the log");
      if (!bytes) return fail(bytes.error());
      auto decoded = decode_tile(*bytes);
      if (!decoded) return fail(decoded.error());
      hashes = std::move(*decoded);
    }
    if (begin + count > hashes.size()) return fail(Errc::usage, "tile hashes: beyond the log");
    return std::vector<Digest>(hashes.begin() + static_cast<std::ptrdiff_t>(begin),
                               hashes.begin() + static_cast<std::ptrdiff_t>(begin + count));
  }

  [[nodiscard]] Result<LogItem> item(std::uint64_t index) const override {
    if (index >= ledger_.log.size()) return fail(Errc::usage, "index: beyond the log");
    auto bytes = reading_->get(format::number_key(Kind::item, index), "entry of the log");
    if (!bytes) return fail(bytes.error());
    return decode_item(index, *bytes);
  }

  [[nodiscard]] Result<LogItem> own_record(std::uint64_t index) const override {
    if (index >= ledger_.log.size()) return fail(Errc::usage, "index: beyond the log");
    const auto at = reading_->iterate();
    at->Seek(slice(format::number_key(Kind::record_at, index)));
    if (!at->status().ok()) return level_error(at->status());
    std::optional<std::uint64_t> place;
    if (at->Valid()) place = format::number_of(Kind::record_at, view_of(at->key()));
    if (!place) return fail(Errc::corrupt, "database-damaged: no block record after an entry");
    return item(*place);
  }

  [[nodiscard]] const Reading& reading() const { return *reading_; }

 private:
  std::shared_ptr<const Reading> reading_;
  LedgerState ledger_;
  std::string checkpoint_;
};

// --- writing -------------------------------------------------------------------------------------

void put(leveldb::WriteBatch& batch, const std::string& key, ByteView bytes) {
  batch.Put(slice(key), slice(format::seal_value(key, bytes)));
}

void put_item(leveldb::WriteBatch& batch, const LogItem& item, const Head& head) {
  put(batch, format::number_key(Kind::item, item.index), encode_item(item));
  if (item.kind == ItemKind::record) {
    put(batch, format::number_key(Kind::record_at, item.index),
        ByteWriter().u64(head.height).bytes());
    return;
  }
  put(batch, format::digest_key(Kind::entry, item.entry_id),
      ByteWriter().u64(item.index).u64(head.time_ms).bytes());
  put(batch, format::digest_key(Kind::subject, item.subject), item.entry_id.view());
}

void put_growth(leveldb::WriteBatch& batch, const LogGrowth& growth) {
  for (const TileHash& hash : growth.hashes) {
    put(batch, format::position_key(Kind::hash, hash.at), hash.hash.view());
  }
  for (const FullTile& tile : growth.tiles) {
    Bytes body;
    for (const Digest& hash : tile.hashes) append(body, hash.view());
    put(batch, format::position_key(Kind::tile, tile.at), body);
    for (std::uint64_t at = 0; at < kTileWidth; ++at) {
      batch.Delete(slice(
          format::position_key(Kind::hash, {tile.at.level, tile.at.index * kTileWidth + at})));
    }
  }
}

leveldb::WriteBatch batch_of(const BlockResult& block) {
  leveldb::WriteBatch batch;
  const Head& head = block.after.head;
  for (const LogItem& item : block.items) put_item(batch, item, head);
  put_growth(batch, block.growth);
  for (const auto& [key, record] : block.changes) {
    const std::string at = format::digest_key(Kind::state, key);
    if (record) {
      put(batch, at, *record);
    } else {
      batch.Delete(slice(at));
    }
  }
  for (const OrderingBlob& blob : block.ordering) {
    put(batch, format::digest_key(Kind::ordering, blob.key), blob.bytes);
  }
  const Bytes encoded = format::encode_head(head);
  put(batch, format::number_key(Kind::block, head.height), encoded);
  put(batch, format::head_key(), encoded);
  return batch;
}

// What was written, read back and hashed again: the leaves must lead from the log before to the
// root after, the records must be those of the tree.
Result<void> check_written(const LevelSnapshot& snapshot, const Log& before,
                           const BlockResult& block) {
  Log log = before;
  LogGrowth growth;
  for (const LogItem& written : block.items) {
    auto item = snapshot.item(written.index);
    if (!item) return fail(item.error());
    log.append(leaf_hash(item->entry.view()), growth);
  }
  if (log.size() != block.after.head.log_size || log.root() != block.after.head.log_root) {
    return fail(Errc::corrupt, "database-damaged: the log read back has another root");
  }
  for (const FullTile& tile : growth.tiles) {
    auto hashes = snapshot.tile_hashes(tile.at.level, tile.at.index * kTileWidth, kTileWidth);
    if (!hashes) return fail(hashes.error());
    if (*hashes != tile.hashes) {
      return fail(Errc::corrupt, "database-damaged: a tile read back differs");
    }
  }
  for (const auto& change : block.changes) {
    if (auto record = snapshot.record(change.first); !record) return fail(record.error());
  }
  return {};
}

// --- opening -------------------------------------------------------------------------------------

Result<Head> read_head(const Reading& reading) {
  auto bytes = reading.get(format::head_key(), "head");
  if (!bytes) return fail(bytes.error());
  return format::decode_head(*bytes);
}

Result<StateTree> read_tree(const Reading& reading, const Head& head) {
  StateTree tree;
  const auto at = reading.iterate();
  const std::string prefix(1, static_cast<char>(Kind::state));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    const std::string_view key = view_of(at->key());
    const auto state_key = format::digest_of(Kind::state, key);
    if (!state_key) return fail(Errc::corrupt, "database-damaged: key of a state record");
    auto record = format::open_value(key, view_of(at->value()));
    if (!record) return fail(record.error());
    tree.put(*state_key, state_value_hash(*record));
  }
  if (!at->status().ok()) return level_error(at->status());
  if (tree.root() != head.state_root) {
    return fail(Errc::corrupt, "database-damaged: the state records have another root");
  }
  return tree;
}

Result<Log> read_log(const Reading& reading, const Head& head) {
  std::array<std::vector<Digest>, kTileLevels> partial;
  for (std::uint32_t level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = head.log_size >> (8 * level);
    for (std::uint64_t at = hashes - hashes % kTileWidth; at < hashes; ++at) {
      auto bytes = reading.get(format::position_key(Kind::hash, {level, at}), "hash of the log");
      if (!bytes) return fail(bytes.error());
      auto digest = to_digest(*bytes);
      if (!digest) return fail(Errc::corrupt, "database-damaged: hash of the log");
      partial[level].push_back(*digest);
    }
  }
  auto log = Log::from(head.log_size, std::move(partial));
  if (!log) return fail(log.error());
  if (log->root() != head.log_root) {
    return fail(Errc::corrupt, "database-damaged: the log has another root");
  }
  return log;
}

Result<void> check_newest_items(const LevelSnapshot& snapshot) {
  const std::uint64_t size = snapshot.head().log_size;
  const std::uint64_t begin = size - std::min(size, kItemsCheckedAtOpen);
  for (std::uint64_t index = begin; index < size; ++index) {
    auto item = snapshot.item(index);
    if (!item) return fail(item.error());
    auto leaf = snapshot.tile_hashes(0, index, 1);
    if (!leaf) return fail(leaf.error());
    if (leaf->front() != leaf_hash(item->entry.view())) {
      return fail(Errc::corrupt,
                  "database-damaged: entry " + std::to_string(index) + " is not its leaf's");
    }
  }
  return {};
}

// The database against the anchor: it may be ahead, never behind, never on another branch.
Result<void> check_anchored(const Reading& reading, const Head& head, const AnchorState& anchor) {
  if (head.chain_id != anchor.chain_id) {
    return fail(Errc::mismatch, "other-chain: database and anchor belong to different networks");
  }
  if (head.height < anchor.height) {
    return fail(Errc::corrupt,
                "rolled-back: the database stands at height " + std::to_string(head.height) +
                    ", this node had made height " + std::to_string(anchor.height) +
                    " durable; keep the anchor, remove the database and catch up from peers");
  }
  auto bytes = reading.get(format::number_key(Kind::block, anchor.height), "block anchored");
  if (!bytes) return fail(bytes.error());
  auto then = format::decode_head(*bytes);
  if (!then) return fail(then.error());
  if (then->block_id != anchor.block_id || then->log_size != anchor.log_size ||
      then->log_root != anchor.log_root) {
    return fail(Errc::mismatch, "forked: the database has another block at height " +
                                    std::to_string(anchor.height) + " than the anchor");
  }
  return {};
}

Result<void> check_files(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) || fs::is_empty(folder, ignored)) {
    return fail(Errc::corrupt, "database-missing: " + folder.string() +
                                   " is not there; keep the anchor and catch up from peers");
  }
  if (!fs::is_regular_file(folder / "CURRENT", ignored)) {
    return fail(Errc::corrupt, "database-damaged: no file CURRENT in " + folder.string());
  }
  return {};
}

// A folder of links to the same files. LevelDB never changes a file that an earlier opening wrote
// (reuse_logs is off), it adds and deletes: in this folder that harms nothing.
Result<void> link_files(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove_all(to, error);
  if (!error) fs::create_directory(to, error);
  for (auto entry = fs::directory_iterator(from, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "LOCK" || name.starts_with("LOG")) continue;
    fs::create_hard_link(entry->path(), to / name, error);
    if (error) error.clear(), fs::copy_file(entry->path(), to / name, error);
    if (error) break;
  }
  if (!error) return {};
  return fail(Errc::io, "database: cannot look at a copy of it: " + error.message());
}

// Opens the copy and compares. The folder itself is untouched whatever comes of it.
Result<void> rehearse(const StorePaths& paths, const AnchorState& anchor) {
  fs::path copy = paths.database;
  copy += ".rehearsal";
  if (auto linked = link_files(paths.database, copy); !linked) return linked;
  Result<void> outcome;
  {
    auto database = Database::open(copy, false);
    if (!database) {
      outcome = fail(database.error());
    } else {
      const Reading reading(std::move(*database));
      auto head = read_head(reading);
      outcome = head ? check_anchored(reading, *head, anchor) : fail(head.error());
    }
  }
  std::error_code ignored;
  fs::remove_all(copy, ignored);
  return outcome;
}

bool sync_path(const fs::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return errno == ENOENT;  // a log that was compacted meanwhile is in a synced table
  const bool synced = fsync(file) == 0;
  ::close(file);
  return synced;
}

class LevelStore final : public Store {
 public:
  LevelStore(fs::path folder, std::shared_ptr<Database> database, Anchor anchor,
             std::shared_ptr<const LevelSnapshot> snapshot)
      : folder_(std::move(folder)),
        database_(std::move(database)),
        anchor_(std::move(anchor)),
        snapshot_(std::move(snapshot)) {
    unpublished_.push_back(snapshot_);
  }

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> published() const override {
    const std::lock_guard lock(mutex_);
    return published_;
  }
  [[nodiscard]] const AnchorState& anchor() const override { return anchor_.state(); }

  [[nodiscard]] Result<void> apply(const BlockResult& block, Durability durability) override;
  [[nodiscard]] Result<void> sync() override;
  [[nodiscard]] Result<void> record_cosigned(std::uint64_t size, const Digest& root,
                                             std::uint64_t time_s) override;
  [[nodiscard]] Result<void> publish(std::uint64_t size, const Digest& root,
                                     std::string note) override;
  [[nodiscard]] Result<std::optional<std::string>> checkpoint_at(std::uint64_t size) const override;
  [[nodiscard]] Result<std::optional<Bytes>> ordering_blob(const Digest& key) const override;
  [[nodiscard]] Result<std::optional<Head>> head_at(std::uint64_t height) const override;

  // Takes up the last published checkpoint, where it is that of the executed head.
  [[nodiscard]] Result<void> restore_published();

 private:
  [[nodiscard]] Result<void> check_follows(const BlockResult& block) const;
  [[nodiscard]] Result<void> write(leveldb::WriteBatch& batch, bool synced);
  void show(std::shared_ptr<const LevelSnapshot> next);
  [[nodiscard]] std::shared_ptr<const LevelSnapshot> held(std::uint64_t size) const;
  [[nodiscard]] Result<void> anchor_head();

  fs::path folder_;
  std::shared_ptr<Database> database_;
  Anchor anchor_;        // writer thread only
  bool failed_ = false;  // writer thread only: a write failed, so nothing more is written

  mutable std::mutex mutex_;
  std::shared_ptr<const LevelSnapshot> snapshot_;
  std::shared_ptr<const LevelSnapshot> published_;
  // Heads that a checkpoint may still come for, one of each size, ascending.
  std::deque<std::shared_ptr<const LevelSnapshot>> unpublished_;
};

Result<void> LevelStore::check_follows(const BlockResult& block) const {
  const Head& head = snapshot_->head();
  if (block.before != head) {
    return fail(Errc::mismatch, "forked: block " + std::to_string(block.after.head.height) +
                                    " was not executed on the head at height " +
                                    std::to_string(head.height));
  }
  // A crash may have left the cosigned head in the anchor only. Executing up to it again must give
  // the same, or this node must not sign any more.
  const AnchorState& anchor = anchor_.state();
  const Head& after = block.after.head;
  const bool reaches =
      after.log_size >= anchor.cosigned_size && head.log_size < anchor.cosigned_size;
  if (reaches &&
      (after.log_size != anchor.cosigned_size || after.log_root != anchor.cosigned_root)) {
    return fail(Errc::mismatch,
                "forked: execution gives another log than this node cosigned at size " +
                    std::to_string(anchor.cosigned_size));
  }
  return {};
}

Result<void> LevelStore::write(leveldb::WriteBatch& batch, bool synced) {
  if (failed_) return fail(Errc::io, "database: a write failed before; open it again");
  leveldb::WriteOptions options;
  options.sync = synced;
  const leveldb::Status status = database_->db().Write(options, &batch);
  if (status.ok()) return {};
  failed_ = true;
  return level_error(status);
}

void LevelStore::show(std::shared_ptr<const LevelSnapshot> next) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
  const std::uint64_t size = snapshot_->head().log_size;
  if (!unpublished_.empty() && unpublished_.back()->head().log_size == size) {
    unpublished_.pop_back();
  }
  unpublished_.push_back(snapshot_);
  if (unpublished_.size() > kUnpublishedHeadsMax) unpublished_.pop_front();
}

Result<void> LevelStore::apply(const BlockResult& block, Durability durability) {
  const Head& head = snapshot_->head();
  if (block.after.head.height <= head.height) {
    auto then = head_at(block.after.head.height);
    if (!then) return fail(then.error());
    if (*then && **then == block.after.head) return {};
    return fail(Errc::mismatch, "forked: height " + std::to_string(block.after.head.height) +
                                    " was executed before with another outcome");
  }
  if (auto follows = check_follows(block); !follows) return follows;
  leveldb::WriteBatch batch = batch_of(block);
  if (auto written = write(batch, false); !written) return written;
  auto next = std::make_shared<const LevelSnapshot>(std::make_shared<const Reading>(database_),
                                                    block.after, std::string());
  if (auto checked = check_written(*next, snapshot_->ledger().log, block); !checked) {
    failed_ = true;
    return checked;
  }
  show(std::move(next));
  return durability == Durability::synced ? sync() : Result<void>();
}

Result<void> LevelStore::sync() {
  if (failed_) return fail(Errc::io, "database: a write failed before; open it again");
  // A log that LevelDB has just turned away from is not synced by a synced write to the next one.
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder_, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->path().extension() != ".log") continue;
    if (!sync_path(entry->path(), O_RDONLY)) {
      failed_ = true;
      return fail(Errc::io, "database: sync of " + entry->path().string() + " failed");
    }
  }
  if (error) {
    failed_ = true;
    return fail(Errc::io, "database: " + error.message());
  }
  return anchor_head();
}

Result<void> LevelStore::anchor_head() {
  const Head& head = snapshot_->head();
  AnchorState next = anchor_.state();
  next.height = head.height;
  next.block_id = head.block_id;
  next.log_size = head.log_size;
  next.log_root = head.log_root;
  return anchor_.write(next);
}

Result<void> LevelStore::record_cosigned(std::uint64_t size, const Digest& root,
                                         std::uint64_t time_s) {
  if (size == 0 || size > snapshot_->head().log_size) {
    return fail(Errc::mismatch, "cosignature: size " + std::to_string(size) + " is not executed");
  }
  auto own = log_root(*snapshot_, size);
  if (!own) return fail(own.error());
  if (*own != root) {
    return fail(Errc::mismatch,
                "cosignature: not this node's root at size " + std::to_string(size));
  }
  AnchorState next = anchor_.state();
  next.cosigned_size = size;
  next.cosigned_root = root;
  next.cosigned_time_s = time_s;
  return anchor_.write(next);
}

std::shared_ptr<const LevelSnapshot> LevelStore::held(std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  for (const auto& snapshot : unpublished_) {
    if (snapshot->head().log_size == size) return snapshot;
  }
  if (published_ && published_->head().log_size == size) return published_;
  return nullptr;
}

Result<void> LevelStore::publish(std::uint64_t size, const Digest& root, std::string note) {
  const auto head = held(size);
  if (!head) {
    return fail(Errc::not_found,
                "checkpoint: no head of size " + std::to_string(size) + " is held");
  }
  if (head->head().log_root != root) {
    return fail(Errc::mismatch,
                "checkpoint: another root than this node's at size " + std::to_string(size));
  }
  if (published_ && size < published_->head().log_size) {
    return fail(Errc::usage, "checkpoint: a larger one is published");
  }
  leveldb::WriteBatch batch;
  put(batch, format::number_key(Kind::checkpoint, size), as_bytes(note));
  if (auto written = write(batch, false); !written) return written;
  auto published = head->with_checkpoint(std::move(note));
  const std::lock_guard lock(mutex_);
  published_ = std::move(published);
  // The head of this size stays: its checkpoint is renewed while the chain idles.
  while (unpublished_.size() > 1 && unpublished_.front()->head().log_size < size) {
    unpublished_.pop_front();
  }
  return {};
}

Result<std::optional<std::string>> LevelStore::checkpoint_at(std::uint64_t size) const {
  const Reading reading(database_);
  const auto at = reading.iterate();
  const std::string wanted = format::number_key(Kind::checkpoint, size);
  at->Seek(slice(wanted));
  if (!at->Valid()) {
    at->SeekToLast();
  } else if (view_of(at->key()) != wanted) {
    at->Prev();
  }
  if (!at->status().ok()) return level_error(at->status());
  if (!at->Valid()) return std::optional<std::string>();
  const std::string_view key = view_of(at->key());
  if (!format::number_of(Kind::checkpoint, key)) return std::optional<std::string>();
  auto note = format::open_value(key, view_of(at->value()));
  if (!note) return fail(note.error());
  return std::optional<std::string>(as_text(*note));
}

Result<std::optional<Bytes>> LevelStore::ordering_blob(const Digest& key) const {
  return Reading(database_).find(format::digest_key(Kind::ordering, key));
}

Result<std::optional<Head>> LevelStore::head_at(std::uint64_t height) const {
  auto bytes = Reading(database_).find(format::number_key(Kind::block, height));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<Head>();
  auto head = format::decode_head(**bytes);
  if (!head) return fail(head.error());
  return std::optional<Head>(std::move(*head));
}

Result<void> LevelStore::restore_published() {
  const std::uint64_t size = snapshot_->head().log_size;
  auto note = snapshot_->reading().find(format::number_key(Kind::checkpoint, size));
  if (!note) return fail(note.error());
  if (*note) published_ = snapshot_->with_checkpoint(std::string(as_text(**note)));
  return {};
}

Result<std::shared_ptr<const LevelSnapshot>> read_snapshot(
    const std::shared_ptr<Database>& database) {
  auto reading = std::make_shared<const Reading>(database);
  auto head = read_head(*reading);
  if (!head) return fail(head.error());
  auto tree = read_tree(*reading, *head);
  if (!tree) return fail(tree.error());
  auto log = read_log(*reading, *head);
  if (!log) return fail(log.error());
  auto snapshot = std::make_shared<const LevelSnapshot>(
      std::move(reading), LedgerState{std::move(*head), std::move(*log), std::move(*tree)},
      std::string());
  if (auto checked = check_newest_items(*snapshot); !checked) return fail(checked.error());
  return snapshot;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::create(const StorePaths& paths,
                                             const BlockResult& genesis_block) {
  std::error_code ignored;
  if (fs::exists(paths.anchor, ignored)) {
    return fail(Errc::usage, "anchor " + paths.anchor.string() + ": is there already");
  }
  auto database = Database::open(paths.database, true);
  if (!database) return fail(database.error());
  leveldb::WriteBatch batch = batch_of(genesis_block);
  leveldb::WriteOptions options;
  options.sync = true;
  if (const auto status = (*database)->db().Write(options, &batch); !status.ok()) {
    return level_error(status);
  }
  // LevelDB syncs its directory only together with a manifest.
  const fs::path parent = paths.database.has_parent_path() ? paths.database.parent_path() : ".";
  if (!sync_path(paths.database, O_RDONLY | O_DIRECTORY) ||
      !sync_path(parent, O_RDONLY | O_DIRECTORY)) {
    return fail(Errc::io, "database: sync of its folder failed");
  }
  const Head& head = genesis_block.after.head;
  auto anchor = Anchor::create(
      paths.anchor,
      AnchorState{
          head.chain_id, head.height, head.block_id, head.log_size, head.log_root, 0, {}, 0});
  if (!anchor) return fail(anchor.error());
  auto snapshot = std::make_shared<const LevelSnapshot>(std::make_shared<const Reading>(*database),
                                                        genesis_block.after, std::string());
  if (auto checked = check_written(*snapshot, Log(), genesis_block); !checked) {
    return fail(checked.error());
  }
  return std::make_unique<LevelStore>(paths.database, std::move(*database), std::move(*anchor),
                                      std::move(snapshot));
}

Result<std::unique_ptr<Store>> Store::open(const StorePaths& paths, const Digest& chain_id) {
  auto anchor = Anchor::open(paths.anchor);
  if (!anchor) {
    const bool none = anchor.error().code == Errc::not_found;
    return fail(none ? "no-anchor" : "anchor-damaged", anchor.error());
  }
  if (anchor->state().chain_id != chain_id) {
    return fail(Errc::mismatch, "other-chain: the anchor belongs to another network");
  }
  if (auto files = check_files(paths.database); !files) return fail(files.error());
  if (auto rehearsed = rehearse(paths, anchor->state()); !rehearsed) {
    return fail(rehearsed.error());
  }
  auto database = Database::open(paths.database, false);
  if (!database) return fail(database.error());
  auto snapshot = read_snapshot(*database);
  if (!snapshot) return fail(snapshot.error());
  const Head& head = (*snapshot)->head();
  const AnchorState& state = anchor->state();
  if (auto same = check_anchored((*snapshot)->reading(), head, state); !same) {
    return fail(same.error());
  }
  if (state.cosigned_size > 0 && state.cosigned_size <= head.log_size) {
    auto root = log_root(**snapshot, state.cosigned_size);
    if (!root) return fail(root.error());
    if (*root != state.cosigned_root) {
      return fail(Errc::mismatch, "forked: the log is not the one that this node cosigned");
    }
  }
  auto store = std::make_unique<LevelStore>(paths.database, std::move(*database),
                                            std::move(*anchor), std::move(*snapshot));
  if (auto restored = store->restore_published(); !restored) return fail(restored.error());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace footproof::ledger
