#include "node/chain_store.h"

#include <utility>

namespace footproof::node {
namespace {

constexpr std::size_t kBlockBlobPartMax = std::size_t{1024} * 1024;

}  // namespace

Digest block_key(consensus::Height height) {
  ByteWriter out;
  out.u64(height);
  return tagged_hash("footproof/node/block-at/v1", {out.bytes()});
}

Digest batch_key(const Digest& digest) {
  return tagged_hash("footproof/node/batch/v1", {digest.view()});
}

ledger::OrderingBlob first_height_blob(consensus::Height height) {
  return {tagged_hash("footproof/node/first-height/v1", {}), ByteWriter().u64(height).bytes()};
}

ledger::OrderingBlob block_blob(const consensus::Block& block,
                                const consensus::Certificate& finalization) {
  ByteWriter out;
  out.sized(consensus::encode_block(block)).sized(consensus::encode_certificate(finalization));
  return {block_key(block.header.height), std::move(out).take()};
}

ledger::OrderingBlob batch_blob(const HeldBatch& batch) {
  return {batch_key(batch.ref.digest), *batch.bytes};
}

std::optional<consensus::Applied> parse_block_blob(ByteView blob) {
  ByteReader in(blob);
  auto block = consensus::parse_block(in.sized(kBlockBlobPartMax));
  auto finalization = consensus::parse_certificate(in.sized(kBlockBlobPartMax));
  if (!in.exhausted() || !block || !finalization) return std::nullopt;
  return consensus::Applied{*std::move(block), *std::move(finalization)};
}

std::optional<consensus::Applied> ChainStore::applied_at(consensus::Height height) const {
  const auto blob = store_.ordering_blob(block_key(height));
  if (!blob || !*blob) return std::nullopt;
  return parse_block_blob(**blob);
}

std::optional<consensus::Block> ChainStore::block_at(consensus::Height height) const {
  auto applied = applied_at(height);
  if (!applied) return std::nullopt;
  return std::move(applied->block);
}

std::optional<consensus::Certificate> ChainStore::finalization_at(consensus::Height height) const {
  auto applied = applied_at(height);
  if (!applied) return std::nullopt;
  return std::move(applied->finalization);
}

consensus::Height ChainStore::first_height() const {
  const auto blob = store_.ordering_blob(first_height_blob(0).key);
  if (!blob || !*blob) return 1;
  return ByteReader(**blob).u64();
}

std::optional<Bytes> ChainStore::batch(const Digest& digest) const {
  auto blob = store_.ordering_blob(batch_key(digest));
  if (!blob || !*blob) return std::nullopt;
  if (consensus::batch_digest(**blob) != digest) return std::nullopt;
  return **std::move(blob);
}

}  // namespace footproof::node
