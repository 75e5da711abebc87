// An exporter's certificate chain: what parses names a key and has at least one certificate, within
// its limits, and the same bytes always name the same chain.
#include "attest/check.h"
#include "attest/x509.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  const auto chain = parse_certificate_chain(bytes);
  if (!chain) return 0;
  CHECK(!chain->certificates.empty() && chain->certificates.size() <= kCertificatesMax);
  const auto again = parse_certificate_chain(bytes);
  CHECK(again && again->digest == chain->digest && again->key == chain->key);
  return 0;
}
