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

}  // namespace
}  // namespace footproof::api
