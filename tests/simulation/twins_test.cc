// T1 to T3 in their short form; the long ones: simulate twins (docs/reliability.md).
#include "tests/simulation/twins.h"

#include <gtest/gtest.h>

#include <set>

namespace footproof::simulation {
namespace {

using consensus::Mutation;

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kPart = 10;  // ten times slower
#else
constexpr std::uint64_t kPart = 1;
#endif

// Numbers above all that are enumerated: steps drawn by chance.
constexpr std::uint64_t kDrawn = 1'000'000;

std::map<std::string, std::uint64_t> run_range(TwinsKind kind, std::uint64_t first,
                                               std::uint64_t count) {
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t number = first; number < first + count / kPart; ++number) {
    const TwinsScenario scenario = TwinsScenario::make(kind, number);
    const Outcome outcome = run_twins(scenario, Mutation::none);
    EXPECT_EQ(outcome.failure, "") << "scenario " << number << ": " << scenario.text();
    for (const auto& [what, times] : outcome.counts) counts[what] += times;
  }
  return counts;
}

TEST(Twins, OnePairOfFourNeverMakesTheOthersDisagree) {
  auto counts = run_range(TwinsKind::t1, 0, 2500);
  for (const auto& [what, times] : run_range(TwinsKind::t1, kDrawn, 2500)) counts[what] += times;
  EXPECT_GT(counts["evidence found"], 100U);  // the twins did contradict themselves
  EXPECT_GT(counts["nullified"], 100U);
}

TEST(Twins, TwoPairsOfSevenNeverMakeTheOthersDisagree) {
  auto counts = run_range(TwinsKind::t2, 0, 500);
  for (const auto& [what, times] : run_range(TwinsKind::t2, kDrawn, 500)) counts[what] += times;
  EXPECT_GT(counts["evidence found"], 100U);
}

TEST(Twins, AcrossCrashesAndCatchUpNobodyDisagrees) {
  auto counts = run_range(TwinsKind::t3, 0, 1000);
  EXPECT_GT(counts["crashes"], 100U);
  EXPECT_GT(counts["chains served"], 10U);
}

TEST(Twins, OverAChangeOfTheSetNobodyDisagrees) {
  auto counts = run_range(TwinsKind::t3_change, 0, 400);
  EXPECT_EQ(counts["epochs begun"], 400U / kPart);
  EXPECT_GT(counts["evidence found"], 50U);
  EXPECT_GT(counts["blocks followed"], 50U);
}

// Every scenario of three views (T1) and of two (T2), once up to renaming.
TEST(Twins, EnumeratesScenariosUpToRenaming) {
  EXPECT_EQ(twins_enumerated(TwinsKind::t1), 25'740U);
  EXPECT_EQ(twins_enumerated(TwinsKind::t2), 16'125U);
  std::set<std::string> seen;
  for (std::uint64_t number = 0; number < 25'740; ++number) {
    TwinsScenario scenario = TwinsScenario::make(TwinsKind::t1, number);
    scenario.patience_ms = 0;
    EXPECT_TRUE(seen.insert(scenario.text()).second) << scenario.text();
  }
  // 4 leaders and 2^4 ways to part five hosts make (4 · 16)³ scenarios, of which renaming three
  // hosts or exchanging the twins makes at most twelve one.
  EXPECT_GE(seen.size(), 4UL * 16 * 4 * 16 * 4 * 16 / 12);
}

// Of a protocol with that rule broken, twins must show two final blocks at one height.
class TwinsMutants : public testing::TestWithParam<Mutation> {};

TEST_P(TwinsMutants, AreSeenToDisagree) {
  for (std::uint64_t i = 0; i < 7500; ++i) {  // of three views, and then longer ones
    const std::uint64_t number = i < 2500 ? i : kDrawn + i - 2500;
    const TwinsScenario scenario = TwinsScenario::make(TwinsKind::t1, number);
    const Outcome outcome = run_twins(scenario, GetParam(), true);
    if (!outcome.failure.starts_with("I1: two finalized blocks")) continue;
    std::printf("scenario %llu: %s\n  %s\n", static_cast<unsigned long long>(number),
                outcome.failure.c_str(), scenario.text().c_str());
    return;
  }
  FAIL() << "no scenario out of 7500 shows it";
}

INSTANTIATE_TEST_SUITE_P(RulesBrokenOnPurpose, TwinsMutants,
                         testing::Values(Mutation::quorum_too_small, Mutation::signer_counted_twice,
                                         Mutation::parent_without_nullifications,
                                         Mutation::finalize_after_nullify));

}  // namespace
}  // namespace footproof::simulation
