// What is carried between people: an .attested file, a .catalogue, the order of one that is not
// signed yet, a late request and its answer, a key request, an accusation, a signed vote, a dataset
// manifest or record that parse encode back to the same bytes; a report as CSV is read or refused.
#include "api/cli/key_request.h"
#include "attest/accusation.h"
#include "attest/arrangement.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/check.h"
#include "attest/dataset_manifest.h"
#include "attest/dataset_record.h"
#include "attest/source_format.h"

namespace {

template <class T>
void check_spelling(footproof::ByteView bytes, footproof::Result<T> (*parse)(footproof::ByteView)) {
  const auto parsed = parse(bytes);
  if (parsed) CHECK(footproof::equal(encode(*parsed), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  if (const auto attested = parse_attested(bytes)) CHECK(equal(encode_attested(*attested), bytes));
  if (const auto catalogue = parse_catalogue(bytes)) {
    CHECK(equal(encode_catalogue(*catalogue), bytes));
  }
  if (const auto arranged = parse_arrangement(bytes)) {
    CHECK(equal(encode_arrangement(*arranged), bytes));
  }
  check_spelling(bytes, parse_late_request);
  check_spelling(bytes, parse_countersignature);
  (void)map_csv(as_text(bytes)).has_value();
  if (const auto request = api::parse_key_request(bytes)) {
    CHECK(equal(api::encode_key_request(*request), bytes));
  }
  check_spelling(bytes, parse_accusation);
  check_spelling(bytes, parse_signed_vote);
  check_spelling(bytes, parse_dataset_manifest);
  check_spelling(bytes, parse_dataset_record);
  check_spelling(bytes, parse_database_record);
  return 0;
}
