// Every sample document that is strict JSON seals; random subsets of its fields open and verify.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>

#include "attest/json.h"
#include "attest/opening.h"
#include "attest/seal.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

constexpr int kSubsets = 5;

// Sample folders hold their licences, digests and API descriptions too.
bool is_json_file(const std::filesystem::path& file) {
  return file.extension() == ".json" || file.extension() == ".jsonld";
}

// Draws some labels that may be opened.
std::set<std::string> random_labels(const SealedDeclaration& sealed, std::mt19937& random) {
  const std::size_t one_in = std::uniform_int_distribution<std::size_t>(1, 40)(random);
  std::set<std::string> labels;
  for (const SealedLeaf& leaf : sealed.leaves()) {
    const bool allowed = !leaf.label.starts_with("doc:") && !leaf.label.starts_with("pad:");
    if (allowed && random() % one_in == 0) labels.insert(leaf.label);
  }
  return labels;
}

// How many subsets verified, all of them if all is well.
int verified_subsets(const SealedDeclaration& sealed, std::mt19937& random) {
  const DeclarationTree tree{std::string(sealed.profile()), sealed.tree_size(), sealed.root()};
  int verified = 0;
  for (int i = 0; i < kSubsets; ++i) {
    const auto labels = random_labels(sealed, random);
    const auto openings = open_labels(sealed, labels);
    if (!openings) {
      ADD_FAILURE() << openings.error().detail;
      continue;
    }
    EXPECT_EQ(openings->entries.size(), labels.size());
    const auto result = verify_openings(tree, *openings);
    EXPECT_TRUE(result.has_value()) << result.error().detail;
    verified += result.has_value() ? 1 : 0;
    if (openings->entries.empty()) continue;
    // And a changed value does not.
    Openings changed = *openings;
    changed.entries[random() % changed.entries.size()].salt.bytes[0] ^= 1;
    EXPECT_FALSE(verify_openings(tree, changed).has_value());
  }
  return verified;
}

TEST(PcfSamples, EveryStrictJsonSealsAndOpens) {
  const auto folder = pcf_folder();
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::mt19937 random(20261124);
  std::size_t sealed_count = 0;
  std::size_t refused_json = 0;
  int subsets = 0;
  std::map<std::string, int> formats;
  for (const auto& file : files_below(folder)) {
    if (!is_json_file(file)) continue;
    SCOPED_TRACE(file.string());
    const Bytes bytes = read_bytes(file);
    if (!json::Document::parse(as_text(bytes))) {
      std::cout << "not strict JSON: " << file.string() << "\n";
      ++refused_json;
      continue;
    }
    const auto sealed = SealedDeclaration::seal({.seed = sha256(as_bytes(file.string())),
                                                 .documents = {{"application/json", bytes}},
                                                 .by_hand = {},
                                                 .links = {}});
    ASSERT_TRUE(sealed.has_value()) << sealed.error().detail;
    ++formats[sealed->formats()[0]];
    subsets += verified_subsets(*sealed, random);
    const Bytes encoded = sealed->encode();
    const auto parsed = SealedDeclaration::parse(encoded);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(parsed->root(), sealed->root());
    EXPECT_EQ(parsed->encode(), encoded);
    ++sealed_count;
  }
  EXPECT_EQ(subsets, static_cast<int>(sealed_count) * kSubsets);
  std::cout << "pcf samples: " << sealed_count << " sealed, " << subsets
            << " disclosures verified, " << refused_json << " not strict JSON\n";
  for (const auto& [format, count] : formats) {
    std::cout << "  " << (format.empty() ? "no known format" : format) << ": " << count << "\n";
  }
  report_cases("pcf-samples", sealed_count);
}

}  // namespace
}  // namespace footproof::testing
