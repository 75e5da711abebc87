// What kind of our files some bytes are, for errors that can name what was given instead of what
// was needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::api {

// "presentation", "sealed declaration", …: the kind as which they parse whole; none otherwise.
[[nodiscard]] std::optional<std::string_view> kind_of(ByteView bytes);

// "an attested file".
[[nodiscard]] std::string with_article(std::string_view noun);

// Of a file that `error` was found in when it was read as `wanted` ("attested file"). Of another
// kind: usage, naming both. Else `error` with the path and what was wanted.
[[nodiscard]] Error wrong_kind(const std::string& path, ByteView bytes, std::string_view wanted,
                               const Error& error);
// The same where any such file makes a wrong command line (command.h, wrong_file()).
[[nodiscard]] Error wrong_file(const std::string& path, ByteView bytes, std::string_view wanted,
                               const Error& error);

}  // namespace footproof::api
