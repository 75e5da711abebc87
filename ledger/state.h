// What the rules can see of the ledger, and what they may change of it.
//
// StateView is the ledger after some block: the records of the state tree (docs/formats.md §6) and
// what is known of logged statements. Overlay lays the changes of a block in progress over a view,
// so that a statement sees those before it. Views answer with an error only when our own storage
// fails; that is never a refusal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::ledger {

// A statement that stands in the log.
struct LoggedStatement {
  std::uint64_t index = 0;
  std::uint64_t recorded_ms = 0;  // time of its own block record
  Bytes statement;                // the logged bytes
};

class StateView {
 public:
  virtual ~StateView() = default;
  // The record under a key of the state tree, or none.
  [[nodiscard]] virtual Result<std::optional<Bytes>> record(const Digest& state_key) const = 0;
  [[nodiscard]] virtual Result<std::optional<LoggedStatement>> logged(
      const Digest& entry_id) const = 0;
  // The entry id that used (iss, sub), or none.
  [[nodiscard]] virtual Result<std::optional<Digest>> entry_of(std::string_view issuer,
                                                               std::string_view subject) const = 0;
};

// State key → its new record; none deletes it. Ordered, so that what follows from it is a function
// of the contents alone.
using StateChanges = std::map<Digest, std::optional<Bytes>>;

// The index key of (iss, sub): the lengths are part of the hash, so no two pairs share one.
[[nodiscard]] Digest subject_key(std::string_view issuer, std::string_view subject);

// A view with changes laid over it. `below` must outlive the overlay.
class Overlay final : public StateView {
 public:
  explicit Overlay(const StateView& below) : below_(below) {}

  [[nodiscard]] Result<std::optional<Bytes>> record(const Digest& state_key) const override;
  [[nodiscard]] Result<std::optional<LoggedStatement>> logged(
      const Digest& entry_id) const override;
  [[nodiscard]] Result<std::optional<Digest>> entry_of(std::string_view issuer,
                                                       std::string_view subject) const override;

  void put(const StateChanges& changes);
  void put_logged(const Digest& entry_id, std::string_view issuer, std::string_view subject,
                  LoggedStatement statement);

  [[nodiscard]] const StateChanges& changes() const { return changes_; }

 private:
  const StateView& below_;
  StateChanges changes_;
  std::map<Digest, LoggedStatement> logged_;
  std::map<Digest, Digest> subjects_;  // subject key → entry id
};

}  // namespace footproof::ledger
