// Golden bytes: what formats looked like when they were made, kept in tests/golden.
#pragma once

#include <string>
#include <string_view>

#include "attest/bytes.h"

namespace footproof::testing {

// The bytes under this name in tests/golden/ledger.hex; fails the current test if there is none.
[[nodiscard]] Bytes golden(std::string_view name);
// A whole file below tests/golden.
[[nodiscard]] std::string golden_file(std::string_view name);

}  // namespace footproof::testing
