// What means the same has the same bytes; what a slot cannot take leaves it absent.
#include "attest/core_value.h"

#include <gtest/gtest.h>

#include "attest/core_profile.h"
#include "attest/digest.h"

namespace footproof {
namespace {

const CoreSlot& slot(std::string_view name) {
  const auto rank = core_profile().rank(name);
  EXPECT_TRUE(rank.has_value()) << name;
  return core_profile().slots[*rank];
}

std::string from_text(std::string_view name, std::string_view text) {
  const auto value = core_value_from_text(slot(name), text);
  if (!value) return "refused: " + value.error().detail;
  const auto fits = check_core_value(slot(name), *value);
  EXPECT_TRUE(fits.has_value()) << fits.error().detail;
  return value_text(*value);
}

TEST(CoreValue, UuidsHaveOneSpelling) {
  const char* normal = "3893bb5d-da16-4dc1-9185-11d97476c254";
  EXPECT_EQ(normal_uuid(normal), normal);
  EXPECT_EQ(normal_uuid("3893BB5D-DA16-4DC1-9185-11D97476C254"), normal);
  EXPECT_EQ(normal_uuid("urn:uuid:3893bb5d-da16-4dc1-9185-11d97476c254"), normal);
  EXPECT_EQ(normal_uuid("URN:UUID:3893bb5d-da16-4dc1-9185-11d97476c254"), normal);
  EXPECT_EQ(normal_uuid("3893bb5dda164dc1918511d97476c254"), std::nullopt);
  EXPECT_EQ(normal_uuid("g893bb5d-da16-4dc1-9185-11d97476c254"), std::nullopt);
  EXPECT_EQ(normal_uuid("3893bb5d-da16-4dc1-9185-11d97476c254 "), std::nullopt);
  EXPECT_EQ(normal_uuid(""), std::nullopt);
}

TEST(CoreValue, InstantsAreUtcWithZ) {
  EXPECT_EQ(normal_instant("2025-04-30T00:00:00Z"), "2025-04-30T00:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30T00:00:00+00:00"), "2025-04-30T00:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30T00:00:00-00:00"), "2025-04-30T00:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30t00:00:00z"), "2025-04-30T00:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30T08:30:00+09:00"), "2025-04-29T23:30:00Z");
  EXPECT_EQ(normal_instant("2024-02-28T20:00:00-05:00"), "2024-02-29T01:00:00Z");
  EXPECT_EQ(normal_instant("2024-12-31T24:00:00Z"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(normal_instant("2024-12-31T24:00:00+09:00"), "2024-12-31T15:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30T00:00:00.000Z"), "2025-04-30T00:00:00Z");
  EXPECT_EQ(normal_instant("2025-04-30T00:00:00.120Z"), "2025-04-30T00:00:00.12Z");
  EXPECT_EQ(normal_instant("2016-12-31T23:59:60Z"), "2016-12-31T23:59:60Z");
}

TEST(CoreValue, WhatIsNoInstantStaysAbsent) {
  for (const char* text :
       {"", "2025-04-30", "2025-04-30T00:00:00", "2023-1-08T14:47:32Z", "2025-02-30T00:00:00Z",
        "2025-04-30T24:00:01Z", "2025-04-30T25:00:00Z", "2025-04-30T00:60:00Z",
        "2025-04-30T00:00:61Z", "2025-04-30T00:00:00.Z", "2025-04-30T00:00:00+0900",
        "2025-04-30T00:00:00+24:00", "2025-04-30 00:00:00Z", "2025-04-30T00:00:00ZZ",
        "2025-04-30T00:00:00.1234567891Z", "0001-01-01T00:00:00+09:00",
        "9999-12-31T23:00:00-09:00"}) {
    EXPECT_EQ(normal_instant(text), std::nullopt) << text;
  }
}

TEST(CoreValue, UrisKnowCaseOnlyWhereItCounts) {
  EXPECT_EQ(normal_uri("URN:GTIN:5695872369587"), "urn:gtin:5695872369587");
  EXPECT_EQ(normal_uri("urn:company:Example:A"), "urn:company:Example:A");
  EXPECT_EQ(normal_uri("urn:uuid:ABC12345-6789-4DEF-0123-456789ABCDEF"),
            "urn:uuid:abc12345-6789-4def-0123-456789abcdef");
  EXPECT_EQ(normal_uri("HTTP://Example.com/A"), "http://Example.com/A");
  for (const char* text : {"urn:BPNL000000000DWF", "urn:bpn:id:BPNL000000000DWF",
                           "BPNL000000000DWF", "URN:BPN:ID:BPNL000000000DWF"}) {
    EXPECT_EQ(normal_uri(text), "urn:bpn:id:BPNL000000000DWF") << text;
  }
  for (const char* text : {"", "no scheme", ":x", "urn:", "1a:x", "a b:x"}) {
    EXPECT_EQ(normal_uri(text), std::nullopt) << text;
  }
}

TEST(CoreValue, CodesAreClosed) {
  EXPECT_EQ(from_text("unit.measure", "Kilowatt hour"), "kilowatt-hour");
  EXPECT_EQ(from_text("unit.measure", "unit"), "piece");
  EXPECT_EQ(from_text("boundary", "Cradle-to-gate"), "cradle-to-gate");
  EXPECT_EQ(from_text("geo.region", "Latin America and the Caribbean"),
            "latin-america-and-the-caribbean");
  EXPECT_EQ(from_text("value.formula", "F2"), "f2");
  EXPECT_TRUE(from_text("unit.measure", "bushel").starts_with("refused"));
  // Three things in two formats: no unit but itself.
  EXPECT_EQ(from_text("unit.measure", "megabit second"), "megabit-second");
  EXPECT_EQ(from_text("unit.measure", "megabit"), "megabit");
}

TEST(CoreValue, NumbersKeepTheirSlotsDirection) {
  EXPECT_EQ(from_text("value.exclBiogenic", "69.14590545404381"), "69.145905455 (rounded)");
  EXPECT_EQ(from_text("method.pds", "69.14590545404381"), "69.145905454 (rounded)");
  EXPECT_EQ(from_text("value.uptake", "-1.610"), "-1.61");
  EXPECT_EQ(from_text("declaration.version", "2.0"), "2");
  EXPECT_TRUE(from_text("declaration.version", "1.5").starts_with("refused"));
  EXPECT_TRUE(from_text("declaration.version", "-1").starts_with("refused"));
  EXPECT_TRUE(from_text("declaration.version", "4294967296").starts_with("refused"));
  EXPECT_TRUE(from_text("value.exclBiogenic", "9.2e9").starts_with("refused"));
}

TEST(CoreValue, SetsAreSortedWithoutDuplicates) {
  EXPECT_EQ(from_text("method.standards", "pef, iso14067,pef"), "iso14067, pef");
  EXPECT_EQ(from_text("lci", "ecoinvent@3.8, Sphera"), "Sphera, ecoinvent 3.8");
  EXPECT_EQ(from_text("method.gwp", ""), "absent");
  EXPECT_EQ(*core_value_from_text(slot("method.gwp"), "AR5,AR6"),
            *core_value_from_text(slot("method.gwp"), "AR6,AR5"));
}

TEST(CoreValue, OtherTypes) {
  EXPECT_EQ(from_text("massBalance.used", "true"), "yes");
  EXPECT_EQ(from_text("verif.siteVisit", "2026-03-01"), "2026-03-01");
  EXPECT_EQ(from_text("product.cn", "72083900"), "72083900");
  EXPECT_EQ(from_text("geo.country", "kr"), "KR");
  EXPECT_EQ(from_text("geo.subdivision", "kr-47"), "KR-47");
  EXPECT_EQ(from_text("site.id", "urn:bpn:id:BPNS0000000ABCDE"), "urn:bpn:id:BPNS0000000ABCDE");
  EXPECT_TRUE(from_text("product.cn", "7208").starts_with("refused"));
  EXPECT_TRUE(from_text("geo.country", "KOR").starts_with("refused"));
  EXPECT_TRUE(from_text("massBalance.used", "yes").starts_with("refused"));
  EXPECT_TRUE(from_text("verif.siteVisit", "2026-02-30").starts_with("refused"));
  EXPECT_TRUE(from_text("product.name", std::string(kSlotTextMax + 1, 'x')).starts_with("refused"));
}

// [hex of CBOR] that no document could have given.
TEST(CoreValue, OnlyNormalFormsPass) {
  const auto fits = [](std::string_view name, std::string_view hex) {
    return check_core_value(slot(name), *from_hex(hex)).has_value();
  };
  EXPECT_TRUE(fits("value.fossil", "f6"));
  EXPECT_TRUE(fits("value.fossil", "826131f4"));       // ["1", false]
  EXPECT_FALSE(fits("value.fossil", "8263312e30f4"));  // ["1.0", false]
  EXPECT_FALSE(fits("value.fossil", "6131"));          // "1"
  EXPECT_FALSE(fits("value.fossil", "01"));            // 1
  EXPECT_FALSE(fits("value.fossil", "826131f4f6"));    // trailing byte
  EXPECT_FALSE(fits("value.fossil", ""));              // nothing
  EXPECT_TRUE(fits("geo.country", "624b52"));          // "KR"
  EXPECT_FALSE(fits("geo.country", "626b72"));         // "kr"
  EXPECT_TRUE(fits("method.gwp",
                   "826161"
                   "6162"));  // ["a", "b"]
  EXPECT_FALSE(fits("method.gwp",
                    "826162"
                    "6161"));  // unsorted
  EXPECT_FALSE(fits("method.gwp",
                    "826161"
                    "6161"));                // twice
  EXPECT_FALSE(fits("method.gwp", "80"));    // an empty set is absent
  EXPECT_FALSE(fits("method.gwp", "6161"));  // no set
  EXPECT_TRUE(fits("lci", "81826161f6"));    // [["a", null]]
  EXPECT_FALSE(fits("lci",
                    "81826161"
                    "60"));             // empty version
  EXPECT_FALSE(fits("lci", "818160"));  // no version
  EXPECT_FALSE(fits("massBalance.used", "00"));
  EXPECT_FALSE(fits("product.name", "60"));  // an empty text is absent
}

TEST(CoreProfile, RanksAreFixedForEver) {
  const CoreProfile& profile = core_profile();
  EXPECT_EQ(profile.id, "footproof-core-1");
  EXPECT_EQ(profile.slots.size(), 64U);
  std::string names;
  for (std::size_t rank = 0; rank < profile.slots.size(); ++rank) {
    EXPECT_EQ(profile.rank(profile.slots[rank].name), rank);
    EXPECT_FALSE(profile.slots[rank].meaning.empty());
    names += std::string(profile.slots[rank].name) + "\n";
  }
  EXPECT_EQ(profile.rank("value.unheardOf"), std::nullopt);
  EXPECT_EQ(find_core_profile("footproof-core-1"), &profile);
  EXPECT_EQ(find_core_profile("footproof-core-2"), nullptr);
  // The order belongs to the profile id: whoever changes it makes a new id.
  EXPECT_EQ(sha256(as_bytes(names)).hex(),
            "68651f379c212dda11eb1809b0c27f6360d591730b938b32abcb5f63ccbf1637");
}

}  // namespace
}  // namespace footproof
