// The files of a database, read one by one from beginning to end, without opening the database and
// without changing anything: which of them is damaged, and which one holds a row.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace footproof::ledger {

struct FileDamage {
  std::string file;  // its name in the folder
  std::string what;
};

// CURRENT must name a manifest; manifests, logs and tables must pass their own checksums; every
// table that the manifest names must be there in the size that it names. A log that ends too early
// is not noticed: that is what a power cut leaves. Nor is a table that the manifest does not name:
// a stop in the middle of a compaction leaves one, half written, and the next start deletes it.
[[nodiscard]] std::vector<FileDamage> inspect_files(const std::filesystem::path& folder);

// For people: the first of them as "ledger/000012.ldb: what", and how many more; empty of none.
[[nodiscard]] std::string damage_text(const std::filesystem::path& folder,
                                      const std::vector<FileDamage>& found);
// What to do about a database that is damaged.
inline constexpr std::string_view kDamageRemedy =
    "`footproof fsck` names all that is wrong; then restore a backup, or treat a validator as one "
    "that lost its disk and let a node that follows begin anew without its data folder";

// Of these keys, those that a readable part of a file holds, with the file of the newest value.
[[nodiscard]] std::map<std::string, std::string> files_of(const std::filesystem::path& folder,
                                                          const std::set<std::string>& keys);

}  // namespace footproof::ledger
