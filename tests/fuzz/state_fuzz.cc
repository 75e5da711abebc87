// A state record, block record or state proof that parses encodes back to the same bytes; a proof
// leads to a root or says why not.
#include "attest/block_record.h"
#include "attest/check.h"
#include "attest/governance_record.h"
#include "attest/state_proof.h"
#include "attest/state_record.h"

namespace {

using namespace footproof;

template <class Record>
void check_record(ByteView bytes, Result<Record> (*parse)(ByteView)) {
  const auto parsed = parse(bytes);
  if (parsed) CHECK(equal(encode(*parsed), bytes));
}

void check_proof(ByteView bytes) {
  const auto proof = parse_state_proof(bytes);
  if (!proof) return;
  CHECK(equal(encode(*proof), bytes));
  StateClaim claims[3];
  claims[1].key.bytes.fill(0x55);
  claims[1].value_hash = Digest{};
  claims[2].key.bytes.fill(0xff);
  for (std::size_t count = 1; count <= 3; ++count) {
    const auto root = state_root_from(*proof, std::span(claims, count));
    if (root) {
      CHECK(verify_state_proof(*proof, *root, std::span(claims, count)).has_value());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte chooses the format.
  if (size == 0) return 0;
  const ByteView bytes = ByteView(data, size).subspan(1);
  switch (data[0] % 12) {
    case 0:
      check_record(bytes, parse_status_record);
      break;
    case 1:
      check_record(bytes, parse_accreditation_record);
      break;
    case 2:
      check_record(bytes, parse_key_record);
      break;
    case 3:
      check_record(bytes, parse_party_record);
      break;
    case 4:
      check_record(bytes, parse_validators_record);
      break;
    case 5:
      check_record(bytes, parse_next_validators_record);
      break;
    case 6:
      check_record(bytes, parse_parameters);
      break;
    case 7:
      check_record(bytes, parse_block_record);
      break;
    case 8:
      check_proof(bytes);
      break;
    case 9:
      check_record(bytes, parse_associations_record);
      break;
    case 10:
      check_record(bytes, parse_open_proposals_record);
      break;
    default:
      check_record(bytes, parse_proposal_record);
  }
  return 0;
}
