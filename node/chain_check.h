// Whether a stretch of the chain that anybody may have sent is what the validators finalised: by
// hashes down to where we stand, and by certificates of the set of its epoch. Pure.
//
// All blocks of a stretch are of one epoch; the boundary block, where there is one, is the last.
// What passes is the chain itself: whoever made it up would need a quorum of vote keys. What its
// execution gives is judged afterwards (node/follower.h).
#pragma once

#include <cstdint>
#include <vector>

#include "attest/digest.h"
#include "attest/result.h"
#include "consensus/quorum.h"
#include "node/chain_answer.h"
#include "node/storage_writer.h"

namespace footproof::node {

// The block that the stretch must follow.
struct ChainTip {
  Digest block_id;
  consensus::Height height = 0;
  std::uint64_t time_ms = 0;
};

// The error names the first height where it is not, and why.
[[nodiscard]] Result<std::vector<DeliveredBlock>> check_stretch(
    ChainAnswer answer, const ChainTip& tip, const consensus::Membership& membership,
    const consensus::Verifier& verifier);

}  // namespace footproof::node
