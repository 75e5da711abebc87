#include "attest/cbor.h"

#include <gtest/gtest.h>

#include <limits>

namespace footproof::cbor {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

template <class Write>
std::string written(Write write) {
  Writer out;
  write(out);
  return to_hex(out.view());
}

TEST(CborWriter, HeadsAreMinimal) {
  struct Case {
    std::uint64_t value;
    std::string_view encoded;
  };
  constexpr Case kCases[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {255, "18ff"},
      {256, "190100"},
      {65535, "19ffff"},
      {65536, "1a00010000"},
      {0xffffffff, "1affffffff"},
      {0x100000000, "1b0000000100000000"},
      {std::numeric_limits<std::uint64_t>::max(), "1bffffffffffffffff"},
  };
  for (const auto& [value, encoded] : kCases) {
    EXPECT_EQ(written([&](Writer& out) { out.uint(value); }), encoded);
    const Bytes bytes = hex(encoded);
    Reader in(bytes);
    EXPECT_EQ(in.uint(), value);
    EXPECT_TRUE(in.finish());
  }
}

TEST(CborWriter, NegativeIntegersReachTheSmallest) {
  struct Case {
    std::int64_t value;
    std::string_view encoded;
  };
  constexpr Case kCases[] = {
      {-1, "20"},
      {-24, "37"},
      {-25, "3818"},
      {-256, "38ff"},
      {-257, "390100"},
      {std::numeric_limits<std::int64_t>::min(), "3b7fffffffffffffff"},
      {std::numeric_limits<std::int64_t>::max(), "1b7fffffffffffffff"},
  };
  for (const auto& [value, encoded] : kCases) {
    EXPECT_EQ(written([&](Writer& out) { out.integer(value); }), encoded);
    const Bytes bytes = hex(encoded);
    Reader in(bytes);
    EXPECT_EQ(in.integer(), value);
    EXPECT_TRUE(in.finish());
  }
}

TEST(CborWriter, WritesEveryKind) {
  const std::string encoded = written([](Writer& out) {
    out.tag(18)
        .array(6)
        .bytes(Bytes{1, 2})
        .text("\xed\x95\x9c")
        .boolean(true)
        .boolean(false)
        .null();
    out.map(4).integer(1).array(0).integer(-1).map(0).text("b").uint(7).text("aa").raw(
        hex("820102"));
  });
  EXPECT_EQ(encoded,
            "d2864201"
            "0263ed959cf5f4f6"
            "a4018020a0616207626161820102");
  EXPECT_TRUE(check(as_bytes(as_text(hex(encoded)).substr(1))));
}

TEST(CborWriterDeathTest, RefusesUnsortedKeys) {
  EXPECT_DEATH({ Writer().map(2).integer(2).null().integer(1).null(); }, "broken invariant");
  EXPECT_DEATH({ Writer().map(2).integer(1).null().integer(1).null(); }, "broken invariant");
  EXPECT_DEATH({ Writer().map(2).integer(-1).null().integer(1).null(); }, "broken invariant");
  EXPECT_DEATH({ Writer().map(2).text("aa").null().text("b").null(); }, "broken invariant");
  EXPECT_DEATH({ Writer().map(1).array(0); }, "broken invariant");
}

TEST(CborWriterDeathTest, RefusesIncompleteAndSurplusItems) {
  EXPECT_DEATH({ std::ignore = Writer().array(2).null().view(); }, "broken invariant");
  EXPECT_DEATH({ Writer().array(1).null().null(); }, "broken invariant");
  EXPECT_DEATH({ std::ignore = Writer().view(); }, "broken invariant");
  EXPECT_DEATH({ Writer().text("\xff"); }, "broken invariant");
}

struct Refusal {
  std::string_view rule;
  std::string_view encoded;
};
constexpr Refusal kRefusals[] = {
    {"IndefiniteArray", "9fff"},
    {"IndefiniteBytes", "5f4100ff"},
    {"LongHeadOneByte", "1817"},
    {"LongHeadTwoBytes", "1900ff"},
    {"LongHeadFourBytes", "1a0000ffff"},
    {"LongHeadEightBytes", "1b00000000ffffffff"},
    {"LongLength", "580141"},
    {"ReservedInfo", "1c"},
    {"HalfFloat", "f93c00"},
    {"Double", "fb3ff0000000000000"},
    {"Undefined", "f7"},
    {"SimpleValue", "e0"},
    {"SimpleValueInTwoBytes", "f820"},
    {"Tag", "c100"},
    {"DuplicateKeys", "a201000100"},
    {"UnsortedKeys", "a202000100"},
    {"NegativeBeforePositiveKey", "a220000100"},
    {"LongerTextKeyFirst",
     "a2626161006162"
     "00"},
    {"ContainerAsKey", "a18000"},
    {"TrailingBytes", "0000"},
    {"Nothing", ""},
    {"CutOff", "4201"},
    {"CutOffHead", "19ff"},
    {"ArrayLongerThanTheRest", "9bffffffffffffffff"},
    {"MapLongerThanTheRest", "bb8000000000000001"},
    {"BytesLongerThanTheRest", "5bffffffffffffffff00"},
    {"OverlongUtf8", "62c080"},
    {"SurrogateInUtf8", "63eda080"},
    {"MissingItem", "8201"},
    {"MissingValue", "a101"},
};

class CborRefuses : public testing::TestWithParam<Refusal> {};
TEST_P(CborRefuses, InAWholeItem) { EXPECT_FALSE(check(hex(GetParam().encoded))); }
INSTANTIATE_TEST_SUITE_P(Rules, CborRefuses, testing::ValuesIn(kRefusals),
                         [](const auto& c) { return std::string{c.param.rule}; });

TEST(Cbor, NestsToTheDepthLimitAndNoFurther) {
  const auto nested = [](std::size_t depth) {
    Bytes bytes(depth, 0x81);
    bytes.back() = 0x80;
    return bytes;
  };
  EXPECT_TRUE(check(nested(kDepthMax)));
  EXPECT_FALSE(check(nested(kDepthMax + 1)));
  EXPECT_FALSE(check(nested(100'000)));
  // Depth that a parser has gone down itself counts as well.
  const Bytes deepest = nested(kDepthMax);
  Reader fits(deepest);
  fits.array_of(1);
  std::ignore = fits.skip();
  EXPECT_TRUE(fits.finish());
  const Bytes deeper = nested(kDepthMax + 1);
  Reader exceeds(deeper);
  exceeds.array_of(1);
  std::ignore = exceeds.skip();
  EXPECT_FALSE(exceeds.finish());
  Reader by_hand(deeper);
  for (std::size_t i = 0; i <= kDepthMax; ++i) std::ignore = by_hand.array();
  EXPECT_FALSE(by_hand.finish());
}

TEST(CborReader, TheFirstErrorStaysAndZerosFollow) {
  const Bytes bytes = hex("83614100f5");
  Reader in(bytes, "sample");
  in.array_of(3);
  EXPECT_EQ(in.field("name").text(1), "A");
  EXPECT_EQ(in.field("proof").bytes(4).size(), 0U);
  EXPECT_FALSE(in.field("flag").boolean());
  EXPECT_EQ(in.uint(), 0U);
  const auto finished = in.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().detail, "sample: proof: expected a byte string (at byte 3)");
}

TEST(CborReader, LimitsAreInclusive) {
  const Bytes bytes =
      hex("8743010203626162051862820102"
          "3903e7"
          "01");
  Reader in(bytes);
  in.array_of(7);
  EXPECT_EQ(in.bytes(3).size(), 3U);
  EXPECT_EQ(in.text(2), "ab");
  EXPECT_EQ(in.uint_up_to(5), 5U);
  EXPECT_EQ(in.integer(98, 98), 98);
  EXPECT_EQ(in.array_up_to(2), 2U);
  in.uint(), in.uint();
  EXPECT_EQ(in.integer(-1000, -1000), -1000);
  EXPECT_EQ(in.uint_up_to(1), 1U);
  EXPECT_TRUE(in.finish());

  const auto fails = [](std::string_view encoded, auto read) {
    const Bytes item = hex(encoded);
    Reader one(item);
    read(one);
    return !one.finish();
  };
  EXPECT_TRUE(fails("43010203", [](Reader& r) { std::ignore = r.bytes(2); }));
  EXPECT_TRUE(fails("43010203", [](Reader& r) { std::ignore = r.bytes_of(4); }));
  EXPECT_TRUE(fails("43010203", [](Reader& r) { std::ignore = r.digest(); }));
  EXPECT_TRUE(fails("626162", [](Reader& r) { std::ignore = r.text(1); }));
  EXPECT_TRUE(fails("626162", [](Reader& r) { r.text_equal("aB"); }));
  EXPECT_TRUE(fails("06", [](Reader& r) { r.uint_up_to(5); }));
  EXPECT_TRUE(fails("20", [](Reader& r) { r.uint(); }));
  EXPECT_TRUE(fails("3bffffffffffffffff", [](Reader& r) { r.integer(); }));
  EXPECT_TRUE(fails("1b8000000000000000", [](Reader& r) { r.integer(); }));
  EXPECT_TRUE(fails("3903e7", [](Reader& r) { r.integer(-999, 0); }));
  EXPECT_TRUE(fails("820102", [](Reader& r) { r.array_up_to(1), r.uint(), r.uint(); }));
  EXPECT_TRUE(fails("d100", [](Reader& r) { r.tag(18), r.uint(); }));
  EXPECT_TRUE(fails("d81200", [](Reader& r) { r.tag(18), r.uint(); }));
}

TEST(CborReader, NullIsTakenOnlyWhereItStands) {
  const Bytes bytes = hex("82f61863");
  Reader in(bytes);
  in.array_of(2);
  EXPECT_TRUE(in.take_null());
  EXPECT_FALSE(in.take_null());
  EXPECT_EQ(in.uint(), 99U);
  EXPECT_TRUE(in.finish());
  const Bytes null = hex("f6");
  Reader maybe(null);
  EXPECT_EQ(maybe.digest_or_null(), std::nullopt);
  EXPECT_TRUE(maybe.finish());
}

TEST(CborReader, SkipReturnsTheExactItem) {
  const Bytes bytes = hex("83a20182f5f6206341424301f4");
  Reader in(bytes);
  in.array_of(3);
  EXPECT_EQ(to_hex(in.skip()), "a20182f5f62063414243");
  EXPECT_EQ(in.uint(), 1U);
  EXPECT_EQ(to_hex(in.skip()), "f4");
  EXPECT_TRUE(in.finish());
}

TEST(CborReader, ItemsLeftUnreadAreAnError) {
  const Bytes bytes = hex("8101");
  Reader in(bytes);
  in.array_of(1);
  EXPECT_FALSE(in.finish());
}

TEST(CborMapReader, ReadsOptionalMembersInOrder) {
  const Bytes bytes = hex("a401010d0a20f5616107");
  Reader in(bytes);
  auto map = in.map();
  EXPECT_TRUE(map.require(1));
  EXPECT_EQ(in.uint(), 1U);
  EXPECT_FALSE(map.key(12));
  EXPECT_TRUE(map.key(13));
  EXPECT_EQ(in.uint(), 10U);
  EXPECT_FALSE(map.key(14));
  EXPECT_TRUE(map.require(-1));
  EXPECT_TRUE(in.boolean());
  EXPECT_TRUE(map.require("a"));
  EXPECT_EQ(in.uint(), 7U);
  map.end();
  EXPECT_TRUE(in.finish());
}

TEST(CborMapReader, RefusesUnknownMissingDuplicateAndUnsortedMembers) {
  const auto reads = [](std::string_view encoded) {
    const Bytes bytes = hex(encoded);
    Reader in(bytes, "map");
    auto map = in.map();
    if (map.require(1)) in.uint();
    if (map.key(2)) in.uint();
    if (map.require(3)) in.uint();
    map.end();
    return in.finish();
  };
  EXPECT_TRUE(reads("a201000300"));
  EXPECT_TRUE(reads("a3010002000300"));
  EXPECT_FALSE(reads("a10100"));          // 3 is missing
  EXPECT_FALSE(reads("a3010003000400"));  // 4 is unknown
  EXPECT_FALSE(reads("a3000001000300"));  // 0 is unknown
  EXPECT_FALSE(reads("a3010001000300"));  // 1 twice
  EXPECT_FALSE(reads("a3010003000200"));  // 2 after 3
  EXPECT_FALSE(reads("a3010003000300"));  // 3 twice
  EXPECT_FALSE(
      reads("a2010018030"
            "0"));                      // 3 spelt long
  EXPECT_FALSE(reads("a20100616300"));  // a text key
  EXPECT_EQ(reads("a10100").error().detail,
            "map: member 3: missing, or an unknown member stands before it (at byte 3)");
}

TEST(CborMapReader, OpenKeySetsAscend) {
  const auto reads = [](std::string_view encoded) {
    const Bytes bytes = hex(encoded);
    Reader in(bytes);
    auto map = in.map();
    while (map.left() > 0 && !in.failed()) std::ignore = map.next_text(8), in.uint();
    map.end();
    return in.finish().has_value();
  };
  EXPECT_TRUE(
      reads("a2616200626161"
            "00"));
  EXPECT_FALSE(
      reads("a2626161006162"
            "00"));
  EXPECT_FALSE(reads("a2616200616200"));
  EXPECT_FALSE(reads("a10100"));
}

}  // namespace
}  // namespace footproof::cbor
