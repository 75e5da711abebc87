// The sets of validators by which what others say of the chain is judged, taken from the state that
// this node has executed itself: which set finalises the next block, and whose cosignatures count
// at a log size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "attest/hop.h"
#include "attest/policy.h"
#include "attest/result.h"
#include "consensus/quorum.h"
#include "ledger/store.h"
#include "node/key_verifier.h"

namespace footproof::node {

struct JudgingSet {
  ValidatorsRecord record;
  consensus::Membership membership;
  KeyVerifier verifier;
};

// The set that finalises the block after this head: that of its epoch, or after the boundary block
// the next one, which that block put in force. `kept`: the one used last, handed out again where it
// is the same.
[[nodiscard]] Result<std::shared_ptr<const JudgingSet>> set_after(
    const ledger::Snapshot& snapshot, std::shared_ptr<const JudgingSet> kept);

// This head ends an epoch, as `after` says, and what leads out of it is not kept yet.
[[nodiscard]] Result<bool> owes_hop(const ledger::Store& store, const ledger::Head& head,
                                    const JudgingSet& after);

// A note in the form of §8 whose size this log has reached, by the set that held that size. The
// error is mismatch where a quorum vouches for another root than this log's, and something else
// where the note is no good.
[[nodiscard]] Result<TrustedCheckpoint> judge_checkpoint(const ledger::Snapshot& snapshot,
                                                         const std::string& note);

// A hop that ends the epoch of this head, which a boundary block made. The error is mismatch where
// a quorum of its set vouches for another end than this log's, and something else where the hop is
// no good.
[[nodiscard]] Result<void> judge_hop(const ledger::Snapshot& ended, const Hop& hop);

}  // namespace footproof::node
