#include "attest/decimal.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

std::string up(std::string_view text) {
  const auto decimal = to_decimal(text, Rounding::up);
  return decimal ? decimal->text + (decimal->rounded ? " rounded" : "") : "refused";
}

std::string down(std::string_view text) {
  const auto decimal = to_decimal(text, Rounding::down);
  return decimal ? decimal->text + (decimal->rounded ? " rounded" : "") : "refused";
}

TEST(Decimal, EqualNumbersHaveOneSpelling) {
  for (const char* text : {"3", "3.0", "3.000000000000", "30e-1", "0.3E1", "0003", "3E0", "3e+0"}) {
    EXPECT_EQ(up(text), "3") << text;
  }
  for (const char* text : {"100", "1E+2", "1e2", "100.00", "10000e-2"}) EXPECT_EQ(up(text), "100");
  for (const char* text : {"0", "-0", "0.000", "-0.0", "0e999999999999999999999", "0E-5"}) {
    EXPECT_EQ(up(text), "0") << text;
  }
  EXPECT_EQ(up("77.0"), up("77"));
  EXPECT_EQ(up("-1.61"), "-1.61");
  EXPECT_EQ(up("0.000000001"), "0.000000001");
  EXPECT_EQ(up("1234567890.123456789"), "1234567890.123456789");
}

TEST(Decimal, RoundsInTheConservativeDirectionAndSaysSo) {
  EXPECT_EQ(up("69.14590545404381"), "69.145905455 rounded");
  EXPECT_EQ(down("69.14590545404381"), "69.145905454 rounded");
  EXPECT_EQ(up("-0.0000000001"), "0 rounded");
  EXPECT_EQ(down("-0.0000000001"), "-0.000000001 rounded");
  EXPECT_EQ(up("1e-400"), "0.000000001 rounded");
  EXPECT_EQ(down("1e-400"), "0 rounded");
  EXPECT_EQ(up("1e-99999999999999999999"), "0.000000001 rounded");
  EXPECT_EQ(up("0.9999999999"), "1 rounded");
  EXPECT_EQ(down("-0.9999999999"), "-1 rounded");
  // Nothing is rounded that only looks long.
  EXPECT_EQ(up("0.50000000000000000000000000000"), "0.5");
}

TEST(Decimal, RefusesOnlyWhatIsTooLarge) {
  EXPECT_EQ(up("9199999999.999999999"), "9199999999.999999999");
  EXPECT_EQ(down("-9199999999.999999999"), "-9199999999.999999999");
  for (const char* text : {"9200000000", "-9200000000", "9.2e9", "1e10", "99999999999999999999999",
                           "1e999999999999999999999", "9199999999.9999999999"}) {
    EXPECT_EQ(up(text), "refused") << text;
  }
  EXPECT_EQ(down("9199999999.9999999999"), "9199999999.999999999 rounded");
  EXPECT_EQ(to_decimal("1e10", Rounding::up).error().code, Errc::bad_value);
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", "+1", ".5", "5.", "1e", "1e+", "0x10", "1,5", " 1", "1 ", "NaN",
                           "Infinity", "--1", "1.2.3", "1e2e3", "\xEF\xBC\x91"}) {
    const auto decimal = to_decimal(text, Rounding::up);
    ASSERT_FALSE(decimal.has_value()) << text;
    EXPECT_EQ(decimal.error().code, Errc::malformed);
  }
}

TEST(Decimal, OnlyTheNormalFormIsACoreDecimal) {
  for (const char* text : {"0", "1", "-1", "0.5", "-1.61", "9199999999.999999999"}) {
    EXPECT_TRUE(is_decimal(text)) << text;
  }
  for (const char* text : {"", "-0", "00", "01", "1.0", "0.10", "1e2", "0.0000000001", "9200000000",
                           ".5", "+1", "1."}) {
    EXPECT_FALSE(is_decimal(text)) << text;
  }
}

TEST(Decimal, ScalesByTenToTheNinth) {
  EXPECT_EQ(*scaled_decimal("0"), 0);
  EXPECT_EQ(*scaled_decimal("1.85"), 1'850'000'000);
  EXPECT_EQ(*scaled_decimal("-0.000000001"), -1);
  EXPECT_EQ(*scaled_decimal("-9199999999.999999999"), -9'199'999'999'999'999'999);
  EXPECT_FALSE(scaled_decimal("1.0").has_value());
  for (const char* text : {"0", "1.85", "-0.000000001", "9199999999.999999999"}) {
    EXPECT_EQ(decimal_from_scaled(*scaled_decimal(text)), text);
  }
}

}  // namespace
}  // namespace footproof
