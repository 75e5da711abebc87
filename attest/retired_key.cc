#include "attest/retired_key.h"

#include <utility>

#include "attest/cbor.h"
#include "attest/fields.h"

namespace footproof {

Digest state_key::retired_key(const Digest& kid) {
  cbor::Writer out;
  out.array(3).text("footproof/state/v1").text("retired-key").digest(kid);
  return sha256(std::move(out).take());
}

Bytes encode(const RetiredKeyRecord& record) {
  cbor::Writer out;
  fields::write_text(out.array(4).uint(1), record.validator);
  fields::write_code(out, record.role);
  out.uint(record.epoch);
  return std::move(out).take();
}

Result<RetiredKeyRecord> parse_retired_key_record(ByteView bytes) {
  cbor::Reader in(bytes, "retired key record");
  in.array_of(4);
  fields::version(in);
  RetiredKeyRecord record;
  record.validator = fields::id(in.field("validator id"));
  record.role = fields::code(in.field("role"), ValidatorKeyRole::log);
  record.epoch = in.field("epoch").uint();
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

}  // namespace footproof
