// How the data folder of a node that follows becomes a validator's (footproofd --init): what it has
// downloaded and executed is not fetched again.
//
// Root of it is the genesis file, not the folder: hops must lead from its set to the one in force,
// and one of those sets must have cosigned the log that is here, up to the newest checkpoint in it.
// The entries above that, and the state, are believed: a folder that somebody else has made may
// hold false ones, with which the node would meet an alarm or find nobody to follow. fsck judges
// them.
//
// Nothing was ever signed on such a folder. That does not say that the keys never signed anything:
// where the set in force names them already they may have voted, on a disk that was lost, and the
// folder is refused unless as observer. The marker comes last, so what is cut off is repeated.
#pragma once

#include <cstddef>
#include <string>

#include "attest/result.h"
#include "node/config.h"
#include "node/data_folder.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/wal.h"

namespace footproof::node {

// The snapshot of a node that is to validate, from the nodes in [node] follow, into a folder that
// is empty or where this was begun before and cut off; nothing is done where there is a ledger.
// Comes back when it is whole; until then the log tells how far it is, and no time ends it.
[[nodiscard]] Result<void> fetch_snapshot(const DataFolder& folder, const Network& network,
                                          const Config& config);

// mismatch: the set in force names these keys. bad_proof: not proven from the genesis file. Other
// errors: as ledger::Store::open().
[[nodiscard]] Result<void> adopt_followed(const DataFolder& folder, const Network& network,
                                          KeyRing& keys, const std::string& id, bool observer,
                                          std::size_t wal_segment_size = kWalSegmentSizeDefault);

}  // namespace footproof::node
