// Runs the cases of rules_cases.h: each reason of the table is provoked, by its own case.
#include <gtest/gtest.h>

#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

class Rule : public ::testing::TestWithParam<R> {};

TEST_P(Rule, Refuses) {
  const auto cases = all_cases();
  ASSERT_TRUE(cases.contains(GetParam())) << "no case provokes this reason";
  RulesStage stage;
  cases.at(GetParam())(stage);
  EXPECT_TRUE(stage.refused.contains(GetParam())) << "the case does not provoke its reason";
  EXPECT_GT(stage.passed, 0U) << "no neighbour passes";
}

INSTANTIATE_TEST_SUITE_P(All, Rule, ::testing::ValuesIn(all_reasons()),
                         [](const auto& reason) { return test_name_of(reason.param); });

}  // namespace
}  // namespace footproof::testing
