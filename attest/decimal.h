// Core decimals: the one spelling of a number in a core slot (docs/formats.md §4.1).
//
// Text with at most 9 decimals, no exponent, no superfluous zeros, no "-0", |value| < 9.2e9, so
// that value × 10^9 fits an int64. Numbers never pass through a double. A source number with more
// decimals is rounded in the slot's conservative direction and marked; only a value that is too
// large is refused.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kDecimalPlacesMax = 9;

enum class Rounding : std::uint8_t {
  up,    // towards +infinity: emissions, exempted shares, data-quality ratings (5 is worst)
  down,  // towards -infinity: shares of primary data, amounts that emissions are divided by
};

struct Decimal {
  std::string text;
  bool rounded = false;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted comparison
  friend auto operator<=>(const Decimal&, const Decimal&) = default;
};

// From the text of a JSON number ("1E+2", "12.50") or of a decimal string ("77.0").
// malformed: not the grammar of a JSON number. bad_value: |value| ≥ 9.2e9.
[[nodiscard]] Result<Decimal> to_decimal(std::string_view number, Rounding rounding);

// Exactly what to_decimal() writes.
[[nodiscard]] bool is_decimal(std::string_view text);

// value × 10^9; only for is_decimal() texts, else malformed.
[[nodiscard]] Result<std::int64_t> scaled_decimal(std::string_view text);
// The other way; CHECKs |scaled| < 9.2e18.
[[nodiscard]] std::string decimal_from_scaled(std::int64_t scaled);

}  // namespace footproof
