// Every sample document, sealed, attested in a fixture log and shown with a random subset of its
// fields, is certified; and with any byte of it changed it never is.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "attest/json.h"
#include "tests/support/fixture_presentation.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

constexpr int kFlips = 20'000;
// Larger ones are judged, but not flipped: their hashing would take all the time.
constexpr std::size_t kFlippedSizeMax = std::size_t{64} * 1024;

std::set<std::string> random_labels(const SealedDeclaration& sealed, std::mt19937& random) {
  const std::size_t one_in = std::uniform_int_distribution<std::size_t>(2, 40)(random);
  std::set<std::string> labels;
  for (const SealedLeaf& leaf : sealed.leaves()) {
    const bool allowed = !leaf.label.starts_with("doc:") && !leaf.label.starts_with("pad:");
    if (allowed && random() % one_in == 0) labels.insert(leaf.label);
  }
  return labels;
}

Presentation show(FixtureLog& log, const SealedDeclaration& sealed, std::mt19937& random) {
  const Statement attestation = log.sign(log.attestation(subject_of(sealed)));
  log.append({attestation});
  Presentation presentation;
  presentation.receipt = log.receipt(attestation);
  presentation.core_profile = sealed.profile();
  presentation.tree_size = sealed.tree_size();
  presentation.openings = open_labels(sealed, random_labels(sealed, random)).value();
  presentation.disclosure_profile = "none";
  return presentation;
}

TEST(PcfPresentations, EverySampleIsCertifiedAndNoChangedByteIs) {
  const auto folder = pcf_folder();
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::mt19937 random(20261125);  // NOLINT: reproducible on purpose
  FixtureLog log;
  const Policy policy = log.policy();
  const VerdictOptions options = options_at(log);
  std::vector<Bytes> shown;
  std::size_t certified = 0;
  for (const auto& file : files_below(folder)) {
    if (file.extension() != ".json" && file.extension() != ".jsonld") continue;
    SCOPED_TRACE(file.string());
    const Bytes bytes = read_bytes(file);
    if (!json::Document::parse(as_text(bytes))) continue;
    const auto sealed = SealedDeclaration::seal({.seed = sha256(as_bytes(file.string())),
                                                 .documents = {{"application/json", bytes}},
                                                 .by_hand = {},
                                                 .links = {}});
    ASSERT_TRUE(sealed) << sealed.error().detail;
    Bytes presentation = encode_presentation(show(log, *sealed, random));
    const Verdict verdict = judge_presentation(presentation, policy, options);
    ASSERT_EQ(verdict.overall, Overall::certified)
        << verdict.summary() << verdict.at(Question::openings).reason;
    ++certified;
    if (presentation.size() <= kFlippedSizeMax) shown.push_back(std::move(presentation));
  }
  ASSERT_FALSE(shown.empty());
  for (int flip = 0; flip < kFlips; ++flip) {
    Bytes bad = shown[random() % shown.size()];
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U + random() % 255));
    const Overall overall = judge_presentation(bad, policy, options).overall;
    ASSERT_TRUE(overall == Overall::not_certified || overall == Overall::cannot_evaluate)
        << "flip " << flip << " at byte " << at;
  }
  std::cout << "pcf presentations: " << certified << " certified, " << kFlips << " flips over "
            << shown.size() << " of them, none certified\n";
  report_cases("pcf-presentations", certified);
}

}  // namespace
}  // namespace footproof::testing
