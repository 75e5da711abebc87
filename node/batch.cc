#include "node/batch.h"

#include <utility>

namespace footproof::node {
namespace {

constexpr std::uint8_t kBatchVersion = 1;

}  // namespace

Result<Bytes> encode_batch(const Batch& batch) {
  ByteWriter out;
  out.u8(kBatchVersion).u64(batch.epoch).u8(batch.producer).u64(batch.sequence);
  out.u32(static_cast<std::uint32_t>(batch.statements.size()));
  for (const auto& statement : batch.statements) {
    if (statement.empty() || statement.size() > kStatementSizeMax) {
      return fail(Errc::bad_length, "a statement of a batch is empty or above 16 KiB");
    }
    out.sized(statement);
  }
  if (batch.statements.empty() || batch.statements.size() > consensus::kBatchStatementsMax ||
      out.bytes().size() > consensus::kBatchBytesMax) {
    return fail(Errc::bad_length, "a batch is empty or above its limits");
  }
  return std::move(out).take();
}

Result<Batch> parse_batch(ByteView bytes) {
  if (bytes.size() > consensus::kBatchBytesMax) return fail(Errc::bad_length, "batch too long");
  ByteReader in(bytes);
  if (in.u8() != kBatchVersion) return fail(Errc::bad_version, "batch version");
  Batch batch;
  batch.epoch = in.u64();
  batch.producer = in.u8();
  batch.sequence = in.u64();
  const std::uint32_t count = in.u32();
  if (in.failed() || count == 0 || count > consensus::kBatchStatementsMax ||
      count > in.remaining() / 5) {
    return fail(Errc::bad_length, "batch count");
  }
  batch.statements.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto statement = in.sized(kStatementSizeMax);
    if (in.failed() || statement.empty()) return fail(Errc::bad_length, "statement in a batch");
    batch.statements.push_back(to_bytes(statement));
  }
  if (!in.exhausted()) return fail(Errc::bad_length, "bytes behind a batch");
  return batch;
}

Result<HeldBatch> hold_batch(Bytes bytes) {
  const auto batch = parse_batch(bytes);
  if (!batch) return fail(batch.error());
  HeldBatch held;
  held.ref = {consensus::batch_digest(bytes), static_cast<std::uint32_t>(batch->statements.size()),
              static_cast<std::uint32_t>(bytes.size())};
  held.producer = batch->producer;
  held.sequence = batch->sequence;
  held.bytes = std::make_shared<const Bytes>(std::move(bytes));
  return held;
}

}  // namespace footproof::node
