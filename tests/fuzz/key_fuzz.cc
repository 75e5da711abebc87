// A COSE_Key that parses encodes back to the same bytes.
#include "attest/check.h"
#include "attest/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  const auto key = PublicKey::parse(bytes);
  if (!key) return 0;
  CHECK(equal(key->cose_key(), bytes));
  CHECK(key->kid() == sha256(bytes));
  return 0;
}
