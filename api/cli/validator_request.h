// A validator request: what the operator of a new validator, or of one with new keys, hands to the
// association that proposes it (docs/formats.md §10). Ids, association, public keys, TLS pin, and
// the proofs of possession, which are for one network. Holds no secret.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof::api {

inline constexpr std::size_t kValidatorRequestSizeMax = std::size_t{16} * 1024;

struct ValidatorRequest {
  Digest chain_id;
  ValidatorProposal validator;
  friend bool operator==(const ValidatorRequest&, const ValidatorRequest&) = default;
};

[[nodiscard]] Bytes encode(const ValidatorRequest& request);
// The proofs of possession verify.
[[nodiscard]] Result<ValidatorRequest> parse_validator_request(ByteView bytes);

// Of the keys in a home folder that `footproof validator new` made, proved for this network.
[[nodiscard]] Result<ValidatorRequest> make_validator_request(const std::filesystem::path& home,
                                                              const Digest& chain_id);

}  // namespace footproof::api
