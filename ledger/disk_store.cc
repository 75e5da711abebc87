#include "ledger/disk_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "attest/statement.h"
#include "ledger/epochs.h"
#include "ledger/history.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;

constexpr std::size_t kPostingsAtOnce = 4096;

Bytes history_version() { return ByteWriter().u32(kHistoryVersion).bytes(); }

Bytes encode_item(const LogItem& item) {
  return ByteWriter().u8(static_cast<std::uint8_t>(item.kind)).raw(item.bytes).bytes();
}

// Bytes of our own log: what does not parse has no postings, and is found when it is read.
void put_postings(Batch& batch, std::uint64_t index, ByteView statement) {
  const auto parsed = parse_statement(statement);
  if (!parsed) return;
  for (const Digest& term : history_terms(*parsed)) {
    batch.put(format::posting_key(term, index), {});
  }
}

}  // namespace

void put_history_version(Batch& batch) { batch.put(format::history_key(), history_version()); }

void put_item(Batch& batch, const LogItem& item) {
  batch.put(format::number_key(Kind::item, item.index), encode_item(item));
  if (item.kind == ItemKind::record) return;
  batch.put(format::digest_key(Kind::subject, item.subject), item.entry_id.view());
  put_postings(batch, item.index, item.bytes);
}

void put_place(Batch& batch, const Digest& entry_id, std::uint64_t index,
               std::uint64_t recorded_ms) {
  batch.put(format::digest_key(Kind::entry, entry_id),
            ByteWriter().u64(index).u64(recorded_ms).bytes());
}

void put_height(Batch& batch, std::uint64_t record_index, std::uint64_t height) {
  batch.put(format::number_key(Kind::record_at, record_index), ByteWriter().u64(height).bytes());
}

void put_growth(Batch& batch, const LogGrowth& growth) {
  for (const TileHash& hash : growth.hashes) {
    batch.put(format::position_key(Kind::hash, hash.at), hash.hash.view());
  }
  for (const FullTile& tile : growth.tiles) {
    Bytes body;
    for (const Digest& hash : tile.hashes) append(body, hash.view());
    batch.put(format::position_key(Kind::tile, tile.at), body);
    for (std::uint64_t at = 0; at < kTileWidth; ++at) {
      batch.erase(
          format::position_key(Kind::hash, {tile.at.level, tile.at.index * kTileWidth + at}));
    }
  }
}

Batch batch_of(const BlockResult& block) {
  Batch batch;
  const Head& head = block.after.head;
  for (const LogItem& item : block.items) {
    put_item(batch, item);
    if (item.kind == ItemKind::record) {
      put_height(batch, item.index, head.height);
    } else {
      put_place(batch, item.entry_id, item.index, head.time_ms);
    }
  }
  put_growth(batch, block.growth);
  for (const auto& [key, record] : block.changes) {
    const std::string at = format::digest_key(Kind::state, key);
    if (record) {
      batch.put(at, *record);
    } else {
      batch.erase(at);
    }
  }
  for (const OrderingBlob& blob : block.ordering) {
    batch.put(format::digest_key(Kind::ordering, blob.key), blob.bytes);
  }
  const Bytes encoded = format::encode_head(head);
  batch.put(format::number_key(Kind::block, head.height), encoded);
  batch.put(format::head_key(), encoded);
  // A store begins with the postings of this version; opening an older one brings it up to it.
  if (head.height == 0) put_history_version(batch);
  return batch;
}

Result<bool> make_history(Database& database, const DiskSnapshot& snapshot) {
  const Reading& reading = snapshot.reading();
  auto version = reading.find(format::history_key());
  if (!version) return fail(version.error());
  if (*version && **version == history_version()) return false;
  const std::string all(1, static_cast<char>(Kind::posting));
  std::string from = all;
  for (;;) {
    auto old = reading.keys_from(from, all, kPostingsAtOnce);
    if (!old) return fail(old.error());
    if (old->empty()) break;
    Batch batch;
    for (std::string& key : *old) batch.erase(key);
    from = old->back() + '\0';
    if (auto written = database.write(batch, false); !written) return fail(written.error());
  }
  for (std::uint64_t index = 0; index < snapshot.head().log_size;) {
    Batch batch;
    for (; index < snapshot.head().log_size && batch.changes().size() < kPostingsAtOnce; ++index) {
      auto item = snapshot.item(index);
      if (!item) return fail(item.error());
      if (item->kind == ItemKind::statement) put_postings(batch, index, item->bytes);
    }
    if (auto written = database.write(batch, false); !written) return fail(written.error());
  }
  // Last, so that a crash before it begins anew.
  Batch batch;
  put_history_version(batch);
  if (auto written = database.write(batch, true); !written) return fail(written.error());
  return true;
}

Result<void> check_written(const DiskSnapshot& snapshot, const Log& before,
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

bool sync_path(const fs::path& path, bool is_folder) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0));
  if (file < 0) return errno == ENOENT;
  const bool synced = fsync(file) == 0;
  ::close(file);
  return synced;
}

DiskStore::DiskStore(fs::path folder, std::shared_ptr<Database> database, Anchor anchor,
                     std::shared_ptr<const DiskSnapshot> snapshot)
    : folder_(std::move(folder)),
      database_(std::move(database)),
      anchor_(std::move(anchor)),
      snapshot_(std::move(snapshot)) {
  unpublished_.push_back(snapshot_);
}

std::shared_ptr<const Snapshot> DiskStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::shared_ptr<const Snapshot> DiskStore::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

Result<void> DiskStore::check_follows(const BlockResult& block) const {
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

Result<void> DiskStore::write(const Batch& batch) {
  if (failed_) return fail(Errc::io, "database: a write failed before; open it again");
  auto written = database_->write(batch, false);
  if (!written) failed_ = true;
  return written;
}

void DiskStore::show(std::shared_ptr<const DiskSnapshot> next) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
  const std::uint64_t size = snapshot_->head().log_size;
  if (!unpublished_.empty() && unpublished_.back()->head().log_size == size) {
    unpublished_.pop_back();
  }
  unpublished_.push_back(snapshot_);
  if (unpublished_.size() > kUnpublishedHeadsMax) unpublished_.pop_front();
}

Result<void> DiskStore::apply(const BlockResult& block, Durability durability) {
  const Head& head = snapshot_->head();
  if (block.after.head.height <= head.height) {
    auto then = head_at(block.after.head.height);
    if (!then) return fail(then.error());
    if (*then && **then == block.after.head) return {};
    return fail(Errc::mismatch, "forked: height " + std::to_string(block.after.head.height) +
                                    " was executed before with another outcome");
  }
  if (auto follows = check_follows(block); !follows) return follows;
  if (auto written = write(batch_of(block)); !written) return written;
  auto next = std::make_shared<const DiskSnapshot>(std::make_shared<const Reading>(database_),
                                                   block.after, std::string());
  if (auto checked = check_written(*next, snapshot_->ledger().log, block); !checked) {
    failed_ = true;
    return checked;
  }
  show(std::move(next));
  return durability == Durability::synced ? sync() : Result<void>();
}

Result<void> DiskStore::sync() {
  if (failed_) return fail(Errc::io, "database: a write failed before; open it again");
  if (auto synced = sync_files(); !synced) {
    failed_ = true;
    return synced;
  }
  return anchor_head();
}

Result<void> DiskStore::sync_files() {
  // A log that LevelDB has just turned away from is not synced by a synced write to the next one.
  std::set<std::string> logs;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder_, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->path().extension() != ".log") continue;
    if (!sync_path(entry->path(), false)) {
      return fail(Errc::io, "database: sync of " + entry->path().string() + " failed");
    }
    logs.insert(entry->path().filename().string());
  }
  if (error) return fail(Errc::io, "database: " + error.message());
  // LevelDB syncs the name of a new log only with its next manifest, which comes later.
  if (logs != named_logs_) {
    if (!sync_path(folder_, true)) return fail(Errc::io, "database: sync of its folder failed");
    named_logs_ = std::move(logs);
  }
  return {};
}

Result<void> DiskStore::write_anchor(const AnchorState& next) {
  auto written = anchor_.write(next);
  if (!written && written.error().code == Errc::io) failed_ = true;
  return written;
}

Result<void> DiskStore::anchor_head() {
  const Head& head = snapshot_->head();
  AnchorState next = anchor_.state();
  next.height = head.height;
  next.block_id = head.block_id;
  next.log_size = head.log_size;
  next.log_root = head.log_root;
  return write_anchor(next);
}

Result<void> DiskStore::record_cosigned(std::uint64_t size, const Digest& root,
                                        std::uint64_t time_s) {
  if (failed_) return fail(Errc::io, "database: a write failed before; open it again");
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
  return write_anchor(next);
}

std::shared_ptr<const DiskSnapshot> DiskStore::held(std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  for (const auto& snapshot : unpublished_) {
    if (snapshot->head().log_size == size) return snapshot;
  }
  if (published_ && published_->head().log_size == size) return published_;
  return nullptr;
}

Result<void> DiskStore::publish(std::uint64_t size, const Digest& root, std::string note) {
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
  Batch batch;
  batch.put(format::number_key(Kind::checkpoint, size), as_bytes(note));
  if (auto written = write(batch); !written) return written;
  auto published = head->with_checkpoint(std::move(note));
  const std::lock_guard lock(mutex_);
  published_ = std::move(published);
  // The head of this size stays: its checkpoint is renewed while the chain idles.
  while (unpublished_.size() > 1 && unpublished_.front()->head().log_size < size) {
    unpublished_.pop_front();
  }
  return {};
}

Result<std::optional<std::string>> DiskStore::checkpoint_at(std::uint64_t size) const {
  const Reading reading(database_);
  auto key = reading.last_to(format::number_key(Kind::checkpoint, size));
  if (!key) return fail(key.error());
  if (!*key || !format::number_of(Kind::checkpoint, **key)) return std::optional<std::string>();
  auto note = reading.get(**key, "checkpoint");
  if (!note) return fail(note.error());
  return std::optional<std::string>(as_text(*note));
}

Result<void> DiskStore::keep_hop(const Hop& hop) {
  const auto epoch = check_hop(*snapshot_, hop);
  if (!epoch) return fail(epoch.error());
  const auto kept = this->hop(*epoch);
  if (!kept) return fail(kept.error());
  if (*kept) return sync();
  Batch batch;
  batch.put(format::number_key(Kind::hop, *epoch), encode_hop(hop));
  if (auto written = write(batch); !written) return written;
  return sync();
}

Result<std::optional<Hop>> DiskStore::hop(std::uint64_t epoch) const {
  auto bytes = Reading(database_).find(format::number_key(Kind::hop, epoch));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<Hop>();
  auto hop = parse_hop(**bytes);
  if (!hop) return fail(Errc::corrupt, "database-damaged: hop: " + hop.error().detail);
  return std::optional(std::move(*hop));
}

Result<std::optional<Bytes>> DiskStore::ordering_blob(const Digest& key) const {
  return Reading(database_).find(format::digest_key(Kind::ordering, key));
}

Result<std::optional<Head>> DiskStore::head_at(std::uint64_t height) const {
  auto bytes = Reading(database_).find(format::number_key(Kind::block, height));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<Head>();
  auto head = format::decode_head(**bytes);
  if (!head) return fail(head.error());
  return std::optional<Head>(*head);
}

Result<void> DiskStore::restore_published() {
  const std::uint64_t size = snapshot_->head().log_size;
  auto note = snapshot_->reading().find(format::number_key(Kind::checkpoint, size));
  if (!note) return fail(note.error());
  if (*note) published_ = snapshot_->with_checkpoint(std::string(as_text(**note)));
  return {};
}

}  // namespace footproof::ledger
