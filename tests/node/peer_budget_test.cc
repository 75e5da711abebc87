#include "node/peer_budget.h"

#include <gtest/gtest.h>

namespace footproof::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PeerBudgetTest : public ::testing::Test {
 protected:
  const PeerBudget::Instant start_{};
  PeerBudget budget_{start_};
};

TEST_F(PeerBudgetTest, LetsASecondsWorthThroughAtOnce) {
  for (int i = 0; i < static_cast<int>(kMessagesPerSecondMax); ++i) {
    ASSERT_EQ(budget_.pause_after(1, start_).count(), 0) << i;
  }
  EXPECT_GT(budget_.pause_after(1, start_).count(), 0);
}

TEST_F(PeerBudgetTest, HoldsBackBytesInProportion) {
  const auto two_seconds = static_cast<std::size_t>(2 * kBytesPerSecondMax);
  const auto pause = budget_.pause_after(two_seconds, start_);
  EXPECT_GE(pause, milliseconds(1000));
  EXPECT_LE(pause, milliseconds(1002));
  EXPECT_EQ(budget_.pause_after(1, start_ + seconds(2)).count(), 0);
}

TEST_F(PeerBudgetTest, ChecksOfSignaturesCountAgainstWhoMadeThemNecessary) {
  budget_.charge(static_cast<std::size_t>(3 * kVerificationsPerSecondMax));
  const auto pause = budget_.pause_after(100, start_);
  EXPECT_GE(pause, milliseconds(2000));
  EXPECT_LE(pause, milliseconds(2002));
  EXPECT_EQ(budget_.pause_after(100, start_ + milliseconds(2001)).count(), 0);
}

TEST_F(PeerBudgetTest, NeverSavesUpMoreThanASecond) {
  const auto later = start_ + seconds(3600);
  EXPECT_EQ(budget_.pause_after(1, later).count(), 0);
  budget_.charge(static_cast<std::size_t>(2 * kVerificationsPerSecondMax));
  EXPECT_GT(budget_.pause_after(1, later).count(), 990);
}

}  // namespace
}  // namespace footproof::node
