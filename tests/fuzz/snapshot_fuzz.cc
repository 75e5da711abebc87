// What a node that begins with a snapshot gets: an offer, a part of the state. What parses encodes
// back to the same bytes.
#include "attest/check.h"
#include "ledger/state_part.h"
#include "node/snapshot_offer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const footproof::ByteView bytes(data, size);
  if (const auto offer = footproof::node::parse_snapshot_offer(bytes)) {
    CHECK(footproof::equal(footproof::node::encode_snapshot_offer(*offer), bytes));
  }
  if (const auto part = footproof::ledger::parse_state_part(bytes)) {
    CHECK(footproof::equal(footproof::ledger::encode(*part), bytes));
  }
  return 0;
}
