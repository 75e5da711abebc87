// Ed25519: Wycheproof, the C2SP edge cases and "Taming the many EdDSAs", against our rule: a key
// must be canonical, on the curve and torsion-free to exist, and a signature must hold strictly.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "attest/key.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

bool accepts(ByteView raw_key, ByteView message, ByteView signature) {
  const auto key = PublicKey::from_ed25519(raw_key);
  return key && verify(*key, message, signature);
}

bool openssl_accepts(ByteView raw_key, ByteView message, ByteView signature) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_key.data(), raw_key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  return key != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

bool sodium_accepts(ByteView raw_key, ByteView message, ByteView signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     raw_key.data()) == 0;
}

Bytes hex_member(const nlohmann::json& object, const char* name) {
  return from_hex(object[name].get<std::string>()).value();
}

TEST(Ed25519Vectors, Wycheproof) {
  const auto file = vector_folder("wycheproof") / "ed25519_test.json";
  FOOTPROOF_REQUIRE_FOLDER(file);
  const auto suite = read_json(file);
  std::size_t count = 0;
  for (const auto& group : suite["testGroups"]) {
    const Bytes key = hex_member(group["publicKey"], "pk");
    EXPECT_TRUE(PublicKey::from_ed25519(key));
    for (const auto& test : group["tests"]) {
      ++count;
      const bool valid = test["result"] == "valid";
      EXPECT_EQ(accepts(key, hex_member(test, "msg"), hex_member(test, "sig")), valid)
          << "tcId " << test["tcId"];
    }
  }
  EXPECT_EQ(count, suite["numberOfTests"].get<std::size_t>());
  report_cases("wycheproof/ed25519", count);
}

// number -> what OpenSSL and libsodium answered when the suite was made.
std::map<int, std::pair<bool, bool>> measured(const std::filesystem::path& file) {
  std::map<int, std::pair<bool, bool>> answers;
  std::istringstream lines(read_text(file));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    int number = 0, openssl = 0, sodium = 0;
    EXPECT_EQ(std::sscanf(line.c_str(), "%d,%d,%d", &number, &openssl, &sodium), 3);
    answers[number] = {openssl == 1, sodium == 1};
  }
  return answers;
}

TEST(Ed25519Vectors, Cctv) {
  const auto folder = vector_folder("cctv-ed25519");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  ASSERT_GE(sodium_init(), 0);
  const auto answers = measured(folder / "measured.csv");
  std::size_t count = 0;
  for (const auto& test : read_json(folder / "ed25519vectors.json")) {
    ++count;
    const int number = test["number"];
    const Bytes key = hex_member(test, "key");
    const Bytes signature = hex_member(test, "sig");
    const std::string text = test["msg"];
    const ByteView message = as_bytes(text);
    const auto flags = test["flags"].is_null() ? std::set<std::string>{}
                                               : test["flags"].get<std::set<std::string>>();
    // A change here means that a library changed its rule under us.
    EXPECT_EQ(openssl_accepts(key, message, signature), answers.at(number).first) << number;
    EXPECT_EQ(sodium_accepts(key, message, signature), answers.at(number).second) << number;
    // Our rule, from the suite's own account of each vector.
    constexpr const char* kForbidden[] = {"low_order_A",       "non_canonical_A",
                                          "low_order_R",       "non_canonical_R",
                                          "low_order_residue", "low_order_component_A"};
    const bool allowed = std::none_of(std::begin(kForbidden), std::end(kForbidden),
                                      [&](const char* flag) { return flags.contains(flag); });
    EXPECT_EQ(accepts(key, message, signature), allowed) << number;
  }
  EXPECT_EQ(count, answers.size());
  report_cases("cctv-ed25519", count);
}

TEST(Ed25519Vectors, Speccheck) {
  const auto file = vector_folder("ed25519-speccheck") / "cases.json";
  FOOTPROOF_REQUIRE_FOLDER(file);
  ASSERT_GE(sodium_init(), 0);
  const std::set<int> openssl_takes = {0, 1, 2, 3, 11};
  std::size_t count = 0;
  for (const auto& test : read_json(file)) {
    ++count;
    const int index = test["index"];
    const Bytes key = hex_member(test, "pub_key");
    const Bytes message = hex_member(test, "message");
    const Bytes signature = hex_member(test, "signature");
    EXPECT_EQ(openssl_accepts(key, message, signature), openssl_takes.contains(index)) << index;
    EXPECT_EQ(sodium_accepts(key, message, signature), index == 3) << index;
    // The key of case 3 is not torsion-free, so it is refused before it can verify anything.
    EXPECT_FALSE(accepts(key, message, signature)) << index;
  }
  report_cases("ed25519-speccheck", count);
}

}  // namespace
}  // namespace footproof::testing
