// `footproofd --fsck`: all that a stopped node holds, made again from genesis (ledger/fsck.h), with
// what the ledger cannot judge: the finalised blocks, their certificates and batches, and the
// write-ahead log. Of a node that follows there is no such log; where it began with a snapshot,
// there are no blocks below its beginning. Changes nothing in the data folder.
#pragma once

#include <filesystem>

#include "attest/result.h"
#include "ledger/fsck.h"
#include "node/config.h"

namespace footproof::node {

struct FsckReport {
  ledger::Fsck store;
  // Blocks of a later epoch: their links and batches were checked, their signatures were not.
  std::uint64_t unchecked_certificates = 0;
};

// `work`: a folder that is not there yet, best beside the data folder, with room for as much as the
// database; gone again afterwards. too_busy while a node runs on the folder.
[[nodiscard]] Result<FsckReport> fsck_home(const Config& config, const std::filesystem::path& work);

}  // namespace footproof::node
