// docs/rules.md says what the code says: the table of reasons, row by row.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "ledger/refusal.h"

namespace footproof::ledger {
namespace {

std::string table() {
  std::string text = "| reason code | rule | remedy | test |\n|---|---|---|---|\n";
  for (const ReasonEntry& entry : reason_table()) {
    std::string test(entry.code);
    std::replace(test.begin(), test.end(), '-', '_');
    text += "| `" + std::string(entry.code) + "` | " + std::string(entry.rule) + " | " +
            std::string(entry.remedy) + " | `All/Rule.Refuses/" + test + "` |\n";
  }
  return text;
}

TEST(RulesDoc, ListsEveryReasonAsTheCodeHasIt) {
  std::ifstream in(FOOTPROOF_SOURCE_DIR "/docs/rules.md");
  const std::string doc{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto at = doc.find("| reason code |");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(doc.substr(at), table()) << "put this table at the end of docs/rules.md";
}

// Every test that the table names is one that runs, and every test of a refusal is in the table.
TEST(RulesDoc, NamesTestsThatExistAndAllOfThem) {
  std::set<std::string> exist;
  const auto& tests = *::testing::UnitTest::GetInstance();
  for (int suite = 0; suite < tests.total_test_suite_count(); ++suite) {
    const auto& of = *tests.GetTestSuite(suite);
    if (std::string_view(of.name()) != "All/Rule") continue;
    for (int test = 0; test < of.total_test_count(); ++test) {
      exist.insert(std::string(of.name()) + '.' + of.GetTestInfo(test)->name());
    }
  }
  std::ifstream in(FOOTPROOF_SOURCE_DIR "/docs/rules.md");
  const std::string doc{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::set<std::string> named;
  const std::string_view start = "`All/Rule.";
  for (auto at = doc.find(start); at != std::string::npos; at = doc.find(start, at + 1)) {
    named.insert(doc.substr(at + 1, doc.find('`', at + 1) - at - 1));
  }
  EXPECT_EQ(named, exist);
  EXPECT_EQ(named.size(), reason_table().size());
}

TEST(RulesDoc, CodesAreDistinctAndRemediesAreSentences) {
  std::set<std::string_view> codes;
  for (const ReasonEntry& entry : reason_table()) {
    EXPECT_TRUE(codes.insert(entry.code).second) << entry.code;
    EXPECT_EQ(entry.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos);
    EXPECT_FALSE(entry.rule.empty());
    EXPECT_TRUE(entry.remedy.ends_with('.')) << entry.code;
    EXPECT_EQ(&entry_of(entry.reason), &entry);
  }
}

}  // namespace
}  // namespace footproof::ledger
