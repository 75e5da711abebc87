// What a data folder says of itself when it is not the one that was looked for.
#include "node/data_folder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

Digest chain(std::uint8_t byte) {
  Digest out;
  out.bytes[0] = byte;
  return out;
}

class Marker : public ::testing::Test {
 protected:
  // Looked for: chain 1, key 7.
  [[nodiscard]] std::string why_not() const {
    const auto marked = folder_.has_marker(chain(1), Bytes{7});
    EXPECT_FALSE(marked);
    return marked ? "" : marked.error().detail;
  }
  void expect_why(const std::string& words) {
    EXPECT_NE(why_not().find(words), std::string::npos) << why_not();
    EXPECT_EQ(why_not().find("data folder of its own"), std::string::npos) << why_not();
  }

  footproof::test::TempFolder home_;
  DataFolder folder_ = DataFolder::open(home_.path() / "data").value();
};

TEST_F(Marker, OfTheSameNetworkAndKeyIsFound) {
  EXPECT_EQ(folder_.has_marker(chain(1), Bytes{7}).value(), false);
  ASSERT_TRUE(folder_.write_marker(chain(1), Bytes{7}));
  EXPECT_EQ(folder_.has_marker(chain(1), Bytes{7}).value(), true);
}

TEST_F(Marker, ThatIsDamagedIsCalledSo) {
  for (const char* text :
       {"", "footproof identity 1\n", "footproof identity 2\n00\n07\n", "\n\n\n"}) {
    ASSERT_TRUE(replace_file(folder_.path() / kMarkerFile, as_bytes(std::string_view(text))));
    expect_why("is damaged");
  }
}

TEST_F(Marker, OfAnotherNetworkNamesIt) {
  ASSERT_TRUE(folder_.write_marker(chain(2), Bytes{7}));
  expect_why("another network, " + chain(2).hex());
}

// Whoever gave these keys a folder of their own would have them vote against themselves.
TEST_F(Marker, OfAnotherKeyAsksForThatKey) {
  ASSERT_TRUE(folder_.write_marker(chain(1), Bytes{9}));
  expect_why("is of the vote key 09, and the keys here have 07");
}

TEST_F(Marker, OfANodeThatFollowsNamesInit) {
  ASSERT_TRUE(folder_.write_marker(chain(1), kNoKey));
  expect_why("--init");
}

TEST_F(Marker, OfAValidatorIsToldToWhoOnlyFollows) {
  ASSERT_TRUE(folder_.write_marker(chain(1), Bytes{9}));
  const auto marked = folder_.has_marker(chain(1), kNoKey);
  ASSERT_FALSE(marked);
  EXPECT_NE(marked.error().detail.find("is of a validator with the vote key 09"),
            std::string::npos);
}

}  // namespace
}  // namespace footproof::node
