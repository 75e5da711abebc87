#include "api/rate_limit.h"

#include <gtest/gtest.h>

#include <string>

namespace footproof::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateLimitTest : public ::testing::Test {
 protected:
  unsigned many(int count, const std::string& address, RateLimit::Instant now) {
    unsigned refused = 0;
    for (int i = 0; i < count; ++i) refused += limit_.take(address, now) != 0 ? 1U : 0U;
    return refused;
  }

  const RateLimit::Instant start_{};
  RateLimit limit_{10};
};

TEST_F(RateLimitTest, AllowsTwoSecondsWorthAtOnceThenTheRate) {
  EXPECT_EQ(many(20, "192.0.2.1", start_), 0U);
  EXPECT_EQ(limit_.take("192.0.2.1", start_), 1U);  // a tenth of a second, said in whole seconds
  EXPECT_EQ(many(6, "192.0.2.1", start_ + milliseconds(500)), 1U);
  EXPECT_EQ(many(21, "192.0.2.1", start_ + seconds(3600)), 1U);
}

TEST_F(RateLimitTest, KeepsAddressesApart) {
  EXPECT_EQ(many(25, "192.0.2.1", start_), 5U);
  EXPECT_EQ(many(20, "192.0.2.2", start_), 0U);
}

TEST_F(RateLimitTest, CountsAnIpv6NetworkAsOneAndMappedAddressesApart) {
  EXPECT_EQ(many(20, "2001:db8:1:2::1", start_), 0U);
  EXPECT_NE(limit_.take("2001:db8:1:2:ffff::9", start_), 0U);
  EXPECT_EQ(limit_.take("2001:db8:1:3::1", start_), 0U);
  EXPECT_EQ(many(20, "::ffff:192.0.2.1", start_), 0U);
  EXPECT_EQ(limit_.take("::ffff:192.0.2.2", start_), 0U);
}

TEST_F(RateLimitTest, RemembersABoundedNumberOfAddresses) {
  EXPECT_EQ(many(30, "spent", start_), 10U);
  for (std::size_t i = 1; i < RateLimit::kAddressesMax; ++i) {
    ASSERT_EQ(limit_.take("a" + std::to_string(i), start_), 0U);
  }
  // Full, and nobody's bucket is full again: a newcomer goes unlimited and unremembered.
  EXPECT_EQ(many(100, "newcomer", start_), 0U);
  // The spent one is still known; a second later the others are full again and make room.
  EXPECT_NE(limit_.take("spent", start_), 0U);
  EXPECT_EQ(many(21, "another", start_ + seconds(1)), 1U);
}

TEST_F(RateLimitTest, AnswersWith429AndWhenToComeBack) {
  const auto inner = [](const Request&) {
    Response response;
    response.body = "inner";
    return response;
  };
  Request request;
  request.peer = "192.0.2.1";
  const Handler unlimited = with_rate_limit(0, inner);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(unlimited(request).body, "inner");
  const Handler limited = with_rate_limit(1, inner);
  EXPECT_EQ(limited(request).status, 200);
  EXPECT_EQ(limited(request).status, 200);
  const Response refused = limited(request);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after_s, 1U);
  EXPECT_NE(refused.body.find("urn:footproof:problem:too-many-requests"), std::string::npos);
}

}  // namespace
}  // namespace footproof::api
