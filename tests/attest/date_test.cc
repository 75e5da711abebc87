#include "attest/date.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

Date day(std::string_view text) { return Date::parse(text).value(); }

TEST(Date, KnownDaysHaveTheirNumber) {
  EXPECT_EQ(day("1970-01-01").days(), 0);
  EXPECT_EQ(day("1969-12-31").days(), -1);
  EXPECT_EQ(day("2000-02-29").days(), 11016);
  EXPECT_EQ(day("2026-11-24").days(), 20781);
  EXPECT_EQ(day("0001-01-01").days(), -719162);
  EXPECT_EQ(day("9999-12-31").days(), 2932896);
}

TEST(Date, EveryDayReadsBack) {
  Date previous = Date::from_days(-719162);
  EXPECT_EQ(previous.text(), "0001-01-01");
  for (std::int64_t days = -719161; days <= 2932896; ++days) {
    const Date date = Date::from_days(days);
    ASSERT_LT(previous, date);
    const auto parsed = Date::parse(date.text());
    ASSERT_TRUE(parsed.has_value()) << date.text();
    ASSERT_EQ(parsed->days(), days);
    previous = date;
  }
}

TEST(Date, OnlyOneSpelling) {
  for (const std::string_view text :
       {"",           "2026-11-4",   "2026-1-04",   "26-11-24",
        "2026/11/24", "2026-11-24 ", " 2026-11-24", "20261124",
        "2026-13-01", "2026-00-01",  "2026-01-00",  "2026-01-32",
        "2026-04-31", "2026-02-29",  "2100-02-29",  "1900-02-29",
        "0000-01-01", "-026-01-01",  "2026-1a-01",  "2026-11-24T00:00:00Z",
        "+026-01-01"}) {
    EXPECT_FALSE(Date::parse(text).has_value()) << text;
  }
  EXPECT_TRUE(Date::parse("2024-02-29").has_value());
  EXPECT_TRUE(Date::parse("2000-02-29").has_value());
}

TEST(Date, ArithmeticStaysInTheCalendar) {
  EXPECT_EQ(day("2026-12-31").plus(1), day("2027-01-01"));
  EXPECT_EQ(day("2024-03-01").plus(-1), day("2024-02-29"));
  EXPECT_EQ(day("9999-12-31").plus(1), day("9999-12-31"));
  EXPECT_EQ(day("0001-01-01").plus(-1), day("0001-01-01"));
}

TEST(Instant, MorningInSeoulIsYesterdayInUtc) {
  const Instant eight_in_seoul{1795474800000};  // 2026-11-23T23:00:00Z
  EXPECT_EQ(eight_in_seoul.text(), "2026-11-23T23:00:00Z");
  EXPECT_EQ(utc_day(eight_in_seoul), day("2026-11-23"));
  EXPECT_EQ(latest_day(eight_in_seoul), day("2026-11-24"));
}

TEST(Instant, TheEndOfTimeDoesNotWrap) {
  const Instant last{UINT64_MAX};
  EXPECT_EQ(utc_day(last), day("9999-12-31"));
  EXPECT_EQ(latest_day(last), day("9999-12-31"));
  EXPECT_EQ(instant_from_seconds(UINT64_MAX).ms, UINT64_MAX);
  EXPECT_EQ(instant_from_seconds(5).ms, 5000U);
}

}  // namespace
}  // namespace footproof
