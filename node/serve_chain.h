// Answers GET /v1/chain from a store: finalised blocks from a height on, for whoever follows.
//
// Bounded: at most kStretchBlocksMax blocks, and none is added once the answer has kStretchBytes;
// one answer never spans two epochs. Blocks that one certificate finalises are given once the one
// that it names is executed here: until then nobody could verify them. What it reads never changes
// once it is written, so the head is read first and all below it is of one moment.
#pragma once

#include "attest/result.h"
#include "ledger/store.h"
#include "node/chain_answer.h"

namespace footproof::node {

inline constexpr std::size_t kStretchBytes = std::size_t{1} << 20U;

// Any thread. Without blocks where the store does not reach `from`. usage: height 0, which is the
// genesis file. not_found: it began above that height, from a snapshot, and the detail says where.
[[nodiscard]] Result<ChainAnswer> serve_chain(const ledger::Store& store, consensus::Height from);

}  // namespace footproof::node
