#include "node/snapshot_offer.h"

#include <utility>

#include "attest/block_record.h"
#include "attest/merkle.h"
#include "attest/note.h"

namespace footproof::node {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

Bytes encode_snapshot_offer(const SnapshotOffer& offer) {
  ByteWriter out;
  out.u8(kVersion).sized(as_bytes(offer.checkpoint)).sized(offer.last_record.record);
  out.u8(static_cast<std::uint8_t>(offer.last_record.path.size()));
  for (const Digest& hash : offer.last_record.path) out.raw(hash.view());
  return std::move(out).take();
}

Result<SnapshotOffer> parse_snapshot_offer(ByteView bytes) {
  const auto malformed = [] { return fail(Errc::malformed, "snapshot offer: not one"); };
  if (bytes.size() > kSnapshotOfferBytesMax) return malformed();
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::bad_version, "snapshot offer: of another version");
  SnapshotOffer out;
  out.checkpoint = std::string(as_text(in.sized(kNoteSizeMax)));
  out.last_record.record = to_bytes(in.sized(kBlockRecordSizeMax));
  const std::size_t path = in.u8();
  if (in.failed() || path > kPathLengthMax) return malformed();
  for (std::size_t i = 0; i < path; ++i) {
    const auto hash = to_digest(in.take(Digest::kSize));
    if (!hash) return malformed();
    out.last_record.path.push_back(*hash);
  }
  if (!in.exhausted()) return malformed();
  return out;
}

}  // namespace footproof::node
