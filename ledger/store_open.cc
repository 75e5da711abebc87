// Making a store, and opening one through all the doubts about its disk: the anchor first, then a
// copy of the folder, then the folder itself (ledger/store.h, invariant 3).
#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "attest/merkle.h"
#include "ledger/database_files.h"
#include "ledger/disk_store.h"
#include "ledger/store.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;

// How many of the newest entries are hashed again at open: an older hole is found when it is read.
constexpr std::uint64_t kItemsCheckedAtOpen = 1024;

Result<Head> read_head(const Reading& reading) {
  auto bytes = reading.get(format::head_key(), "head");
  if (!bytes) return fail(bytes.error());
  return format::decode_head(*bytes);
}

Result<StateTree> read_tree(const Reading& reading, const Head& head) {
  StateTree tree;
  const std::string prefix(1, static_cast<char>(Kind::state));
  auto read = reading.scan(prefix, [&](std::string_view key, ByteView record) -> Result<void> {
    const auto state_key = format::digest_of(Kind::state, key);
    if (!state_key) return fail(Errc::corrupt, "database-damaged: key of a state record");
    tree.put(*state_key, state_value_hash(record));
    return {};
  });
  if (!read) return fail(read.error());
  if (tree.root() != head.state_root) {
    return fail(Errc::corrupt, "database-damaged: the state records have another root");
  }
  return tree;
}

Result<void> check_newest_items(const DiskSnapshot& snapshot) {
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
    return fail(Errc::corrupt, "rolled-back: the database stands at height " +
                                   std::to_string(head.height) + ", this node had made height " +
                                   std::to_string(anchor.height) +
                                   " durable; treat this node as one that lost its disk");
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
                                   " is not there; treat this node as one that lost its disk");
  }
  if (!fs::is_regular_file(folder / "CURRENT", ignored)) {
    return fail(Errc::corrupt, "database-damaged: no file CURRENT in " + folder.string());
  }
  return {};
}

// All of the database against itself and the anchor.
Result<std::shared_ptr<const DiskSnapshot>> read_snapshot(const std::shared_ptr<Database>& database,
                                                          const AnchorState& anchor) {
  auto reading = std::make_shared<const Reading>(database);
  auto head = read_head(*reading);
  if (!head) return fail(head.error());
  if (auto same = check_anchored(*reading, *head, anchor); !same) return fail(same.error());
  auto tree = read_tree(*reading, *head);
  if (!tree) return fail(tree.error());
  auto log = read_log(*reading, head->log_size);
  if (!log) return fail(log.error());
  if (log->root() != head->log_root) {
    return fail(Errc::corrupt, "database-damaged: the log has another root");
  }
  auto snapshot = std::make_shared<const DiskSnapshot>(
      std::move(reading), LedgerState{*head, std::move(*log), std::move(*tree)}, std::string());
  if (auto checked = check_newest_items(*snapshot); !checked) return fail(checked.error());
  if (anchor.cosigned_size > 0 && anchor.cosigned_size <= snapshot->head().log_size) {
    auto root = log_root(*snapshot, anchor.cosigned_size);
    if (!root) return fail(root.error());
    if (*root != anchor.cosigned_root) {
      return fail(Errc::mismatch, "forked: the log is not the one that this node cosigned");
    }
  }
  return snapshot;
}

// What open() reads beside the snapshot.
Result<void> check_beside(const DiskSnapshot& snapshot) {
  const std::uint64_t size = snapshot.head().log_size;
  for (const std::string& key :
       {format::history_key(), format::number_key(Kind::checkpoint, size)}) {
    if (auto row = snapshot.reading().find(key); !row) return fail(row.error());
  }
  return {};
}

// Opens the copy and reads all of it. The folder itself is untouched whatever comes of it: a
// manifest that lost its end would make LevelDB delete the tables that it no longer names.
Result<void> rehearse(const StorePaths& paths, const AnchorState& anchor) {
  fs::path copy = paths.database;
  copy += ".rehearsal";
  if (auto linked = link_files(paths.database, copy); !linked) return linked;
  Result<void> outcome;
  {
    auto database = Database::open(copy, false);
    if (!database) {
      outcome = fail(database.error());
    } else if (auto snapshot = read_snapshot(*database, anchor); !snapshot) {
      outcome = fail(snapshot.error());
    } else {
      outcome = check_beside(**snapshot);
    }
  }
  std::error_code ignored;
  fs::remove_all(copy, ignored);
  return outcome;
}

// Reads every file, so only of a database that is refused.
Error explain_damage(const fs::path& folder, Error error) {
  if (!error.detail.starts_with("database-damaged")) return error;
  const auto files = damage_text(folder, inspect_files(folder));
  if (!files.empty()) error.detail += "; " + files;
  error.detail += "; " + std::string(kDamageRemedy);
  return error;
}

Result<Anchor> open_anchor(const fs::path& path, const Digest& chain_id) {
  auto anchor = Anchor::open(path);
  if (!anchor) {
    const bool none = anchor.error().code == Errc::not_found;
    return fail(none ? "no-anchor" : "anchor-damaged", anchor.error());
  }
  if (anchor->state().chain_id != chain_id) {
    return fail(Errc::mismatch, "other-chain: the anchor belongs to another network");
  }
  return anchor;
}

Result<void> check_database(const StorePaths& paths, const AnchorState& anchor) {
  auto checked = check_files(paths.database);
  if (checked) checked = rehearse(paths, anchor);
  if (!checked) return fail(explain_damage(paths.database, checked.error()));
  return {};
}

}  // namespace

Result<Log> read_log(const Reading& reading, std::uint64_t size) {
  std::array<std::vector<Digest>, kTileLevels> partial;
  for (std::uint32_t level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = size >> (8 * level);
    for (std::uint64_t at = hashes - hashes % kTileWidth; at < hashes; ++at) {
      auto bytes = reading.get(format::position_key(Kind::hash, {level, at}), "hash of the log");
      if (!bytes) return fail(bytes.error());
      auto digest = to_digest(*bytes);
      if (!digest) return fail(Errc::corrupt, "database-damaged: hash of the log");
      partial[level].push_back(*digest);
    }
  }
  return Log::from(size, std::move(partial));
}

Result<void> link_files(const fs::path& from, const fs::path& to) {
  const auto failed = [](const fs::path& file, const std::error_code& error) {
    return fail(Errc::io,
                "database: cannot look at a copy of it: " + file.string() + ": " + error.message());
  };
  std::error_code error;
  fs::remove_all(to, error);
  if (!error) fs::create_directory(to, error);
  if (error) return failed(to, error);
  auto entry = fs::directory_iterator(from, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "LOCK" || name.starts_with("LOG")) continue;
    // A table under its other name, which LevelDB reads and never writes: a manifest that lost its
    // end lets it give an old table's number to a new one, and that would empty the file linked.
    const bool is_table = entry->path().extension() == ".ldb";
    fs::path made = to / name;
    if (is_table) made.replace_extension(".sst");
    if (is_table) fs::create_hard_link(entry->path(), made, error);
    if (!is_table || error) error.clear(), fs::copy_file(entry->path(), made, error);
    if (error) return failed(made, error);
  }
  if (error) return failed(from, error);
  return {};
}

Result<std::unique_ptr<Store>> Store::create(const StorePaths& paths,
                                             const BlockResult& genesis_block) {
  std::error_code ignored;
  if (fs::exists(paths.anchor, ignored)) {
    return fail(Errc::usage, "anchor " + paths.anchor.string() + ": is there already");
  }
  auto database = Database::open(paths.database, true);
  if (!database) return fail(database.error());
  if (auto written = (*database)->write(batch_of(genesis_block), true); !written) {
    return fail(written.error());
  }
  // LevelDB syncs its directory only together with a manifest.
  const fs::path parent = paths.database.has_parent_path() ? paths.database.parent_path() : ".";
  if (!sync_path(paths.database, true) || !sync_path(parent, true)) {
    return fail(Errc::io, "database: sync of its folder failed");
  }
  const Head& head = genesis_block.after.head;
  auto anchor = Anchor::create(
      paths.anchor,
      AnchorState{
          head.chain_id, head.height, head.block_id, head.log_size, head.log_root, 0, {}, 0});
  if (!anchor) return fail(anchor.error());
  auto snapshot = std::make_shared<const DiskSnapshot>(std::make_shared<const Reading>(*database),
                                                       genesis_block.after, std::string());
  if (auto checked = check_written(*snapshot, Log(), genesis_block); !checked) {
    return fail(checked.error());
  }
  return std::make_unique<DiskStore>(paths.database, std::move(*database), std::move(*anchor),
                                     std::move(snapshot));
}

Result<void> Store::check(const StorePaths& paths, const Digest& chain_id) {
  const auto anchor = open_anchor(paths.anchor, chain_id);
  if (!anchor) return fail(anchor.error());
  return check_database(paths, anchor->state());
}

Result<std::unique_ptr<Store>> Store::open(const StorePaths& paths, const Digest& chain_id) {
  auto anchor = open_anchor(paths.anchor, chain_id);
  if (!anchor) return fail(anchor.error());
  if (auto checked = check_database(paths, anchor->state()); !checked) {
    return fail(checked.error());
  }
  auto database = Database::open(paths.database, false);
  if (!database) return fail(database.error());
  // LevelDB has named a new manifest without syncing that name. From here on what was read counts
  // as durable: the write-ahead log may drop it.
  if (!sync_path(paths.database, true)) {
    return fail(Errc::io, "database: sync of its folder failed");
  }
  auto snapshot = read_snapshot(*database, anchor->state());
  if (!snapshot) return fail(snapshot.error());
  const auto made_history = make_history(**database, **snapshot);
  if (!made_history) return fail(made_history.error());
  if (*made_history) {
    snapshot = read_snapshot(*database, anchor->state());
    if (!snapshot) return fail(snapshot.error());
  }
  auto store = std::make_unique<DiskStore>(paths.database, std::move(*database), std::move(*anchor),
                                           std::move(*snapshot));
  if (auto restored = store->restore_published(); !restored) return fail(restored.error());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace footproof::ledger
