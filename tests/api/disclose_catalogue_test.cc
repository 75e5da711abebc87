// footproof disclose --catalogue once more, over what an earlier run made.
#include "tests/api/catalogue_stage.h"

namespace footproof::api {
namespace {

class DiscloseCatalogueTest : public CatalogueStage {
 protected:
  [[nodiscard]] Ran disclose(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {
        "disclose", "--catalogue", path("sealed"), path("all.catalogue"),
        "-o",       path("shown"), "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(DiscloseCatalogueTest, WhatIsThereIsKeptWhereItIsWhatIsAsked) {
  ASSERT_EQ(disclose().code, 0);
  const Ran again = disclose();
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json_of(again)["kept"], 4);
  EXPECT_EQ(json_of(again)["written"], 0);
}

// Else a reader would miss a field that the exporter believes to have opened.
TEST_F(DiscloseCatalogueTest, WithOtherFieldsWhatIsThereIsNotTakenForIt) {
  ASSERT_EQ(disclose().code, 0);
  const Ran more = disclose({"--slot", "geo.country"});
  EXPECT_EQ(more.code, 4);
  EXPECT_NE(more.err.find("with these fields"), std::string::npos) << more.err;
}

TEST_F(DiscloseCatalogueTest, RefreshMakesThemAnew) {
  ASSERT_EQ(disclose().code, 0);
  const auto before = contents("shown/0.footproof");
  const Ran logged = as(testing::kVerifierUri, KeyUsage::status,
                        {"suspend", path("all.catalogue"), "--declaration", roots_[0].hex(),
                         "--reason", "investigation", "-o", path("suspend.statement")});
  ASSERT_EQ(logged.code, 0) << logged.err;
  const Ran fresh = disclose({"--refresh"});
  ASSERT_EQ(fresh.code, 0) << fresh.err;
  EXPECT_EQ(json_of(fresh)["written"], 4);
  EXPECT_NE(contents("shown/0.footproof"), before);
}

// A reader's policy ends before the epoch that cosigned the receipts.
TEST_F(DiscloseCatalogueTest, EachCarriesTheHopsThatAnOldPolicyNeeds) {
  for (const std::size_t number : {4U, 5U}) {
    network().decide(AdmitValidator{network().validator(number)});
    network().end_epoch();
    network().run({});
  }
  const auto verify = [&](std::size_t at) {
    return run_footproof(
        {"verify", path("shown/" + std::to_string(at) + ".footproof"), "--policy", path("policy")});
  };
  ASSERT_EQ(disclose().code, 0);
  EXPECT_EQ(verify(0).code, 3);
  const Ran shown = disclose({"--refresh", "--hops", "--policy", path("policy")});
  ASSERT_EQ(shown.code, 0) << shown.err;
  for (const std::size_t at : {0U, 3U}) {
    const Ran good = verify(at);
    EXPECT_LT(good.code, 2) << good.out;
    EXPECT_NE(good.out.find("by 2 hops"), std::string::npos) << good.out;
  }
  // For one whose policy is newer, fewer; for one that is as new as the receipt, none.
  ASSERT_EQ(disclose({"--refresh", "--hops", "--hops-from", "2"}).code, 0);
  EXPECT_EQ(verify(0).code, 3);
}

}  // namespace
}  // namespace footproof::api
