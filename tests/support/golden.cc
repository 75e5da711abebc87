#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/support/vectors.h"

namespace footproof::testing {

std::string golden_file(std::string_view name) {
  return read_text(std::filesystem::path(FOOTPROOF_SOURCE_DIR) / "tests" / "golden" / name);
}

Bytes golden(std::string_view name) {
  std::istringstream lines(golden_file("ledger.hex"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (line.substr(0, space) != name) continue;
    const auto bytes = from_hex(line.substr(space + 1));
    EXPECT_TRUE(bytes.has_value()) << name;
    return bytes ? *bytes : Bytes{};
  }
  ADD_FAILURE() << "no golden bytes named " << name;
  return {};
}

}  // namespace footproof::testing
