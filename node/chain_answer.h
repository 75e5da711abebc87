// A stretch of the finalised chain as a node gives it to whoever follows over HTTP: the answer to
// GET /v1/chain (docs/formats.md §11).
//
// Blocks, certificates and batches stand in it as the store keeps them, so that whoever follows
// keeps the same bytes and can serve them in turn. Parsing judges form only and nothing here is to
// be believed: node/chain_check.h verifies it. No count or length is believed before it was
// compared with its limit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/result.h"
#include "consensus/replica.h"

namespace footproof::node {

inline constexpr std::size_t kStretchBlocksMax = 256;
inline constexpr std::size_t kStretchLinkMax = 1024;  // headers
// Of a whole answer: what a node adds to before it stops (serve_chain.h), one block more, a link.
inline constexpr std::size_t kChainAnswerBytesMax = std::size_t{8} << 20U;

// A block with the certificate that came with it, which names it or a descendant, and its batches.
struct ChainBlock {
  consensus::Applied applied;
  std::vector<Bytes> batches;  // as many as the block names, in its order, each of the length named
};

struct ChainAnswer {
  // Up to which the answering node has blocks to give; a hint.
  consensus::Height height = 0;
  // A signed note for a log size not above that after the last block (without blocks: after
  // `height`); empty where the node has none.
  std::string checkpoint;
  std::vector<ChainBlock> blocks;  // consecutive, lowest first
  // Where the last certificate names a descendant: headers of those after the last block, up to it.
  std::vector<consensus::BlockHeader> link;
};

[[nodiscard]] Bytes encode_chain_answer(const ChainAnswer& answer);
// One spelling: what parses encodes back to the same bytes.
[[nodiscard]] Result<ChainAnswer> parse_chain_answer(ByteView bytes);

}  // namespace footproof::node
