// Batch: statements that travel together, ahead of the block that names them by digest
// (consensus/README.md §3).
//
// Bytes: version u8 = 1 | epoch u64 | producer u8 | sequence u64 | count u32 | count × (u32 length
// ‖ statement). One spelling; 1 to kBatchStatementsMax statements of 1 to 16 KiB each; at most
// kBatchBytesMax bytes. Its digest is consensus::batch_digest of these bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "consensus/messages.h"

namespace footproof::node {

constexpr std::size_t kStatementSizeMax = std::size_t{16} * 1024;
constexpr std::size_t kBatchHeaderSize = 1 + 8 + 1 + 8 + 4;

struct Batch {
  consensus::Epoch epoch = 0;
  consensus::ValidatorIndex producer = 0;
  std::uint64_t sequence = 0;  // of its producer, ascending
  std::vector<Bytes> statements;
};

// Refuses what is above the limits or empty.
[[nodiscard]] Result<Bytes> encode_batch(const Batch& batch);
// The frame alone: that every statement is well formed is judged by parse_statement().
[[nodiscard]] Result<Batch> parse_batch(ByteView bytes);

// A batch with what consensus knows it by. Bytes are shared with frames, storage and checks.
struct HeldBatch {
  consensus::BatchRef ref;
  consensus::ValidatorIndex producer = 0;
  std::uint64_t sequence = 0;
  std::shared_ptr<const Bytes> bytes;
};

[[nodiscard]] Result<HeldBatch> hold_batch(Bytes bytes);

}  // namespace footproof::node
