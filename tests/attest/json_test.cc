#include "attest/json.h"

#include <gtest/gtest.h>

namespace footproof::json {
namespace {

Document parse(std::string_view text) {
  auto document = Document::parse(text);
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().detail);
  return document ? std::move(*document) : std::move(*Document::parse("null"));
}

std::string why(std::string_view text) {
  const auto document = Document::parse(text);
  return document ? "accepted" : document.error().detail;
}

TEST(Json, KeepsTheExactTextOfTokens) {
  const Document document =
      parse(R"( {"pcf": 12.50, "e": 1E+2, "name": "A\u0063me", "none": null, "o": {}, "a": [ ]} )");
  const Value root = document.root();
  EXPECT_EQ(root.find("pcf")->token(), "12.50");
  EXPECT_EQ(root.find("e")->token(), "1E+2");
  EXPECT_EQ(root.find("name")->token(), R"("A\u0063me")");
  EXPECT_EQ(root.find("name")->text(), "Acme");
  EXPECT_EQ(root.find("none")->token(), "null");
  EXPECT_EQ(root.find("o")->token(), "{}");
  EXPECT_EQ(root.find("a")->token(), "[ ]");
  EXPECT_EQ(root.find("a")->size(), 0U);
  EXPECT_EQ(root.find("missing"), std::nullopt);
}

TEST(Json, KeepsMembersInTheirOrder) {
  const Document document = parse(R"({"b":1,"a":{"x":[true,false]},"":"s"})");
  const auto members = document.root().children();
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].key(), "b");
  EXPECT_EQ(members[1].key(), "a");
  EXPECT_EQ(members[1].token(), R"({"x":[true,false]})");
  EXPECT_EQ(members[2].key(), "");
  EXPECT_EQ(members[2].text(), "s");
  EXPECT_EQ(members[1].children()[0].children()[1].kind(), Kind::boolean);
  EXPECT_FALSE(members[1].children()[0].children()[1].is_true());
}

TEST(Json, PointersFollowRfc6901) {
  // The example of RFC 6901 §5.
  const Document document = parse(
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
  const Value root = document.root();
  struct Case {
    std::string_view pointer;
    std::string_view token;
  };
  constexpr Case kCases[] = {{"/foo/0", "\"bar\""}, {"/", "0"},           {"/a~1b", "1"},
                             {"/c%d", "2"},         {"/e^f", "3"},        {"/g|h", "4"},
                             {"/i\\j", "5"},        {"/k\"l", "6"},       {"/ ", "7"},
                             {"/m~0n", "8"},        {"/foo/1", "\"baz\""}};
  for (const auto& [pointer, token] : kCases) {
    const auto value = root.at(pointer);
    ASSERT_TRUE(value) << pointer;
    EXPECT_EQ(value->token(), token);
    EXPECT_EQ(value->pointer(), pointer);
  }
  EXPECT_EQ(root.at(""), root);
  EXPECT_EQ(root.pointer(), "");
  for (const std::string_view pointer :
       {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/+1", "/m~n", "/m~2n", "/foo/0/x", "/nothing"}) {
    EXPECT_FALSE(root.at(pointer)) << pointer;
  }
}

TEST(Json, ValuesSurviveMovingTheDocument) {
  Document document = parse(R"(["\u00e9", 1])");
  const Value first = document.root().children()[0];
  const Document moved = std::move(document);
  EXPECT_EQ(first.text(), "\xc3\xa9");
  EXPECT_EQ(first.parent(), moved.root());
}

TEST(Json, UnescapesEveryEscape) {
  EXPECT_EQ(parse(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\ud55c\ud83d\ude00")").root().text(),
            "\"\\/\b\f\n\r\tA\xc3\xa9\xed\x95\x9c\xf0\x9f\x98\x80");
  EXPECT_EQ(parse(R"(["\u0000"])").root().children()[0].text(), std::string_view("\0", 1));
}

TEST(Json, ErrorsTellLineByteAndPointer) {
  EXPECT_EQ(
      why("{\"a\": {\n \"b\": [1, 12345678901234567890]}}"),
      "JSON: line 2, byte 18, at \"/a/b/1\": an integer beyond 2^53 - 1; write it as a string");
  EXPECT_EQ(why(R"({"x":{"a":1,"\u0061":2}})").substr(0, 42),
            "JSON: line 1, byte 23, at \"/x/a\": a member");
  EXPECT_EQ(why("[1,]"), "JSON: line 1, byte 3, at \"/1\": not a JSON value");
}

struct Refusal {
  std::string_view rule;
  std::string_view text;
};
using std::string_view_literals::operator""sv;
constexpr Refusal kRefusals[] = {
    {"Nothing", ""},
    {"OnlySpace", " \n"},
    {"ByteOrderMark", "\xef\xbb\xbf{}"},
    {"InvalidUtf8", "\"\xff\""},
    {"OverlongUtf8", "\"\xc0\xaf\""},
    {"Utf16", "\"\0a\0\"\0"sv},
    {"DuplicateName", R"({"a":1,"b":2,"a":3})"},
    {"DuplicateNameAfterUnescaping", R"({"a":1,"\u0061":2})"},
    {"LoneHighSurrogate", R"("\ud83d")"},
    {"LoneLowSurrogate", R"("\ude00")"},
    {"ReversedSurrogates", R"("\ude00\ud83d")"},
    {"HighSurrogateBeforeText", R"("\ud83dx")"},
    {"HighSurrogateTwice", R"("\ud83d\ud83d")"},
    {"Noncharacter", "\"\xef\xbf\xbf\""},
    {"EscapedNoncharacter", R"("\ufffe")"},
    {"AstralNoncharacter", R"("\ud83f\udffe")"},
    {"SomethingAfterTheValue", "1 2"},
    {"NulAfterTheValue", "1\0"sv},
    {"RawControlCharacter", "\"\t\""},
    {"RawNul", "\"\0\""sv},
    {"UnknownEscape", R"("\x41")"},
    {"ShortEscape", R"("\u12")"},
    {"EscapeAtTheEnd", "\"\\"},
    {"UnterminatedString", "\"abc"},
    {"TrailingComma", "[1,]"},
    {"LeadingComma", "[,1]"},
    {"TrailingCommaInObject", R"({"a":1,})"},
    {"MissingColon", R"({"a" 1})"},
    {"NumberAsName", "{1:2}"},
    {"WrongBracket", "[1}"},
    {"OpenArray", "[1"},
    {"LeadingZero", "01"},
    {"LonelyMinus", "-"},
    {"PlusSign", "+1"},
    {"NoDigitBeforePoint", ".5"},
    {"NoDigitAfterPoint", "1."},
    {"NoExponentDigits", "1e"},
    {"NotANumber", "NaN"},
    {"Infinity", "-Infinity"},
    {"UpperCaseLiteral", "True"},
    {"CutLiteral", "tru"},
    {"Comment", "1 // one"},
    {"IntegerBeyondDoubles", "9007199254740992"},
    {"NegativeIntegerBeyondDoubles", "-9007199254740992"},
    {"Overflow", "1e309"},
    {"OverflowInDigits", "17976931348623158e292"},
    {"HugeExponent", "1e999999999999999999999999"},
    {"Underflow", "1e-400"},
    {"UnderflowInDigits", "0.0002e-320"},
};

class JsonRefuses : public testing::TestWithParam<Refusal> {};
TEST_P(JsonRefuses, TheDocument) { EXPECT_FALSE(Document::parse(GetParam().text)); }
INSTANTIATE_TEST_SUITE_P(Rules, JsonRefuses, testing::ValuesIn(kRefusals),
                         [](const auto& c) { return std::string{c.param.rule}; });

TEST(Json, NumbersThatEveryReaderUnderstandsAreTaken) {
  for (const std::string_view text :
       {"0", "-0", "-0.0", "0e99999", "0.000e-99999", "9007199254740991", "-9007199254740991",
        "1.7976931348623157e308", "17976931348623157e292", "5e-324", "2.4703282292062328e-324",
        "1e21", "12.50", "0.1e+1", "123456789012345678.5"}) {
    EXPECT_EQ(parse(text).root().token(), text);
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, DepthLimitIsInclusive) {
  EXPECT_TRUE(Document::parse(nested(kDepthMax)));
  EXPECT_FALSE(Document::parse(nested(kDepthMax + 1)));
  EXPECT_FALSE(Document::parse(nested(1'000'000)));
}

TEST(Json, SizeLimitIsInclusive) {
  const std::string longest = "\"" + std::string(kSizeMax - 2, 'a') + "\"";
  EXPECT_TRUE(Document::parse(longest));
  EXPECT_FALSE(Document::parse(longest + " "));
}

TEST(Json, ValueLimitIsInclusive) {
  std::string text = "[0";
  for (std::size_t i = 2; i < kValuesMax; ++i) text += ",0";
  EXPECT_TRUE(Document::parse(text + "]"));
  EXPECT_FALSE(Document::parse(text + ",0]"));
}

}  // namespace
}  // namespace footproof::json
