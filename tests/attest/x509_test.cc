#include "attest/x509.h"

#include <gtest/gtest.h>

#include <string>

#include "attest/cbor.h"
#include "tests/support/certificates.h"
#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::certificate;

const SigningKey& authority() {
  static const SigningKey key = testing::key_from("authority", Algorithm::es256);
  return key;
}

Bytes der_of(const std::string& pem) {
  const std::size_t begin = pem.find('\n') + 1;
  std::string base64 = pem.substr(begin, pem.find("-----END") - begin);
  std::erase(base64, '\n');
  return from_base64(base64).value();
}

TEST(CertificateChain, NamesItsKeyAndItsBytes) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = testing::key_from("signer", algorithm);
    const std::string leaf = certificate(key, authority(), "Verifier");
    const std::string root = certificate(authority(), authority(), "Authority");
    // Tools write the names above each block.
    const auto chain = parse_certificate_chain(as_bytes("subject=CN = Verifier\n" + leaf + root));
    ASSERT_TRUE(chain) << chain.error().detail;
    EXPECT_EQ(chain->key, key.public_key());
    ASSERT_EQ(chain->certificates.size(), 2U);
    cbor::Writer named;
    named.array(2).bytes(der_of(leaf)).bytes(der_of(root));
    EXPECT_EQ(chain->digest, tagged_hash("footproof/x5chain/v1", {named.view()}));
    // The order and the number count; PEM or DER does not.
    EXPECT_NE(parse_certificate_chain(as_bytes(leaf))->digest, chain->digest);
    EXPECT_EQ(parse_certificate_chain(as_bytes(leaf))->digest,
              parse_certificate_chain(der_of(leaf))->digest);
    EXPECT_EQ(parse_certificate_chain(as_bytes(root + leaf))->key, authority().public_key());
  }
}

TEST(CertificateChain, RefusesWhatIsNone) {
  const SigningKey key = testing::key_from("signer", Algorithm::es256);
  const std::string leaf = certificate(key, authority(), "Verifier");
  const auto why = [](const std::string& file) {
    const auto parsed = parse_certificate_chain(as_bytes(file));
    return parsed ? std::string("parses") : parsed.error().detail;
  };
  EXPECT_NE(why("").find("not an X.509"), std::string::npos);
  EXPECT_NE(
      why("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").find("not an X.509"),
      std::string::npos);
  EXPECT_NE(why(leaf.substr(0, leaf.size() / 2)).find("damaged"), std::string::npos);
  EXPECT_NE(why(leaf + key.to_pem(std::nullopt)).find("no certificate"), std::string::npos);
  EXPECT_NE(why(testing::p384_certificate()).find("neither"), std::string::npos);
  std::string many;
  for (int i = 0; i < 8; ++i) many += leaf;
  EXPECT_EQ(why(many), "parses");
  EXPECT_NE(why(many + leaf).find("more than 8"), std::string::npos);
  Bytes longer = der_of(leaf);
  longer.push_back(0);
  EXPECT_FALSE(parse_certificate_chain(longer));
}

}  // namespace
}  // namespace footproof
