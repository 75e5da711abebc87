#include "node/serve_chain.h"

#include <fmt/format.h>

#include <utility>

#include "node/chain_store.h"

namespace footproof::node {
namespace {

Result<void> add_checkpoint(const ledger::Store& store, std::uint64_t log_size, ChainAnswer& out) {
  auto note = store.checkpoint_at(log_size);
  if (!note) return fail(note.error());
  if (*note) out.checkpoint = **std::move(note);
  return {};
}

// The batches of a block that the store holds; bytes are those that its digest names.
Result<std::vector<Bytes>> batches_of(const ChainStore& chain, const consensus::Block& block) {
  std::vector<Bytes> out;
  for (const auto& ref : block.batch_refs) {
    auto bytes = chain.batch(ref.digest);
    if (!bytes) {
      return fail(Errc::corrupt,
                  fmt::format("a batch of block {} is missing or damaged", block.header.height));
    }
    out.push_back(*std::move(bytes));
  }
  return out;
}

// The last block whose certificate names a block that is executed here, itself or a descendant.
// The height below the first block held, where there is none.
consensus::Height whole_height(const ChainStore& chain, const ledger::Head& head) {
  const auto newest = chain.applied_at(head.height);
  if (!newest) return head.height;  // genesis; damage is found by whoever reads it
  const Digest named = newest->finalization.proposal.block_id;
  if (named == head.block_id) return head.height;
  auto height = head.height;
  for (std::optional<consensus::Applied> at = newest;
       at && at->finalization.proposal.block_id == named; at = chain.applied_at(height)) {
    --height;
  }
  return height;
}

// The headers between the last block and the one that its certificate names.
Result<void> add_link(const ChainStore& chain, ChainAnswer& out) {
  const auto& last = out.blocks.back().applied;
  const Digest& named = last.finalization.proposal.block_id;
  Digest at = consensus::block_id(last.block.header);
  for (auto height = last.block.header.height + 1; at != named; ++height) {
    const auto block = chain.block_at(height);
    if (!block || out.link.size() == kStretchLinkMax) {
      return fail(Errc::corrupt, fmt::format("the certificate of block {} names a block that is "
                                             "not above it",
                                             last.block.header.height));
    }
    at = consensus::block_id(block->header);
    out.link.push_back(block->header);
  }
  return {};
}

}  // namespace

Result<ChainAnswer> serve_chain(const ledger::Store& store, consensus::Height from) {
  if (from == 0) return fail(Errc::usage, "from: height 0 is the genesis file, /v1/genesis");
  const ledger::Head head = store.snapshot()->head();
  const ChainStore chain(store);
  ChainAnswer out;
  out.height = whole_height(chain, head);
  std::size_t bytes = 0;
  std::uint64_t log_size = head.log_size;
  auto last_height = out.height;
  for (auto height = from;
       height <= out.height && out.blocks.size() < kStretchBlocksMax && bytes < kStretchBytes;
       ++height) {
    auto applied = chain.applied_at(height);
    if (!applied) {
      if (const auto first = chain.first_height(); height < first) {
        return fail(Errc::not_found,
                    fmt::format("from: this node began with a snapshot and holds no block below "
                                "height {}; ask one that holds the chain from its beginning",
                                first));
      }
      return fail(Errc::corrupt, fmt::format("block {} is missing or damaged", height));
    }
    auto batches = batches_of(chain, applied->block);
    if (!batches) return fail(batches.error());
    bytes += block_blob(applied->block, applied->finalization).bytes.size();
    for (const Bytes& batch : *batches) bytes += batch.size();
    const bool last_of_epoch = applied->block.header.boundary != 0;
    out.blocks.push_back({*std::move(applied), *std::move(batches)});
    if (last_of_epoch) break;
  }
  if (!out.blocks.empty()) {
    if (auto done = add_link(chain, out); !done) return fail(done.error());
    last_height = out.blocks.back().applied.block.header.height;
  }
  if (last_height < head.height) {
    const auto last = store.head_at(last_height);
    if (!last) return fail(last.error());
    log_size = *last ? (*last)->log_size : 0;
  }
  if (auto done = add_checkpoint(store, log_size, out); !done) return fail(done.error());
  return out;
}

}  // namespace footproof::node
