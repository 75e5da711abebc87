// Fsck: everything that a stopped node's store holds, made again from genesis and compared with it.
//
// The walk is that of ledger/replay.h over the store's own log; every row that follows from the log
// (entries, subjects, state, tiles, postings, heads) must be the row that the walk made, byte for
// byte. The anchor must be whole and not ahead. What the ordering engine stored is opaque here and
// judged by whoever knows it (BlockCheck).
// Nothing of the store is changed: its files are linked or copied into the work folder, and only
// those are opened. Where the log cannot be executed further, nothing that would come later is
// compared: Fsck::complete says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "ledger/executor.h"
#include "ledger/store.h"

namespace footproof::ledger {

inline constexpr std::size_t kFsckFindingsMax = 1000;  // kept; all are counted

struct FsckFinding {
  std::string file;          // below the data folder: "anchor", "ledger/000012.ldb"
  std::uint64_t height = 0;  // the lowest that it touches
  std::string what;
};

struct Fsck {
  std::vector<FsckFinding> findings;
  std::uint64_t found = 0;   // may be more than the findings kept
  bool complete = false;     // genesis to head was executed again
  std::uint64_t height = 0;  // executed up to here
  std::uint64_t log_size = 0;
  std::uint64_t statements = 0;
  std::uint64_t rows = 0;  // compared
};

// A block as the store has it, with the statements that its log holds of it.
struct StoredBlock {
  Head before;
  Head head;
  std::vector<Bytes> statements;
};
// What the ordering engine stored under a key of its own.
using BlobSource = std::function<Result<std::optional<Bytes>>(const Digest& key)>;
struct BlobFault {
  Digest key;
  std::string what;
};
// Of a store that began with a snapshot: the lowest height whose block it holds. Heads of heights
// below that appended no record need not be there.
using FirstHeld = std::function<std::uint64_t(const BlobSource&)>;
using BlockCheck = std::function<std::optional<BlobFault>(const StoredBlock&, const BlobSource&)>;

// `work`: an empty folder, best on the same file system. An error: could not find out.
[[nodiscard]] Result<Fsck> fsck(const StorePaths& paths, ByteView genesis_file,
                                const std::filesystem::path& work, const BlockCheck& check,
                                const FirstHeld& first_held = nullptr);

}  // namespace footproof::ledger
