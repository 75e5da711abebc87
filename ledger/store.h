// The store: executed blocks and all that follows from them, in LevelDB beside an anchor file.
//
// One writer thread calls apply(), sync(), record_cosigned() and publish(); snapshot() and
// published() may be called from any thread, and what they return never changes.
// Invariants:
//   1. Log, state, indexes, head and record of a block are written in one batch or not at all.
//   2. Before apply() returns, what will be served is read back and hashed again; the roots must be
//      those of the result.
//   3. A database that is behind its anchor, empty, or damaged is refused, before LevelDB has
//      touched it: open() first opens a copy (of linked tables) and compares it with the anchor.
//   4. apply() is idempotent by height: a block at or below the head changes nothing.
//   5. Every failed write is final: the store refuses all further ones until it is opened again.
// Names of refusals at open, first word of the detail: `no-anchor`, `anchor-damaged`,
// `other-chain`, `database-missing`, `database-damaged`, `rolled-back`, `forked`. Of a damaged one
// the detail names the file, where one fails its own checksums, and what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/hop.h"
#include "attest/result.h"
#include "ledger/anchor.h"
#include "ledger/executor.h"
#include "ledger/snapshot.h"

namespace footproof::ledger {

struct StorePaths {
  std::filesystem::path database;  // a folder that holds nothing else
  std::filesystem::path anchor;    // a file outside of it
};

enum class Durability : std::uint8_t {
  buffered,  // survives a crash of the process; sync() makes it survive a power cut
  synced,
};

class Store {
 public:
  // The explicit init command, the only way to make one: neither path may exist.
  [[nodiscard]] static Result<std::unique_ptr<Store>> create(const StorePaths& paths,
                                                             const BlockResult& genesis_block);
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StorePaths& paths,
                                                           const Digest& chain_id);
  // All that open() asks of anchor and database before it touches them, and nothing more: a copy
  // beside the database is made, opened and removed.
  [[nodiscard]] static Result<void> check(const StorePaths& paths, const Digest& chain_id);
  virtual ~Store() = default;

  // Never null.
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  // The newest head with a published checkpoint; null before the first. After open() also null
  // until the next publish(), unless the last published head is the executed one.
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> published() const = 0;
  [[nodiscard]] virtual const AnchorState& anchor() const = 0;

  // Writes the result of executing a block on snapshot()->ledger(). mismatch if it does not follow
  // the head, or if it contradicts what this node cosigned: then this node must stop signing.
  [[nodiscard]] virtual Result<void> apply(const BlockResult& block, Durability durability) = 0;
  // Makes everything applied so far durable and moves the anchor up to it.
  [[nodiscard]] virtual Result<void> sync() = 0;
  // Before a cosignature is made: durable when it returns. mismatch if the size is smaller than, or
  // the root or time contradicts, what was cosigned before, or if it is not this node's own
  // executed log at that size.
  [[nodiscard]] virtual Result<void> record_cosigned(std::uint64_t size, const Digest& root,
                                                     std::uint64_t time_s) = 0;
  // A checkpoint (signed note with q cosignatures, checked by the caller) for a head that was
  // executed here: the current one or one of the last kUnpublishedHeadsMax. Kept for ever.
  // not_found if the head is no longer, or not yet, held.
  [[nodiscard]] virtual Result<void> publish(std::uint64_t size, const Digest& root,
                                             std::string note) = 0;
  // The note published last for this size, or for the largest size not above it.
  [[nodiscard]] virtual Result<std::optional<std::string>> checkpoint_at(
      std::uint64_t size) const = 0;
  // The hop that ends its epoch (ledger/epochs.h), durable when it returns. It must hold and say
  // what this ledger says: mismatch, bad_signature … otherwise. The first one of an epoch is kept,
  // any later one changes nothing.
  [[nodiscard]] virtual Result<void> keep_hop(const Hop& hop) = 0;
  // The hop that ends this epoch, or none. Any thread.
  [[nodiscard]] virtual Result<std::optional<Hop>> hop(std::uint64_t epoch) const = 0;
  // What a BlockResult::ordering held under this key, or none. Any thread.
  [[nodiscard]] virtual Result<std::optional<Bytes>> ordering_blob(const Digest& key) const = 0;
  // What was executed at a height: consensus compares it with the checkpoint that a header names.
  [[nodiscard]] virtual Result<std::optional<Head>> head_at(std::uint64_t height) const = 0;
};

inline constexpr std::size_t kUnpublishedHeadsMax = 256;

}  // namespace footproof::ledger
