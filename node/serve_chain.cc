#include "node/serve_chain.h"

#include <fmt/format.h>

#include <set>
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
// The height below the first block held, where there is none. Blocks that were finalised together
// name the last of them; after a restart those that are left may name a later one.
consensus::Height whole_height(const ChainStore& chain, const ledger::Head& head) {
  std::set<Digest> executed;
  auto height = head.height;
  for (auto at = chain.applied_at(height); at; at = chain.applied_at(--height)) {
    executed.insert(consensus::block_id(at->block.header));
    if (executed.contains(at->finalization.proposal.block_id)) break;
  }
  return height;  // genesis; damage is found by whoever reads it
}

// The headers between the last block and the highest that a certificate of the blocks names.
Result<void> add_link(const ChainStore& chain, consensus::Height head, ChainAnswer& out) {
  std::set<Digest> named;
  for (const auto& one : out.blocks) {
    named.insert(one.applied.finalization.proposal.block_id);
    named.erase(consensus::block_id(one.applied.block.header));
  }
  const auto last = out.blocks.back().applied.block.header.height;
  for (auto height = last + 1; !named.empty(); ++height) {
    if (height > head) {
      return fail(Errc::too_busy, fmt::format("what finalises the blocks up to {} is being "
                                              "executed; ask again",
                                              last));
    }
    const auto block = chain.block_at(height);
    if (!block || out.link.size() == kStretchLinkMax) {
      return fail(Errc::corrupt, fmt::format("a certificate of the blocks up to {} names a block "
                                             "that is not above them",
                                             last));
    }
    named.erase(consensus::block_id(block->header));
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
    if (auto done = add_link(chain, head.height, out); !done) return fail(done.error());
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
