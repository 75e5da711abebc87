// A stretch of the chain as a node that follows gets it: what parses encodes back to the same
// bytes.
#include "attest/check.h"
#include "node/chain_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const footproof::ByteView bytes(data, size);
  if (const auto answer = footproof::node::parse_chain_answer(bytes)) {
    CHECK(footproof::equal(footproof::node::encode_chain_answer(*answer), bytes));
  }
  return 0;
}
