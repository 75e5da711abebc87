// What kind of our files some bytes are, for errors that can name what was given instead of what
// was needed.
#pragma once

#include <optional>
#include <string_view>

#include "attest/bytes.h"

namespace footproof::api {

// "presentation", "sealed declaration", …: the kind as which they parse whole; none otherwise.
[[nodiscard]] std::optional<std::string_view> kind_of(ByteView bytes);

}  // namespace footproof::api
