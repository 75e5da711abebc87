// Late anchoring on the command line: the verifier's request, the body's countersignature, and what
// comes back (docs/formats.md §3.1, §10). For a catalogue the order of its members is kept between
// the two, in a file beside it: it is what the body countersigned, and nothing makes it again.
#pragma once

#include <string>

#include "api/cli/catalogue.h"
#include "api/cli/submitting.h"
#include "attest/arrangement.h"

namespace footproof::api {

// What the body is to countersign. usage: what it could not read.
[[nodiscard]] Result<LateRequest> make_late_request(const SignOptions& sign, Client& client,
                                                    const Attestation& attestation);
// Writes it; a file with these very bytes may be there already. The exit code.
[[nodiscard]] int write_late_request(const std::string& path, const LateRequest& request,
                                     const Context& context);
[[nodiscard]] Result<Countersignature> read_countersignature(const std::string& path);

// "<catalogue>.arranged"
[[nodiscard]] std::string arrangement_path(const std::string& catalogue);
[[nodiscard]] Result<Arrangement> read_arrangement(const std::string& path);
// The members at the places that the file gives them. usage, naming the declaration: one is
// missing, or another than those of the file is there.
[[nodiscard]] Result<Arranged> arrange_as(const Arrangement& arrangement, const std::string& path,
                                          const Members& members);
// usage, naming what differs, if these options do not ask for what the file's request asks for.
[[nodiscard]] Result<void> same_request(const Arrangement& arrangement, const std::string& path,
                                        const LateRequest& now);

}  // namespace footproof::api
