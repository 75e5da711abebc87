// seal, disclose, verify, inspect and key as a person types them, no node anywhere.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "attest/presentation.h"
#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;

class Offline : public testing::CommandLine {
 protected:
  void SetUp() override { seal_and_attest(); }

  [[nodiscard]] Answer disclose(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"disclose", "coil.sealed", "coil.attested", "-o",
                                      "coil.footproof"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  [[nodiscard]] Answer verify(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"verify", "coil.footproof", "--policy", "korea.policy"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(Offline, SealsSecretlyAndNeverOverwrites) {
  struct stat facts = {};
  ASSERT_EQ(::stat(path("coil.sealed").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  const Bytes before = read("coil.sealed");
  const Answer again = run({"seal", "coil.json", "-o", "coil.sealed"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_EQ(read("coil.sealed"), before);
}

TEST_F(Offline, DisclosesAndVerifies) {
  const Answer disclosed = disclose({"--profile", "cbam-declarant", "--policy", "korea.policy"});
  ASSERT_EQ(disclosed.exit_code, 0) << disclosed.err;
  const Answer verified = verify();
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_EQ(verified.out.rfind("CERTIFIED\n", 0), 0U) << verified.out;
  EXPECT_NE(verified.out.find("NOT CHECKED  holder binding"), std::string::npos) << verified.out;
  EXPECT_NE(verified.out.find("72091690"), std::string::npos) << "the CN code is opened";
  EXPECT_EQ(verified.out.find("Blast furnace"), std::string::npos) << "the process is not";
}

TEST_F(Offline, OpensWhatIsAskedAndNothingElse) {
  ASSERT_EQ(disclose({"--slot", "product.cn", "--field", "/pcf/geographyCountry"}).exit_code, 0);
  const auto shown = json::parse(verify({"--json"}).out);
  EXPECT_EQ(shown["verdict"], "certified");
  EXPECT_EQ(shown["opened"].size(), 2U);
  EXPECT_EQ(shown["opened"]["core:product.cn"], "72091690");
  EXPECT_EQ(shown["opened"]["src:0:/pcf/geographyCountry"], "\"KR\"");
  EXPECT_EQ(shown["lines"].size(), 17U);
  // What is not opened is not in the file, in whatever form.
  const Bytes presentation = read("coil.footproof");
  for (const std::string_view hidden : {"Beispiel Steel", "Blast furnace", "1.85", "83.4"}) {
    EXPECT_EQ(as_text(presentation).find(hidden), std::string_view::npos) << hidden;
  }
}

TEST_F(Offline, HandsADocumentOverWithItsOpening) {
  ASSERT_EQ(disclose({"--with-document", "1"}).exit_code, 0);
  ASSERT_TRUE(exists("coil.footproof.document-1.pdf"));
  EXPECT_EQ(read("coil.footproof.document-1.pdf"), read("report.pdf"));
  EXPECT_EQ(verify({"--document", "report.pdf"}).exit_code, 0);
  EXPECT_EQ(verify({"--document", "coil.json"}).exit_code, 2);
}

TEST_F(Offline, ExitCodesOfTheVerdict) {
  ASSERT_EQ(disclose().exit_code, 0);
  EXPECT_EQ(verify().exit_code, 0);
  EXPECT_EQ(verify({"--on", "2099-01-01"}).exit_code, 1);
  EXPECT_EQ(verify({"--as-of", "2099-01-01"}).exit_code, 1);
  const Answer unknown = verify({"--known-by", "2020-01-01"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(unknown.out.rfind("CERTIFIED BUT NOT-YET-RECORDED", 0), 0U) << unknown.out;
  EXPECT_EQ(verify({"--max-age", "0m"}).exit_code, 1);
  EXPECT_EQ(verify({"--regime", "eu-nab"}).exit_code, 1);
  EXPECT_EQ(verify({"--regime", "iaf-mla"}).exit_code, 0);
  EXPECT_EQ(verify({"--profile", "border"}).exit_code, 1);
  EXPECT_EQ(verify({"--document", "report.pdf"}).exit_code, 3);
  EXPECT_EQ(verify({"--audience", "me"}).exit_code, 3);
  EXPECT_EQ(run({"verify", "coil.footproof", "--policy", "other.policy"}).exit_code, 3);
  Bytes changed = read("coil.footproof");
  changed[changed.size() / 2] ^= 1;
  write("coil.footproof", changed);
  EXPECT_EQ(verify().exit_code, 2);
}

// A forged file must not write its own verdict onto the screen.
TEST_F(Offline, WhatAFileSaysCannotForgeLines) {
  ASSERT_EQ(disclose().exit_code, 0);
  Presentation forged = parse_presentation(read("coil.footproof")).value();
  forged.core_profile = "x\x1b[2J\x1b[H\nCERTIFIED\n";
  write("coil.footproof", encode_presentation(forged));
  const Answer shown = verify();
  EXPECT_EQ(shown.exit_code, 2);
  EXPECT_EQ(shown.out.find('\x1b'), std::string::npos) << shown.out;
  EXPECT_EQ(shown.out.find("\nCERTIFIED"), std::string::npos) << shown.out;

  write("bad.json", as_bytes("{\"\\u001b[2J\":{\"a\":1,\"a\":2}}"));
  const Answer refused = run({"seal", "bad.json", "-o", "bad.sealed"});
  EXPECT_EQ(refused.exit_code, 3) << refused.err;
  EXPECT_EQ(refused.err.find('\x1b'), std::string::npos) << refused.err;
}

TEST_F(Offline, AWrongCommandLineIsAUsageError) {
  ASSERT_EQ(disclose().exit_code, 0);
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"nonsense"},
      {"verify"},
      {"verify", "coil.footproof"},
      {"verify", "nothing.footproof", "--policy", "korea.policy"},
      {"verify", "coil.footproof", "--policy", "nothing.policy"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--on", "24.11.2026"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--known-by", "yesterday"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--max-age", "soon"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--max-age", "7"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--profile", "everything"},
      {"verify", "coil.footproof", "--policy", "korea.policy", "--nonce", "xyz"},
      {"seal", "coil.json"},
      {"seal", "nothing.json", "-o", "new.sealed"},
      {"seal", "coil.json", "-o", "new.sealed", "--slot", "nonsense=1"},
      {"seal", "coil.json", "-o", "new.sealed", "--slot", "product.cn"},
      {"seal", "report.pdf", "-o", "new.sealed", "--slot", "product.cn=12"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--profile", "all"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--slot", "nonsense"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--field", "/nonsense"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--with-document", "2"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--audience", "me"},
      {"disclose", "coil.sealed", "coil.attested", "-o", "n.footproof", "--nonce", "00"},
      {"key", "new", "-o", "new.pem"},
      {"key", "new", "-o", "new.pem", "--algorithm", "rsa"},
      {"inspect", "nothing"}};
  for (const auto& words : wrong) {
    const Answer answer = run(words);
    EXPECT_EQ(answer.exit_code, 4) << ::testing::PrintToString(words) << answer.err;
    EXPECT_FALSE(answer.err.empty()) << ::testing::PrintToString(words);
    EXPECT_FALSE(exists("new.sealed") || exists("n.footproof") || exists("new.pem"));
  }
}

TEST_F(Offline, FilesThatDoNotBelongTogetherAreRefused) {
  ASSERT_EQ(run({"seal", "coil.json", "-o", "other.sealed"}).exit_code, 0);
  const Answer answer = run({"disclose", "other.sealed", "coil.attested", "-o", "n.footproof"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_NE(answer.err.find("another declaration"), std::string::npos) << answer.err;
  EXPECT_FALSE(exists("n.footproof"));
}

TEST_F(Offline, AnAttestationWithoutReceiptAsksForOne) {
  auto attested = parse_attested(read("coil.attested")).value();
  attested.receipt.reset();
  write("coil.attested", encode_attested(attested));
  const Answer answer = disclose();
  EXPECT_EQ(answer.exit_code, 4);
  EXPECT_NE(answer.err.find("--node"), std::string::npos) << answer.err;
}

TEST_F(Offline, InspectsEveryFile) {
  ASSERT_EQ(disclose({"--profile", "border"}).exit_code, 0);
  const auto attested = parse_attested(read("coil.attested")).value();
  write("coil.receipt", encode_receipt(*attested.receipt));
  write("coil.statement", attested.statement);
  write("head.checkpoint", as_bytes(attested.receipt->checkpoint));
  write("phrase", as_bytes("correct horse\n"));
  ASSERT_EQ(run({"key", "new", "-o", "key.pem", "--passphrase-file", "phrase"}).exit_code, 0);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"coil.footproof", ": presentation,"}, {"coil.sealed", ": sealed declaration,"},
      {"coil.attested", ": attested file,"}, {"coil.receipt", ": receipt,"},
      {"coil.statement", ": statement,"},    {"head.checkpoint", ": signed note,"},
      {"korea.policy", ": trust policy,"},   {"key.pem", ": key file,"}};
  for (const auto& [file, kind] : files) {
    const Answer text = run({"inspect", file});
    EXPECT_EQ(text.exit_code, 0) << file << text.err;
    EXPECT_NE(text.out.find(kind), std::string::npos) << text.out;
    const Answer as_json = run({"inspect", file, "--json"});
    EXPECT_TRUE(json::accept(as_json.out)) << as_json.out;
  }
}

TEST_F(Offline, TextOfAFileCannotSteerTheTerminal) {
  // A raw escape may not stand in JSON; the escaped one is shown as it stands, and core slots show
  // their unescaped text made harmless.
  write("evil.json", as_bytes("{\"id\": \"\\u001b[2J\\u202e\", \"x\": \"\xc2\x9b"
                              "31m\"}"));
  ASSERT_EQ(run({"seal", "evil.json", "-o", "evil.sealed"}).exit_code, 0);
  const Answer shown = run({"inspect", "evil.sealed"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.out.find("\xc2\x9b"), std::string::npos);
}

TEST_F(Offline, AReasonThatQuotesTheFileCannotSteerTheTerminal) {
  ASSERT_EQ(disclose().exit_code, 0);
  Presentation presentation = parse_presentation(read("coil.footproof")).value();
  presentation.disclosure_profile = "\x1b[2J\x1b[HCERTIFIED\n\xe2\x80\xae";
  write("coil.footproof", encode_presentation(presentation));
  const Answer answer = verify();
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos) << answer.out;
  EXPECT_EQ(answer.out.find("\xe2\x80\xae"), std::string::npos) << answer.out;
  EXPECT_EQ(answer.out.find("CERTIFIED\n"), 4U) << "only that of NOT CERTIFIED: " << answer.out;
  EXPECT_EQ(answer.out.rfind("CERTIFIED\n"), 4U) << answer.out;
}

TEST_F(Offline, KeysAreEncryptedAndNeverShownWithoutThePassphrase) {
  write("phrase", as_bytes("correct horse\n"));
  write("wrong", as_bytes("incorrect horse\n"));
  write("short", as_bytes("short\n"));
  for (const std::string algorithm : {"es256", "eddsa"}) {
    const std::string file = algorithm + ".pem";
    const Answer made = run({"key", "new", "-o", file, "--algorithm", algorithm,
                             "--passphrase-file", "phrase", "--json"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    struct stat facts = {};
    ASSERT_EQ(::stat(path(file).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_NE(as_text(read(file)).find("ENCRYPTED"), std::string_view::npos);
    const Answer shown = run({"key", "show", file, "--passphrase-file", "phrase", "--json"});
    EXPECT_EQ(shown.out, made.out);
    const Answer refused = run({"key", "show", file, "--passphrase-file", "wrong"});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_EQ(refused.out, "");
  }
  EXPECT_EQ(run({"key", "new", "-o", "n.pem", "--passphrase-file", "short"}).exit_code, 4);
}

TEST_F(Offline, EveryCommandHelps) {
  for (const std::string command : {"seal", "disclose", "verify", "inspect", "key"}) {
    const Answer help = run({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_NE(help.out.find(command == "key" ? "new" : "Example"), std::string::npos) << command;
  }
}

}  // namespace
}  // namespace footproof
