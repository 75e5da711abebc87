// Judges the range of JSON numbers by their digits, without floating point. Private to attest.
#pragma once

#include <string_view>

namespace footproof::json {

// `token` follows RFC 8259's grammar. Null if every reader understands it alike (RFC 7493 §2.2),
// else why not.
[[nodiscard]] const char* number_problem(std::string_view token);

}  // namespace footproof::json
