// How the data folder of a node that follows becomes a validator's (footproofd --init): what it has
// downloaded and executed is not fetched again.
//
// Nothing was ever signed on such a folder. That does not say that the keys never signed anything:
// where the set in force names them already they may have voted, on a disk that was lost, and the
// folder is refused unless as observer. The marker comes last, so what is cut off is repeated.
#pragma once

#include <cstddef>
#include <string>

#include "attest/result.h"
#include "node/data_folder.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/wal.h"

namespace footproof::node {

// mismatch: the set in force names these keys. Other errors: as ledger::Store::open().
[[nodiscard]] Result<void> adopt_followed(const DataFolder& folder, const Network& network,
                                          KeyRing& keys, const std::string& id, bool observer,
                                          std::size_t wal_segment_size = kWalSegmentSizeDefault);

}  // namespace footproof::node
