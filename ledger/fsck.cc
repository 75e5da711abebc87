#include "ledger/fsck.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "attest/note.h"
#include "ledger/database_files.h"
#include "ledger/disk_store.h"
#include "ledger/epochs.h"
#include "ledger/history.h"
#include "ledger/next_set.h"
#include "ledger/replay.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;
using format::Kind;

std::uint64_t first_leaf(std::uint32_t level, std::uint64_t index) {
  return level >= kTileLevels ? 0 : index << (8 * level);
}

// Not made by the walk: judged by themselves.
bool is_elsewhere(Kind kind) {
  return kind == Kind::ordering || kind == Kind::checkpoint || kind == Kind::head ||
         kind == Kind::hop;
}

// Rows that only grow: right even where the walk ended early.
bool is_final(Kind kind) {
  return kind == Kind::item || kind == Kind::record_at || kind == Kind::entry ||
         kind == Kind::subject || kind == Kind::tile || kind == Kind::block;
}

// One check of one store.
class Check {
 public:
  Check(std::string name, fs::path folder) : name_(std::move(name)), folder_(std::move(folder)) {}

  Result<Fsck> run(const Result<Anchor>& anchor, ByteView genesis_file, const fs::path& work,
                   const BlockCheck& check, const FirstHeld& first_held);
  void found(std::string file, std::uint64_t height, std::string what) {
    ++fsck_.found;
    if (fsck_.findings.size() < kFsckFindingsMax) {
      fsck_.findings.push_back({std::move(file), height, std::move(what)});
    }
  }

 private:
  struct RowFault {
    std::string key;
    std::uint64_t height;
    std::string what;
  };
  void wrong(std::string key, std::uint64_t height, std::string what) {
    ++fsck_.found;
    if (rows_.size() < kFsckFindingsMax) {
      rows_.push_back({std::move(key), height, std::move(what)});
    }
  }

  [[nodiscard]] std::uint64_t log_end(const Reading& given) const;
  Result<void> walk(const Reading& given, Replay& replay);
  [[nodiscard]] bool walk_record(Replay& replay, ByteView record, const std::string& key);
  Result<void> compare(const Reading& given, const Replay& replay);
  void compare_row(const Cursor& given, const Cursor& made);
  void only_given(const Cursor& given);
  void walk_heads(const Reading& given, const Replay& replay, const BlockCheck& check);
  bool walk_head(const Reading& given, const Head& before, const Head& head,
                 const BlockCheck& check);
  void compare_anchor(const Reading& given, const AnchorState& anchor, const Replay& replay);
  void compare_checkpoints(const Reading& given, const Replay& replay);
  void compare_hops(const Reading& given, const Replay& replay);
  void name_files();
  [[nodiscard]] std::uint64_t height_of_index(std::uint64_t index) const;
  [[nodiscard]] std::uint64_t height_of_row(std::string_view key, std::string_view value) const;
  [[nodiscard]] bool is_compared(Kind kind) const {
    if (is_elsewhere(kind)) return false;
    if (kind == Kind::posting || kind == Kind::history) return same_history_ && fsck_.complete;
    return fsck_.complete || is_final(kind);
  }

  const std::string name_;  // of the database folder, for people
  const fs::path folder_;
  Fsck fsck_;
  std::vector<FileDamage> files_;
  std::vector<RowFault> rows_;
  std::optional<Head> head_;       // as its row says
  std::uint64_t broken_from_ = 0;  // first height that was not executed again
  std::uint64_t first_held_ = 0;   // FirstHeld
  bool same_history_ = false;
  std::map<std::uint64_t, std::uint64_t> heights_;        // first index of a block → its height
  std::map<std::uint64_t, std::uint64_t> state_heights_;  // begin of a state key → last change
};

std::uint64_t Check::height_of_index(std::uint64_t index) const {
  const auto after = heights_.upper_bound(index);
  return after == heights_.begin() ? 0 : std::prev(after)->second;
}

std::uint64_t state_prefix(std::string_view key) {
  return ByteReader(as_bytes(key.substr(1))).u64();
}

// By what the row says itself, or the walk made it say.
std::uint64_t Check::height_of_row(std::string_view key, std::string_view value) const {
  const Kind kind = static_cast<Kind>(key[0]);
  const auto bytes = format::open_value(key, value);
  switch (kind) {
    case Kind::item:
    case Kind::record_at:
      return height_of_index(format::number_of(kind, key).value_or(0));
    case Kind::block:
      return format::number_of(kind, key).value_or(0);
    case Kind::posting:
      return height_of_index(format::posting_index(key).value_or(0));
    case Kind::hash:
    case Kind::tile: {
      ByteReader in(as_bytes(key.substr(1)));
      const std::uint32_t level = in.u8();
      const std::uint64_t index = in.u64();
      return height_of_index(first_leaf(kind == Kind::tile ? level + 1 : level, index));
    }
    case Kind::entry:
      return bytes && bytes->size() >= 8 ? height_of_index(ByteReader(*bytes).u64()) : fsck_.height;
    case Kind::state: {
      const auto at =
          key.size() >= 9 ? state_heights_.find(state_prefix(key)) : state_heights_.end();
      return at == state_heights_.end() ? fsck_.height : at->second;
    }
    default:
      return fsck_.height;
  }
}

std::uint64_t Check::log_end(const Reading& given) const {
  if (head_) return head_->log_size;
  const auto last = given.last_to(format::number_key(Kind::item, ~std::uint64_t{0}));
  if (!last || !*last) return 0;
  const auto index = format::number_of(Kind::item, **last);
  return index ? *index + 1 : 0;
}

// False: the walk ends here.
bool Check::walk_record(Replay& replay, ByteView record, const std::string& key) {
  const std::uint64_t first = replay.snapshot() ? replay.snapshot()->head().log_size : 0;
  const auto difference = replay.add_record(record);
  if (!difference || *difference) {
    const std::uint64_t height = difference ? (*difference)->height : fsck_.height + 1;
    wrong(key, height, difference ? (*difference)->what : difference.error().detail);
    return false;
  }
  const Head& head = replay.snapshot()->head();
  fsck_.height = head.height;
  fsck_.log_size = head.log_size;
  heights_[first] = head.height;
  for (const auto& [state_key, value] : replay.changes()) {
    state_heights_[ByteReader(state_key.view()).u64()] = head.height;
  }
  return true;
}

Result<void> Check::walk(const Reading& given, Replay& replay) {
  const std::uint64_t end = log_end(given);
  for (std::uint64_t index = 0; index < end; ++index) {
    const std::string key = format::number_key(Kind::item, index);
    const std::uint64_t next = replay.snapshot() ? fsck_.height + 1 : 0;
    const auto item = given.get(key, "entry of the log");
    if (!item || item->empty()) {
      wrong(key, next, item ? "an entry without a kind" : item.error().detail);
      return {};
    }
    const ByteView bytes = ByteView(*item).subspan(1);
    if (item->front() == static_cast<std::uint8_t>(ItemKind::statement)) {
      replay.add_statement(to_bytes(bytes));
    } else if (!walk_record(replay, bytes, key)) {
      return {};
    }
  }
  fsck_.complete = head_ && fsck_.log_size == end && end > 0;
  if (!fsck_.complete) {
    wrong(format::number_key(Kind::item, end), fsck_.height + 1,
          "the log ends inside a block, or before its head");
  }
  return {};
}

void Check::compare_row(const Cursor& given, const Cursor& made) {
  if (!is_compared(static_cast<Kind>(made.key()[0]))) return;
  ++fsck_.rows;
  if (given.value() == made.value()) return;
  const auto opened = format::open_value(given.key(), given.value());
  wrong(std::string(given.key()), height_of_row(made.key(), made.value()),
        opened ? format::row_text(given.key()) + ": is not what its log makes"
               : opened.error().detail);
}

// A row that the walk did not make.
void Check::only_given(const Cursor& given) {
  if (given.key().empty()) return;
  const Kind kind = static_cast<Kind>(given.key()[0]);
  if (const auto opened = format::open_value(given.key(), given.value()); !opened) {
    if (kind == Kind::head) return;  // told already
    wrong(std::string(given.key()), height_of_row(given.key(), given.value()),
          opened.error().detail);
    return;
  }
  if (!fsck_.complete || is_elsewhere(kind) || !is_compared(kind)) return;
  const bool below = kind == Kind::block && head_ && given.key().size() == 9 &&
                     format::number_of(kind, given.key()).value_or(0) <= head_->height;
  if (below) return;  // a block without a record: walk_heads()
  wrong(std::string(given.key()), height_of_row(given.key(), given.value()),
        format::row_text(given.key()) + ": nothing in the log makes it");
}

Result<void> Check::compare(const Reading& given, const Replay& replay) {
  if (!replay.snapshot()) return {};
  // The store of the walk is of the one class there is.
  const auto snapshot = std::static_pointer_cast<const DiskSnapshot>(replay.snapshot());
  const auto mine = snapshot->reading().rows();
  const auto theirs = given.rows();
  while (mine->valid() || theirs->valid()) {
    const bool ours = mine->valid() && (!theirs->valid() || mine->key() < theirs->key());
    if (ours) {
      if (is_compared(static_cast<Kind>(mine->key()[0]))) {
        wrong(std::string(mine->key()), height_of_row(mine->key(), mine->value()),
              format::row_text(mine->key()) + ": is missing");
      }
      mine->next();
    } else if (!mine->valid() || theirs->key() < mine->key()) {
      only_given(*theirs);
      theirs->next();
    } else {
      compare_row(*theirs, *mine);
      mine->next();
      theirs->next();
    }
  }
  return mine->status();  // of the given one, the missing rows were told
}

bool Check::walk_head(const Reading& given, const Head& before, const Head& head,
                      const BlockCheck& check) {
  const std::string key = format::number_key(Kind::block, head.height);
  const auto follows = [&] {
    if (head.chain_id != before.chain_id || head.time_ms <= before.time_ms) return false;
    if (head.epoch < before.epoch || head.log_size < before.log_size) return false;
    return head.log_size != before.log_size ||
           (head.log_root == before.log_root && head.state_root == before.state_root &&
            head.record_height == before.record_height &&
            head.record_time_ms == before.record_time_ms);
  };
  if (!follows()) {
    wrong(key, head.height, "the head does not follow that of the height before");
    return false;
  }
  if (!check || head.log_size > fsck_.log_size || head.height < first_held_) return true;
  StoredBlock block{before, head, {}};
  for (std::uint64_t index = before.log_size; index + 1 < head.log_size; ++index) {
    const auto item = given.get(format::number_key(Kind::item, index), "entry of the log");
    if (!item || item->empty()) return false;  // told already
    block.statements.push_back(to_bytes(ByteView(*item).subspan(1)));
  }
  const auto fault = check(block, [&given](const Digest& blob) {
    return given.find(format::digest_key(Kind::ordering, blob));
  });
  if (fault) wrong(format::digest_key(Kind::ordering, fault->key), head.height, fault->what);
  return true;
}

void Check::walk_heads(const Reading& given, const Replay& replay, const BlockCheck& check) {
  std::optional<Head> before;
  const std::uint64_t end = head_ ? head_->height : fsck_.height;
  for (std::uint64_t height = 0; replay.snapshot() && height <= end; ++height) {
    const std::string key = format::number_key(Kind::block, height);
    const auto bytes = given.get(key, "head of a block");
    if (!bytes && height < first_held_) {
      const auto row = given.find(key);
      if (row && !*row) continue;
    }
    const auto head = bytes ? format::decode_head(*bytes) : Result<Head>(fail(bytes.error()));
    if (!head || head->height != height) {
      wrong(key, height, head ? "the head of another height" : head.error().detail);
      return;
    }
    if (before && !walk_head(given, *before, *head, check)) return;
    before = *head;
  }
  if (head_ && before && *head_ != *before) {
    wrong(format::head_key(), before->height, "the head is not that of its height");
  }
}

void Check::compare_anchor(const Reading& given, const AnchorState& anchor, const Replay& replay) {
  if (anchor.chain_id != replay.chain_id()) {
    return found("anchor", anchor.height, "is of another network");
  }
  if (!head_) return;
  if (head_->height < anchor.height) {
    return wrong(format::head_key(), head_->height + 1,
                 "rolled back: the database ends here, the anchor says that height " +
                     std::to_string(anchor.height) + " was durable");
  }
  const auto bytes = given.find(format::number_key(Kind::block, anchor.height));
  const auto then = bytes && *bytes ? format::decode_head(**bytes) : Result<Head>(Head{});
  if (!then || then->block_id != anchor.block_id || then->log_size != anchor.log_size ||
      then->log_root != anchor.log_root) {
    found("anchor", anchor.height, "has another block at this height than the database");
  }
  if (anchor.cosigned_size == 0 || anchor.cosigned_size > fsck_.log_size) return;
  const auto root = log_root(*replay.snapshot(), anchor.cosigned_size);
  if (!root || *root != anchor.cosigned_root) {
    found("anchor", height_of_index(anchor.cosigned_size - 1),
          "this node cosigned another log at size " + std::to_string(anchor.cosigned_size));
  }
}

void Check::compare_checkpoints(const Reading& given, const Replay& replay) {
  if (!replay.snapshot()) return;
  const std::string prefix(1, static_cast<char>(Kind::checkpoint));
  const auto keys = given.keys_from(prefix, prefix, ~std::size_t{0});
  for (const std::string& key : keys ? *keys : std::vector<std::string>()) {
    const auto note = given.find(key);
    const std::uint64_t size = format::number_of(Kind::checkpoint, key).value_or(0);
    if (!note || !*note || size > fsck_.log_size) continue;  // compare() tells of what is damaged
    const auto parsed = parse_note(**note);
    const auto checkpoint = parsed ? parse_checkpoint(parsed->text) : fail(parsed.error());
    const auto root = size == 0 ? Result<Digest>(Digest{}) : log_root(*replay.snapshot(), size);
    ++fsck_.rows;
    if (!checkpoint || checkpoint->size != size || !root || checkpoint->root != *root) {
      wrong(key, height_of_index(size == 0 ? 0 : size - 1),
            "a published checkpoint of another log than this");
    }
  }
}

// An epoch that another has followed has its hop; one that has just ended may have it.
void Check::compare_hops(const Reading& given, const Replay& replay) {
  if (!replay.snapshot()) return;
  const Head& head = replay.snapshot()->head();
  for (std::uint64_t epoch = 0; epoch <= head.epoch; ++epoch) {
    const std::string key = format::number_key(Kind::hop, epoch);
    const auto set = epoch < head.epoch ? validators_of(*replay.snapshot(), epoch + 1)
                                        : newest_validators(*replay.snapshot(), epoch);
    const std::uint64_t height = set ? set->from_height - (set->epoch > epoch ? 1 : 0) : 0;
    const auto bytes = given.find(key);
    if (!bytes) continue;  // compare() tells of what is damaged
    if (!*bytes) {
      if (epoch < head.epoch) {
        wrong(key, height, "the hop of epoch " + std::to_string(epoch) + " is missing");
      }
      continue;
    }
    ++fsck_.rows;
    const auto hop = parse_hop(**bytes);
    const auto ends = hop ? check_hop(*replay.snapshot(), *hop) : fail(hop.error());
    if (!ends) {
      wrong(key, height, ends.error().detail);
    } else if (*ends != epoch) {
      wrong(key, height, "the hop of epoch " + std::to_string(*ends) + " in the place of another");
    }
  }
}

void Check::name_files() {
  std::set<std::string> keys;
  for (const RowFault& row : rows_) keys.insert(row.key);
  const auto files = files_of(folder_, keys);
  std::string damaged;
  std::uint64_t lowest = fsck_.height;
  for (const FileDamage& file : files_) damaged += (damaged.empty() ? "" : ", ") + file.file;
  for (RowFault& row : rows_) {
    const auto at = files.find(row.key);
    if (at == files.end()) lowest = std::min(lowest, row.height);
    const std::string file = at != files.end() ? at->second : damaged;
    --fsck_.found;
    found(file.empty() ? name_ : name_ + "/" + file, row.height, row.what);
  }
  for (FileDamage& file : files_) found(name_ + "/" + file.file, lowest, std::move(file.what));
}

Result<Fsck> Check::run(const Result<Anchor>& anchor, ByteView genesis_file, const fs::path& work,
                        const BlockCheck& check, const FirstHeld& first_held) {
  std::error_code error;
  if (!fs::is_directory(folder_, error)) {
    found(name_, 0, "there is no database");
    return std::move(fsck_);
  }
  files_ = inspect_files(folder_);
  if (auto linked = link_files(folder_, work / "copy"); !linked) return fail(linked.error());
  auto database = Database::open(work / "copy", false);
  if (!database) {
    if (files_.empty()) found(name_, 0, database.error().detail);
    name_files();
    return std::move(fsck_);
  }
  const Reading given(*database);
  const auto row = given.get(format::head_key(), "head");
  auto head = row ? format::decode_head(*row) : Result<Head>(fail(row.error()));
  if (head) head_ = *head;
  if (first_held) {
    first_held_ = first_held([&given](const Digest& blob) {
      return given.find(format::digest_key(Kind::ordering, blob));
    });
  }
  const auto version = given.find(format::history_key());
  same_history_ = version && *version && **version == ByteWriter().u32(kHistoryVersion).bytes();
  fs::create_directories(work / "made", error);
  auto replay = Replay::begin(work / "made", genesis_file);
  if (!replay) return fail(replay.error());
  if (auto walked = walk(given, *replay); !walked) return fail(walked.error());
  if (!head) wrong(format::head_key(), fsck_.height, head.error().detail);
  fsck_.statements = replay->statements();
  if (auto compared = compare(given, *replay); !compared) return fail(compared.error());
  walk_heads(given, *replay, check);
  compare_checkpoints(given, *replay);
  compare_hops(given, *replay);
  if (anchor) compare_anchor(given, anchor->state(), *replay);
  name_files();
  return std::move(fsck_);
}

}  // namespace

Result<Fsck> fsck(const StorePaths& paths, ByteView genesis_file, const fs::path& work,
                  const BlockCheck& check, const FirstHeld& first_held) {
  Check one(paths.database.filename().string(), paths.database);
  std::error_code error;
  fs::create_directories(work, error);
  // The anchor opens for writing; of a copy, so that nothing here can.
  const fs::path copy = work / "anchor";
  if (!error) fs::copy_file(paths.anchor, copy, fs::copy_options::overwrite_existing, error);
  auto anchor = error ? Result<Anchor>(fail(Errc::not_found, "there is none")) : Anchor::open(copy);
  const std::uint64_t height = anchor ? anchor->state().height : 0;
  const std::string name = paths.anchor.filename().string();
  if (!anchor) one.found(name, height, anchor.error().detail);
  if (anchor) {
    for (std::string& what : Anchor::inspect(copy)) one.found(name, height, std::move(what));
  }
  return one.run(anchor, genesis_file, work, check, first_held);
}

}  // namespace footproof::ledger
