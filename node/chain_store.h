// The finalised chain as it stands in the ledger's store: each block with the certificate that came
// with it, by height, and each batch by digest, written in one LevelDB batch with what followed
// from them. What GET_CHAIN and GET_BATCH are answered from, and what a restart begins with.
#pragma once

#include <memory>
#include <optional>

#include "consensus/replica.h"
#include "ledger/store.h"
#include "node/batch.h"

namespace footproof::node {

[[nodiscard]] ledger::OrderingBlob block_blob(const consensus::Block& block,
                                              const consensus::Certificate& finalization);
[[nodiscard]] ledger::OrderingBlob batch_blob(const HeldBatch& batch);

// The keys that the store knows them by.
[[nodiscard]] Digest block_key(consensus::Height height);
[[nodiscard]] Digest batch_key(const Digest& digest);
// The lowest height whose block is held, of a store that began with a snapshot.
[[nodiscard]] ledger::OrderingBlob first_height_blob(consensus::Height height);
[[nodiscard]] std::optional<consensus::Applied> parse_block_blob(ByteView blob);

// Any thread. A damaged or missing blob reads as none: peers serve it too.
class ChainStore final : public consensus::ChainReader {
 public:
  explicit ChainStore(const ledger::Store& store) : store_(store) {}

  [[nodiscard]] std::optional<consensus::Applied> applied_at(consensus::Height height) const;
  [[nodiscard]] std::optional<consensus::Block> block_at(consensus::Height height) const override;
  [[nodiscard]] std::optional<consensus::Certificate> finalization_at(
      consensus::Height height) const override;
  [[nodiscard]] std::optional<Bytes> batch(const Digest& digest) const;
  // 1, but for a store that began with a snapshot.
  [[nodiscard]] consensus::Height first_height() const;

 private:
  const ledger::Store& store_;
};

}  // namespace footproof::node
