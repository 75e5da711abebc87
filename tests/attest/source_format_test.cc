// Detection of source formats, what the mappings read, and what equal documents have in common.
#include "attest/source_format.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "attest/core_profile.h"

namespace footproof {
namespace {

json::Document parsed(std::string_view text) {
  auto document = json::Document::parse(text);
  EXPECT_TRUE(document.has_value()) << document.error().detail;
  return std::move(*document);
}

std::string file_text(const std::string& name) {
  std::ifstream file(std::string(FOOTPROOF_SOURCE_DIR) + "/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Slot → value as people see it, absent ones left out.
std::map<std::string, std::string> slots_of(std::string_view text) {
  const auto document = parsed(text);
  const auto mapping = map_document(document);
  std::map<std::string, std::string> shown;
  if (!mapping) {
    shown["error"] = mapping.error().detail;
    return shown;
  }
  const auto slots = core_profile().slots;
  for (std::size_t rank = 0; rank < slots.size(); ++rank) {
    if (!mapping->slots[rank]) continue;
    const auto fits = check_core_value(slots[rank], mapping->slots[rank]->value);
    EXPECT_TRUE(fits.has_value()) << fits.error().detail;
    shown[std::string(slots[rank].name)] = value_text(mapping->slots[rank]->value);
  }
  if (!mapping->notes.empty()) shown["notes"] = std::to_string(mapping->notes.size());
  return shown;
}

std::string pact(std::string_view top, std::string_view pcf) {
  return "{\"specVersion\":\"3.0.0\",\"productIds\":[\"urn:x:y\"]" + std::string(top) +
         ",\"pcf\":{" + std::string(pcf) + "}}";
}

std::string format_of(std::string_view text) {
  const auto document = parsed(text);
  const auto footprint = find_footprint(document);
  return footprint ? std::string(footprint->format->id) : "";
}

TEST(SourceFormat, IsFoundByTheVersionItNames) {
  EXPECT_EQ(format_of(R"({"specVersion":"3.0.3","pcf":{}})"), "pact-3");
  EXPECT_EQ(format_of(R"({"specVersion":"2.3.0","pcf":{}})"), "pact-2");
  EXPECT_EQ(format_of(R"({"specVersion":"urn:io.catenax.pcf:datamodel:version:7.0.0","pcf":{}})"),
            "catenax-7");
  EXPECT_EQ(format_of(R"({"specVersion":["urn:io.catenax.pcf:datamodel:version:8.0.0"],"pcf":{}})"),
            "catenax-8");
  EXPECT_EQ(format_of(R"({"scopeOfPcfForm":[{"specVersion":)"
                      R"("urn:io.catenax.pcf:datamodel:version:9.0.0"}]})"),
            "catenax-9");
}

TEST(SourceFormat, EnvelopesWithOneFootprintAreOpened) {
  EXPECT_EQ(format_of(R"({"data":{"specVersion":"3.0.0","pcf":{}}})"), "pact-3");
  EXPECT_EQ(format_of(R"({"data":[{"specVersion":"3.0.0","pcf":{}}]})"), "pact-3");
  EXPECT_EQ(format_of(R"({"data":{"pfs":[{"specVersion":"3.0.0","pcf":{}}]}})"), "pact-3");
  EXPECT_EQ(format_of(R"({"data":[{"specVersion":"3.0.0","pcf":{}},)"
                      R"({"specVersion":"3.0.0","pcf":{}}]})"),
            "");
}

TEST(SourceFormat, AnythingElseIsUnknown) {
  for (const char* text :
       {"null", "1", "[]", "{}", R"({"specVersion":3,"pcf":{}})",
        R"({"specVersion":"4.0.0","pcf":{}})", R"({"specVersion":"30.0.0","pcf":{}})",
        R"({"specVersion":"3.0.0"})",
        R"({"specVersion":"urn:io.catenax.pcf:datamodel:version:6.0.0","pcf":{}})",
        R"({"specVersion":"urn:io.catenax.pcf:datamodel:version:9.0.0","pcf":{}})"}) {
    EXPECT_EQ(format_of(text), "") << text;
    EXPECT_TRUE(slots_of(text).empty()) << text;
  }
}

TEST(SourceFormat, RowsNameSlotsOfTheProfileInItsOrder) {
  for (const SourceFormat& format : source_formats()) {
    std::size_t last = 0;
    for (const MappingRow& row : format.rows) {
      const auto rank = core_profile().rank(row.slot);
      ASSERT_TRUE(rank.has_value()) << format.id << " " << row.slot;
      EXPECT_GE(*rank, last) << format.id << " " << row.slot;
      last = *rank;
      EXPECT_TRUE(row.path.empty() == (row.reading == Reading::constant)) << row.slot;
    }
  }
}

// Every pair means the same: equal core values, whatever the spelling.
TEST(SourceFormat, EqualMeaningIsEqualInCore) {
  const std::pair<std::string, std::string> pairs[] = {
      {pact("", R"("fossilGhgEmissions":"3.0")"), pact("", R"("fossilGhgEmissions":"3")")},
      {pact("", R"("fossilGhgEmissions":"77.0")"), pact("", R"("fossilGhgEmissions":"77")")},
      {pact("", R"("fossilGhgEmissions":"77.0")"), pact("", R"("fossilGhgEmissions":77)")},
      {pact("", R"("primaryDataShare":1E+2)"), pact("", R"("primaryDataShare":"100")")},
      {pact(R"(,"id":"3893BB5D-DA16-4DC1-9185-11D97476C254")", ""),
       pact(R"(,"id":"3893bb5d-da16-4dc1-9185-11d97476c254")", "")},
      {pact("", R"("referencePeriodStart":"2024-01-01T00:00:00Z")"),
       pact("", R"("referencePeriodStart":"2024-01-01T00:00:00+00:00")")},
      {pact("", R"("referencePeriodStart":"2024-01-01T00:00:00Z")"),
       pact("", R"("referencePeriodStart":"2024-01-01T09:00:00.0+09:00")")},
      {pact("", R"("crossSectoralStandards":["PEF","ISO14067"])"),
       pact("", R"("crossSectoralStandards":["ISO 14067","pef"])")},
      {pact("", R"("geographyCountry":"KR")"), pact("", R"("geographyCountry":"\u004bR")")},
      {pact(R"(,"companyIds":["BPNL000000000DWF","urn:a:B"])", ""),
       pact(R"(,"companyIds":["URN:A:B","urn:bpn:id:BPNL000000000DWF","urn:a:B"])", "")},
  };
  for (const auto& [one, other] : pairs) {
    EXPECT_EQ(slots_of(one), slots_of(other)) << one;
    EXPECT_GT(slots_of(one).size(), 2U) << one;
  }
}

TEST(SourceFormat, AbsentNullAndEmptyFillNothing) {
  const auto nothing = slots_of(pact("", ""));
  EXPECT_EQ(slots_of(pact(R"(,"companyName":null)", "")), nothing);
  EXPECT_EQ(slots_of(pact(R"(,"companyName":"")", "")), nothing);
  EXPECT_EQ(slots_of(pact(R"(,"precedingPfIds":[])", "")), nothing);
  EXPECT_EQ(slots_of(pact("", R"("dqi":{})")), nothing);
}

TEST(SourceFormat, WhatASlotCannotTakeIsNoted) {
  for (const auto& text :
       {pact(R"(,"id":"no uuid")", ""), pact(R"(,"companyName":["a"])", ""),
        pact("", R"("fossilGhgEmissions":"about 3")"), pact("", R"("fossilGhgEmissions":true)"),
        pact("", R"("referencePeriodStart":"2024-01-01")"),
        pact("", R"("declaredUnitOfMeasurement":"bushel")"),
        pact("", R"("secondaryEmissionFactorSources":["ecoinvent"])"),
        pact("", R"("crossSectoralStandards":[")" + std::string(4097, 'x') + R"("])"),
        pact(R"(,"productClassifications":["urn:a:cn:72083900","urn:a:cn:72083910"])", "")}) {
    auto slots = slots_of(text);
    EXPECT_EQ(slots["notes"], "1") << text;
    slots.erase("notes");
    EXPECT_EQ(slots, slots_of(pact("", ""))) << text;
  }
}

TEST(SourceFormat, TooLargeANumberIsRefusedWithItsPointer) {
  const auto slots = slots_of(pact("", R"("fossilGhgEmissions":"9200000000")"));
  EXPECT_EQ(slots.at("error").substr(0, 24), "/pcf/fossilGhgEmissions:");
}

TEST(SourceFormat, ClassificationsAreReadByTheirType) {
  const auto slots = slots_of(pact(
      R"(,"productClassifications":["urn:pact:productclassification:cn:72083900",)"
      R"("urn:pact:productclassification:un-cpc:41211","urn:gtin:4712345060507","urn:eclass:1"])",
      ""));
  EXPECT_EQ(slots.at("product.cn"), "72083900");
  EXPECT_EQ(slots.at("product.cpc"), "41211");
  EXPECT_EQ(slots.at("product.gtin"), "4712345060507");
  EXPECT_FALSE(slots.contains("notes"));
}

TEST(SourceFormat, SteelCoilExample) {
  const auto slots = slots_of(file_text("examples/steel-coil.pact3.json"));
  EXPECT_FALSE(slots.contains("notes"));
  EXPECT_EQ(slots.at("product.cn"), "72083900");
  EXPECT_EQ(slots.at("geo.country"), "KR");
  EXPECT_EQ(slots.at("geo.subdivision"), "KR-47");
  EXPECT_EQ(slots.at("value.exclBiogenic"), "2214.72");
  EXPECT_EQ(slots.at("value.inclBiogenic"), "2213.5");
  EXPECT_EQ(slots.at("unit.amount"), "1000");
  EXPECT_EQ(slots.at("lci"), "Korea LCI database 2024, ecoinvent 3.10");
  EXPECT_EQ(slots.at("declaration.preceding"), "0b9d4e17-63a2-4f5c-8d71-c5e2a90f3b64");
}

TEST(SourceFormat, BatteryCellExampleEveryNodeAnArray) {
  const auto slots = slots_of(file_text("examples/battery-cell.catenax9.json"));
  EXPECT_FALSE(slots.contains("notes"));
  EXPECT_EQ(slots.at("product.cn"), "85076000");
  EXPECT_EQ(slots.at("declaration.id"), "c3a1f2e4-0b5d-4e67-91a8-6d2f08b7e351");
  EXPECT_EQ(slots.at("period.end"), "2025-12-31T15:00:00Z");
  EXPECT_EQ(slots.at("method.pds"), "64.145905454 (rounded)");
  EXPECT_EQ(slots.at("verif.party"), "third");
  EXPECT_EQ(slots.at("stage.distribution"), "0.84");
}

std::string ouranos(const char* pre, const char* unit = "kgCO2e/kilogram") {
  std::string json = "[";
  for (const char* type : {"preProduction", "mainProduction", "preComponent", "mainComponent"}) {
    if (json.size() > 1) json += ",";
    json += R"({"cfpId":"EC52116D-78bb-427b-82ee-033bb7a89b5d",)"
            R"("traceId":"40b77952-2c89-49be-8ce9-7c64a15e0ae7","ghgEmission":)";
    json += std::string(type) == "preProduction" ? pre : "0.25";
    json += R"(,"ghgDeclaredUnit":")" + std::string(unit) + R"(","cfpType":")" + type + "\"}";
  }
  return json + "]";
}

TEST(SourceFormat, OuranosRecordsAreAddedUp) {
  EXPECT_EQ(format_of(ouranos("3.0")), "ouranos-cfp");
  const auto slots = slots_of(ouranos("3.0"));
  EXPECT_EQ(slots.at("value.exclBiogenic"), "3.75");
  EXPECT_EQ(slots.at("unit.measure"), "kilogram");
  EXPECT_EQ(slots.at("unit.amount"), "1");
  EXPECT_EQ(slots.at("product.ids"), "urn:uuid:40b77952-2c89-49be-8ce9-7c64a15e0ae7");
  EXPECT_EQ(slots.at("declaration.id"), "ec52116d-78bb-427b-82ee-033bb7a89b5d");
  EXPECT_EQ(slots, slots_of(ouranos("3")));
  EXPECT_EQ(slots_of(ouranos("3", "kgCO2e/unit")).at("unit.measure"), "piece");
  EXPECT_EQ(slots_of(ouranos("0.0000000001")).at("value.exclBiogenic"), "0.750000001 (rounded)");
}

TEST(SourceFormat, OuranosSumNeedsEveryRecord) {
  EXPECT_FALSE(slots_of(ouranos("null")).contains("value.exclBiogenic"));
  EXPECT_TRUE(slots_of(ouranos("9199999999.9")).contains("error"));
  const std::string whole = ouranos("3");
  EXPECT_EQ(format_of(whole.substr(0, whole.rfind(",{")) + "]"), "");
}

TEST(SourceFormat, Catenax9NodesThatContradictFillNothing) {
  const auto nine = [](std::string_view names) {
    return R"({"scopeOfPcfForm":[{"specVersion":"urn:io.catenax.pcf:datamodel:version:9.0.0"}],)"
           R"("companyAndProductInformation":[{"companyInformation":[)" +
           std::string(names) + "]}]}";
  };
  EXPECT_EQ(slots_of(nine(R"({"companyName":"A"},{"companyName":"A"})")).at("declarant.name"), "A");
  const auto two = slots_of(nine(R"({"companyName":"A"},{"companyName":"B"})"));
  EXPECT_FALSE(two.contains("declarant.name"));
  EXPECT_EQ(two.at("notes"), "1");
}

// docs/core_profile.md shows every row of every mapping and every slot, and nothing else.
TEST(SourceFormat, TheDocumentedTableIsTheCodes) {
  const std::string page = file_text("docs/core_profile.md");
  ASSERT_FALSE(page.empty());
  std::size_t documented = 0;
  for (std::size_t at = page.find("\n| `"); at != std::string::npos;
       at = page.find("\n| `", at + 1)) {
    ++documented;
  }
  std::size_t expected = 0;
  const auto has = [&](const std::string& row) {
    ++expected;
    EXPECT_NE(page.find("\n" + row + "\n"), std::string::npos) << row;
  };
  for (std::size_t rank = 0; rank < core_profile().slots.size(); ++rank) {
    const CoreSlot& slot = core_profile().slots[rank];
    has("| `" + std::string(slot.name) + "` | " + std::to_string(rank) + " | " +
        std::string(to_text(slot.type)) + " | " + std::string(slot.meaning) + " |");
  }
  for (const SourceFormat& format : source_formats()) {
    for (const MappingRow& row : format.rows) {
      const bool constant = row.reading == Reading::constant;
      has("| `" + std::string(row.slot) + "` | " + std::string(format.id) + " | " +
          (constant ? "always " + std::string(row.constant) : "`" + std::string(row.path) + "`") +
          " | " + std::string(to_text(row.reading)) + " |");
    }
  }
  EXPECT_EQ(documented, expected);
}

}  // namespace
}  // namespace footproof
