// Makes a store from what others hold at a checkpoint, in place of executing every block: the whole
// log entry by entry, the state record by record. Everything that follows from them (tiles,
// indexes, postings, heads) is made here, so that the store then executes and serves as any other
// does.
//
// It judges nothing: what goes in was verified by the caller against the root of a checkpoint. What
// comes out is checked as a whole when Store::open() reads it. May be cut off at any moment and
// taken up again: each call is written at once or not at all. What such a store does not hold: the
// ordering engine's bytes of earlier blocks, and heads of heights that appended no record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/hop.h"
#include "attest/result.h"
#include "ledger/database.h"
#include "ledger/executor.h"
#include "ledger/log.h"

namespace footproof::ledger {

class StoreBuilder {
 public:
  // Takes up what stands in the folder, or begins there.
  [[nodiscard]] static Result<std::unique_ptr<StoreBuilder>> open(
      const std::filesystem::path& folder, const Digest& chain_id);

  [[nodiscard]] const Log& log() const { return log_; }
  // Those that come next in the log. malformed: one is neither statement nor record.
  [[nodiscard]] Result<void> add_entries(std::span<const Bytes> entries);

  // `note`: the caller's own, kept in the same write; empty before the first.
  [[nodiscard]] const Bytes& note() const { return note_; }
  [[nodiscard]] Result<void> add_state(std::span<const std::pair<Digest, Bytes>> records,
                                       Bytes note);
  [[nodiscard]] Result<void> forget_state();

  // Hops from the first epoch on, in their order.
  [[nodiscard]] Result<void> add_hop(std::uint64_t epoch, const Hop& hop);
  [[nodiscard]] Result<std::optional<Hop>> hop(std::uint64_t epoch) const;

  // The head after the last record; nothing was added since. Writes the anchor last; then the
  // folder is a store's database, and this object of no more use.
  [[nodiscard]] Result<Head> finish(const std::string& checkpoint,
                                    const std::vector<OrderingBlob>& ordering,
                                    const std::filesystem::path& anchor);
  // An earlier life was cut off in finish(): complete() does what is missing, with the same
  // outcome.
  [[nodiscard]] bool is_finished() const { return is_finished_; }
  [[nodiscard]] Result<Head> complete(const std::filesystem::path& anchor);

 private:
  // A statement whose own record has not come yet.
  struct Open {
    std::uint64_t index = 0;
    Digest entry_id;
  };

  StoreBuilder(std::filesystem::path folder, std::shared_ptr<Database> database, Digest chain_id)
      : folder_(std::move(folder)), database_(std::move(database)), chain_id_(chain_id) {}
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] Result<void> add_entry(ByteView bytes, Batch& batch, LogGrowth& growth);
  void put_progress(Batch& batch) const;

  std::filesystem::path folder_;
  std::shared_ptr<Database> database_;
  Digest chain_id_;
  Log log_;
  std::vector<Open> open_;
  std::optional<Head> head_;  // after the last record
  Bytes note_;
  bool is_finished_ = false;
};

}  // namespace footproof::ledger
