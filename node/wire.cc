#include "node/wire.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include "attest/check.h"
#include "node/wire.pb.h"

namespace footproof::node {
namespace {

constexpr std::uint8_t kKindTag = 0x08;  // field 1, varint: protobuf writes it first
constexpr int kRecursionMax = 16;

Bytes encode(const wire::Envelope& envelope) {
  Bytes bytes(envelope.ByteSizeLong());
  CHECK(envelope.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())));
  return bytes;
}

}  // namespace

Result<std::size_t> parse_frame_head(const std::array<std::uint8_t, kFrameHeadSize>& head) {
  const std::size_t length = ByteReader(head).u32();
  const std::uint8_t kind = head[5];
  if (head[4] != kKindTag || frame_size_max(kind) == 0) {
    return fail(Errc::malformed, "a frame of no known kind");
  }
  if (length < 2 || length > frame_size_max(kind)) {
    return fail(Errc::bad_length, fmt::format("a frame of kind {} with {} bytes, limit {}", kind,
                                              length, frame_size_max(kind)));
  }
  return length;
}

Result<Envelope> parse_envelope(ByteView bytes) {
  if (bytes.size() < 2 || bytes[0] != kKindTag || bytes.size() > frame_size_max(bytes[1])) {
    return fail(Errc::malformed, "an envelope of no known kind, or too long for it");
  }
  google::protobuf::io::CodedInputStream in(bytes.data(), static_cast<int>(bytes.size()));
  in.SetRecursionLimit(kRecursionMax);
  in.SetTotalBytesLimit(static_cast<int>(bytes.size()));
  wire::Envelope parsed;
  if (!parsed.ParseFromCodedStream(&in) || !in.ConsumedEntireMessage()) {
    return fail(Errc::malformed, "no envelope");
  }
  // Unknown fields are kept and written again by protobuf, so comparing bytes does not see them.
  if (!parsed.GetReflection()->GetUnknownFields(parsed).empty()) {
    return fail(Errc::malformed, "an envelope with unknown fields");
  }
  if (!equal(encode(parsed), bytes)) return fail(Errc::malformed, "an envelope spelt otherwise");
  Envelope out;
  out.kind = static_cast<FrameKind>(parsed.kind());
  out.request_id = parsed.request_id();
  out.body = to_bytes(as_bytes(parsed.body()));
  return out;
}

Frame encode_frame(FrameKind kind, std::uint64_t request_id, ByteView body) {
  wire::Envelope envelope;
  envelope.set_kind(static_cast<std::uint32_t>(kind));
  envelope.set_request_id(request_id);
  envelope.set_body(body.data(), body.size());
  const Bytes bytes = encode(envelope);
  CHECK(bytes.size() <= frame_size_max(static_cast<std::uint8_t>(kind)));
  ByteWriter out;
  out.u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
  return std::make_shared<const Bytes>(std::move(out).take());
}

}  // namespace footproof::node
