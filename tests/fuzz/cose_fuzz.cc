// A COSE_Sign1 that parses in either profile encodes back to the same bytes from what was read.
#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/cose.h"

namespace {

using namespace footproof;

Bytes encode_header(const cose::Header& header) {
  cbor::Writer out;
  out.map(header.claims ? 4 : 3).integer(1).integer(static_cast<std::int64_t>(header.algorithm));
  out.integer(3).text(header.content_type).integer(4).digest(header.kid);
  if (header.claims) {
    out.integer(15).map(4).integer(1).text(header.claims->issuer);
    out.integer(2).text(header.claims->subject).integer(3).text(header.claims->audience);
    out.integer(6).uint(header.claims->issued_at);
  }
  return std::move(out).take();
}

void check_profile(ByteView bytes, cose::Profile profile) {
  const auto parsed = cose::Sign1::parse(bytes, profile);
  if (!parsed) return;
  cbor::Writer out;
  out.tag(cose::kSign1Tag).array(4).bytes(encode_header(parsed->header())).map(0);
  if (profile == cose::Profile::holder) {
    out.null();
  } else {
    out.bytes(parsed->payload());
  }
  out.bytes(parsed->signature());
  CHECK(equal(out.view(), bytes));
  CHECK(equal(cose::with_empty_unprotected(bytes).value(), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_profile(bytes, cose::Profile::statement);
  check_profile(bytes, cose::Profile::holder);
  // Emptying the unprotected header is stable.
  const auto emptied = cose::with_empty_unprotected(bytes);
  if (emptied) CHECK(cose::with_empty_unprotected(*emptied).value() == *emptied);
  return 0;
}
