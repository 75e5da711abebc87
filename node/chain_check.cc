#include "node/chain_check.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "consensus/blocks.h"
#include "consensus/messages.h"

namespace footproof::node {
namespace {

tl::unexpected<Error> wrong(consensus::Height height, std::string_view what) {
  return fail(Errc::mismatch, fmt::format("block {}: {}", height, what));
}

Result<ChainTip> follow(const ChainTip& tip, const consensus::BlockHeader& header,
                        const consensus::Membership& membership) {
  const consensus::Height height = tip.height + 1;
  if (header.chain_id != membership.chain_id()) return wrong(height, "is of another network");
  if (header.height != height || header.parent != tip.block_id) {
    return wrong(height, "does not follow the block before it");
  }
  if (header.epoch != membership.epoch() || header.members_hash != membership.members_hash()) {
    return wrong(height, "is not of this epoch and its set");
  }
  if (header.time_ms <= tip.time_ms) return wrong(height, "is not later than the one before it");
  return ChainTip{consensus::block_id(header), height, header.time_ms};
}

Result<std::vector<HeldBatch>> take_batches(consensus::Height height, ChainBlock& from) {
  std::vector<HeldBatch> out;
  for (std::size_t i = 0; i < from.batches.size(); ++i) {
    auto held = hold_batch(std::move(from.batches[i]));
    if (!held || held->ref != from.applied.block.batch_refs[i]) {
      return wrong(height, "a batch is not the one that the block names");
    }
    out.push_back(*std::move(held));
  }
  return out;
}

}  // namespace

Result<std::vector<DeliveredBlock>> check_stretch(ChainAnswer answer, const ChainTip& tip,
                                                  const consensus::Membership& membership,
                                                  const consensus::Verifier& verifier) {
  std::vector<DeliveredBlock> out;
  std::map<Digest, consensus::Height> heights;  // of every block here, the link's too
  ChainTip at = tip;
  bool ended = false;
  const auto step = [&](const consensus::BlockHeader& header) -> Result<void> {
    if (ended) return wrong(at.height + 1, "stands after the last block of its epoch");
    auto next = follow(at, header, membership);
    if (!next) return fail(next.error());
    at = *next;
    ended = header.boundary != 0;
    heights[at.block_id] = at.height;
    return {};
  };
  for (ChainBlock& block : answer.blocks) {
    if (auto done = step(block.applied.block.header); !done) return fail(done.error());
    if (!consensus::body_fits(block.applied.block)) {
      return wrong(at.height, "its batches, evidence or next set are not those of its header");
    }
    auto batches = take_batches(at.height, block);
    if (!batches) return fail(batches.error());
    out.push_back({std::move(block.applied.block), at.block_id,
                   std::move(block.applied.finalization), *std::move(batches)});
  }
  for (const auto& header : answer.link) {
    if (auto done = step(header); !done) return fail(done.error());
  }
  if (answer.blocks.empty() && !answer.link.empty()) return wrong(tip.height + 1, "is left out");
  const consensus::Certificate* verified = nullptr;
  for (const DeliveredBlock& block : out) {
    const auto& certificate = block.finalization;
    const auto height = block.block.header.height;
    const auto named = heights.find(certificate.proposal.block_id);
    if (certificate.type != consensus::VoteType::finalize || named == heights.end() ||
        named->second < height) {
      return wrong(height, "its certificate finalises another block");
    }
    if (verified != nullptr && *verified == certificate) continue;
    if (!membership.verify(certificate, verifier)) {
      return wrong(height, "its certificate does not verify by the set of its epoch");
    }
    verified = &certificate;
  }
  return out;
}

}  // namespace footproof::node
