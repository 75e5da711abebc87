// Text for people. A declarant's on an officer's terminal: what could move the cursor, hide or
// reorder text is shown as \u escapes.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace footproof {

// Control characters (C0, DEL, C1), bidirectional controls, line separators and bytes that are not
// UTF-8 are escaped; everything else is kept, Korean as Korean.
[[nodiscard]] std::string printable(std::string_view text);

// "a, b, c".
[[nodiscard]] std::string joined(std::span<const std::string> words,
                                 std::string_view between = ", ");
// The same, "none" of none.
[[nodiscard]] std::string joined_or_none(std::span<const std::string> words);

}  // namespace footproof
