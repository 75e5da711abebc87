// Snapshot: the ledger after one block, and every proof made from it. Proof, root and checkpoint of
// one answer always come from one snapshot (pitfall M5): this class is the only place that puts
// them together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/receipt.h"
#include "attest/result.h"
#include "ledger/executor.h"
#include "ledger/log.h"
#include "ledger/state.h"

namespace footproof::ledger {

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

  // Kind, bytes and entry at an index below the log's size; entry id and subject stay zero.
  [[nodiscard]] virtual Result<LogItem> item(std::uint64_t index) const = 0;
  // The record of the block that the leaf at `index` belongs to (itself, if it is a record).
  [[nodiscard]] virtual Result<LogItem> own_record(std::uint64_t index) const = 0;

  // History (ledger/history.h): the statements that have this term, ascending from `from` on, at
  // most `count` of them.
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> postings(const Digest& term,
                                                                    std::uint64_t from,
                                                                    std::size_t count) const = 0;

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

}  // namespace footproof::ledger
