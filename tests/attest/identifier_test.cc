#include "attest/identifier.h"

#include <gtest/gtest.h>

#include <string>

namespace footproof {
namespace {

TEST(Identifier, IdsHaveTheirGrammar) {
  for (const std::string_view good : {"a", "KAB-V-042", "steel.cbam", "2025-2546", "_", "."}) {
    EXPECT_TRUE(is_id(good)) << good;
  }
  EXPECT_TRUE(is_id(std::string(64, 'a')));
  EXPECT_FALSE(is_id(std::string(65, 'a')));
  for (const std::string_view bad : {"", "a b", "a/b", "ä", "a\n", "a:b", "a+b"}) {
    EXPECT_FALSE(is_id(bad)) << bad;
  }
  EXPECT_FALSE(is_id(std::string_view("a\0b", 3)));
}

TEST(Identifier, PartyUrisAreLowerCaseAscii) {
  for (const std::string_view good : {"https://kab.example", "urn:lei:549300abc",
                                      "did:web:x.example", "https://verifier.example/branch?a=1"}) {
    EXPECT_TRUE(is_party_uri(good)) << good;
  }
  EXPECT_TRUE(is_party_uri("a:" + std::string(254, 'b')));
  EXPECT_FALSE(is_party_uri("a:" + std::string(255, 'b')));
  for (const std::string_view bad :
       {"", "kab.example", ":x", "https:", "Https://x", "https://X", "https://a b", "1a:b",
        "https://ä", "https://a\x7f", "https://{a}", "a\n:b"}) {
    EXPECT_FALSE(is_party_uri(bad)) << bad;
  }
}

TEST(Identifier, LegalNamesArePrintableText) {
  EXPECT_TRUE(is_legal_name("Korea Battery Industry Association"));
  EXPECT_TRUE(is_legal_name("한국배터리산업협회"));
  EXPECT_TRUE(is_legal_name(std::string(128, 'x')));
  for (const std::string_view bad :
       {"", " x", "x ", "x\ny", "x\x7f", "\xff", "x\u0085y", "x\u2028y", "x\u009fy"}) {
    EXPECT_FALSE(is_legal_name(bad)) << bad;
  }
  EXPECT_FALSE(is_legal_name(std::string(129, 'x')));
}

}  // namespace
}  // namespace footproof
