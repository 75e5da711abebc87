// How a person writes a link of a sealed declaration on the command line:
//   component=ENTRY[@WEIGHT]           ENTRY: 64 hex digits of an entry id
//   same-as=ENTRY, supersedes=ENTRY
//   uses-dataset=DATABASE/RELEASE[@WEIGHT]
// None of the ids can hold '=', '/' or '@'.
#pragma once

#include <string>

#include "attest/result.h"
#include "attest/seal.h"

namespace footproof::api {

// Errors name --link, quote the text and say how it is written.
[[nodiscard]] Result<Link> parse_link(const std::string& text);
[[nodiscard]] std::string link_text(const Link& link);

}  // namespace footproof::api
