#include "node/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ledger/anchor.h"
#include "ledger/database_files.h"
#include "ledger/store.h"
#include "node/core_loop.h"
#include "node/data_folder.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/wal.h"

namespace footproof::node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileSizeMax = std::size_t{256} * 1024 * 1024;  // LevelDB's are 8 to 32 MiB
constexpr std::size_t kListSizeMax = std::size_t{16} * 1024 * 1024;

using Listing = std::map<std::string, Digest>;  // name below the folder → hash

std::string list_text(const Listing& files) {
  std::string text;
  for (const auto& [name, digest] : files) text += digest.hex() + "  " + name + "\n";
  return text;
}

Result<Listing> read_list(const fs::path& folder) {
  const auto content = read_file(folder / kBackupList, kListSizeMax);
  if (!content) return fail(content.error());
  Listing files;
  std::string_view text = as_text(*content);
  const auto bad = [] { return fail(Errc::corrupt, "SHA256SUMS is not as a backup has it"); };
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end < 67 || text.substr(64, 2) != "  ") return bad();
    const auto raw = from_hex(text.substr(0, 64));
    const Result<Digest> digest = raw ? to_digest(*raw) : fail(raw.error());
    const std::string name(text.substr(66, end - 66));
    const bool known = name == kAnchorFile || name == kMarkerFile ||
                       (name.starts_with("ledger/") && name.find('/', 7) == std::string::npos &&
                        name.size() > 7 && name[7] != '.');
    if (!digest || !known || !files.emplace(name, *digest).second) return bad();
    text.remove_prefix(end + 1);
  }
  if (!files.contains(std::string(kAnchorFile)) || !files.contains(std::string(kMarkerFile))) {
    return bad();
  }
  return files;
}

// All that a copy has: anchor, marker, database.
Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const std::string_view name : {kAnchorFile, kMarkerFile}) names.emplace_back(name);
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder / kDatabaseFolder, error);
       !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "LOCK" || name.starts_with("LOG")) continue;
    names.push_back(std::string(kDatabaseFolder) + "/" + name);
  }
  if (error) return fail(Errc::io, (folder / kDatabaseFolder).string() + ": " + error.message());
  return names;
}

Result<Digest> copy_file(const fs::path& from, const fs::path& to, BackupReport& report) {
  const auto content = read_file(from, kFileSizeMax);
  if (!content) return fail(content.error());
  if (auto wrote = replace_file(to, *content); !wrote) return fail(wrote.error());
  ++report.files;
  report.bytes += content->size();
  return sha256(*content);
}

Result<bool> make_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    return fail(error ? Errc::io : Errc::usage,
                folder.string() + (error ? ": " + error.message() : " is there already"));
  }
  fs::permissions(folder, fs::perms::owner_all, error);
  return sync_directory(folder.has_parent_path() ? folder.parent_path() : ".");
}

Result<Digest> chain_of(const Config& config) {
  const auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  return network->chain_id;
}

// A log that reaches as far as the copy, so that nothing about it is in doubt; it holds no vote.
Result<bool> make_wal(const fs::path& data, std::uint64_t height) {
  const fs::path folder = data / kWalFolder;
  if (auto made = Wal::create(folder, kWalSegmentSizeDefault); !made) return made;
  auto opened = Wal::open(folder, kWalSegmentSizeDefault, [](const WalRecord&) {});
  if (!opened) return fail(opened.error());
  if (!opened->trusted) return fail(Errc::io, opened->reason);
  const auto reach =
      opened->wal->append(0, 0, kWalReach, ByteWriter().u64(height + kWalReachAhead).bytes());
  if (!reach) return fail(reach.error());
  if (auto synced = opened->wal->sync(); !synced) return fail(synced.error());
  return true;
}

Result<BackupReport> fill(const fs::path& from, const fs::path& data, const Listing& files) {
  BackupReport report;
  if (auto made = make_folder(data / kDatabaseFolder); !made) return fail(made.error());
  for (const auto& [name, digest] : files) {
    const auto copied = copy_file(from / name, data / name, report);
    if (!copied) return fail(copied.error());
    if (*copied != digest) return fail(Errc::corrupt, name + " is not as SHA256SUMS says");
  }
  const auto anchor = ledger::Anchor::open(data / kAnchorFile);
  if (!anchor) return fail(anchor.error());
  report.height = anchor->state().height;
  return report;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const auto inner = fs::weakly_canonical(path, error);
  const auto outer = fs::weakly_canonical(folder, error);
  if (error) return false;  // what cannot be resolved cannot be made either
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// The data folder of an observer, or of a node that follows, from the files of a copy.
Result<BackupReport> assemble(const Config& config, const fs::path& from, const fs::path& data,
                              const Listing& files) {
  const auto chain_id = chain_of(config);
  if (!chain_id) return fail(chain_id.error());
  auto report = fill(from, data, files);
  if (!report) return report;
  {
    const auto folder = DataFolder::open(data);
    if (!folder) return fail(folder.error());
    // A marker of others is an error of its own.
    const auto marked = is_marked(*folder, *chain_id, config);
    if (!marked) return fail(marked.error());
  }
  if (config.follows()) return report;
  const auto keys = KeyRing::load(config);
  if (!keys) return fail(keys.error());
  const std::string why = observer_text(
      fmt::format("restored from a backup of height {}: may have voted after it", report->height),
      *keys);
  if (auto wrote = replace_file(data / kObserverFile, as_bytes(why)); !wrote) {
    return fail(wrote.error());
  }
  if (auto made = make_wal(data, report->height); !made) return fail(made.error());
  return report;
}

// The copy is opened as a node would open it, on the disk that it is on: the data folder stays as
// it is.
Result<BackupReport> copy_checked(const fs::path& data, const fs::path& to,
                                  const Digest& chain_id) {
  if (auto made = make_folder(to / kDatabaseFolder); !made) return fail(made.error());
  const auto names = names_in(data);
  if (!names) return fail(names.error());
  BackupReport report;
  Listing files;
  for (const std::string& name : *names) {
    const auto digest = copy_file(data / name, to / name, report);
    if (!digest) return fail(digest.error());
    files.emplace(name, *digest);
  }
  const auto checked = ledger::Store::check({to / kDatabaseFolder, to / kAnchorFile}, chain_id);
  if (!checked) return fail("not copied", checked.error());
  // Last: a copy that was cut off has none.
  const std::string text = list_text(files);
  if (auto wrote = replace_file(to / kBackupList, as_bytes(text)); !wrote) {
    return fail(wrote.error());
  }
  return report;
}

}  // namespace

Result<BackupReport> back_up(const Config& config, const fs::path& to) {
  if (lies_in(to, config.data)) {
    return fail(Errc::usage, to.string() +
                                 ": lies in the data folder that it would copy; name one "
                                 "on another disk");
  }
  const auto chain_id = chain_of(config);
  if (!chain_id) return fail(chain_id.error());
  const auto folder = DataFolder::open_existing(config.data);
  if (!folder) return fail(folder.error());
  const auto marked = is_marked(*folder, *chain_id, config);
  if (!marked) return fail(marked.error());
  if (!*marked) return fail(Errc::not_found, config.data.string() + " is not initialised");
  std::error_code error;
  if (fs::exists(config.data / kAlarmFile, error)) {
    return fail(Errc::usage, (config.data / kAlarmFile).string() +
                                 ": this node's chain is in doubt, as that file says; copy one "
                                 "that is not, and keep this folder as it is");
  }
  const auto anchor = ledger::Anchor::open(config.data / kAnchorFile);
  if (!anchor) return fail(anchor.error());
  const fs::path database = config.data / kDatabaseFolder;
  if (const auto damaged = ledger::inspect_files(database); !damaged.empty()) {
    return fail(Errc::corrupt,
                fmt::format("database-damaged: {}; {}", ledger::damage_text(database, damaged),
                            ledger::kDamageRemedy));
  }
  if (auto made = make_folder(to); !made) return fail(made.error());
  auto report = copy_checked(config.data, to, *chain_id);
  if (!report) fs::remove_all(to, error);
  if (report) report->height = anchor->state().height;
  return report;
}

Result<BackupReport> restore(const Config& config, const fs::path& from) {
  std::error_code error;
  if (fs::exists(config.data, error)) {
    return fail(Errc::usage, config.data.string() +
                                 " is there: move it aside, and keep it until the node has "
                                 "caught up");
  }
  const auto files = read_list(from);
  if (!files) return fail(files.error());
  auto names = names_in(from);
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    if (!files->contains(name)) return fail(Errc::corrupt, name + " is not in SHA256SUMS");
  }
  // Under another name until it is whole and marked: one that was cut off is made anew.
  fs::path data = config.data;
  data += ".restoring";
  fs::remove_all(data, error);
  if (auto made = make_folder(data); !made) return fail(made.error());
  auto report = assemble(config, from, data, *files);
  if (!report) {
    fs::remove_all(data, error);
    return report;
  }
  fs::rename(data, config.data, error);
  if (error) return fail(Errc::io, "cannot name " + config.data.string() + ": " + error.message());
  const auto parent = config.data.has_parent_path() ? config.data.parent_path() : fs::path(".");
  if (auto synced = sync_directory(parent); !synced) return fail(synced.error());
  return report;
}

}  // namespace footproof::node
