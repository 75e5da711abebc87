// A snapshot whose records and entries are read from the database, as it was when the snapshot was
// made, and whose trees are in memory. Every record is compared with the tree and every entry is
// hashed again by whoever proves it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/database.h"
#include "ledger/snapshot.h"

namespace footproof::ledger {

class DiskSnapshot final : public Snapshot {
 public:
  DiskSnapshot(std::shared_ptr<const Reading> reading, LedgerState ledger, std::string checkpoint)
      : reading_(std::move(reading)),
        ledger_(std::move(ledger)),
        checkpoint_(std::move(checkpoint)) {}

  // The same moment, with the checkpoint that covers it.
  [[nodiscard]] std::shared_ptr<const DiskSnapshot> with_checkpoint(std::string note) const {
    return std::make_shared<const DiskSnapshot>(reading_, ledger_, std::move(note));
  }

  [[nodiscard]] const LedgerState& ledger() const override { return ledger_; }
  [[nodiscard]] const std::string& checkpoint() const override { return checkpoint_; }
  [[nodiscard]] Result<std::optional<Bytes>> record(const Digest& state_key) const override;
  [[nodiscard]] Result<std::optional<LoggedStatement>> logged(
      const Digest& entry_id) const override;
  [[nodiscard]] Result<std::optional<Digest>> entry_of(std::string_view issuer,
                                                       std::string_view subject) const override;
  [[nodiscard]] Result<std::vector<Digest>> tile_hashes(std::uint32_t level, std::uint64_t first,
                                                        std::size_t count) const override;
  [[nodiscard]] Result<LogItem> item(std::uint64_t index) const override;
  [[nodiscard]] Result<LogItem> own_record(std::uint64_t index) const override;
  [[nodiscard]] Result<std::vector<std::uint64_t>> postings(const Digest& term, std::uint64_t from,
                                                            std::size_t count) const override;

  [[nodiscard]] const Reading& reading() const { return *reading_; }

 private:
  std::shared_ptr<const Reading> reading_;
  LedgerState ledger_;
  std::string checkpoint_;
};

}  // namespace footproof::ledger
