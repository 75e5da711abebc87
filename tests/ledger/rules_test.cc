// Runs the cases of rules_cases.h: each reason of the table is provoked, by its own case.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

std::map<R, Case> all_cases() {
  std::map<R, Case> all;
  for (const auto* group : {&envelope_cases(), &issuer_key_cases(), &attestation_cases(),
                            &status_cases(), &accreditation_cases(), &key_cases(), &dataset_cases(),
                            &ballot_cases(), &ballot_change_cases()}) {
    for (const auto& [reason, run] : *group) {
      EXPECT_TRUE(all.emplace(reason, run).second) << ledger::entry_of(reason).code;
    }
  }
  return all;
}

class Rule : public ::testing::TestWithParam<R> {};

TEST_P(Rule, Refuses) {
  const auto cases = all_cases();
  ASSERT_TRUE(cases.contains(GetParam())) << "no case provokes this reason";
  RulesStage stage;
  cases.at(GetParam())(stage);
  EXPECT_TRUE(stage.refused.contains(GetParam())) << "the case does not provoke its reason";
  EXPECT_GT(stage.passed, 0U) << "no neighbour passes";
}

std::vector<R> all_reasons() {
  std::vector<R> reasons;
  for (const auto& entry : ledger::reason_table()) reasons.push_back(entry.reason);
  return reasons;
}

std::string name_of(const ::testing::TestParamInfo<R>& reason) {
  std::string name(ledger::entry_of(reason.param).code);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Rule, ::testing::ValuesIn(all_reasons()), name_of);

}  // namespace
}  // namespace footproof::testing
