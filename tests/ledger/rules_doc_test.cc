// docs/rules.md says what the code says: the table of reasons, row by row.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "ledger/refusal.h"
#include "tests/ledger/rules_cases.h"

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
  const std::string doc = testing::rules_doc();
  const auto at = doc.find("| reason code |");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(doc.substr(at), table()) << "put this table at the end of docs/rules.md";
}

// Every test that the table names is one that runs, and every test of a refusal is in the table.
TEST(RulesDoc, NamesTestsThatExistAndAllOfThem) {
  const auto named = testing::tests_named(testing::rules_doc());
  EXPECT_EQ(named, testing::tests_of_suite("All/Rule"));
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
