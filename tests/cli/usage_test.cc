// What a person meets who errs at the command line: one line that names the word, file or option
// at fault, exit 4, and nothing written.
#include <algorithm>

#include "tests/cli/command_line.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using testing::Answer;

class Usage : public testing::CommandLine {
 protected:
  void expect_line(const Answer& answer, int exit_code, const std::string& names) const {
    EXPECT_EQ(answer.exit_code, exit_code) << answer.err;
    EXPECT_EQ(std::ranges::count(answer.err, '\n'), 1) << answer.err;
    EXPECT_EQ(answer.err.rfind("footproof", 0), 0U) << answer.err;
    EXPECT_NE(answer.err.find(names), std::string::npos) << answer.err;
    EXPECT_EQ(answer.out, "");
  }
};

TEST_F(Usage, NamesTheCommandThatDoesNotExist) {
  expect_line(run({"notarise", "x"}), 4, "no such command: notarise");
  expect_line(run({"key", "burn"}), 4, "no such command: burn");
  expect_line(run({}), 4, "see footproof --help");
}

TEST_F(Usage, SaysWhichCommandsHelpToRead) {
  expect_line(run({"seal"}), 4, "footproof seal --help");
  expect_line(run({"key", "new"}), 4, "footproof key new --help");
  expect_line(run({"disclose", "a", "b", "-o", "c", "--with-document", "first"}), 4,
              "--with-document");
}

// An octal, a hexadecimal or a negative number would be another one than was written.
TEST_F(Usage, TakesDecimalNumbersOnly) {
  for (const std::string value : {"-1", "010", "0x10", "99999999999999999999", "6O", "1.5"}) {
    expect_line(run({"ballot", "propose", "parameter", "anchoring-days-max", value}), 4, value);
  }
}

TEST_F(Usage, NamesTheDocumentThatCannotBeSealedByItsFile) {
  write("good.json", as_bytes("{}"));
  write("코일 사양.json", as_bytes("{\"a\":1"));
  expect_line(run({"seal", "good.json", "코일 사양.json", "-o", "x.sealed"}), 3,
              "코일 사양.json: JSON: line 1");
  EXPECT_FALSE(exists("x.sealed"));
}

TEST_F(Usage, NamesTheFileAskedForWhereItCannotBeMade) {
  write("good.json", as_bytes("{}"));
  const Answer answer = run({"seal", "good.json", "-o", "nowhere/x.sealed"});
  expect_line(answer, 3, "nowhere/x.sealed: cannot create");
}

TEST_F(Usage, NamesWhatWasGivenInsteadOfAPresentation) {
  write("good.json", as_bytes("{}"));
  ASSERT_EQ(run({"seal", "good.json", "-o", "x.sealed"}).exit_code, 0);
  write("coil.policy", as_bytes(testing::golden_file("coil.policy")));
  expect_line(run({"verify", "x.sealed", "--policy", "coil.policy"}), 4,
              "x.sealed: is a sealed declaration, not a presentation");
  expect_line(run({"verify", "coil.policy", "--policy", "coil.policy"}), 4,
              "coil.policy: is a trust policy");
}

// Two files in the wrong order, a file of another step: both kinds are named.
TEST_F(Usage, NamesTheKindThatWasGivenAndTheOneThatIsNeeded) {
  seal_and_attest();
  expect_line(run({"disclose", "coil.attested", "coil.sealed", "-o", "x.footproof"}), 4,
              "coil.attested: is an attested file, not a sealed declaration");
  expect_line(run({"disclose", "coil.sealed", "coil.sealed", "-o", "x.footproof"}), 4,
              "coil.sealed: is a sealed declaration, not an attested file");
  expect_line(run({"compare", "coil.sealed", "korea.policy"}), 4,
              "korea.policy: is a trust policy, not a sealed declaration");
  expect_line(run({"submit", "korea.policy", "--node", "http://127.0.0.1:1"}), 4,
              "neither a statement, an .attested file nor a .catalogue, but a trust policy");
  EXPECT_FALSE(exists("x.footproof"));
}

TEST_F(Usage, APolicyOfAnotherKindIsAWrongCommandLine) {
  seal_and_attest();
  ASSERT_EQ(run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof"}).exit_code, 0);
  expect_line(run({"verify", "coil.footproof", "--policy", "coil.sealed"}), 4,
              "coil.sealed: is a sealed declaration, not a trust policy");
  write("none.policy", as_bytes("footproof/v1 trust policy"));
  expect_line(run({"verify", "coil.footproof", "--policy", "none.policy"}), 3,
              "none.policy: not a whole trust policy");
}

// What was signed is sent again by submit, never signed a second time unseen.
TEST_F(Usage, AttestingIntoAnAttestedFileNamesSubmit) {
  seal_and_attest();
  write("phrase", as_bytes("correct horse"));
  ASSERT_EQ(run({"key", "new", "-o", "key.pem", "--passphrase-file", "phrase"}).exit_code, 0);
  const Bytes before = read("coil.attested");
  expect_line(run({"attest",
                   "coil.sealed",
                   "--body",
                   "https://body.example",
                   "--accreditation",
                   "A-1",
                   "--scope",
                   "steel.cbam",
                   "--scheme",
                   "cbam",
                   "--scheme-version",
                   "2025-2546",
                   "--standard",
                   "iso14067-2018",
                   "--until",
                   "2036-01-01",
                   "--key",
                   "key.pem",
                   "--passphrase-file",
                   "phrase",
                   "--issuer",
                   "https://v.example",
                   "--node",
                   "http://127.0.0.1:1"}),
              4, "footproof submit coil.attested");
  EXPECT_EQ(read("coil.attested"), before);
}

// The receipt is of the first set: whoever has any policy of the network can judge it.
TEST_F(Usage, HopsThatNobodyNeedsAreSaidToBeNone) {
  seal_and_attest();
  const Answer answer =
      run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof", "--hops"});
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_NE(answer.err.find("--hops: none is needed: the receipt is of epoch 0"), std::string::npos)
      << answer.err;
  EXPECT_NE(answer.out.find(", 0 hops"), std::string::npos) << answer.out;
}

TEST_F(Usage, RefusesAValidatorsNamesBeforeItMakesKeys) {
  const auto make = [&](const std::string& id, const std::string& party, const std::string& domain,
                        const std::string& network) {
    return run({"validator", "new", "home", "--id", id, "--party", party, "--domain", domain,
                "--network", network, "--mesh-listen", "127.0.0.1:1", "--http-listen",
                "127.0.0.1:2"});
  };
  const std::string party = "https://battery.example";
  expect_line(make("배터리", party, "footproof.example", "korea"), 4, "--id");
  expect_line(make("battery", "Battery", "footproof.example", "korea"), 4, "--party");
  expect_line(make("battery", party, "FOOTPROOF", "korea"), 4, "domain");
  expect_line(make("battery", party, "footproof.example", "Korea!"), 4, "network");
  EXPECT_FALSE(exists("home"));
  EXPECT_EQ(make("battery", party, "footproof.example", "korea").exit_code, 0);
}

TEST_F(Usage, NamesTheListenOptionThatIsNoAddress) {
  const auto make = [&](const std::string& mesh, const std::string& http) {
    return run({"validator", "new", "home", "--id", "battery", "--party", "https://battery.example",
                "--domain", "footproof.example", "--network", "korea", "--mesh-listen", mesh,
                "--http-listen", http});
  };
  expect_line(make("x", "127.0.0.1:2"), 4, "--mesh-listen");
  expect_line(make("127.0.0.1:1", "y"), 4, "--http-listen");
  EXPECT_FALSE(exists("home"));
}

TEST_F(Usage, TakesAnAttestedFileWhereAnEntryIdIsAsked) {
  write("no.attested", as_bytes("x"));
  const Answer answer =
      run({"revoke", "no.attested", "--reason", "fraud", "--key", "k", "--issuer", "https://v.x"});
  expect_line(answer, 4, "no.attested: not a whole attested file");
}

TEST_F(Usage, AnUnreachableNodeDoesNotStopADisclosureThatHasItsReceipt) {
  seal_and_attest();
  const Answer answer = run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof",
                             "--node", "http://127.0.0.1:1"});
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_NE(answer.err.find("the receipt in coil.attested is used"), std::string::npos);
  expect_line(run({"disclose", "coil.sealed", "coil.attested", "-o", "fresh.footproof", "--node",
                   "http://127.0.0.1:1", "--refresh"}),
              3, "http://127.0.0.1:1");
  EXPECT_FALSE(exists("fresh.footproof"));
}

TEST_F(Usage, APolicyAndJsonDoNotShareStandardOutput) {
  expect_line(run({"trust", "export", "-o", "-", "--json", "--node", "http://127.0.0.1:1"}), 4,
              "-o -");
}

}  // namespace
}  // namespace footproof
