// Late anchoring on the command line: the verifier's request, the body's countersignature, and what
// comes back (docs/formats.md §3.1, §10).
#pragma once

#include <string>

#include "api/cli/submitting.h"

namespace footproof::api {

// Writes what the body is to countersign; the exit code.
[[nodiscard]] int write_late_request(const std::string& path, const SignOptions& sign,
                                     Client& client, const Attestation& attestation);
[[nodiscard]] Result<Countersignature> read_countersignature(const std::string& path);

}  // namespace footproof::api
