#include "attest/json_number.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace footproof::json {
namespace {

constexpr std::string_view kIntegerMax = "9007199254740991";  // 2^53 − 1

// Bounds of a double, as d.ddd × 10^exponent: from here on up it is infinite, below the other one
// it is zero. To 17 digits, which is all that anybody can mean.
constexpr std::string_view kOverflowDigits = "17976931348623158";
constexpr std::int64_t kOverflowExponent = 308;
constexpr std::string_view kUnderflowDigits = "24703282292062328";
constexpr std::int64_t kUnderflowExponent = -324;

// Larger than any number of digits that fits into a document; sums stay far within 64 bits.
constexpr std::int64_t kExponentCap = 1'000'000'000'000;

std::int64_t capped_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char digit : text) exponent = std::min(exponent * 10 + (digit - '0'), kExponentCap);
  return negative ? -exponent : exponent;
}

}  // namespace

const char* number_problem(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  const std::size_t mantissa_end = std::min(token.find_first_of("eE"), token.size());
  const std::string_view mantissa = token.substr(0, mantissa_end);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  if (point == token.size()) {
    const bool fits = token.size() < kIntegerMax.size() ||
                      (token.size() == kIntegerMax.size() && token <= kIntegerMax);
    return fits ? nullptr : "an integer beyond 2^53 - 1; write it as a string";
  }
  std::string digits(mantissa.substr(0, point));
  if (point < mantissa.size()) digits.append(mantissa.substr(point + 1));
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return nullptr;  // zero, however it is spelt
  digits.erase(digits.find_last_not_of('0') + 1);
  const std::string_view significant = std::string_view(digits).substr(first);
  std::int64_t exponent = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - 1;
  if (mantissa_end < token.size()) exponent += capped_exponent(token.substr(mantissa_end + 1));

  const bool too_large = exponent > kOverflowExponent ||
                         (exponent == kOverflowExponent && significant >= kOverflowDigits);
  if (too_large) return "a number too large for most readers; write it as a string";
  const bool too_small = exponent < kUnderflowExponent ||
                         (exponent == kUnderflowExponent && significant < kUnderflowDigits);
  return too_small ? "a number so small that most readers take it for zero" : nullptr;
}

}  // namespace footproof::json
