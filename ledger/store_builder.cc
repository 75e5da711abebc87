#include "ledger/store_builder.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "attest/block_record.h"
#include "attest/statement.h"
#include "ledger/anchor.h"
#include "ledger/disk_store.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;

constexpr std::size_t kErasedAtOnce = 4096;
// A statement begins with CBOR tag 18, a block record with an array.
constexpr std::uint8_t kStatementHead = 0xd2;

std::string own_key(std::string_view name) {
  return format::digest_key(Kind::ordering, tagged_hash(name, {}));
}
std::string progress_key() { return own_key("footproof/ledger/builder/progress/v1"); }
std::string note_key() { return own_key("footproof/ledger/builder/note/v1"); }

// Every log file of the database and their names: what it wrote and has not made a table of.
Result<void> sync_database(const fs::path& folder) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->path().extension() == ".log" && !sync_path(entry->path(), false)) {
      return fail(Errc::io, "database: sync of " + entry->path().string() + " failed");
    }
  }
  if (error) return fail(Errc::io, "database: " + error.message());
  if (!sync_path(folder, true)) return fail(Errc::io, "database: sync of its folder failed");
  return {};
}

}  // namespace

Result<std::unique_ptr<StoreBuilder>> StoreBuilder::open(const fs::path& folder,
                                                         const Digest& chain_id) {
  std::error_code ignored;
  const bool begun = fs::exists(folder / "CURRENT", ignored);
  auto database = Database::open(folder, !begun);
  if (!database) return fail(database.error());
  std::unique_ptr<StoreBuilder> builder(new StoreBuilder(folder, std::move(*database), chain_id));
  if (auto resumed = builder->resume(); !resumed) return fail(resumed.error());
  return builder;
}

Result<void> StoreBuilder::resume() {
  const Reading reading(database_);
  const auto finished = reading.find(format::head_key());
  if (!finished) return fail(finished.error());
  if (*finished) {
    const auto head = format::decode_head(**finished);
    if (!head) return fail(head.error());
    head_ = *head;
    is_finished_ = true;
    return {};
  }
  auto note = reading.find(note_key());
  if (!note) return fail(note.error());
  if (*note) note_ = **std::move(note);
  const auto progress = reading.find(progress_key());
  if (!progress) return fail(progress.error());
  if (!*progress) return {};
  ByteReader in(**progress);
  const std::uint64_t size = in.u64();
  const bool has_record = in.u8() != 0;
  const std::uint64_t height = in.u64();
  if (!in.exhausted()) return fail(Errc::corrupt, "database-damaged: progress of a snapshot");
  auto log = read_log(reading, size);
  if (!log) return fail(log.error());
  log_ = std::move(*log);
  if (has_record) {
    const auto bytes = reading.get(format::number_key(Kind::block, height), "head");
    if (!bytes) return fail(bytes.error());
    auto head = format::decode_head(*bytes);
    if (!head) return fail(head.error());
    head_ = *head;
  }
  for (std::uint64_t index = head_ ? head_->log_size : 0; index < size; ++index) {
    const auto bytes = reading.get(format::number_key(Kind::item, index), "entry of the log");
    if (!bytes) return fail(bytes.error());
    const auto statement = parse_statement(ByteView(*bytes).subspan(1));
    if (!statement) return fail(Errc::corrupt, "database-damaged: entry of a snapshot");
    open_.push_back({index, statement->entry_id()});
  }
  return {};
}

void StoreBuilder::put_progress(Batch& batch) const {
  ByteWriter out;
  out.u64(log_.size()).u8(head_ ? 1 : 0).u64(head_ ? head_->height : 0);
  batch.put(progress_key(), out.bytes());
}

Result<void> StoreBuilder::add_entry(ByteView bytes, Batch& batch, LogGrowth& growth) {
  const auto bad = [this](const std::string& why) {
    return fail(Errc::malformed, "entry " + std::to_string(log_.size()) + ": " + why);
  };
  if (bytes.empty()) return bad("is empty");
  LogItem item;
  item.index = log_.size();
  item.bytes = to_bytes(bytes);
  if (bytes.front() == kStatementHead) {
    const auto statement = parse_statement(bytes);
    if (!statement) return bad(statement.error().detail);
    item.entry = statement_entry(bytes);
    item.entry_id = statement->entry_id();
    item.subject = subject_key(statement->issuer(), statement->subject());
    put_item(batch, item);
    open_.push_back({item.index, item.entry_id});
    log_.append(leaf_hash(item.entry.view()), growth);
    return {};
  }
  const auto record = parse_block_record(bytes);
  if (!record) return bad(record.error().detail);
  if (record->chain_id != chain_id_ || record->index() != item.index ||
      record->count != open_.size()) {
    return bad("is not the record of the statements before it");
  }
  item.kind = ItemKind::record;
  item.entry = block_record_entry(bytes);
  put_item(batch, item);
  log_.append(leaf_hash(item.entry.view()), growth);
  head_ = Head{chain_id_,   record->height, record->epoch,      record->time.ms, record->block_id,
               log_.size(), log_.root(),    record->state_root, record->height,  record->time.ms};
  for (const Open& open : open_) put_place(batch, open.entry_id, open.index, record->time.ms);
  open_.clear();
  put_height(batch, item.index, record->height);
  batch.put(format::number_key(Kind::block, record->height), format::encode_head(*head_));
  return {};
}

Result<void> StoreBuilder::add_entries(std::span<const Bytes> entries) {
  Batch batch;
  LogGrowth growth;
  for (const Bytes& entry : entries) {
    if (auto added = add_entry(entry, batch, growth); !added) return added;
  }
  put_growth(batch, growth);
  put_progress(batch);
  return database_->write(batch, false);
}

Result<void> StoreBuilder::add_state(std::span<const std::pair<Digest, Bytes>> records,
                                     Bytes note) {
  Batch batch;
  for (const auto& [key, record] : records) batch.put(format::digest_key(Kind::state, key), record);
  batch.put(note_key(), note);
  if (auto written = database_->write(batch, false); !written) return written;
  note_ = std::move(note);
  return {};
}

Result<void> StoreBuilder::forget_state() {
  // The note first: cut off in between, nothing counts as there.
  if (auto written = add_state({}, {}); !written) return written;
  const std::string all(1, static_cast<char>(Kind::state));
  // Each time from behind those erased: LevelDB steps over their graves one by one.
  std::string from = all;
  for (;;) {
    const auto keys = Reading(database_).keys_from(from, all, kErasedAtOnce);
    if (!keys) return fail(keys.error());
    if (keys->empty()) return {};
    Batch batch;
    for (const std::string& key : *keys) batch.erase(key);
    from = keys->back() + '\0';
    if (auto written = database_->write(batch, false); !written) return written;
  }
}

Result<void> StoreBuilder::add_hop(std::uint64_t epoch, const Hop& hop) {
  Batch batch;
  batch.put(format::number_key(Kind::hop, epoch), encode_hop(hop));
  return database_->write(batch, false);
}

Result<std::optional<Hop>> StoreBuilder::hop(std::uint64_t epoch) const {
  const auto bytes = Reading(database_).find(format::number_key(Kind::hop, epoch));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<Hop>();
  auto hop = parse_hop(**bytes);
  if (!hop) return fail(Errc::corrupt, "database-damaged: hop: " + hop.error().detail);
  return std::optional(std::move(*hop));
}

Result<Head> StoreBuilder::finish(const std::string& checkpoint,
                                  const std::vector<OrderingBlob>& ordering,
                                  const fs::path& anchor) {
  if (!head_ || !open_.empty()) {
    return fail(Errc::usage, "snapshot: its log does not end with a block record");
  }
  // All that the head covers before the head: whoever finds it after a power cut has the rest.
  if (auto synced = sync_database(folder_); !synced) return fail(synced.error());
  Batch batch;
  for (const OrderingBlob& blob : ordering) {
    batch.put(format::digest_key(Kind::ordering, blob.key), blob.bytes);
  }
  batch.put(format::number_key(Kind::checkpoint, head_->log_size), as_bytes(checkpoint));
  batch.put(format::head_key(), format::encode_head(*head_));
  put_history_version(batch);
  batch.erase(progress_key());
  batch.erase(note_key());
  if (auto written = database_->write(batch, true); !written) return fail(written.error());
  return complete(anchor);
}

Result<Head> StoreBuilder::complete(const fs::path& anchor) {
  if (auto synced = sync_database(folder_); !synced) return fail(synced.error());
  database_.reset();
  std::error_code ignored;
  fs::remove(anchor, ignored);  // of a finish() that was cut off
  auto made = Anchor::create(
      anchor,
      AnchorState{
          chain_id_, head_->height, head_->block_id, head_->log_size, head_->log_root, 0, {}, 0});
  if (!made) return fail(made.error());
  return *head_;
}

}  // namespace footproof::ledger
