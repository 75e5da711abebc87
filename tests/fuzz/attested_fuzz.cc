// What is carried between people: an .attested file, a .catalogue and a key request that parse
// encode back to the same bytes; a report as CSV is read or refused.
#include "api/cli/key_request.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/check.h"
#include "attest/source_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  if (const auto attested = parse_attested(bytes)) CHECK(equal(encode_attested(*attested), bytes));
  if (const auto catalogue = parse_catalogue(bytes)) {
    CHECK(equal(encode_catalogue(*catalogue), bytes));
  }
  (void)map_csv(as_text(bytes)).has_value();
  if (const auto request = api::parse_key_request(bytes)) {
    CHECK(equal(api::encode_key_request(*request), bytes));
  }
  return 0;
}
