#include "attest/date.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

namespace footproof {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::uint64_t kMsFourteenHours = 14ULL * 3'600'000;
constexpr std::int64_t kDayMin = -719'162;   // 0001-01-01
constexpr std::int64_t kDayMax = 2'932'896;  // 9999-12-31

struct Civil {
  std::int64_t year = 1970;
  std::int64_t month = 1;
  std::int64_t day = 1;
};

constexpr bool is_leap(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Days before 1 January of `year`, counted from 0001-01-01.
constexpr std::int64_t days_before_year(std::int64_t year) {
  const std::int64_t past = year - 1;
  return past * 365 + past / 4 - past / 100 + past / 400;
}

constexpr std::int64_t days_from_civil(const Civil& civil) {
  std::int64_t days = days_before_year(civil.year) + kDayMin + civil.day - 1;
  for (std::int64_t month = 1; month < civil.month; ++month) {
    days += days_in_month(civil.year, month);
  }
  return days;
}
static_assert(days_from_civil({1970, 1, 1}) == 0);
static_assert(days_from_civil({1, 1, 1}) == kDayMin);
static_assert(days_from_civil({9999, 12, 31}) == kDayMax);

Civil civil_from_days(std::int64_t days) {
  const std::int64_t since_first = days - kDayMin;
  // 365.2425 days a year: the guess is right or one too large.
  std::int64_t year = since_first * 400 / 146'097 + 1;
  if (days_before_year(year) > since_first) --year;
  if (days_before_year(year + 1) <= since_first) ++year;
  std::int64_t rest = since_first - days_before_year(year);
  std::int64_t month = 1;
  while (rest >= days_in_month(year, month)) rest -= days_in_month(year, month++);
  return {year, month, rest + 1};
}

// `size` digits at `at`, or −1.
std::int64_t digits(std::string_view text, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Date Date::from_days(std::int64_t days) {
  Date date;
  date.days_ = static_cast<std::int32_t>(std::clamp(days, kDayMin, kDayMax));
  return date;
}

Result<Date> Date::parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return fail(Errc::malformed, "a date is written YYYY-MM-DD");
  }
  const Civil civil{digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
  if (civil.year < 1 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
      civil.day > days_in_month(civil.year, civil.month)) {
    return fail(Errc::bad_value, "no such day in the calendar");
  }
  return from_days(days_from_civil(civil));
}

std::string Date::text() const {
  const Civil civil = civil_from_days(days_);
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d", static_cast<int>(civil.year),
                static_cast<int>(civil.month), static_cast<int>(civil.day));
  return buffer.data();
}

std::string Instant::text() const {
  const auto seconds_of_day = static_cast<int>(seconds() % 86'400);
  std::array<char, 24> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "T%02d:%02d:%02dZ", seconds_of_day / 3600,
                seconds_of_day / 60 % 60, seconds_of_day % 60);
  return utc_day(*this).text() + buffer.data();
}

Instant instant_from_seconds(std::uint64_t seconds) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  return {seconds > kMax / 1000 ? kMax : seconds * 1000};
}

Date utc_day(Instant at) {
  return Date::from_days(static_cast<std::int64_t>(at.ms / static_cast<std::uint64_t>(kMsPerDay)));
}

Instant end_of_utc_day(Date day) {
  const std::int64_t after = day.days() + std::int64_t{1};
  return {after <= 0 ? 0 : static_cast<std::uint64_t>(after * kMsPerDay) - 1};
}

Date latest_day(Instant at) {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - at.ms;
  return utc_day({at.ms + std::min(room, kMsFourteenHours)});
}

}  // namespace footproof
