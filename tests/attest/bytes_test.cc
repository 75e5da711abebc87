#include "attest/bytes.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

TEST(Base64, EveryStringHasOneSpelling) {
  for (const std::string_view text : {"", "AA==", "AAA=", "AAAA", "+/+/"}) {
    const auto bytes = from_base64(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(to_base64(*bytes), text);
  }
  for (const std::string_view text :
       {"A", "AA", "AB==", "AAB=", "AA=A", "A===", "====", "-_-_", " AAA"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Base64, UrlFormIsUnpadded) {
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(*from_base64url("-_8"), (Bytes{0xfb, 0xff}));
  EXPECT_FALSE(from_base64url("-_8="));
  EXPECT_FALSE(from_base64url("-_9"));
}

TEST(Hex, AcceptsLowerCaseOnly) {
  EXPECT_EQ(*from_hex("00ff"), (Bytes{0, 0xff}));
  EXPECT_FALSE(from_hex("00FF"));
  EXPECT_FALSE(from_hex("0"));
}

TEST(Utf8, RefusesOverlongSurrogateAndTooLarge) {
  EXPECT_TRUE(is_utf8(as_bytes("\xed\x95\x9c\xea\xb5\xad \xf0\x9f\x8c\x8d")));
  for (const std::string_view text :
       {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xc3", "\xff"}) {
    EXPECT_FALSE(is_utf8(as_bytes(text)));
  }
}

TEST(ByteReader, ReadingPastTheEndYieldsZerosAndIsRemembered) {
  const Bytes bytes = {1, 2, 3};
  ByteReader in(bytes);
  EXPECT_EQ(in.u16(), 0x0102);
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_FALSE(in.exhausted());
}

TEST(ByteReader, LengthIsCheckedBeforeItIsUsed) {
  const Bytes bytes = {0, 0, 0, 4, 1, 2, 3, 4};
  ByteReader fits(bytes);
  EXPECT_EQ(fits.sized(4).size(), 4U);
  EXPECT_TRUE(fits.exhausted());
  ByteReader too_long(bytes);
  EXPECT_TRUE(too_long.sized(3).empty());
  EXPECT_TRUE(too_long.failed());
}

}  // namespace
}  // namespace footproof
