// What footproofd prints about a stopped node's store: of --fsck, --backup and --restore, for
// people or, with --json, as one JSON object for programs (docs/operating.md). Standard output gets
// nothing else.
#pragma once

#include <string>
#include <string_view>

#include "node/backup.h"
#include "node/fsck.h"

namespace footproof::node {

[[nodiscard]] std::string fsck_text(const FsckReport& report);
[[nodiscard]] std::string fsck_json(const FsckReport& report);

// `what`: "backed up to", "restored from".
[[nodiscard]] std::string copy_text(const BackupReport& report, std::string_view what,
                                    std::string_view folder);
[[nodiscard]] std::string copy_json(const BackupReport& report, std::string_view folder);

}  // namespace footproof::node
