// The one Store there is. Inside ledger/store_open.cc, ledger/store_builder.cc and
// ledger/disk_store.cc only.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "ledger/database.h"
#include "ledger/disk_snapshot.h"
#include "ledger/store.h"

namespace footproof::ledger {

// The rows of one entry of the log; of statements without those that need the time of their block.
void put_item(Batch& batch, const LogItem& item);
// Where a statement stands, and when it was recorded.
void put_place(Batch& batch, const Digest& entry_id, std::uint64_t index,
               std::uint64_t recorded_ms);
// The record at this index is of the block at this height.
void put_height(Batch& batch, std::uint64_t record_index, std::uint64_t height);
void put_growth(Batch& batch, const LogGrowth& growth);
void put_history_version(Batch& batch);
// The log of that size, to go on from.
[[nodiscard]] Result<Log> read_log(const Reading& reading, std::uint64_t size);
// Everything that a block's result adds to the database.
[[nodiscard]] Batch batch_of(const BlockResult& block);
// Brings the postings of the history up to the terms of this version, from the log alone. True: it
// had to, and `snapshot` is of the time before.
[[nodiscard]] Result<bool> make_history(Database& database, const DiskSnapshot& snapshot);
// What was written, read back and hashed again: the leaves must lead from the log before to the
// root after, the records must be those of the tree.
[[nodiscard]] Result<void> check_written(const DiskSnapshot& snapshot, const Log& before,
                                         const BlockResult& block);
// A folder that LevelDB may open in the place of another: tables are linked, all else is copied.
[[nodiscard]] Result<void> link_files(const std::filesystem::path& from,
                                      const std::filesystem::path& to);
// fsync of a file or folder. A file that is gone counts as synced.
[[nodiscard]] bool sync_path(const std::filesystem::path& path, bool is_folder);

class DiskStore final : public Store {
 public:
  DiskStore(std::filesystem::path folder, std::shared_ptr<Database> database, Anchor anchor,
            std::shared_ptr<const DiskSnapshot> snapshot);

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override;
  [[nodiscard]] std::shared_ptr<const Snapshot> published() const override;
  [[nodiscard]] const AnchorState& anchor() const override { return anchor_.state(); }
  [[nodiscard]] Result<void> apply(const BlockResult& block, Durability durability) override;
  [[nodiscard]] Result<void> sync() override;
  [[nodiscard]] Result<void> record_cosigned(std::uint64_t size, const Digest& root,
                                             std::uint64_t time_s) override;
  [[nodiscard]] Result<void> publish(std::uint64_t size, const Digest& root,
                                     std::string note) override;
  [[nodiscard]] Result<std::optional<std::string>> checkpoint_at(std::uint64_t size) const override;
  [[nodiscard]] Result<void> keep_hop(const Hop& hop) override;
  [[nodiscard]] Result<std::optional<Hop>> hop(std::uint64_t epoch) const override;
  [[nodiscard]] Result<std::optional<Bytes>> ordering_blob(const Digest& key) const override;
  [[nodiscard]] Result<std::optional<Head>> head_at(std::uint64_t height) const override;

  // Takes up the last published checkpoint, where it is that of the executed head.
  [[nodiscard]] Result<void> restore_published();

 private:
  [[nodiscard]] Result<void> check_follows(const BlockResult& block) const;
  [[nodiscard]] Result<void> write(const Batch& batch);
  void show(std::shared_ptr<const DiskSnapshot> next);
  [[nodiscard]] std::shared_ptr<const DiskSnapshot> held(std::uint64_t size) const;
  [[nodiscard]] Result<void> anchor_head();
  [[nodiscard]] Result<void> write_anchor(const AnchorState& next);
  // Everything that LevelDB has written so far, and the names of the files it stands in.
  [[nodiscard]] Result<void> sync_files();

  std::filesystem::path folder_;
  std::shared_ptr<Database> database_;
  Anchor anchor_;        // writer thread only
  bool failed_ = false;  // writer thread only: a write failed, so nothing more is written
  std::set<std::string> named_logs_;  // writer thread only: whose names are synced

  // Guards the three below against readers; only the writer thread changes them.
  mutable std::mutex mutex_;
  std::shared_ptr<const DiskSnapshot> snapshot_;
  std::shared_ptr<const DiskSnapshot> published_;
  // Heads that a checkpoint may still come for, one of each size, ascending.
  std::deque<std::shared_ptr<const DiskSnapshot>> unpublished_;
};

}  // namespace footproof::ledger
