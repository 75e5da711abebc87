// Sealing and the .sealed file: what becomes a leaf, where it stands, and that a file that says
// otherwise than its documents is refused.
#include "attest/seal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "attest/cbor.h"
#include "attest/leaf_value.h"
#include "attest/opening.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

Digest seed(std::uint8_t fill) {
  Digest digest;
  digest.bytes.fill(fill);
  return digest;
}

Bytes bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

SealInput input_of(std::string_view json, std::uint8_t fill = 1) {
  return {seed(fill), {{"application/json", bytes(json)}}, {}, {}};
}

SealedDeclaration sealed(SealInput input) {
  auto result = SealedDeclaration::seal(std::move(input));
  EXPECT_TRUE(result.has_value()) << result.error().detail;
  return std::move(*result);
}

std::string refusal(SealInput input) {
  const auto result = SealedDeclaration::seal(std::move(input));
  return result ? "sealed" : result.error().detail;
}

Bytes file_bytes(const std::string& name) {
  std::ifstream file(std::string(FOOTPROOF_SOURCE_DIR) + "/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return bytes(text.str());
}

const SealedLeaf& leaf(const SealedDeclaration& declaration, std::string_view label) {
  const auto at = declaration.find(label);
  EXPECT_TRUE(at.has_value()) << label;
  return declaration.leaves()[at.value_or(0)];
}

constexpr std::string_view kPact =
    R"({"specVersion":"3.0.0","id":"3893bb5d-da16-4dc1-9185-11d97476c254",)"
    R"("companyName":"Acme","pcf":{"fossilGhgEmissions":"3.0","primaryDataShare":"40"}})";

TEST(Seal, EveryScalarAndEmptyContainerIsALeafWithItsExactToken) {
  const auto declaration = sealed(input_of(
      R"({"a":12.50,"b":"Acm\u0065","c":null,"d":{},"e":[],"f":[true,{"g":1E+2}],"h/~":" "})"));
  const std::pair<const char*, std::pair<const char*, const char*>> expected[] = {
      {"src:0:/a", {"o", "12.50"}},      {"src:0:/b", {"o", R"("Acm\u0065")"}},
      {"src:0:/c", {"o", "null"}},       {"src:0:/d", {"o", "{}"}},
      {"src:0:/e", {"o", "[]"}},         {"src:0:/f/0", {"oa", "true"}},
      {"src:0:/f/1/g", {"oao", "1E+2"}}, {"src:0:/h~1~0", {"o", R"(" ")"}},
  };
  std::size_t sources = 0;
  for (const SealedLeaf& one : declaration.leaves())
    sources += one.label.starts_with("src:") ? 1U : 0U;
  EXPECT_EQ(sources, std::size(expected));
  for (const auto& [label, value] : expected) {
    EXPECT_EQ(leaf(declaration, label).value, source_value(value.first, value.second)) << label;
  }
}

TEST(Seal, AScalarDocumentIsOneSourceLeaf) {
  EXPECT_EQ(leaf(sealed(input_of("42")), "src:0:").value, source_value("", "42"));
}

TEST(Seal, CoreSlotsStandAtTheirRankAndAllOthersInSaltOrder) {
  const auto declaration = sealed(input_of(kPact));
  const auto slots = core_profile().slots;
  const auto& leaves = declaration.leaves();
  for (std::size_t rank = 0; rank < slots.size(); ++rank) {
    EXPECT_EQ(leaves[rank].label, "core:" + std::string(slots[rank].name));
  }
  for (std::size_t i = slots.size() + 1; i < leaves.size(); ++i) {
    EXPECT_LT(leaves[i - 1].salt, leaves[i].salt);
  }
  for (const SealedLeaf& one : leaves) {
    EXPECT_EQ(one.salt, leaf_salt(seed(1), one.label));
    EXPECT_EQ(one.hash, leaf_hash(leaf_entry(one.salt, one.label, one.value)));
  }
  EXPECT_EQ(declaration.root(), tree_root(declaration.leaf_hashes()));
}

TEST(Seal, TreesHaveSizeClassesOnly) {
  // 64 core slots, one document leaf: 63 fields fit 128 leaves, 64 do not.
  for (const auto& [fields, size] : std::vector<std::pair<int, std::uint64_t>>{
           {1, 128}, {63, 128}, {64, 256}, {191, 256}, {192, 512}}) {
    std::string json = "[0";
    for (int i = 1; i < fields; ++i) json += ",0";
    const auto declaration = sealed(input_of(json + "]"));
    EXPECT_EQ(declaration.tree_size(), size) << fields;
    std::size_t pads = 0;
    for (const SealedLeaf& one : declaration.leaves())
      pads += one.label.starts_with("pad:") ? 1U : 0U;
    EXPECT_EQ(pads + 64 + 1 + static_cast<std::size_t>(fields), size);
  }
}

TEST(Seal, TwoSeedsHaveNoLeafInCommon) {
  const auto one = sealed(input_of(kPact, 1));
  const auto other = sealed(input_of(kPact, 2));
  EXPECT_NE(one.root(), other.root());
  std::set<Digest> seen;
  for (const SealedDeclaration* declaration : {&one, &other}) {
    for (const SealedLeaf& each : declaration->leaves()) {
      EXPECT_TRUE(seen.insert(each.hash).second) << each.label;
      EXPECT_TRUE(seen.insert(each.salt).second) << each.label;
    }
  }
}

TEST(Seal, IsDeterministic) {
  EXPECT_EQ(sealed(input_of(kPact)).encode(), sealed(input_of(kPact)).encode());
}

TEST(Seal, EqualMeaningIsEqualInCoreAndDifferentAsSource) {
  struct Case {
    const char* field;
    const char* one;
    const char* other;
    const char* label;
  };
  const Case cases[] = {
      {"pcf", R"({"fossilGhgEmissions":3.0})", R"({"fossilGhgEmissions":3})",
       "src:0:/pcf/fossilGhgEmissions"},
      {"pcf", R"({"fossilGhgEmissions":"77.0"})", R"({"fossilGhgEmissions":"77"})",
       "src:0:/pcf/fossilGhgEmissions"},
      {"pcf", R"({"primaryDataShare":1E+2})", R"({"primaryDataShare":100})",
       "src:0:/pcf/primaryDataShare"},
      {"created", R"("2024-01-01T00:00:00Z","validityPeriodStart":"2024-01-01T00:00:00Z")",
       R"("2024-01-01T00:00:00Z","validityPeriodStart":"2024-01-01T00:00:00+00:00")",
       "src:0:/validityPeriodStart"},
      {"id", R"("3893BB5D-DA16-4DC1-9185-11D97476C254")",
       R"("3893bb5d-da16-4dc1-9185-11d97476c254")", "src:0:/id"},
  };
  for (const Case& each : cases) {
    const auto document = [&](const char* value) {
      return R"({"specVersion":"3.0.0","productIds":["urn:a:b"],")" + std::string(each.field) +
             "\":" + value + "}";
    };
    const auto one = sealed(input_of(document(each.one)));
    const auto other = sealed(input_of(document(each.other)));
    std::size_t filled = 0;
    for (std::size_t rank = 0; rank < core_profile().slots.size(); ++rank) {
      EXPECT_EQ(one.core_value(rank), other.core_value(rank)) << each.label;
      filled += is_absent(one.core_value(rank)) ? 0U : 1U;
    }
    EXPECT_EQ(filled, 3U) << each.label;  // product.ids, boundary and the one in question
    EXPECT_NE(leaf(one, each.label).value, leaf(other, each.label).value) << each.label;
  }
}

TEST(Seal, UnknownFormatsAndFilesSealWithAbsentCore) {
  SealInput input = input_of(R"({"hello":"world"})");
  input.documents.push_back({"application/pdf", bytes("%PDF-1.4")});
  const auto declaration = sealed(std::move(input));
  for (std::size_t rank = 0; rank < core_profile().slots.size(); ++rank) {
    EXPECT_TRUE(is_absent(declaration.core_value(rank)));
  }
  EXPECT_EQ(leaf(declaration, "doc:1").value,
            document_value({"application/pdf", bytes("%PDF-1.4")}));
  EXPECT_EQ(declaration.formats(), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(declaration.notes().size(), 1U);
}

TEST(Seal, ValuesByHandFillWhatDocumentsLeaveOpen) {
  SealInput input = input_of(kPact);
  const auto rank = *core_profile().rank("verif.level");
  input.by_hand["verif.level"] = *core_value_from_text(core_profile().slots[rank], "reasonable");
  EXPECT_EQ(value_text(sealed(input).core_value(rank)), "reasonable");

  SealInput agreeing = input_of(kPact);
  agreeing.by_hand["value.fossil"] =
      *core_value_from_text(core_profile().slots[*core_profile().rank("value.fossil")], "3");
  EXPECT_EQ(refusal(agreeing), "sealed");
  SealInput contradicting = input_of(kPact);
  contradicting.by_hand["value.fossil"] =
      *core_value_from_text(core_profile().slots[*core_profile().rank("value.fossil")], "4");
  EXPECT_EQ(refusal(contradicting),
            "core:value.fossil given by hand disagrees with /pcf/fossilGhgEmissions of document 0");
  SealInput unknown = input_of(kPact);
  unknown.by_hand["value.unheardOf"] = absent_value();
  EXPECT_EQ(refusal(unknown), "there is no core slot value.unheardOf");
  SealInput untyped = input_of(kPact);
  untyped.by_hand["verif.level"] = {0x01};
  EXPECT_NE(refusal(untyped), "sealed");
}

TEST(Seal, DocumentsThatDisagreeAreRefusedWithBothPointers) {
  SealInput input = input_of(kPact);
  input.documents.push_back(
      {"application/json",
       bytes(R"({"specVersion":"urn:io.catenax.pcf:datamodel:version:7.0.0",)"
             R"("id":"3893BB5D-DA16-4DC1-9185-11D97476C254","pcf":{"fossilGhgEmissions":3}})")});
  EXPECT_EQ(refusal(input), "sealed");
  input.documents.back().bytes =
      bytes(R"({"specVersion":"urn:io.catenax.pcf:datamodel:version:7.0.0",)"
            R"("pcf":{"fossilGhgEmissions":3.01}})");
  EXPECT_EQ(refusal(input),
            "/pcf/fossilGhgEmissions of document 0 and /pcf/fossilGhgEmissions of document 1 "
            "disagree about core:value.fossil");
}

// Ouranos keeps whose a part is apart from its footprint, in whatever order they are sealed.
TEST(Seal, ACompanionFillsWhatTheFootprintLeavesOpenAndMustAgree) {
  std::string records;
  for (const char* type : {"preProduction", "mainProduction", "preComponent", "mainComponent"}) {
    records += std::string(records.empty() ? "[" : ",") +
               R"({"cfpId":null,"traceId":"40b77952-2c89-49be-8ce9-7c64a15e0ae7",)"
               R"("ghgEmission":0.5,"ghgDeclaredUnit":"kgCO2e/kilogram","cfpType":")" +
               type + "\"}";
  }
  const SourceDocument footprint{"application/json", bytes(records + "]")};
  const auto part = [](std::string_view trace) {
    return SourceDocument{"application/json",
                          bytes(R"({"traceId":")" + std::string(trace) +
                                R"(","partsName":"cell","operatorId":null,"plantId":)"
                                R"("0cc8b4be-c727-4411-b478-2c874fbc6c25"})")};
  };
  const SourceDocument own = part("40b77952-2c89-49be-8ce9-7c64a15e0ae7");
  for (const bool first : {false, true}) {
    SealInput input{seed(1), {footprint, own}, {}, {}};
    if (first) std::swap(input.documents[0], input.documents[1]);
    const auto declaration = sealed(std::move(input));
    EXPECT_EQ(value_text(leaf(declaration, "core:product.name").value), "cell");
    EXPECT_EQ(value_text(leaf(declaration, "core:value.exclBiogenic").value), "2");
    EXPECT_TRUE(is_absent(leaf(declaration, "core:declarant.ids").value));
  }
  EXPECT_NE(refusal({seed(1), {footprint, part("00000000-2c89-49be-8ce9-7c64a15e0ae7")}, {}, {}})
                .find("disagree about core:product.ids"),
            std::string::npos);
}

TEST(Seal, ACbamReportAsCsvFillsTheCoreAndHasNoSourceLeaves) {
  const std::string report =
      "field,value\r\nformat,footproof-cbam-report-1\r\ngoods.cnCode,72083900\r\n"
      "emissions.direct,1.912\r\n";
  const auto declaration = sealed({seed(1), {{"text/csv", bytes(report)}}, {}, {}});
  EXPECT_EQ(declaration.formats().at(0), "cbam-report");
  EXPECT_EQ(value_text(leaf(declaration, "core:product.cn").value), "72083900");
  EXPECT_EQ(value_text(leaf(declaration, "core:value.direct").value), "1.912");
  EXPECT_FALSE(declaration.find("src:0:/goods/cnCode").has_value());
  EXPECT_EQ(declaration.tree_size(), 128U);
  EXPECT_EQ(SealedDeclaration::parse(declaration.encode())->root(), declaration.root());

  const auto other = sealed({seed(1), {{"text/csv", bytes("a;b\n1;2\n")}}, {}, {}});
  EXPECT_TRUE(other.notes().empty());
  EXPECT_TRUE(is_absent(leaf(other, "core:product.cn").value));
  EXPECT_EQ(refusal({seed(1), {{"text/csv", bytes(report + "goods.x,1\n")}}, {}, {}}),
            "document 0: line 5: the form has no field 'goods.x'");
}

TEST(Seal, RefusalsNameDocumentAndField) {
  EXPECT_TRUE(refusal(input_of(R"({"specVersion":"3.0.0","pcf":{"fossilGhgEmissions":1e99}})"))
                  .starts_with("document 0: /pcf/fossilGhgEmissions: "));
  EXPECT_TRUE(refusal(input_of(R"({"a":1,"a":2})")).starts_with("document 0: "));
  EXPECT_EQ(refusal({seed(1), {}, {}, {}}), "there is no document to seal");
  EXPECT_NE(refusal({seed(1), {{"json", bytes("1")}}, {}, {}}), "sealed");
  EXPECT_NE(refusal({seed(1), {{"Application/JSON", bytes("1")}}, {}, {}}), "sealed");
  EXPECT_NE(refusal({seed(1), std::vector<SourceDocument>(65, {"text/plain", {}}), {}, {}}),
            "sealed");
}

// Every leaf repeats the names above it: 3 MiB of JSON would become a terabyte of labels.
TEST(Seal, LongNamesAboveManyFieldsAreRefused) {
  std::string json = "{\"" + std::string(1 << 20, 'k') + "\":[0";
  for (int i = 0; i < 2000; ++i) json += ",0";
  json += "]}";
  EXPECT_NE(refusal(input_of(json)).find("document 0: too many fields, or too long names"),
            std::string::npos);
}

TEST(Seal, LinksAreLeavesOfTheirOwn) {
  SealInput input = input_of(kPact);
  input.links = {{LinkKind::component, seed(9), "0.75"},
                 {LinkKind::uses_dataset, ReleaseRef{"keiti-lci", "2026.1"}, std::nullopt}};
  const auto declaration = sealed(input);
  EXPECT_EQ(leaf(declaration, "link:0").value, link_value(input.links[0]));
  EXPECT_EQ(leaf(declaration, "link:1").value, link_value(input.links[1]));
  const auto again = SealedDeclaration::parse(declaration.encode());
  ASSERT_TRUE(again.has_value()) << again.error().detail;
  EXPECT_EQ(again->links(), input.links);

  SealInput wrong = input_of(kPact);
  wrong.links = {{LinkKind::component, ReleaseRef{"keiti-lci", "2026.1"}, std::nullopt}};
  EXPECT_NE(refusal(wrong), "sealed");
  wrong.links = {{LinkKind::component, seed(9), "0.750"}};
  EXPECT_NE(refusal(wrong), "sealed");
  wrong.links = {{LinkKind::uses_dataset, ReleaseRef{"two words", "1"}, std::nullopt}};
  EXPECT_NE(refusal(wrong), "sealed");
}

TEST(SealedFile, ParsesBackToTheSameTree) {
  SealInput input{seed(7),
                  {{"application/json", file_bytes("examples/steel-coil.pact3.json")},
                   {"application/pdf", file_bytes("examples/steel-coil-report.pdf")}},
                  {},
                  {}};
  const auto declaration = sealed(std::move(input));
  EXPECT_TRUE(declaration.notes().empty());
  const Bytes file = declaration.encode();
  const auto again = SealedDeclaration::parse(file);
  ASSERT_TRUE(again.has_value()) << again.error().detail;
  EXPECT_EQ(again->root(), declaration.root());
  EXPECT_EQ(again->documents(), declaration.documents());
  EXPECT_EQ(again->encode(), file);
}

TEST(SealedFile, ItsDocumentsAreReadWithoutDerivingAnything) {
  const auto declaration = sealed(input_of(kPact));
  Bytes file = declaration.encode();
  EXPECT_EQ(*sealed_documents(file), declaration.documents());
  file.pop_back();
  EXPECT_FALSE(sealed_documents(file).has_value());
  EXPECT_FALSE(sealed_documents(bytes("no seal")).has_value());
}

// Made once, by a program that shares nothing with ours; another root for these bytes breaks every
// sealed file there is.
TEST(SealedFile, GoldenRoots) {
  EXPECT_EQ(leaf_salt(seed(7), "core:value.fossil").hex(),
            "d34afcf4406388153b9acebf8b1d6f697469048516d1d1cc9d00d7e99f0ab0e7");
  EXPECT_EQ(to_hex(leaf_entry(seed(3), "pad:0", absent_value())),
            "835820"
            "0303030303030303030303030303030303030303030303030303030303030303"
            "657061643a30f6");
  EXPECT_EQ(sealed(input_of(kPact, 7)).root().hex(),
            "bc250663c918a926bad8de34e30248fe35f7037421370c0ab2e91664a78033ca");
  SealInput coil{seed(7),
                 {{"application/json", file_bytes("examples/steel-coil.pact3.json")},
                  {"application/pdf", file_bytes("examples/steel-coil-report.pdf")}},
                 {},
                 {}};
  const auto declaration = sealed(std::move(coil));
  EXPECT_EQ(declaration.root().hex(),
            "859d6c5dfa8a82b19d5e8bea5e2f8f905bbeb5e973ac3043469f09cfa8f78b0a");
  EXPECT_EQ(sha256(declaration.encode()).hex(),
            "802adca753e9ca904954d54f7ecd288d836a59dabca90048bc7c24039df66718");
  SealInput cell{
      seed(7), {{"application/json", file_bytes("examples/battery-cell.catenax9.json")}}, {}, {}};
  EXPECT_EQ(sealed(std::move(cell)).root().hex(),
            "67b015bffbb1ade4381311dfbdd74d2069056efa526c0b7f976d0d9fa26699a9");
}

// Whatever byte changes, the file either is refused or is another declaration with another root:
// it never is the same declaration said differently.
TEST(SealedFile, EveryChangedByteIsRefusedOrAnotherDeclaration) {
  const auto declaration = sealed(input_of(kPact));
  const Bytes file = declaration.encode();
  std::size_t others = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int flip : {0x01, 0x20, 0x80}) {
      Bytes changed = file;
      changed[at] ^= static_cast<std::uint8_t>(flip);
      const auto result = SealedDeclaration::parse(changed);
      if (!result) continue;
      ++others;
      EXPECT_NE(result->root(), declaration.root()) << at;
      EXPECT_EQ(result->encode(), changed) << at;
    }
  }
  // A letter of a source token that fills no slot changes nothing but its own leaf.
  EXPECT_LT(others, 200U);
}

TEST(SealedFile, TruncatedAndLengthenedFilesAreRefused) {
  const Bytes file = sealed(input_of(R"({"a":1})")).encode();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(SealedDeclaration::parse(ByteView(file).first(size)).has_value()) << size;
  }
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_FALSE(SealedDeclaration::parse(longer).has_value());
}

TEST(SealedFile, UnknownVersionIsSaidToBeOne) {
  Bytes file = sealed(input_of("1")).encode();
  ASSERT_EQ(file[1], 1);
  file[1] = 2;
  const auto result = SealedDeclaration::parse(file);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::bad_version);
}

TEST(Seal, MediaTypesFollowTheFileName) {
  EXPECT_EQ(media_type_of("a.json"), "application/json");
  EXPECT_EQ(media_type_of("A.JSON"), "application/json");
  EXPECT_EQ(media_type_of("a.jsonld"), "application/ld+json");
  EXPECT_EQ(media_type_of("report.pdf"), "application/pdf");
  EXPECT_EQ(media_type_of("json"), "application/octet-stream");
}

TEST(Seal, TellsHowFarItIs) {
  std::string fields = "[";
  for (int i = 0; i < 9000; ++i) fields += (i == 0 ? "" : ",") + std::to_string(i);
  SealInput input;
  input.seed = sha256(as_bytes("progress"));
  input.documents.push_back({"application/json", to_bytes(as_bytes(fields + "]"))});
  std::vector<std::pair<std::size_t, std::size_t>> told;
  const auto sealed = SealedDeclaration::seal(
      input, [&told](std::size_t done, std::size_t total) { told.emplace_back(done, total); });
  ASSERT_TRUE(sealed) << sealed.error().detail;
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {
      {4096, 16384}, {8192, 16384}, {12288, 16384}, {16384, 16384}};
  EXPECT_EQ(told, expected);
  EXPECT_EQ(SealedDeclaration::seal(std::move(input))->root(), sealed->root());
}

}  // namespace
}  // namespace footproof
