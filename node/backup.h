// `footproofd --backup` and `--restore`: copies of a stopped node's database, and a data folder
// made from one. A restored node went back in time: it may have voted for what the copy does not
// know. So the copy leaves the write-ahead log and the keys out, and the folder made from it
// carries the observer's mark before it has its name (docs/operating.md, restoring). A node that
// follows has neither log nor key, and its copy becomes what it was.
#pragma once

#include <cstdint>
#include <filesystem>

#include "attest/result.h"
#include "node/config.h"

namespace footproof::node {

struct BackupReport {
  std::uint64_t height = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

inline constexpr std::string_view kBackupList = "SHA256SUMS";  // what sha256sum -c reads

// `to` must not be there. too_busy while a node runs. Refused, and nothing is left of it, where a
// file fails LevelDB's checksums, or where a node would refuse the copy at start
// (ledger::Store::check()): a row between the newest and the oldest that somebody edited is for
// fsck to find.
[[nodiscard]] Result<BackupReport> back_up(const Config& config, const std::filesystem::path& to);
// Every file must be as it is listed, no other may be there, and network and vote key must be those
// of the configuration, whose data folder must not be there.
[[nodiscard]] Result<BackupReport> restore(const Config& config, const std::filesystem::path& from);

}  // namespace footproof::node
