// A hop that parses encodes back to the same bytes, and no bytes lead away from a policy of no
// network. From a policy of four validators whose keys nobody has, nothing leads anywhere either.
#include "attest/check.h"
#include "attest/hop.h"
#include "attest/key.h"

namespace {

footproof::Policy lonely_policy() {
  using namespace footproof;
  Policy policy;
  policy.chain_id = sha256(as_bytes("fuzz"));
  policy.origin = make_origin("footproof.example", "fuzz", policy.chain_id).value();
  ValidatorsRecord record;
  for (std::uint8_t i = 0; i < 4; ++i) {
    const auto key = [i](int base) {
      return SigningKey::from_ed25519_seed(Bytes(32, static_cast<std::uint8_t>(base + i)))
          .value()
          .public_key();
    };
    const std::string id = "v" + std::to_string(i);
    record.members.push_back({id, "https://a.example", key(1), cosigner_name(policy.origin, id),
                              key(10), key(20), Digest{}});
  }
  policy.epochs.push_back(make_policy_epoch(policy.origin, record));
  return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  static const Policy policy = lonely_policy();
  const ByteView bytes(data, size);
  const auto hop = parse_hop(bytes);
  if (!hop) return 0;
  CHECK(equal(encode_hop(*hop), bytes));
  CHECK(walk_hops(policy, {}).has_value());
  CHECK(!walk_hops(policy, std::span(&*hop, 1)).has_value());
  return 0;
}
