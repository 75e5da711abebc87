#include "consensus/record.h"

namespace footproof::consensus {
namespace {

// The first byte of a record: its place in the variant plus one. Never reused.
enum class Kind : std::uint8_t { vote = 1, block = 2, certificate = 3, evidence = 4 };

template <class T>
Result<Record> finish(Result<T> part, const ByteReader& in) {
  if (!part) return fail("WAL record", std::move(part.error()));
  if (!in.exhausted()) return fail(Errc::corrupt, "WAL record: trailing bytes");
  return Record(std::move(*part));
}

}  // namespace

Bytes encode_record(const Record& record) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(record.index() + 1));
  std::visit([&out](const auto& value) { write(out, value); }, record);
  return std::move(out).take();
}

Result<Record> parse_record(ByteView bytes) {
  ByteReader in(bytes);
  switch (static_cast<Kind>(in.u8())) {
    case Kind::vote:
      return finish(read_vote(in), in);
    case Kind::block:
      return finish(read_block(in), in);
    case Kind::certificate:
      return finish(read_certificate(in), in);
    case Kind::evidence:
      return finish(read_evidence(in), in);
  }
  return fail(Errc::corrupt, "WAL record: unknown kind");
}

Epoch epoch_of(const Record& record) {
  if (const auto* block = std::get_if<Block>(&record)) return block->header.epoch;
  if (const auto* evidence = std::get_if<Evidence>(&record)) return evidence->first.proposal.epoch;
  if (const auto* vote = std::get_if<Vote>(&record)) return vote->proposal.epoch;
  return std::get<Certificate>(record).proposal.epoch;
}

Result<Epoch> record_epoch(ByteView bytes) {
  const auto record = parse_record(bytes);
  if (!record) return fail(record.error());
  return epoch_of(*record);
}

}  // namespace footproof::consensus
