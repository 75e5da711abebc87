// Frames between validators: a length, then a protobuf envelope around opaque bytes.
//
// A frame is a 4-byte big-endian length and so many bytes of Envelope (wire.proto). The envelope
// begins with its kind, so six bytes tell the limit before any memory is set aside. Parsing takes
// one spelling of each envelope only: no unknown field, and encoding again gives the same bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::node {

enum class FrameKind : std::uint8_t {
  hello = 1,        // node/peer_session.h
  heartbeat = 2,    // empty
  control = 3,      // consensus message: votes, certificates, status, requests
  proposal = 4,     // consensus message: PROPOSE, BLOCK, END_OF_EPOCH
  chain = 5,        // consensus message: CHAIN
  batch = 6,        // one canonical batch (node/batch.h)
  get_batch = 7,    // digests
  cosignature = 8,  // node/cosignatures.h
  hop = 9,          // attest/hop.h: how an epoch that is over hands over to the next
};

// Of a whole envelope; none for a kind that does not exist.
[[nodiscard]] constexpr std::size_t frame_size_max(std::uint8_t kind) {
  switch (static_cast<FrameKind>(kind)) {
    case FrameKind::hello:
      return 1024;
    case FrameKind::heartbeat:
      return 64;
    case FrameKind::control:
      return std::size_t{64} * 1024;
    case FrameKind::proposal:
      return std::size_t{256} * 1024;
    case FrameKind::chain:
      return std::size_t{4} * 1024 * 1024;
    case FrameKind::batch:
      return std::size_t{256} * 1024 + 64;
    case FrameKind::get_batch:
      return std::size_t{20} * 1024;
    case FrameKind::cosignature:
      return 1024;
    case FrameKind::hop:
      return std::size_t{128} * 1024 + 64;
  }
  return 0;
}

struct Envelope {
  FrameKind kind = FrameKind::heartbeat;
  std::uint64_t request_id = 0;
  Bytes body;
};

// A frame with its length in front, shared by all the links it goes out on.
using Frame = std::shared_ptr<const Bytes>;

constexpr std::size_t kFrameHeadSize = 6;

// `head`: the length and the first two bytes of the envelope. The length of the envelope, if the
// kind exists and allows so much.
[[nodiscard]] Result<std::size_t> parse_frame_head(
    const std::array<std::uint8_t, kFrameHeadSize>& head);
// `bytes`: the envelope, without the length.
[[nodiscard]] Result<Envelope> parse_envelope(ByteView bytes);
// The body must fit its kind.
[[nodiscard]] Frame encode_frame(FrameKind kind, std::uint64_t request_id, ByteView body);

}  // namespace footproof::node
