// Holder binding as a person types it: shown by whom the attestation was issued to, for this
// reader.
#include <nlohmann/json.hpp>

#include "attest/presentation.h"
#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;

constexpr const char* kNonce = "00112233445566778899aabbccddeeff";
constexpr const char* kOtherNonce = "ffeeddccbbaa99887766554433221100";

class Holder : public testing::CommandLine {
 protected:
  void SetUp() override {
    write("phrase", as_bytes("correct horse\n"));
    for (const std::string name : {"holder.pem", "other.pem"}) {
      ASSERT_EQ(run({"key", "new", "-o", name, "--passphrase-file", "phrase"}).exit_code, 0);
    }
    seal_and_attest([this](testing::FixtureLog&, Attestation& attestation) {
      attestation.holder_key = key().public_key();
    });
  }

  [[nodiscard]] SigningKey key() const {
    return SigningKey::from_pem(as_text(read("holder.pem")), "correct horse").value();
  }
  [[nodiscard]] Answer disclose(const std::string& output, const std::vector<std::string>& more,
                                const std::string& key_file = "holder.pem") const {
    std::vector<std::string> words = {"disclose", "coil.sealed", "coil.attested", "-o", output};
    if (!key_file.empty()) {
      words.insert(words.end(), {"--holder-key", key_file, "--passphrase-file", "phrase"});
    }
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  [[nodiscard]] Answer verify(const std::string& file, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"verify", file, "--policy", "korea.policy"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  // Outcome and reason of the holder line.
  [[nodiscard]] std::string line_of(const std::string& file,
                                    std::vector<std::string> more = {}) const {
    more.emplace_back("--json");
    const auto shown = json::parse(verify(file, more).out);
    for (const auto& line : shown["lines"]) {
      if (line["line"] == "holder") {
        return line["outcome"].get<std::string>() + ": " + line["reason"].get<std::string>();
      }
    }
    return "no such line";
  }
};

TEST_F(Holder, MadeForThisReaderAndThisQuestion) {
  const Answer made = disclose("for-customs", {"--audience", "https://customs.example", "--nonce",
                                               kNonce, "--expires", "2999-12-31"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::vector<std::string> asked = {"--audience", "https://customs.example", "--nonce",
                                          kNonce};
  const Answer verified = verify("for-customs", asked);
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_NE(verified.out.find("PASS         holder binding"), std::string::npos) << verified.out;
  EXPECT_NE(line_of("for-customs", asked).find("with the nonce asked"), std::string::npos);
  // Not asked, not checked; and without a nonce it may be an old one.
  EXPECT_EQ(line_of("for-customs").rfind("not checked", 0), 0U) << line_of("for-customs");
  EXPECT_NE(line_of("for-customs", {"--audience", "https://customs.example"})
                .find("may have been shown before"),
            std::string::npos);
}

TEST_F(Holder, RefusedForAnotherAudienceAndReplayed) {
  ASSERT_EQ(disclose("yesterday", {"--audience", "customs", "--nonce", kNonce}).exit_code, 0);
  ASSERT_EQ(disclose("no-nonce", {"--audience", "customs"}).exit_code, 0);
  EXPECT_EQ(verify("yesterday", {"--audience", "customs", "--nonce", kNonce}).exit_code, 0);
  EXPECT_EQ(verify("yesterday", {"--audience", "a buyer", "--nonce", kNonce}).exit_code, 2);
  // Today another nonce was asked: the file of yesterday, and one that answers no question.
  EXPECT_EQ(verify("yesterday", {"--audience", "customs", "--nonce", kOtherNonce}).exit_code, 2);
  EXPECT_EQ(verify("no-nonce", {"--audience", "customs", "--nonce", kOtherNonce}).exit_code, 2);
  EXPECT_NE(line_of("yesterday", {"--audience", "customs", "--nonce", kOtherNonce})
                .find("not with the nonce asked"),
            std::string::npos);
}

TEST_F(Holder, RefusedOnceItHasExpired) {
  ASSERT_EQ(disclose("fresh", {"--audience", "customs", "--expires", "2999-12-31"}).exit_code, 0);
  EXPECT_EQ(verify("fresh", {"--audience", "customs"}).exit_code, 0);
  Presentation expired = parse_presentation(read("fresh")).value();
  // An end put off without the holder.
  expired.holder->expiry = Instant{expired.holder->expiry->ms + 1};
  write("put-off", encode_presentation(expired));
  EXPECT_EQ(verify("put-off", {"--audience", "customs"}).exit_code, 2);
  expired.holder->expiry = Instant{1};
  ASSERT_TRUE(sign_presentation(expired, key()));
  write("expired", encode_presentation(expired));
  const Answer verified = verify("expired", {"--audience", "customs"});
  EXPECT_EQ(verified.exit_code, 1) << verified.out;
  EXPECT_EQ(verified.out.rfind("CERTIFIED BUT PRESENTATION-EXPIRED", 0), 0U) << verified.out;
  EXPECT_NE(verified.out.find("FAIL         holder binding"), std::string::npos) << verified.out;
  EXPECT_EQ(disclose("late", {"--audience", "customs", "--expires", "2020-01-01"}).exit_code, 4);
}

TEST_F(Holder, RefusedFromAnybodyElse) {
  const Answer refused = disclose("stolen", {"--audience", "customs"}, "other.pem");
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_NE(refused.err.find("not the one that the attestation names"), std::string::npos)
      << refused.err;
  EXPECT_FALSE(exists("stolen"));
  // Whoever passes a copy on may sign it with what key they like.
  ASSERT_EQ(disclose("copy", {}, "").exit_code, 0);
  EXPECT_EQ(line_of("copy", {"--audience", "customs"}).rfind("not checked: not signed", 0), 0U);
  EXPECT_EQ(verify("copy", {"--audience", "customs"}).exit_code, 3);
  EXPECT_EQ(verify("copy", {}).exit_code, 0);
  Presentation forged = parse_presentation(read("copy")).value();
  forged.holder = HolderBinding{"customs", {}, {}, {}};
  const SigningKey other =
      SigningKey::from_pem(as_text(read("other.pem")), "correct horse").value();
  ASSERT_TRUE(sign_presentation(forged, other));
  write("forged", encode_presentation(forged));
  EXPECT_EQ(verify("forged", {"--audience", "customs"}).exit_code, 2);
  EXPECT_EQ(verify("forged", {}).exit_code, 2) << "verified even where nobody asks";
}

class NoHolder : public Holder {
 protected:
  void SetUp() override {
    write("phrase", as_bytes("correct horse\n"));
    ASSERT_EQ(run({"key", "new", "-o", "holder.pem", "--passphrase-file", "phrase"}).exit_code, 0);
    seal_and_attest();
  }
};

TEST_F(NoHolder, NobodyCanSignForAnAudience) {
  const Answer refused = disclose("signed", {"--audience", "customs"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_NE(refused.err.find("names no holder key"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace footproof
