#include "attest/decimal.h"

#include <algorithm>

#include "attest/check.h"

namespace footproof {
namespace {

constexpr std::int64_t kScaledLimit = 9'200'000'000'000'000'000;  // 9.2e9 × 10^9
// Far above any document's digits, far below overflow when added to their number.
constexpr std::int64_t kExponentClamp = 1'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the leading digits off `rest`.
std::string_view take_digits(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - rest.begin());
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

bool take_char(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

// ±0.digits × 10^point; digits without zeros at either end, empty for zero.
struct Number {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
};

Result<Number> parse_number(std::string_view text) {
  const auto malformed = [] { return fail(Errc::malformed, "not a decimal number"); };
  Number number;
  number.negative = take_char(text, '-');
  const std::string_view whole = take_digits(text);
  if (whole.empty()) return malformed();
  std::string_view fraction;
  if (take_char(text, '.')) {
    fraction = take_digits(text);
    if (fraction.empty()) return malformed();
  }
  std::int64_t exponent = 0;
  if (take_char(text, 'e') || take_char(text, 'E')) {
    const bool minus = take_char(text, '-');
    if (!minus) take_char(text, '+');
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return malformed();
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kExponentClamp);
    if (minus) exponent = -exponent;
  }
  if (!text.empty()) return malformed();

  number.digits.append(whole).append(fraction);
  number.point = static_cast<std::int64_t>(whole.size()) + exponent;
  const std::size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return Number{};
  number.digits.erase(0, first);
  number.point -= static_cast<std::int64_t>(first);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  return number;
}

std::string spell(bool negative, std::uint64_t scaled) {
  std::string digits = std::to_string(scaled);
  if (digits.size() <= kDecimalPlacesMax) {
    digits.insert(0, kDecimalPlacesMax + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - kDecimalPlacesMax, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  if (negative && digits != "0") digits.insert(0, "-");
  return digits;
}

}  // namespace

Result<Decimal> to_decimal(std::string_view number, Rounding rounding) {
  const auto parsed = parse_number(number);
  if (!parsed) return fail(parsed.error());
  const auto too_large = [] {
    return fail(Errc::bad_value, "the value is not between -9.2e9 and 9.2e9");
  };
  constexpr auto kPlaces = static_cast<std::int64_t>(kDecimalPlacesMax);
  const std::int64_t kept = parsed->point + kPlaces;  // digits up to the ninth decimal
  if (!parsed->digits.empty() && kept > 19) return too_large();
  std::uint64_t scaled = 0;  // below 10^19 < 2^64
  for (std::int64_t i = 0; i < kept; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const char digit = at < parsed->digits.size() ? parsed->digits[at] : '0';
    scaled = scaled * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  const bool rounded =
      static_cast<std::int64_t>(parsed->digits.size()) > std::max<std::int64_t>(kept, 0);
  const bool away_from_zero = (rounding == Rounding::up) != parsed->negative;
  if (rounded && away_from_zero) ++scaled;
  if (scaled >= static_cast<std::uint64_t>(kScaledLimit)) return too_large();
  return Decimal{spell(parsed->negative, scaled), rounded};
}

bool is_decimal(std::string_view text) {
  const auto decimal = to_decimal(text, Rounding::up);
  return decimal && !decimal->rounded && decimal->text == text;
}

Result<std::int64_t> scaled_decimal(std::string_view text) {
  if (!is_decimal(text)) return fail(Errc::malformed, "not a core decimal");
  const bool negative = take_char(text, '-');
  std::int64_t scaled = 0;
  for (const char c : take_digits(text)) scaled = scaled * 10 + (c - '0');
  take_char(text, '.');
  for (std::size_t i = 0; i < kDecimalPlacesMax; ++i) {
    scaled = scaled * 10 + (i < text.size() ? text[i] - '0' : 0);
  }
  return negative ? -scaled : scaled;
}

std::string decimal_from_scaled(std::int64_t scaled) {
  CHECK(scaled > -kScaledLimit && scaled < kScaledLimit);
  const bool negative = scaled < 0;
  return spell(negative, static_cast<std::uint64_t>(negative ? -scaled : scaled));
}

}  // namespace footproof
