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
