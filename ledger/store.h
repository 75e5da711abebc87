// The store: executed blocks and all that follows from them, in LevelDB beside an anchor file.
//
// One writer thread calls apply(), sync(), record_cosigned() and publish(); snapshot() and
// published() may be called from any thread, and what they return never changes.
// Invariants:
//   1. Log, state, indexes, head and record of a block are written in one batch or not at all.
//   2. Before apply() returns, what will be served is read back and hashed again; the roots must be
//      those of the result.
//   3. A database that is behind its anchor, empty, or damaged is refused, before LevelDB has
//      touched it: open() first opens a hard-linked copy and compares it with the anchor.
//   4. apply() is idempotent by height: a block at or below the head changes nothing.
//   5. Every failed write is final: the store refuses all further ones until it is opened again.
// Names of refusals at open, first word of the detail: `no-anchor`, `anchor-damaged`,
// `other-chain`, `database-missing`, `database-damaged`, `rolled-back`, `forked`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/receipt.h"
#include "attest/result.h"
#include "ledger/anchor.h"
#include "ledger/executor.h"
#include "ledger/genesis.h"
#include "ledger/state.h"

namespace footproof::ledger {

struct StorePaths {
  std::filesystem::path database;  // a folder that holds nothing else
  std::filesystem::path anchor;    // a file outside of it
};

enum class Durability : std::uint8_t {
  buffered,  // survives a crash of the process; sync() makes it survive a power cut
  synced,
};

// A proof over state records, as of one head.
struct StateAnswer {
  Bytes proof;                                // encoded multi-proof (attest/state_proof.h)
  std::vector<std::optional<Bytes>> records;  // in the order of the keys asked for
};

// The ledger after one block, with every proof made from it. Immutable; any thread.
class Snapshot : public StateView, public HashSource {
 public:
  [[nodiscard]] virtual const LedgerState& ledger() const = 0;
  [[nodiscard]] const Head& head() const { return ledger().head; }
  // The signed note that publish() was given for this head; empty for one that is not published.
  [[nodiscard]] virtual const std::string& checkpoint() const = 0;

  // Bytes and kind at an index below the log's size.
  [[nodiscard]] virtual Result<LogItem> item(std::uint64_t index) const = 0;
  // The record of the block that the leaf at `index` belongs to (itself, if it is a record).
  [[nodiscard]] virtual Result<LogItem> own_record(std::uint64_t index) const = 0;

  // RFC 9162 paths: index < size ≤ log size; 0 < from ≤ to ≤ log size; else usage.
  [[nodiscard]] Result<std::vector<Digest>> inclusion(std::uint64_t index,
                                                      std::uint64_t size) const;
  [[nodiscard]] Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t to) const;
  [[nodiscard]] Result<StateAnswer> prove_state(std::span<const Digest> keys) const;
  // The path of the last record in the whole log, and its bytes.
  [[nodiscard]] Result<LoggedRecord> last_record() const;
  // All of one entry as of this head: needs checkpoint(). not_found if the entry is not logged.
  [[nodiscard]] Result<Receipt> make_receipt(const Digest& entry_id,
                                             const std::optional<Digest>& declaration_root) const;

  // C2SP bodies, `width` 1 to 256; not_found where the log does not reach that far.
  [[nodiscard]] Result<Bytes> tile(std::uint32_t level, std::uint64_t index,
                                   std::uint32_t width) const;
  [[nodiscard]] Result<Bytes> entry_bundle(std::uint64_t index, std::uint32_t width) const;
  [[nodiscard]] Result<Bytes> statement_bundle(std::uint64_t index, std::uint32_t width) const;
};

class Store {
 public:
  // The explicit init command, the only way to make one: neither path may exist.
  [[nodiscard]] static Result<std::unique_ptr<Store>> create(const StorePaths& paths,
                                                             const BlockResult& genesis_block);
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StorePaths& paths,
                                                           const Digest& chain_id);
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
  // What a BlockResult::ordering held under this key, or none. Any thread.
  [[nodiscard]] virtual Result<std::optional<Bytes>> ordering_blob(const Digest& key) const = 0;
  // What was executed at a height: consensus compares it with the checkpoint that a header names.
  [[nodiscard]] virtual Result<std::optional<Head>> head_at(std::uint64_t height) const = 0;
};

inline constexpr std::size_t kUnpublishedHeadsMax = 256;

}  // namespace footproof::ledger
