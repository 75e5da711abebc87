#include "attest/block_record.h"

#include "attest/cbor.h"
#include "attest/merkle.h"

namespace footproof {

Bytes encode(const BlockRecord& record) {
  cbor::Writer out;
  out.array(9)
      .uint(1)
      .digest(record.chain_id)
      .uint(record.height)
      .uint(record.epoch)
      .uint(record.time.ms)
      .digest(record.block_id)
      .uint(record.first_index)
      .uint(record.count)
      .digest(record.state_root);
  return std::move(out).take();
}

Result<BlockRecord> parse_block_record(ByteView bytes) {
  if (bytes.size() > kBlockRecordSizeMax) return fail(Errc::bad_length, "block record: too long");
  cbor::Reader in(bytes, "block record");
  in.array_of(9);
  if (in.field("version").uint() != 1) in.reject(Errc::bad_version, "must be 1");
  BlockRecord record;
  record.chain_id = in.field("chain id").digest();
  record.height = in.field("height").uint();
  record.epoch = in.field("epoch").uint();
  record.time.ms = in.field("time").uint();
  record.block_id = in.field("block id").digest();
  record.first_index = in.field("first index").uint_up_to(kTreeSizeMax - 1);
  record.count = in.field("count").uint_up_to(kTreeSizeMax - 1 - record.first_index);
  record.state_root = in.field("state root").digest();
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Digest block_record_entry(ByteView record) { return tagged_hash("footproof/block/v1", {record}); }

Digest statement_entry(ByteView cose_sign1) { return sha256(cose_sign1); }

}  // namespace footproof
