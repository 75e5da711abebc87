// What `footproof verify` shows of an accusation, beside `footproof accuse`, which makes one.
#pragma once

#include <string>

#include "attest/bytes.h"
#include "attest/policy.h"

namespace footproof::api {

// Prints who is proven to have signed what; the exit code: 0 proven, 2 not, 3 cannot evaluate.
[[nodiscard]] int show_accusation(const std::string& path, ByteView file, const Policy& policy,
                                  bool json);

}  // namespace footproof::api
