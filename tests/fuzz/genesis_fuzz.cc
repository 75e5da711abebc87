// Genesis files, descriptors and tile paths that parse have one spelling; what the store kept and
// what it did not is told apart.
#include "attest/check.h"
#include "ledger/genesis.h"
#include "ledger/store_format.h"
#include "ledger/tiles.h"

namespace {

using namespace footproof;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto genesis = ledger::parse_genesis(bytes)) {
    CHECK(equal(ledger::encode_genesis(*genesis), bytes));
    CHECK(ledger::genesis_block(*genesis, ledger::chain_id_of(bytes), Digest{}));
  }
  if (const auto validator = ledger::parse_validator_descriptor(bytes)) {
    CHECK(equal(encode(*validator), bytes));
  }
  if (const auto party = ledger::parse_party_descriptor(bytes)) {
    CHECK(equal(encode(*party), bytes));
  }
  if (const auto tile = ledger::parse_tile_path(as_text(bytes))) {
    CHECK(ledger::tile_path(*tile) == as_text(bytes));
  }
  const std::string key = ledger::store_format::head_key();
  if (const auto value = ledger::store_format::open_value(key, as_text(bytes))) {
    CHECK(ledger::store_format::seal_value(key, *value) == as_text(bytes));
  }
  if (const auto head = ledger::store_format::decode_head(bytes)) {
    CHECK(equal(ledger::store_format::encode_head(*head), bytes));
  }
  return 0;
}
