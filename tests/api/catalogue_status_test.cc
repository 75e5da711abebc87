// footproof status of a catalogue: the whole, its members, and what is no answer about them.
#include <gtest/gtest.h>

#include "api/cli/status.h"
#include "attest/note.h"
#include "tests/api/catalogue_stage.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kVerifierUri;

class CatalogueStatusTest : public CatalogueStage {
 protected:
  [[nodiscard]] Ran status(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"status", path("all.catalogue"), "--json", "--policy",
                                      path("policy")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  [[nodiscard]] Ran with_members(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--members", path("sealed")});
    return status(more);
  }
  void change(const std::string& action, std::vector<std::string> more) const {
    more.insert(more.begin(), {action, path("all.catalogue")});
    more.insert(more.end(), {"-o", path(action + ".statement")});
    const Ran ran = as(kVerifierUri, KeyUsage::status, std::move(more));
    EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  }
};

TEST_F(CatalogueStatusTest, CountsTheMembersAndListsThoseNotActive) {
  Ran ran = with_members();
  ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_EQ(json_of(ran)["members"]["active"], 4);
  EXPECT_EQ(json_of(ran)["verified"], true);

  change("suspend", {"--declaration", roots_[2].hex(), "--reason", "investigation"});
  ran = with_members();
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json shown = json_of(ran);
  EXPECT_EQ(shown["status"], "active");
  EXPECT_EQ(shown["members"]["active"], 3);
  EXPECT_EQ(shown["members"]["suspended"], 1);
  ASSERT_EQ(shown["not_active"].size(), 1U);
  EXPECT_EQ(shown["not_active"][0]["tree_root"], roots_[2].hex());
  // On a day before it took effect, the member was active.
  ran = with_members({"--as-of", "2020-01-01"});
  EXPECT_EQ(json_of(ran)["members"]["active"], 4) << ran.err;
  // Known by a day before all was recorded, there was no catalogue.
  ran = with_members({"--known-by", "2020-01-01"});
  EXPECT_EQ(json_of(ran)["status"], "not yet recorded") << ran.err;
  EXPECT_EQ(json_of(ran)["members"]["active"], 0);
}

TEST_F(CatalogueStatusTest, WhatIsRevokedAsAWholeIsRevokedForEachMember) {
  change("revoke", {"--reason", "misstatement"});
  const Ran ran = with_members();
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(json_of(ran)["status"], "revoked");
  EXPECT_EQ(json_of(ran)["members"]["revoked"], 4);
  EXPECT_TRUE(json_of(ran)["not_active"].empty());
}

// A mistyped root would be logged, change nothing, and leave the member in force.
TEST_F(CatalogueStatusTest, ARootThatIsNoMembersIsRefusedBeforeItIsSigned) {
  const Digest nobody = tagged_hash("nobody", {});
  const Ran ran = as(kVerifierUri, KeyUsage::status,
                     {"revoke", path("all.catalogue"), "--declaration", nobody.hex(), "--reason",
                      "misstatement", "-o", path("revoke.statement")});
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("no member of the catalogue has tree root"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(path("revoke.statement")));
}

// Whoever holds one member's file means that member.
TEST_F(CatalogueStatusTest, AMembersOwnFileChangesThatMemberAlone) {
  const auto catalogue = parse_catalogue(contents("all.catalogue"));
  const auto sealed = SealedDeclaration::parse(contents("sealed/1.sealed"));
  ASSERT_TRUE(catalogue && sealed);
  const auto member =
      member_of(*catalogue, {std::string(sealed->profile()), sealed->tree_size(), roots_[1]});
  ASSERT_TRUE(member) << member.error().detail;
  write("1.attested", encode_attested(*member));
  const Ran ran = as(
      kVerifierUri, KeyUsage::status,
      {"revoke", path("1.attested"), "--reason", "misstatement", "-o", path("revoke.statement")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const json shown = json_of(with_members());
  EXPECT_EQ(shown["status"], "active");
  EXPECT_EQ(shown["members"]["active"], 3);
  ASSERT_EQ(shown["not_active"].size(), 1U);
  EXPECT_EQ(shown["not_active"][0]["tree_root"], roots_[1].hex());
  const Ran other = as(kVerifierUri, KeyUsage::status,
                       {"revoke", path("1.attested"), "--declaration", roots_[2].hex(), "--reason",
                        "misstatement", "-o", path("other.statement")});
  EXPECT_EQ(other.code, 4);
  EXPECT_NE(other.err.find("--declaration: the .attested file is of"), std::string::npos);
}

TEST_F(CatalogueStatusTest, MembersNotNamedAreNotChecked) {
  const Ran ran = status();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(json_of(ran)["members"], "not checked");
}

TEST_F(CatalogueStatusTest, AReceiptAboutAnotherMemberIsNoAnswer) {
  change("revoke", {"--declaration", roots_[1].hex(), "--reason", "misstatement"});
  const auto entry = parse_statement(parse_catalogue(contents("all.catalogue"))->statement);
  auto client = Client::make({url_});
  ASSERT_TRUE(entry && client);
  const auto of_active = client->receipt(entry->entry_id(), roots_[0]);
  ASSERT_TRUE(of_active) << of_active.error().detail;
  const Policy policy = network().policy();
  EXPECT_TRUE(judge_answer(*of_active, entry->entry_id(), roots_[0], policy));
  EXPECT_FALSE(judge_answer(*of_active, entry->entry_id(), roots_[1], policy));
  EXPECT_FALSE(judge_answer(*of_active, entry->entry_id(), {}, policy));
  EXPECT_FALSE(judge_answer(*of_active, roots_[0], roots_[0], policy));
}

TEST_F(CatalogueStatusTest, RefusesADeclarationThatIsNoMember) {
  seal("sealed/stranger.sealed");
  const Ran ran = with_members();
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("stranger.sealed: no member"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace footproof::api
