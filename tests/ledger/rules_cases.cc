#include "tests/ledger/rules_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace footproof::testing {

std::map<R, Case> all_cases() {
  std::map<R, Case> all;
  for (const auto* group : {&envelope_cases(), &issuer_key_cases(), &attestation_cases(),
                            &status_cases(), &accreditation_cases(), &key_cases(), &dataset_cases(),
                            &ballot_cases(), &ballot_change_cases(), &ballot_validator_cases()}) {
    for (const auto& [reason, run] : *group) {
      EXPECT_TRUE(all.emplace(reason, run).second) << ledger::entry_of(reason).code;
    }
  }
  return all;
}

std::vector<R> all_reasons() {
  std::vector<R> reasons;
  for (const auto& entry : ledger::reason_table()) reasons.push_back(entry.reason);
  return reasons;
}

std::string test_name_of(R reason) {
  std::string name(ledger::entry_of(reason).code);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string rules_doc() {
  std::ifstream in(FOOTPROOF_SOURCE_DIR "/docs/rules.md");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::set<std::string> tests_named(const std::string& doc) {
  constexpr std::string_view kStart = "`All/Rule.";
  std::set<std::string> named;
  for (auto at = doc.find(kStart); at != std::string::npos; at = doc.find(kStart, at + 1)) {
    const auto begin = at + kStart.size();
    named.insert(doc.substr(begin, doc.find('`', begin) - begin));
  }
  return named;
}

std::set<std::string> tests_of_suite(std::string_view suite) {
  std::set<std::string> tests;
  const auto& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const auto& of = *all.GetTestSuite(i);
    if (of.name() != suite) continue;
    for (int test = 0; test < of.total_test_count(); ++test) {
      tests.insert(of.GetTestInfo(test)->name());
    }
  }
  return tests;
}

}  // namespace footproof::testing
