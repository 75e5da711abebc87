// Detection of source formats, what the mappings read, and what equal documents have in common.
#include "attest/source_format.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
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

// The same declaration, exported to every format that can say it.
constexpr std::string_view kPact3Export = R"({
  "specVersion":"3.0.3","id":"0B1C7B4E-9C0F-4E0E-8B5E-6A1F0C3D2E11","status":"Active",
  "precedingPfIds":["7d5e1c10-2f4f-4d2b-9a54-3c0a5b6f7e21"],
  "companyName":"Hanbit Steel","companyIds":["urn:bpn:id:BPNL000000000DWF"],
  "productIds":["urn:gtin:4712345060507"],"productNameCompany":"Hot-rolled coil",
  "productClassifications":["urn:pact:un:cpc:41211"],
  "validityPeriodStart":"2026-02-01T00:00:00Z","validityPeriodEnd":"2027-01-31T24:00:00Z",
  "pcf":{"declaredUnitOfMeasurement":"kilogram","declaredUnitAmount":"1.0",
    "geographyCountry":"KR",
    "referencePeriodStart":"2025-01-01T00:00:00+09:00","referencePeriodEnd":"2026-01-01T00:00:00+09:00",
    "pcfExcludingBiogenicUptake":"2.10","pcfIncludingBiogenicUptake":"2.05",
    "fossilGhgEmissions":"2.0","landUseChangeGhgEmissions":"0.02","biogenicNonCO2Emissions":"0.08",
    "biogenicCO2Uptake":"-0.05","aircraftGhgEmissions":"0.001","packagingGhgEmissions":"0.010",
    "ipccCharacterizationFactors":["AR6"],"crossSectoralStandards":["ISO14067","PACT-2.0"],
    "productOrSectorSpecificRules":[{"operator":"Other","ruleNames":["worldsteel 2017"]}],
    "exemptedEmissionsPercent":"1.0","primaryDataShare":"77.0",
    "dqi":{"technologicalDQR":"2.0","geographicalDQR":"1","temporalDQR":"1.50"},
    "secondaryEmissionFactorSources":[{"name":"KLCI"}]}})";
constexpr std::string_view kPact2Export = R"({
  "specVersion":"2.3.0","id":"0b1c7b4e-9c0f-4e0e-8b5e-6a1f0c3d2e11","status":"Active",
  "precedingPfIds":["7D5E1C10-2F4F-4D2B-9A54-3C0A5B6F7E21"],
  "companyName":"Hanbit Steel","companyIds":["urn:BPNL000000000DWF"],
  "productIds":["URN:GTIN:4712345060507"],"productNameCompany":"Hot-rolled coil",
  "productCategoryCpc":"41211",
  "validityPeriodStart":"2026-02-01T09:00:00+09:00","validityPeriodEnd":"2027-02-01T00:00:00Z",
  "pcf":{"declaredUnit":"kilogram","unitaryProductAmount":"1","geographyCountry":"KR",
    "referencePeriodStart":"2024-12-31T15:00:00Z","referencePeriodEnd":"2025-12-31T15:00:00.000Z",
    "pCfExcludingBiogenic":"2.1","pCfIncludingBiogenic":"2.05","fossilGhgEmissions":"2",
    "dLucGhgEmissions":"0.02","otherBiogenicGhgEmissions":"0.08",
    "biogenicCarbonWithdrawal":"-0.05","aircraftGhgEmissions":"0.001",
    "packagingGhgEmissions":"0.01","characterizationFactors":"AR6",
    "ipccCharacterizationFactorsSources":["AR6"],
    "crossSectoralStandardsUsed":["Pathfinder v2","ISO Standard 14067"],
    "productOrSectorSpecificRules":[{"operator":"Other","ruleNames":["worldsteel 2017"]}],
    "exemptedEmissionsPercent":1,"primaryDataShare":77,
    "dqi":{"technologicalDQR":2,"geographicalDQR":1.0,"temporalDQR":1.5},
    "secondaryEmissionFactorSources":[{"name":"KLCI"}]}})";
constexpr std::string_view kCatenax7Export = R"({
  "specVersion":"urn:io.catenax.pcf:datamodel:version:7.0.0",
  "id":"0b1c7b4e-9c0f-4e0e-8b5e-6a1f0c3d2e11","extWBCSD_pfStatus":"Active",
  "precedingPfIds":[{"id":"7d5e1c10-2f4f-4d2b-9a54-3c0a5b6f7e21"}],
  "partialFullPcf":"Cradle-to-gate",
  "companyName":"Hanbit Steel","companyIds":["BPNL000000000DWF"],
  "productIds":["urn:gtin:4712345060507"],"productName":"Hot-rolled coil",
  "extWBCSD_productCodeCpc":"41211",
  "validityPeriodStart":"2026-02-01T00:00:00.00Z","validityPeriodEnd":"2027-02-01T00:00:00+00:00",
  "pcf":{"declaredUnit":"kilogram","unitaryProductAmount":1E+0,"geographyCountry":"KR",
    "referencePeriodStart":"2025-01-01T00:00:00+09:00","referencePeriodEnd":"2025-12-31T15:00:00Z",
    "pcfExcludingBiogenic":2.1,"pcfIncludingBiogenic":20.5E-1,"fossilGhgEmissions":2.0,
    "dlucGhgEmissions":0.02,"biogenicCarbonEmissionsOtherThanCO2":0.08,
    "biogenicCarbonWithdrawal":-0.050,"aircraftGhgEmissions":0.001,
    "extWBCSD_packagingGhgEmissions":0.01,"extWBCSD_characterizationFactors":"AR6",
    "crossSectoralStandardsUsed":[{"crossSectoralStandard":"ISO Standard 14067"},
      {"crossSectoralStandard":"Pathfinder v2"}],
    "productOrSectorSpecificRules":[{"productOrSectorSpecificRules":[{"ruleName":"worldsteel 2017"}]}],
    "exemptedEmissionsPercent":1.0,"primaryDataShare":7.7E+1,
    "dataQualityRating":{"technologicalDQR":2,"geographicalDQR":1,"temporalDQR":1.5},
    "secondaryEmissionFactorSources":[{"secondaryEmissionFactorSource":"KLCI"}]}})";

TEST(SourceFormat, TheSameDeclarationInThreeFormatsHasOneCore) {
  const auto pact3 = slots_of(kPact3Export);
  EXPECT_EQ(pact3.size(), 34U);
  EXPECT_EQ(pact3.at("validity.end"), "2027-02-01T00:00:00Z");
  EXPECT_EQ(pact3, slots_of(kPact2Export));
  EXPECT_EQ(pact3, slots_of(kCatenax7Export));
}

// Catena-X 8 and 9 say the same and more.
constexpr std::string_view kCatenax8Export = R"({
  "specVersion":"urn:io.catenax.pcf:datamodel:version:8.0.0",
  "id":"0b1c7b4e-9c0f-4e0e-8b5e-6a1f0c3d2e11","status":"Active","version":1,
  "precedingPfIds":[{"id":"7d5e1c10-2f4f-4d2b-9a54-3c0a5b6f7e21"}],
  "partialFullPcf":"Cradle-to-gate","companyName":"Hanbit Steel","companyIds":["BPNL000000000DWF"],
  "productIds":["urn:gtin:4712345060507"],"productNameCompany":"Hot-rolled coil",
  "productClassifications":["urn:pact:un:cpc:41211"],
  "validityPeriodStart":"2026-02-01T00:00:00Z","validityPeriodEnd":"2027-02-01T00:00:00Z",
  "pcf":{"declaredUnitOfMeasurement":"kilogram","declaredUnitAmount":1,"geographyCountry":"KR",
    "referencePeriodStart":"2024-12-31T15:00:00Z","referencePeriodEnd":"2025-12-31T15:00:00Z",
    "pcfExcludingBiogenicUptake":2.1,"pcfIncludingBiogenicUptake":2.05,"fossilGhgEmissions":2,
    "landUseChangeGhgEmissions":0.02,"biogenicNonCO2Emissions":0.08,"biogenicCO2Uptake":-0.05,
    "aircraftGhgEmissions":0.001,"ipccCharacterizationFactors":"AR6",
    "crossSectoralStandards":["ISO 14067","PACT-2.0"],
    "productOrSectorSpecificRules":["worldsteel 2017"],"exemptedEmissionsPercent":1,
    "primaryDataShare":77,"dataQualityRating":{"technologicalDQR":2,"geographicalDQR":1,
    "temporalDQR":1.5},"secondaryEmissionFactorSources":["KLCI"]}})";
constexpr std::string_view kCatenax9Export = R"({
  "scopeOfPcfForm":[{"specVersion":"urn:io.catenax.pcf:datamodel:version:9.0.0",
    "partialFullPcf":"Cradle-to-gate"}],
  "companyAndProductInformation":[{
    "companyInformation":[{"companyName":"Hanbit Steel","companyIds":["urn:BPNL000000000DWF"]}],
    "productInformation":[{"productNameCompany":"Hot-rolled coil",
      "productIds":["urn:gtin:4712345060507"],"productClassifications":["urn:pact:un:cpc:41211"],
      "declaredUnitOfMeasurement":"kilogram","declaredUnitAmount":1.0}]}],
  "pcfAssessmentAndMethodology":[{
    "pcfAssessmentInformation":[{
      "idAndVersion":[{"id":"urn:uuid:0B1C7B4E-9C0F-4E0E-8B5E-6A1F0C3D2E11","version":1,
        "status":"Active","precedingPfIds":[{"id":"7d5e1c10-2f4f-4d2b-9a54-3c0a5b6f7e21"}]}],
      "time":[{"referencePeriodStart":"2025-01-01T00:00:00+09:00",
        "referencePeriodEnd":"2026-01-01T00:00:00+09:00",
        "validityPeriodStart":"2026-02-01T00:00:00Z","validityPeriodEnd":"2027-01-31T24:00:00Z"}],
      "geography":[{"geographyCountry":"KR"}],
      "boundarySpecifications":[{"exemptedEmissionsPercent":1.0}]}],
    "pcfMethodology":[{
      "standards":[{"crossSectoralStandards":["ISO 14067","PACT-2.0"],
        "productOrSectorSpecificRules":["worldsteel 2017"]}],
      "gwpCharacterizationFactorDetails":[{"ipccCharacterizationFactors":"AR6"}]}],
    "dataSourcesAndQuality":[{"primaryDataShare":77,"technologicalDQR":2,"geographicalDQR":1,
      "temporalDQR":1.5,"secondaryEmissionFactorSources":["KLCI"]}]}],
  "productLifeCycleStagesAndEmissions":[{"productionStage":[{
    "pcfExcludingBiogenicUptake":2.10,"pcfIncludingBiogenicUptake":2.05,"fossilGhgEmissions":2,
    "landUseChangeGhgEmissions":0.02,"biogenicNonCO2Emissions":0.08,"biogenicCO2Uptake":-0.05,
    "aircraftGhgEmissions":0.001}]}]})";

TEST(SourceFormat, WhereTwoFormatsSpeakTheyAgree) {
  const auto eight = slots_of(kCatenax8Export);
  EXPECT_EQ(eight, slots_of(kCatenax9Export));
  const auto pact = slots_of(kPact3Export);
  std::size_t shared = 0;
  for (const auto& [slot, value] : eight) {
    if (!pact.contains(slot)) continue;
    ++shared;
    EXPECT_EQ(pact.at(slot), value) << slot;
  }
  EXPECT_EQ(shared, 33U);
  EXPECT_EQ(eight.at("stage.production"), "2.1");
}

constexpr std::string_view kCbamJson = R"({
  "format":"footproof-cbam-report-1",
  "report":{"id":"B7A5F0C2-3D1E-4F6A-8B9C-0D1E2F3A4B5C","version":2,
    "replaces":["1f0e9d8c-7b6a-4594-8877-665544332211"]},
  "operator":{"name":"Hanbit Steel","ids":["BPNL000000000DWF"]},
  "installation":{"id":"urn:example:installation:KR-4711","name":"Pohang works","country":"KR",
    "subdivision":"KR-47"},
  "period":{"start":"2026-01-01T00:00:00+09:00","end":"2027-01-01T00:00:00+09:00"},
  "goods":{"cnCode":"72083900","name":"Hot-rolled coil, \"HR1\"","ids":["urn:gtin:4712345060507"],
    "unit":"tonne","quantity":18250000},
  "emissions":{"direct":1.91200,"indirect":0.143,"total":2.055},
  "method":{"standards":["ISO 14067"],"rules":["2025/2547 annex II"],
    "factors":[{"name":"KLCI","version":"2025.1"},{"name":"own metering"}],"primaryDataShare":96.50},
  "verification":{"verifier":"Verifier Korea","accreditation":"A-1","level":"Reasonable",
    "standard":"2025/2546","reportNumber":"VR-2026-0031","completedAt":"2027-02-20T10:00:00+09:00",
    "siteVisit":"2026-11-04","signatory":"Kim Min-seo"}})";
constexpr std::string_view kCbamCsv =
    "\xEF\xBB\xBF"
    R"(field,value
format,footproof-cbam-report-1
report.id,b7a5f0c2-3d1e-4f6a-8b9c-0d1e2f3a4b5c
report.version,2
report.replaces,1F0E9D8C-7B6A-4594-8877-665544332211
operator.name,Hanbit Steel
operator.ids,urn:bpn:id:BPNL000000000DWF
installation.id,urn:example:installation:KR-4711
installation.name,"Pohang
works"
installation.country,KR
installation.subdivision,KR-47
period.start,2026-01-01T00:00:00+09:00
period.end,2026-12-31T15:00:00Z
goods.cnCode,72083900
goods.name,"Hot-rolled coil, ""HR1"""
goods.ids,urn:gtin:4712345060507
goods.unit,t
goods.quantity,1.825E+7
emissions.direct,1.912
emissions.indirect,0.143
emissions.total,2.0550

method.standards,ISO 14067
method.rules,2025/2547 annex II
method.factors,own metering
method.factors,KLCI@2025.1
method.primaryDataShare,96.5
verification.verifier,Verifier Korea
verification.accreditation,A-1
verification.level,reasonable
verification.standard,2025/2546
verification.reportNumber,VR-2026-0031
verification.completedAt,2027-02-20T01:00:00Z
verification.siteVisit,2026-11-04
verification.signatory,Kim Min-seo
)";

std::map<std::string, std::string> slots_of_csv(std::string_view text) {
  const auto mapping = map_csv(text);
  std::map<std::string, std::string> shown;
  if (!mapping) return {{"error", mapping.error().detail}};
  for (std::size_t rank = 0; rank < mapping->slots.size(); ++rank) {
    if (!mapping->slots[rank]) continue;
    shown[std::string(core_profile().slots[rank].name)] = value_text(mapping->slots[rank]->value);
  }
  return shown;
}

// Every slot that the form can fill.
std::size_t cbam_slots() {
  std::set<std::string_view> slots;
  for (const SourceFormat& format : source_formats()) {
    if (format.id != "cbam-report") continue;
    for (const MappingRow& row : format.rows) slots.insert(row.slot);
  }
  return slots.size();
}

TEST(SourceFormat, CbamReportFillsTheCoreFromJsonAndFromCsv) {
  EXPECT_EQ(format_of(kCbamJson), "cbam-report");
  const auto json = slots_of(kCbamJson);
  EXPECT_EQ(json.at("product.cn"), "72083900");
  EXPECT_EQ(json.at("unit.measure"), "kilogram");
  EXPECT_EQ(json.at("unit.mass"), "1");
  EXPECT_EQ(json.at("value.direct"), "1.912");
  EXPECT_EQ(json.at("value.formula"), "cbam");
  EXPECT_EQ(json.at("quantity.verified"), "18250000");
  EXPECT_EQ(json.at("quantity.unit"), "tonne");
  EXPECT_EQ(json.at("verif.siteVisit"), "2026-11-04");
  EXPECT_EQ(json.at("lci"), "KLCI 2025.1, own metering");
  EXPECT_EQ(json.size(), cbam_slots());
  EXPECT_EQ(json, slots_of_csv(kCbamCsv));
}

TEST(SourceFormat, CbamElectricityIsByTheKilowattHour) {
  const auto slots = slots_of(R"({"format":"footproof-cbam-report-1","goods":{"unit":"MWh"}})");
  EXPECT_EQ(slots.at("unit.measure"), "kilowatt-hour");
  EXPECT_EQ(slots.at("quantity.unit"), "megawatt-hour");
  EXPECT_FALSE(slots.contains("unit.mass"));
}

TEST(SourceFormat, CsvOfAnotherFormIsNobodysBusiness) {
  for (const std::string_view text :
       {"", "a,b\n1,2\n", "field,value\n", "field,value\nformat,other\n", "\"open"}) {
    EXPECT_TRUE(slots_of_csv(text).empty()) << text;
  }
}

TEST(SourceFormat, CsvThatBreaksTheFormIsRefusedWithItsLine) {
  const auto error = [](std::string_view lines) {
    auto slots = slots_of_csv("field,value\nformat,footproof-cbam-report-1\n" + std::string(lines));
    return slots["error"];
  };
  EXPECT_EQ(error("goods.cnCode,1\ngoods.cnCode,2\n"), "line 4: goods.cnCode is given twice");
  EXPECT_EQ(error("goods.colour,blue\n"), "line 3: the form has no field 'goods.colour'");
  EXPECT_EQ(error("goods.name,a,b\n"), "line 3: two columns, field and value");
  EXPECT_EQ(error("goods.name,\"a\n"), "line 4: a quoted field does not end");
  EXPECT_EQ(error("goods.name,\"a\"b\n"), "line 3: text after a quoted field");
  EXPECT_EQ(error("goods.name,a\"b\n"), "line 3: a quote inside a field");
  EXPECT_NE(error("emissions.total,9200000000\n").find("/emissions/total"), std::string::npos);
  EXPECT_NE(error("goods.name,\xFF\n"), "");
}

TEST(SourceFormat, OuranosRatingsAreTheWorstOfTheRecords) {
  std::string records;
  for (const char* type : {"preProduction", "mainProduction", "preComponent", "mainComponent"}) {
    records += std::string(records.empty() ? "[" : ",") +
               R"({"cfpId":null,"traceId":"40b77952-2c89-49be-8ce9-7c64a15e0ae7","ghgEmission":1,)"
               R"("cfpType":")" +
               type + R"(","dqrValue":{"TeR":)" + (records.empty() ? "2.1" : "1") +
               R"(,"GeR":3,"TiR":null}})";
  }
  const auto slots = slots_of(records + "]");
  EXPECT_EQ(slots.at("dqr.te"), "2.1");
  EXPECT_EQ(slots.at("dqr.ge"), "3");
  EXPECT_FALSE(slots.contains("dqr.ti"));
}

TEST(SourceFormat, OuranosPartsRecordSaysWhoseItIs) {
  const std::string_view record =
      R"({"traceId":"40b77952-2c89-49be-8ce9-7c64a15e0ae7","partsName":"cell",)"
      R"("operatorId":"B39E6248-c888-56ca-d9d0-89de1b1adc8e",)"
      R"("plantId":"0cc8b4be-c727-4411-b478-2c874fbc6c25","amountRequired":null})";
  EXPECT_EQ(format_of(record), "ouranos-parts");
  const auto slots = slots_of(record);
  EXPECT_EQ(slots.at("declarant.ids"), "urn:uuid:b39e6248-c888-56ca-d9d0-89de1b1adc8e");
  EXPECT_EQ(slots.at("site.id"), "urn:uuid:0cc8b4be-c727-4411-b478-2c874fbc6c25");
  EXPECT_EQ(slots.at("product.name"), "cell");
}

}  // namespace
}  // namespace footproof
