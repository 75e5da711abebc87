// Judges records of the state tree as a node shows them: does a quorum of the policy's validators
// vouch for a head whose last record has this state, and does the state hold these very records, or
// none, under the keys that were asked for (docs/formats.md §6, §7)?
//
// Nothing that the node says is believed: a record changed, left out or invented, a head of another
// network or without its quorum is an error that says which. How old T may be is for the caller,
// who has a clock; what was recorded after T is unknown.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "attest/block_record.h"
#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof {

struct ProvenHead {
  TrustedCheckpoint checkpoint;  // lives as long as the policy
  BlockRecord last_record;
  // The instant up to which everything is known: T, or the last record's time where that is later.
  [[nodiscard]] Instant known() const;
};

// The checkpoint in the form of a receipt's, and the record at its size − 1. mismatch: of another
// network than the policy, or of an epoch that it does not know.
[[nodiscard]] Result<ProvenHead> verify_head(const Policy& policy, std::string_view checkpoint,
                                             const LoggedRecord& last_record);

// The records, or their absence, under a head that verify_head() gave; as many as keys.
[[nodiscard]] Result<void> verify_records(const ProvenHead& head, ByteView state_proof,
                                          std::span<const Digest> keys,
                                          std::span<const std::optional<Bytes>> records);

}  // namespace footproof
