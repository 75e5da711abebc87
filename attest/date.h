// Calendar days and instants (docs/formats.md §1). No clock: time comes in as an argument.
//
// A Date is a day of the proleptic Gregorian calendar as it is written where its author is, years
// 0001 to 9999, spelled YYYY-MM-DD and nothing else. An Instant counts unsigned milliseconds since
// 1970-01-01T00:00:00Z, leap seconds not counted.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "attest/result.h"

namespace footproof {

class Date {
 public:
  // 1970-01-01.
  constexpr Date() = default;
  // `days` after 1970-01-01, clamped to the years 0001 to 9999.
  [[nodiscard]] static Date from_days(std::int64_t days);
  [[nodiscard]] static Result<Date> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::int32_t days() const { return days_; }  // since 1970-01-01
  // `count` days later; earlier where negative.
  [[nodiscard]] Date plus(std::int64_t count) const { return from_days(days_ + count); }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted comparison
  friend constexpr auto operator<=>(Date, Date) = default;

 private:
  std::int32_t days_ = 0;
};

struct Instant {
  std::uint64_t ms = 0;

  [[nodiscard]] std::uint64_t seconds() const { return ms / 1000; }
  // For people: "2026-11-24T23:05:00Z", whole seconds.
  [[nodiscard]] std::string text() const;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted comparison
  friend constexpr auto operator<=>(Instant, Instant) = default;
};

[[nodiscard]] Instant instant_from_seconds(std::uint64_t seconds);  // saturates

// The day in UTC.
[[nodiscard]] Date utc_day(Instant at);
// The last instant of that day in UTC; of days before 1970, the first one of 1970.
[[nodiscard]] Instant end_of_utc_day(Date day);
// The latest day that is today anywhere on earth: the UTC day 14 hours later. "Not in the future"
// for a date compares with this one.
[[nodiscard]] Date latest_day(Instant at);

}  // namespace footproof
