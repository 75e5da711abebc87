// Wycheproof over P-256, HMAC and HKDF with SHA-256. Ed25519 has a file of its own.
#include <gtest/gtest.h>

#include <iostream>

#include "attest/digest.h"
#include "attest/key.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

Bytes hex_member(const nlohmann::json& object, const char* name) {
  return from_hex(object[name].get<std::string>()).value();
}

PublicKey p256_key(const nlohmann::json& group) {
  const Bytes point = hex_member(group["publicKey"], "uncompressed");
  EXPECT_EQ(point.size(), 65U);
  return PublicKey::from_p256(ByteView(point).subspan(1, 32), ByteView(point).subspan(33)).value();
}

// Calls check(group, test) for every case, and compares their number with the file's own.
template <class Check>
void for_each_case(const std::filesystem::path& file, std::string_view suite, Check check) {
  const auto cases = read_json(file);
  std::size_t count = 0;
  for (const auto& group : cases["testGroups"]) {
    for (const auto& test : group["tests"]) {
      ++count;
      SCOPED_TRACE("tcId " + test["tcId"].dump());
      check(group, test);
    }
  }
  EXPECT_EQ(count, cases["numberOfTests"].get<std::size_t>());
  report_cases(suite, count);
}

TEST(WycheproofVectors, EcdsaP256P1363) {
  const auto file = vector_folder("wycheproof") / "ecdsa_secp256r1_sha256_p1363_test.json";
  FOOTPROOF_REQUIRE_FOLDER(file);
  for_each_case(file, "wycheproof/ecdsa_p1363", [](const auto& group, const auto& test) {
    const bool good = verify(p256_key(group), hex_member(test, "msg"), hex_member(test, "sig"));
    EXPECT_EQ(good, test["result"] == "valid");
  });
}

// Our signatures are r‖s: the DER form of a good one is as wrong as anything else.
TEST(WycheproofVectors, EcdsaP256DerIsNeverTaken) {
  const auto file = vector_folder("wycheproof") / "ecdsa_secp256r1_sha256_test.json";
  FOOTPROOF_REQUIRE_FOLDER(file);
  for_each_case(file, "wycheproof/ecdsa_der", [](const auto& group, const auto& test) {
    EXPECT_FALSE(verify(p256_key(group), hex_member(test, "msg"), hex_member(test, "sig")));
  });
}

TEST(WycheproofVectors, HmacSha256) {
  const auto file = vector_folder("wycheproof") / "hmac_sha256_test.json";
  FOOTPROOF_REQUIRE_FOLDER(file);
  for_each_case(file, "wycheproof/hmac_sha256", [](const auto& group, const auto& test) {
    const Bytes message = hex_member(test, "msg");
    const Digest full = hmac_sha256(hex_member(test, "key"), {message});
    const std::size_t size = group["tagSize"].template get<std::size_t>() / 8;
    EXPECT_EQ(equal(full.view().first(size), hex_member(test, "tag")), test["result"] == "valid");
  });
}

}  // namespace
}  // namespace footproof::testing
