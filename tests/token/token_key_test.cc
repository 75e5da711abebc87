#include "token/token_key.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "attest/statement.h"
#include "tests/support/soft_token.h"

namespace footproof::token {
namespace {

class TokenKeyTest : public ::testing::Test {
 protected:
  TokenKeyTest() { ::setenv("SOFTHSM2_CONF", soft_.configuration().c_str(), 1); }
  ~TokenKeyTest() override { ::unsetenv("SOFTHSM2_CONF"); }

  [[nodiscard]] AskPin pin() {
    return [this](const std::string& label) -> Result<std::string> {
      asked_.push_back(label);
      return testing::SoftToken::pin();
    };
  }
  [[nodiscard]] std::unique_ptr<TokenKey> make(const std::string& object) {
    auto key = TokenKey::generate(soft_.uri(object), pin());
    EXPECT_TRUE(key) << key.error().detail;
    return key ? std::move(*key) : nullptr;
  }
  [[nodiscard]] std::string why(const std::string& uri) {
    const auto key = TokenKey::open(uri, pin());
    return key ? "opens" : key.error().detail;
  }

  testing::SoftToken soft_;
  std::vector<std::string> asked_;
};

TEST_F(TokenKeyTest, SignsWhatVerifiesWithLowS) {
  PublicKey made = make("sign")->public_key();
  const auto key = TokenKey::open(soft_.uri("sign"), pin());
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ((*key)->public_key(), made);
  EXPECT_EQ((*key)->algorithm(), Algorithm::es256);
  for (int i = 0; i < 20; ++i) {
    const Bytes message = random_bytes(static_cast<std::size_t>(i) * 13);
    const auto signature = (*key)->try_sign(message);
    ASSERT_TRUE(signature) << signature.error().detail;
    EXPECT_TRUE(verify(made, message, *signature));
    EXPECT_EQ(with_low_s(*signature).value(), *signature);
  }
  EXPECT_EQ(asked_, (std::vector<std::string>{"Test Body", "Test Body"}));
}

TEST_F(TokenKeyTest, SignsAStatementAndProvesPossession) {
  const auto key = make("status");
  ASSERT_NE(key, nullptr);
  KeyChange change;
  change.action = KeyAction::compromised;
  change.party = "https://verifier.example";
  change.kid = sha256(as_bytes("lost"));
  change.since = Instant{1};
  StatementDraft draft;
  draft.issuer = change.party;
  draft.subject = random_subject();
  draft.issued_at = 1;
  draft.payload = change;
  const auto statement = sign_statement(draft, *key);
  ASSERT_TRUE(statement) << statement.error().detail;
  EXPECT_TRUE(statement->verify(key->public_key()));
  const auto proof = try_possession_proof(*key, Digest{}, change.party, role::kStatus);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(
      verify_possession_proof(key->public_key(), Digest{}, change.party, role::kStatus, *proof));
}

// Nothing of the scalar is in any file of ours; and the token refuses to hand it out, which is what
// opening checks.
TEST_F(TokenKeyTest, AKeyThatMayLeaveTheTokenIsRefused) {
  // A software key, imported: SoftHSM keeps it sensitive, but it has been outside.
  const SigningKey outside = SigningKey::generate(Algorithm::es256);
  const std::string file = soft_.store() + "/../outside.pem";
  std::ofstream(file) << outside.to_pem(std::nullopt);
  ASSERT_EQ(soft_.util("--import " + file + " --token 'Test Body' --label imported --id 01 --pin " +
                       testing::SoftToken::pin()),
            0);
  EXPECT_NE(why(soft_.uri("imported")).find("not made on the token"), std::string::npos)
      << why(soft_.uri("imported"));
  ASSERT_NE(make("own"), nullptr);
  EXPECT_EQ(why(soft_.uri("own")), "opens");
}

TEST_F(TokenKeyTest, NothingIsGuessedAmongSeveral) {
  ASSERT_NE(make("sign"), nullptr);
  const auto again = TokenKey::generate(soft_.uri("sign"), pin());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find("already"), std::string::npos);
  EXPECT_NE(why(soft_.uri("absent")).find("no private key"), std::string::npos);
  // Two tokens of one label.
  ASSERT_EQ(soft_.util("--init-token --free --label 'Test Body' --pin 1111 --so-pin 2222"), 0);
  EXPECT_NE(why(soft_.uri("sign")).find("2 tokens match"), std::string::npos)
      << why(soft_.uri("sign"));
}

TEST_F(TokenKeyTest, AWrongPinIsSaidToBeOne) {
  ASSERT_NE(make("sign"), nullptr);
  const auto key = TokenKey::open(
      soft_.uri("sign"), [](const std::string&) -> Result<std::string> { return "00000"; });
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().detail.find("PIN is wrong"), std::string::npos) << key.error().detail;
  const auto unwilling = TokenKey::open(soft_.uri("sign"), [](const std::string&) {
    return Result<std::string>(fail(Errc::usage, "no terminal"));
  });
  EXPECT_EQ(unwilling.error().detail, "no terminal");
}

TEST_F(TokenKeyTest, AUriSaysWhichKeyAndHoldsNoSecret) {
  EXPECT_TRUE(is_token_uri("pkcs11:token=x"));
  EXPECT_FALSE(is_token_uri("verifier.pem"));
  EXPECT_NE(why("pkcs11:no such;thing").find("no PKCS#11 URI"), std::string::npos);
  EXPECT_NE(why("pkcs11:token=Test%20Body").find("names no key"), std::string::npos);
  EXPECT_NE(why(soft_.uri("sign") + "&pin-value=13579").find("leave the PIN out"),
            std::string::npos);
  EXPECT_NE(why(soft_.uri("sign") + "&pin-source=file:/pin").find("leave the PIN out"),
            std::string::npos);
  EXPECT_NE(why("pkcs11:token=x;object=y?module-path=/nonexistent.so").find("cannot be loaded"),
            std::string::npos);
  EXPECT_NE(why("pkcs11:token=Other;object=y" + soft_.uri("y").substr(soft_.uri("y").find('?')))
                .find("none of that name"),
            std::string::npos);
  EXPECT_TRUE(asked_.empty()) << "no PIN is asked for before the token is found";
}

}  // namespace
}  // namespace footproof::token
