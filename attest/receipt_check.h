// Judges a receipt by a trust policy: is this statement in the log of this network, cosigned by a
// quorum, signed by a key that was good, and what does the state tree say about it as of T?
//
// Everything that is present is verified, whether anybody asks for it or not. Each finding names
// what it found; a finding whose premise failed is `not checked`. No clock: whether T is plausible
// and fresh is for the verdict.
#pragma once

#include <cstdint>
#include <optional>

#include "attest/block_record.h"
#include "attest/finding.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof {

struct ReceiptCheck {
  Finding well_formed;  // parts parse, belong together, nothing is missing or superfluous
  Finding network;      // the policy is of the network that the checkpoint names
  Finding quorum;       // log line and exactly q cosignatures of the set of that size
  Finding inclusion;    // statement and records in the log, state records under the last record
  Finding signature;    // the issuer's, by the key in the state
  Finding key;          // right party and usage, good when recorded

  // What the receipt says. Believe it only as far as the findings pass: the first three need
  // well_formed, the others inclusion.
  std::optional<Statement> statement;
  std::optional<BlockRecord> own_record;
  std::optional<BlockRecord> last_record;
  std::optional<TrustedCheckpoint> checkpoint;  // needs quorum; lives as long as the policy
  std::optional<StatusRecord> status;           // none: nothing but active
  std::optional<StatusRecord> declaration_status;
  std::optional<AccreditationRecord> accreditation;
  std::optional<KeyRecord> signing_key;
  std::optional<PartyRecord> party;
  std::optional<KeyRecord> countersigning_key;

  // This very statement is in the log and signed as it says; its key may be reported since.
  [[nodiscard]] bool proves_entry() const {
    return well_formed.passed() && network.passed() && quorum.passed() && inclusion.passed() &&
           signature.passed();
  }
  [[nodiscard]] bool holds() const { return proves_entry() && key.passed(); }
  // The instant up to which events are known: T, or the last record's time where that is later
  // (T is in whole seconds). Needs quorum and inclusion.
  [[nodiscard]] Instant known() const;
};

// The line `key` as known at `known`, which is not after check.known(). Needs inclusion and
// signature.
[[nodiscard]] Finding key_as_known(const ReceiptCheck& check, Instant known);

[[nodiscard]] ReceiptCheck verify_receipt(const Receipt& receipt, const Policy& policy);

// holds(), or the first finding that does not, as an error. For nodes that check what they serve.
[[nodiscard]] Result<void> check_receipt(const Receipt& receipt, const Policy& policy);
// The same for proves_entry().
[[nodiscard]] Result<void> check_entry(const ReceiptCheck& check);

}  // namespace footproof
