// A catalogue issued while its verifier was accredited, recorded after that was over: requested,
// countersigned, signed once, and what is refused on the way.
#include <gtest/gtest.h>

#include "attest/arrangement.h"
#include "attest/catalogue.h"
#include "attest/seal.h"
#include "tests/api/cli_stage.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kAccreditationId;
using testing::kBodyUri;
using testing::kOtherBodyUri;
using testing::kVerifierUri;
using testing::party_key;

class LateCatalogueTest : public CliStage {
 protected:
  LateCatalogueTest() {
    today_ = utc_day(network().now());
    AccreditationChange grant = network().grant(kVerifierUri, kAccreditationId);
    grant.effective = today_.plus(-60);
    const Digest granted = network().accept(network().sign(kBodyUri, grant));
    for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
      network().accept(network().sign(
          kBodyUri, network().add_key(kVerifierUri, party_key(kVerifierUri, usage), usage)));
    }
    AccreditationChange withdrawal;
    withdrawal.id = kAccreditationId;
    withdrawal.action = AccreditationAction::withdraw;
    withdrawal.effective = today_.plus(-5);
    withdrawal.reason = Reason::investigation;
    withdrawal.previous = granted;
    network().accept(network().sign(kBodyUri, withdrawal));
    write("policy", as_bytes(encode(network().policy())));
    for (int i = 0; i < 5; ++i) seal("sealed/" + std::to_string(i) + ".sealed");
  }

  void seal(const std::string& name) const {
    SealInput input;
    input.seed = *to_digest(random_bytes(32));
    input.documents.push_back({"application/json", to_bytes(as_bytes("{}"))});
    write(name, SealedDeclaration::seal(std::move(input))->encode());
  }

  // Issued 20 days ago unless `more` says otherwise.
  [[nodiscard]] Ran attest(std::vector<std::string> more, int days_ago = 20) const {
    more.insert(more.begin(), {"--issued", today_.plus(-days_ago).text()});
    return attest_catalogue("2031-01-01", more);
  }
  [[nodiscard]] Ran request(int days_ago = 20) const {
    return attest({"--late-request", path("all.request")}, days_ago);
  }
  [[nodiscard]] Ran countersign(std::string_view body = kBodyUri) const {
    write("body.pem", as_bytes(party_key(body, KeyUsage::sign).to_pem("a long one")));
    std::filesystem::remove(path("all.countersigned"));
    return run_footproof({"accredit", "countersign", path("all.request"), "--key", path("body.pem"),
                          "--passphrase-file", path("passphrase"), "-o",
                          path("all.countersigned")});
  }
  [[nodiscard]] Ran attest_late(std::vector<std::string> more = {}, int days_ago = 20) const {
    more.insert(more.end(), {"--countersignature", path("all.countersigned")});
    return attest(more, days_ago);
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(path(name));
  }
  [[nodiscard]] Attestation requested() const {
    return parse_late_request(contents("all.request"))->attestation;
  }

  Date today_;
};

TEST_F(LateCatalogueTest, ARequestSignsNothingAndSaysWhatItIsAbout) {
  const Ran refused = attest({"--check"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(json_of(refused)["reason"], "accreditation-not-in-force") << refused.out;

  const Ran ran = request();
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(json_of(ran)["request"], path("all.request"));
  EXPECT_FALSE(exists("all.catalogue"));
}

TEST_F(LateCatalogueTest, TheBodySeesWhatItIsAbout) {
  ASSERT_EQ(request().code, 0);
  EXPECT_EQ(requested().count, 8U);
  for (const char* file : {"all.request", "all.catalogue.arranged"}) {
    const Ran shown = run_footproof({"inspect", path(file), "--json"});
    EXPECT_EQ(json_of(shown)["issuer"], std::string(kVerifierUri)) << shown.out << shown.err;
    EXPECT_EQ(json_of(shown)["declarations"], "up to 8") << shown.out;
  }
  ASSERT_EQ(countersign().code, 0);
  EXPECT_EQ(run_footproof({"inspect", path("all.countersigned")}).code, 0);
  const Ran accepted = attest_late({"--check"});
  EXPECT_EQ(json_of(accepted)["accepted"], true) << accepted.out << accepted.err;
  EXPECT_FALSE(exists("all.catalogue"));
}

TEST_F(LateCatalogueTest, OneSignatureOneEntry) {
  ASSERT_EQ(request().code, 0);
  const Bytes list = contents("all.catalogue.members.csv");
  ASSERT_EQ(countersign().code, 0);
  const auto size = network().store().snapshot()->head().log_size;
  Ran ran = attest_late({"--each", path("each")});
  ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
  const auto catalogue = parse_catalogue(contents("all.catalogue"));
  ASSERT_TRUE(catalogue && catalogue->receipt);
  EXPECT_EQ(parse_statement(catalogue->statement)->as<Attestation>()->root, requested().root);
  EXPECT_EQ(contents("all.catalogue.members.csv"), list);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("each")), {}), 5);
  constexpr std::uint64_t kStatementAndRecord = 2;
  EXPECT_EQ(network().store().snapshot()->head().log_size, size + kStatementAndRecord);
  // A second run sends the same statement: the ledger has it once.
  ran = attest_late();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(network().store().snapshot()->head().log_size, size + kStatementAndRecord);
}

TEST_F(LateCatalogueTest, TheRecordIsMarkedForEver) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  ASSERT_EQ(attest_late({"--each", path("each")}).code, 0);
  Ran ran = run({"status", path("all.catalogue"), "--members", path("sealed"), "--policy",
                 path("policy"), "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_EQ(json_of(ran)["members"]["active"], 5);
  ran = run({"status", path("each/3.attested"), "--policy", path("policy"), "--json"});
  EXPECT_EQ(json_of(ran)["anchored_late"], true) << ran.err << ran.out;
}

TEST_F(LateCatalogueTest, EachMemberIsShownAsAnchoredLate) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  ASSERT_EQ(attest_late().code, 0);
  Ran ran = run({"disclose", "--catalogue", path("sealed"), path("all.catalogue"), "-o",
                 path("shown"), "--profile", "none", "--policy", path("policy")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (int i = 0; i < 5; ++i) {
    ran = run_footproof({"verify", path("shown/" + std::to_string(i) + ".footproof"), "--policy",
                         path("policy"), "--json"});
    EXPECT_EQ(json_of(ran)["verdict"], "certified") << ran.out;
    EXPECT_NE(ran.out.find("anchored late"), std::string::npos) << ran.out;
  }
}

// Killed anywhere: what is on disk then decides, and a second run ends where the first would have.
TEST_F(LateCatalogueTest, ARequestTakenUpAgainIsTheSame) {
  ASSERT_EQ(request().code, 0);
  const Bytes first = contents("all.request");
  const Bytes arranged = contents("all.catalogue.arranged");
  EXPECT_EQ(request().code, 0);
  EXPECT_EQ(contents("all.request"), first);
  // Before the request was written, and before the list was.
  std::filesystem::remove(path("all.request"));
  std::filesystem::remove(path("all.catalogue.members.csv"));
  EXPECT_EQ(request().code, 0);
  EXPECT_EQ(contents("all.request"), first);
  EXPECT_TRUE(exists("all.catalogue.members.csv"));
  EXPECT_EQ(contents("all.catalogue.arranged"), arranged);
  // Before the order was fixed nothing went out, so a new one may be.
  std::filesystem::remove(path("all.request"));
  std::filesystem::remove(path("all.catalogue.arranged"));
  EXPECT_EQ(request().code, 0);
  EXPECT_NE(contents("all.request"), first);
}

TEST_F(LateCatalogueTest, SignedBytesThatNoNodeTookAreSentAgain) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  server_.reset();
  const Ran unheard = attest_late({"--policy", path("policy")});
  EXPECT_EQ(unheard.code, 3) << unheard.err;
  const auto saved = parse_catalogue(contents("all.catalogue"));
  ASSERT_TRUE(saved);
  EXPECT_FALSE(saved->receipt);
  serve();
  const Ran ran = attest_late();
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto logged = parse_catalogue(contents("all.catalogue"));
  ASSERT_TRUE(logged && logged->receipt);
  EXPECT_EQ(logged->statement, saved->statement);
}

TEST_F(LateCatalogueTest, DeclarationsThatChangedInBetweenAreNamed) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  const Bytes kept = contents("sealed/3.sealed");
  const auto expect_refused = [&](const std::string& naming) {
    for (const Ran& ran : {attest_late(), request()}) {
      EXPECT_EQ(ran.code, 4) << ran.out;
      EXPECT_NE(ran.err.find(path(naming)), std::string::npos) << ran.err;
    }
    EXPECT_FALSE(exists("all.catalogue"));
  };
  seal("sealed/3.sealed");
  expect_refused("sealed/3.sealed");
  std::filesystem::remove(path("sealed/3.sealed"));
  expect_refused("sealed/3.sealed");
  write("sealed/3.sealed", kept);
  seal("sealed/one-more.sealed");
  expect_refused("sealed/one-more.sealed");
  write("sealed/one-more.sealed", kept);
  expect_refused("sealed/one-more.sealed");
  std::filesystem::remove(path("sealed/one-more.sealed"));
  // Renamed they are the same declarations.
  std::filesystem::rename(path("sealed/3.sealed"), path("sealed/a-new-name.sealed"));
  const Ran ran = attest_late();
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST_F(LateCatalogueTest, OptionsThatChangedInBetweenAreNamed) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  for (const Ran& ran : {attest_late({}, 21), request(21)}) {
    EXPECT_EQ(ran.code, 4) << ran.out;
    EXPECT_NE(ran.err.find("issued on " + today_.plus(-21).text()), std::string::npos) << ran.err;
  }
  EXPECT_FALSE(exists("all.catalogue"));
}

TEST_F(LateCatalogueTest, WithoutItsOrderNothingIsSigned) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign().code, 0);
  // Signed without the countersignature, the order would be another one.
  const Ran plain = attest({});
  EXPECT_EQ(plain.code, 4);
  EXPECT_NE(plain.err.find("--countersignature"), std::string::npos) << plain.err;
  Bytes arranged = contents("all.catalogue.arranged");
  std::filesystem::remove(path("all.catalogue.arranged"));
  const Ran lost = attest_late();
  EXPECT_EQ(lost.code, 4);
  EXPECT_NE(lost.err.find("all.catalogue.arranged: not there"), std::string::npos) << lost.err;
  arranged.resize(arranged.size() / 2);
  write("all.catalogue.arranged", arranged);
  EXPECT_EQ(attest_late().code, 4);
  EXPECT_FALSE(exists("all.catalogue"));
}

// Where a node can be asked, before anything is signed.
TEST_F(LateCatalogueTest, AKeyThatIsNotTheBodysIsNamedWhereANodeIsAsked) {
  ASSERT_EQ(request().code, 0);
  const auto with = [&](std::string_view party, KeyUsage usage) {
    write("body.pem", as_bytes(party_key(party, usage).to_pem("a long one")));
    std::filesystem::remove(path("all.countersigned"));
    return run({"accredit", "countersign", path("all.request"), "--key", path("body.pem"),
                "--passphrase-file", path("passphrase"), "-o", path("all.countersigned")});
  };
  for (const auto& [party, usage] :
       {std::pair(kOtherBodyUri, KeyUsage::sign), std::pair(kBodyUri, KeyUsage::status)}) {
    const Ran ran = with(party, usage);
    EXPECT_EQ(ran.code, 4) << ran.out;
    EXPECT_NE(ran.err.find("is not registered as a sign key of"), std::string::npos) << ran.err;
    EXPECT_FALSE(exists("all.countersigned"));
  }
  EXPECT_EQ(with(kBodyUri, KeyUsage::sign).code, 0);
}

TEST_F(LateCatalogueTest, AnotherBodysWordIsRefusedByTheRules) {
  ASSERT_EQ(request().code, 0);
  ASSERT_EQ(countersign(kOtherBodyUri).code, 0);
  Ran ran = attest_late();
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(json_of(ran)["reason"], "bad-countersignature") << ran.out << ran.err;
  // With the right one what was signed is not sent again, but signed anew once it is out of the
  // way.
  ASSERT_EQ(countersign().code, 0);
  ran = attest_late();
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("move it away"), std::string::npos) << ran.err;
  EXPECT_EQ(request().code, 4);
  std::filesystem::remove(path("all.catalogue"));
  ran = attest_late();
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
}

TEST_F(LateCatalogueTest, TheSchemesTimeIsTheLimit) {
  ASSERT_EQ(request(121).code, 0);
  ASSERT_EQ(countersign().code, 0);
  const Ran ran = attest_late({}, 121);
  EXPECT_EQ(ran.code, 2) << ran.err;
}

TEST_F(LateCatalogueTest, ARequestIsNoStepOfAnythingElse) {
  EXPECT_EQ(attest({"--late-request", path("all.request"), "--check"}).code, 4);
  EXPECT_EQ(attest({"--late-request", path("all.request"), "--countersignature", "x"}).code, 4);
  EXPECT_FALSE(exists("all.request"));
  EXPECT_FALSE(exists("all.catalogue.arranged"));
}

}  // namespace
}  // namespace footproof::api
