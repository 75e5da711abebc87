// A body whose key lives on a token: the pkcs11: URI wherever a key file may stand.
#include <nlohmann/json.hpp>

#include "api/cli/key_request.h"
#include "attest/presentation.h"
#include "attest/x509.h"
#include "tests/cli/command_line.h"
#include "tests/support/certificates.h"
#include "tests/support/soft_token.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;

class Token : public testing::CommandLine {
 protected:
  Token() { environment.push_back(soft.environment()); }
  void SetUp() override {
    write("pin", as_bytes(testing::SoftToken::pin() + "\n"));
    write("wrong-pin", as_bytes("00000\n"));
  }
  [[nodiscard]] json new_key(const std::string& object) const {
    const Answer made =
        run({"key", "new", "--key", soft.uri(object), "--passphrase-file", "pin", "--json"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.exit_code == 0 ? json::parse(made.out) : json();
  }

  testing::SoftToken soft;
};

TEST_F(Token, MakesAndShowsAKeyThatNeverLeavesIt) {
  const json made = new_key("sign");
  EXPECT_EQ(made["algorithm"], "ES256");
  const Answer shown = run({"key", "show", soft.uri("sign"), "--passphrase-file", "pin", "--json"});
  EXPECT_EQ(json::parse(shown.out)["kid"], made["kid"]) << shown.err;
  const Answer again = run({"key", "new", "--key", soft.uri("sign"), "--passphrase-file", "pin"});
  EXPECT_EQ(again.exit_code, 4);
  const Answer wrong = run({"key", "show", soft.uri("sign"), "--passphrase-file", "wrong-pin"});
  EXPECT_NE(wrong.exit_code, 0);
  EXPECT_NE(wrong.err.find("PIN is wrong"), std::string::npos) << wrong.err;
  EXPECT_EQ(run({"key", "show", soft.uri("sign") + "&pin-value=13579"}).exit_code, 4);
  EXPECT_EQ(run({"key", "new", "--key", soft.uri("e"), "--algorithm", "eddsa", "--passphrase-file",
                 "pin"})
                .exit_code,
            4);
  EXPECT_EQ(run({"key", "new"}).exit_code, 4);
  EXPECT_EQ(run({"key", "new", "--key", "file.pem"}).exit_code, 4);
}

TEST_F(Token, ProvesPossessionInAKeyRequest) {
  seal_and_attest();
  const json made = new_key("sign");
  const Answer asked =
      run({"register", "request", "--key", soft.uri("sign"), "--passphrase-file", "pin", "--party",
           "https://body.example", "--policy", "korea.policy", "-o", "sign.keyrequest"});
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  const auto request = api::parse_key_request(read("sign.keyrequest"));
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(request->added.key.kid().hex(), made["kid"]);
  const auto policy = parse_policy(read("korea.policy"));
  EXPECT_TRUE(verify_possession_proof(request->added.key, policy->chain_id, "https://body.example",
                                      role::kSign, request->added.proof));
}

TEST_F(Token, AHolderMaySignWithOne) {
  const json made = new_key("holder");
  const PublicKey holder =
      PublicKey::parse(from_hex(made["cose_key"].get<std::string>()).value()).value();
  seal_and_attest(
      [&](testing::FixtureLog&, Attestation& attestation) { attestation.holder_key = holder; });
  const Answer disclosed =
      run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof", "--audience",
           "customs", "--holder-key", soft.uri("holder"), "--passphrase-file", "pin"});
  ASSERT_EQ(disclosed.exit_code, 0) << disclosed.err;
  EXPECT_EQ(run({"verify", "coil.footproof", "--policy", "korea.policy", "--audience", "customs"})
                .exit_code,
            0);
}

// An exporter hands over the verifier's certificates; the ledger says which they must be.
TEST_F(Token, AnExportersCopyOfTheCertificatesIsCompared) {
  const SigningKey authority = testing::key_from("authority", Algorithm::es256);
  std::string chain;
  seal_and_attest([&](testing::FixtureLog& log, Attestation&) {
    chain = testing::certificate(log.sign_key(), authority, "Verifier");
    KeyRecord record = log.key_record();
    record.certificate_chain = parse_certificate_chain(as_bytes(chain)).value().digest;
    log.put_key(record);
  });
  write("chain.pem", as_bytes(chain));
  write("other.pem", as_bytes(testing::certificate(authority, authority, "Another")));
  write("junk.pem", as_bytes("junk"));
  ASSERT_EQ(run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof"}).exit_code, 0);
  const auto verify = [this](const std::string& file) {
    return run({"verify", "coil.footproof", "--policy", "korea.policy", "--x5chain", file});
  };
  const Answer same = verify("chain.pem");
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_NE(same.out.find("PASS         X.509"), std::string::npos) << same.out;
  EXPECT_NE(same.out.find("who issued them was not checked"), std::string::npos) << same.out;
  EXPECT_EQ(verify("other.pem").exit_code, 2);
  EXPECT_EQ(verify("junk.pem").exit_code, 4);

  // What a key request says of its certificates.
  write("key.pem",
        as_bytes(testing::key_from("verifier/sign", Algorithm::es256).to_pem(std::nullopt)));
  const auto request = [this](const std::string& certificates) {
    return run({"register", "request", "--key", "key.pem", "--party", "https://verifier.example",
                "--policy", "korea.policy", "--x5chain", certificates, "-o", "made.keyrequest"});
  };
  EXPECT_EQ(request("other.pem").exit_code, 4);
  ASSERT_EQ(request("chain.pem").exit_code, 0);
  EXPECT_EQ(api::parse_key_request(read("made.keyrequest"))->certificate_chain,
            parse_certificate_chain(as_bytes(chain))->digest);
}

}  // namespace
}  // namespace footproof
