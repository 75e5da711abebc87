// A frame between validators: what parses, at every layer down to batches and consensus messages,
// encodes back to the same bytes.
#include <algorithm>

#include "attest/check.h"
#include "attest/hop.h"
#include "consensus/messages.h"
#include "node/batch.h"
#include "node/batch_store.h"
#include "node/cosignatures.h"
#include "node/wire.h"

namespace {

using namespace footproof;

void check_body(const node::Envelope& envelope) {
  switch (envelope.kind) {
    case node::FrameKind::control:
    case node::FrameKind::proposal:
    case node::FrameKind::chain:
      if (const auto message = consensus::parse_message(envelope.body)) {
        CHECK(consensus::encode(*message) == envelope.body);
      }
      break;
    case node::FrameKind::batch:
      if (const auto batch = node::parse_batch(envelope.body)) {
        CHECK(node::encode_batch(*batch).value() == envelope.body);
      }
      break;
    case node::FrameKind::get_batch:
      if (const auto digests = node::parse_get_batch(envelope.body)) {
        CHECK(node::encode_get_batch(*digests) == envelope.body);
      }
      break;
    case node::FrameKind::hop:
      if (const auto hop = parse_hop(envelope.body)) CHECK(encode_hop(*hop) == envelope.body);
      break;
    case node::FrameKind::cosignature:
      if (const auto cosignature = node::parse_cosignature(envelope.body)) {
        CHECK(node::encode_cosignature(*cosignature) == envelope.body);
      }
      break;
    case node::FrameKind::hello:
    case node::FrameKind::heartbeat:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (size < node::kFrameHeadSize) return 0;
  std::array<std::uint8_t, node::kFrameHeadSize> head{};
  std::copy_n(data, head.size(), head.begin());
  const auto length = node::parse_frame_head(head);
  if (!length || *length != size - 4) return 0;
  const auto envelope = node::parse_envelope(bytes.subspan(4));
  if (!envelope) return 0;
  const auto frame = node::encode_frame(envelope->kind, envelope->request_id, envelope->body);
  CHECK(equal(*frame, bytes));
  check_body(*envelope);
  return 0;
}
