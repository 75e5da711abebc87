#include "ledger/database.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

constexpr std::size_t kWriteBufferSize = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kFileSizeMax = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kBlockCacheSize = std::size_t{64} * 1024 * 1024;
constexpr int kBloomBits = 10;
constexpr int kOpenFilesMax = 256;

leveldb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view_of(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

tl::unexpected<Error> level_error(const leveldb::Status& status) {
  const bool damage = status.IsCorruption() || status.IsInvalidArgument();
  return fail(damage ? Errc::corrupt : Errc::io,
              (damage ? "database-damaged: " : "database: ") + status.ToString());
}

class LevelDatabase final : public Database {
 public:
  [[nodiscard]] Result<void> open(const std::filesystem::path& folder, bool create) {
    leveldb::Options options;
    options.create_if_missing = create;
    options.error_if_exists = create;
    options.paranoid_checks = true;
    options.reuse_logs = false;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = kWriteBufferSize;
    options.max_file_size = kFileSizeMax;
    options.max_open_files = kOpenFilesMax;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, folder.string(), &opened);
    if (!status.ok()) return level_error(status);
    db_.reset(opened);
    return {};
  }

  [[nodiscard]] Result<void> write(const Batch& batch, bool synced) override {
    leveldb::WriteBatch changes;
    for (const auto& [key, value] : batch.changes()) {
      if (value) {
        changes.Put(slice(key), slice(*value));
      } else {
        changes.Delete(slice(key));
      }
    }
    leveldb::WriteOptions options;
    options.sync = synced;
    const leveldb::Status status = db_->Write(options, &changes);
    if (!status.ok()) return level_error(status);
    return {};
  }

  [[nodiscard]] leveldb::DB& db() { return *db_; }

 private:
  std::unique_ptr<leveldb::Cache> cache_{leveldb::NewLRUCache(kBlockCacheSize)};
  std::unique_ptr<const leveldb::FilterPolicy> filter_{leveldb::NewBloomFilterPolicy(kBloomBits)};
  std::unique_ptr<leveldb::DB> db_;  // last: it uses the two above
};

}  // namespace

void Batch::put(const std::string& key, ByteView bytes) {
  changes_.emplace_back(key, store_format::seal_value(key, bytes));
}

Result<std::shared_ptr<Database>> Database::open(const std::filesystem::path& folder, bool create) {
  auto database = std::make_shared<LevelDatabase>();
  if (auto opened = database->open(folder, create); !opened) return fail(opened.error());
  return std::shared_ptr<Database>(std::move(database));
}

struct Reading::Moment {
  std::shared_ptr<LevelDatabase> database;
  const leveldb::Snapshot* snapshot;

  [[nodiscard]] leveldb::ReadOptions options(bool fill_cache) const {
    leveldb::ReadOptions read;
    read.verify_checksums = true;
    read.fill_cache = fill_cache;
    read.snapshot = snapshot;
    return read;
  }
  [[nodiscard]] std::unique_ptr<leveldb::Iterator> iterate() const {
    return std::unique_ptr<leveldb::Iterator>(database->db().NewIterator(options(false)));
  }
};

namespace {

class LevelCursor final : public Cursor {
 public:
  explicit LevelCursor(std::unique_ptr<leveldb::Iterator> at) : at_(std::move(at)) {
    at_->SeekToFirst();
  }
  [[nodiscard]] bool valid() const override { return at_->Valid(); }
  [[nodiscard]] std::string_view key() const override { return view_of(at_->key()); }
  [[nodiscard]] std::string_view value() const override { return view_of(at_->value()); }
  void next() override { at_->Next(); }
  [[nodiscard]] Result<void> status() const override {
    if (!at_->status().ok()) return level_error(at_->status());
    return {};
  }

 private:
  std::unique_ptr<leveldb::Iterator> at_;
};

}  // namespace

std::unique_ptr<Cursor> Reading::rows() const {
  return std::make_unique<LevelCursor>(moment_->iterate());
}

Reading::Reading(std::shared_ptr<Database> database) {
  auto level = std::static_pointer_cast<LevelDatabase>(std::move(database));
  const leveldb::Snapshot* snapshot = level->db().GetSnapshot();
  moment_ = std::make_unique<const Moment>(Moment{std::move(level), snapshot});
}

Reading::~Reading() { moment_->database->db().ReleaseSnapshot(moment_->snapshot); }

Result<std::optional<Bytes>> Reading::find(const std::string& key) const {
  std::string value;
  const leveldb::Status status =
      moment_->database->db().Get(moment_->options(true), slice(key), &value);
  if (status.IsNotFound()) return std::optional<Bytes>();
  if (!status.ok()) return level_error(status);
  auto bytes = store_format::open_value(key, value);
  if (!bytes) return fail(bytes.error());
  return std::optional<Bytes>(to_bytes(*bytes));
}

Result<Bytes> Reading::get(const std::string& key, const char* what) const {
  auto found = find(key);
  if (!found) return fail(found.error());
  if (!*found) {
    return fail(Errc::corrupt,
                std::string("database-damaged: no ") + what + ", " + store_format::row_text(key));
  }
  return std::move(**found);
}

Result<void> Reading::scan(
    const std::string& prefix,
    const std::function<Result<void>(std::string_view key, ByteView bytes)>& visit) const {
  const auto at = moment_->iterate();
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    const std::string_view key = view_of(at->key());
    auto bytes = store_format::open_value(key, view_of(at->value()));
    if (!bytes) return fail(bytes.error());
    if (auto visited = visit(key, *bytes); !visited) return visited;
  }
  if (!at->status().ok()) return level_error(at->status());
  return {};
}

Result<std::vector<std::string>> Reading::keys_from(const std::string& key,
                                                    const std::string& prefix,
                                                    std::size_t count) const {
  std::vector<std::string> keys;
  const auto at = moment_->iterate();
  for (at->Seek(slice(key));
       keys.size() < count && at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    keys.emplace_back(view_of(at->key()));
  }
  if (!at->status().ok()) return level_error(at->status());
  return keys;
}

Result<std::optional<std::string>> Reading::first_from(const std::string& key) const {
  const auto at = moment_->iterate();
  at->Seek(slice(key));
  if (!at->status().ok()) return level_error(at->status());
  if (!at->Valid()) return std::optional<std::string>();
  return std::optional<std::string>(view_of(at->key()));
}

Result<std::optional<std::string>> Reading::last_to(const std::string& key) const {
  const auto at = moment_->iterate();
  at->Seek(slice(key));
  if (!at->Valid()) {
    at->SeekToLast();
  } else if (view_of(at->key()) != key) {
    at->Prev();
  }
  if (!at->status().ok()) return level_error(at->status());
  if (!at->Valid()) return std::optional<std::string>();
  return std::optional<std::string>(view_of(at->key()));
}

}  // namespace footproof::ledger
