// The validators of the next epoch: where the state holds them, and how a boundary block puts them
// in force (docs/formats.md §6.6). Pure functions of the state.
//
// A ballot decides a set; it stands under `next-validators` until the boundary block of the epoch
// writes it under `validators, e+1` and takes it away. One at a time: while it stands there, no
// other is decided (ledger/ballot_validators.cc), so what consensus fixed is what the boundary
// block writes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attest/result.h"
#include "attest/state_record.h"
#include "ledger/snapshot.h"
#include "ledger/state.h"

namespace footproof::ledger {

// The set that was decided and is not in force yet. encode_members(members) is what a boundary
// block carries and its header hashes.
[[nodiscard]] Result<std::optional<NextValidatorsRecord>> next_validators(const StateView& view);

// The same, and at which height it was decided: from the state after that block on it is there.
struct PendingSet {
  NextValidatorsRecord next;
  std::uint64_t height = 0;
};
[[nodiscard]] Result<std::optional<PendingSet>> pending_set(const Snapshot& snapshot);

// The set of an epoch; corrupt if the state holds none.
[[nodiscard]] Result<ValidatorsRecord> validators_of(const StateView& view, std::uint64_t epoch);
// The newest set that the state holds: that of `epoch`, or the one after it, where the boundary
// block of `epoch` was executed.
[[nodiscard]] Result<ValidatorsRecord> newest_validators(const StateView& view,
                                                         std::uint64_t epoch);

// What the boundary block of `epoch` changes besides its statements: the next set in force, the
// keys that leave retired. `view` is the state after its statements, `height` and `log_size` those
// of the block: its record is the last of the old set. mismatch where no set is waiting.
[[nodiscard]] Result<StateChanges> begin_next_set(const StateView& view, std::uint64_t epoch,
                                                  std::uint64_t height, std::uint64_t log_size);

}  // namespace footproof::ledger
