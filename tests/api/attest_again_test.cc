// footproof attest --catalogue once more, over the catalogue that an earlier run signed.
#include "tests/api/catalogue_stage.h"

namespace footproof::api {
namespace {

class AttestAgainTest : public CatalogueStage {
 protected:
  void expect_refused(const Ran& ran, const std::string& part) const {
    EXPECT_EQ(ran.code, 4) << ran.out;
    EXPECT_NE(ran.err.find(part), std::string::npos) << ran.err;
    EXPECT_EQ(contents("all.catalogue"), before_);
  }

  const Bytes before_ = contents("all.catalogue");
};

TEST_F(AttestAgainTest, TheSameIsSentAgain) {
  const Ran ran = attest();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(parse_catalogue(contents("all.catalogue"))->statement,
            parse_catalogue(before_)->statement);
}

// Whoever corrected a date must not believe that it was logged with it.
TEST_F(AttestAgainTest, WhatWasSignedOtherwiseIsNamed) {
  expect_refused(attest("2030-01-01"), "--until: was signed as 2031-01-01");
  expect_refused(attest("2031-01-01", {"--supersedes", std::string(64, '1')}),
                 "--supersedes: was signed without");
  expect_refused(attest("2031-01-01", {"--type", "programme-certification"}),
                 "--type: was signed as verification");
}

// What the verifier took away is what it no longer vouches for.
TEST_F(AttestAgainTest, AMemberThatWasTakenAwayIsNotLoggedUnseen) {
  std::filesystem::remove(path("sealed/2.sealed"));
  expect_refused(attest(), "2.sealed too, which is not in");
}

TEST_F(AttestAgainTest, ALostListIsMadeAgain) {
  const Bytes list = contents("all.catalogue.members.csv");
  std::filesystem::remove(path("all.catalogue.members.csv"));
  const Ran ran = attest();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("is made again"), std::string::npos) << ran.err;
  EXPECT_EQ(contents("all.catalogue.members.csv"), list);
}

}  // namespace
}  // namespace footproof::api
