// A receipt that parses encodes back to the same bytes, and judging it by some policy never does
// more than find it wanting.
#include "attest/check.h"
#include "attest/receipt.h"
#include "attest/receipt_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  const auto receipt = parse_receipt(bytes);
  if (!receipt) return 0;
  CHECK(equal(encode_receipt(*receipt), bytes));
  Policy policy;  // of no network
  policy.epochs.emplace_back();
  CHECK(!verify_receipt(*receipt, policy).holds());
  return 0;
}
