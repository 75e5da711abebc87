#include "attest/printable.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace footproof {
namespace {

TEST(Printable, KeepsTextOfAnyLanguage) {
  EXPECT_EQ(printable("Acme GmbH"), "Acme GmbH");
  EXPECT_EQ(printable("한빛제강 TÜV CO₂ 日本 😀"), "한빛제강 TÜV CO₂ 日本 😀");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesWhatMovesHidesOrReordersText) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\u001b[2Jb");
  EXPECT_EQ(printable("line\nbreak\r\t"), "line\\u000abreak\\u000d\\u0009");
  EXPECT_EQ(printable("\x7f\xc2\x9b"), "\\u007f\\u009b");
  EXPECT_EQ(printable("1\xE2\x80\xAE"
                      "2"),
            "1\\u202e2");
  EXPECT_EQ(printable("\xE2\x80\x8B\xEF\xBB\xBF"), "\\u200b\\ufeff");
}

TEST(Printable, EscapesBytesThatAreNoText) {
  EXPECT_EQ(printable("\xFF"), "\\u00ff");
  EXPECT_EQ(printable("\xE2\x80"), "\\u00e2\\u0080");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u0000");
}

TEST(Printable, JoinsWords) {
  const std::vector<std::string> words = {"a", "", "c"};
  EXPECT_EQ(joined(words), "a, , c");
  EXPECT_EQ(joined(words, " "), "a  c");
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined_or_none({}), "none");
}

}  // namespace
}  // namespace footproof
