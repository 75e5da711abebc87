// A statement or payload that parses encodes back to the same bytes.
#include "attest/check.h"
#include "attest/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  if (const auto statement = parse_statement(bytes)) {
    CHECK(equal(statement->bytes(), bytes));
    CHECK(audience(statement->chain_id()).size() == 78);
    CHECK(equal(encode_payload(statement->payload()), cose::Sign1::parse(bytes).value().payload()));
  }
  // The first byte chooses the kind, so that payloads are reached without a COSE wrapping.
  if (size == 0) return 0;
  const auto payload = parse_payload(static_cast<StatementKind>(data[0] % 6), bytes.subspan(1));
  if (payload) CHECK(equal(encode_payload(*payload), bytes.subspan(1)));
  return 0;
}
