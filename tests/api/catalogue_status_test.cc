// footproof status of a catalogue: the whole, its members, and what is no answer about them.
#include <gtest/gtest.h>

#include <algorithm>

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

// More than one request takes; those that happened to nobody are not asked one by one.
TEST_F(CatalogueStatusTest, AsksOfManyMembersAtOnce) {
  std::vector<Digest> roots;
  for (int i = 0; i < 50; ++i)
    roots.push_back(seal("sealed/more-" + std::to_string(i) + ".sealed"));
  std::filesystem::remove(path("all.catalogue"));
  ASSERT_EQ(attest().code, 0);
  for (const std::size_t i : {7U, 13U, 14U, 49U}) {
    change("suspend", {"--declaration", roots[i].hex(), "--reason", "investigation"});
    std::filesystem::remove(path("suspend.statement"));
  }
  const Ran ran = with_members();
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json shown = json_of(ran);
  EXPECT_EQ(shown["members"]["active"], 50);
  EXPECT_EQ(shown["members"]["suspended"], 4);
  EXPECT_EQ(shown["not_active"].size(), 4U);
  for (const json& one : shown["not_active"]) {
    EXPECT_EQ(std::ranges::count(roots, *digest_from_hex(one["tree_root"].get<std::string>())), 1);
  }
  EXPECT_LE(shown["requests"], 1 + 4) << shown;  // 14 a request
}

TEST_F(CatalogueStatusTest, TheSameDeclarationTwiceIsAWrongList) {
  write("sealed/again.sealed", contents("sealed/1.sealed"));
  const Ran ran = with_members();
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("again.sealed: the same declaration"), std::string::npos) << ran.err;
}

TEST_F(CatalogueStatusTest, MembersNotNamedAreNotChecked) {
  const Ran ran = status();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(json_of(ran)["members"], "not checked");
}

// A node that answers one question with the true answer to another.
TEST_F(CatalogueStatusTest, AReceiptOfSomethingElseIsNoAnswer) {
  change("revoke", {"--declaration", roots_[1].hex(), "--reason", "misstatement"});
  const auto entry = parse_statement(parse_catalogue(contents("all.catalogue"))->statement);
  ASSERT_TRUE(entry);
  const Handler honest = make_routes({}, node_, node_);
  auto lying = *Server::start(ServerConfig{}, [&](const Request& asked) {
    Request instead = asked;
    instead.path = "/v1/entries/" + entry->entry_id().hex() + "/receipt";
    instead.query = {{"declaration", roots_[0].hex()}};
    return honest(instead);
  });
  auto client = *Client::make({"http://127.0.0.1:" + std::to_string(lying->port())});
  EXPECT_TRUE(client.receipt(entry->entry_id(), roots_[0]));
  for (const auto& about : {std::optional(roots_[1]), std::optional<Digest>()}) {
    const auto answer = client.receipt(entry->entry_id(), about);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::bad_value);
  }
  EXPECT_FALSE(client.receipt(sha256(as_bytes("another")), roots_[0]));
}

// The state of other keys than those asked for hides what happened to a member.
TEST_F(CatalogueStatusTest, TheStateOfSomethingElseIsNoAnswer) {
  change("revoke", {"--declaration", roots_[1].hex(), "--reason", "misstatement"});
  const Handler honest = make_routes({}, node_, node_);
  auto lying = *Server::start(ServerConfig{}, [&](const Request& asked) {
    Request instead = asked;
    for (auto& [name, value] : instead.query) {
      if (name == "key") value = sha256(as_bytes(value)).hex();
    }
    return honest(instead);
  });
  const Ran ran = run_footproof({"status", path("all.catalogue"), "--policy", path("policy"),
                                 "--members", path("sealed"), "--node",
                                 "http://127.0.0.1:" + std::to_string(lying->port())});
  EXPECT_EQ(ran.code, 3) << ran.out;
  EXPECT_NE(ran.err.find("about members does not verify"), std::string::npos) << ran.err;
}

TEST_F(CatalogueStatusTest, RefusesADeclarationThatIsNoMember) {
  seal("sealed/stranger.sealed");
  const Ran ran = with_members();
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("stranger.sealed: no member"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace footproof::api
