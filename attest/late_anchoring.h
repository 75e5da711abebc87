// Late anchoring: what an accreditation body signs when it lets an attestation be recorded although
// the time for it is over, or the accreditation does not cover it any more (docs/rules.md,
// attestation). The signature stands in the attestation itself, so that one entry shows it all.
//
// It is over CBOR ["footproof/late-anchoring/v1", chain id, issuer, attestation without its member
// 15]: this attestation, by this verifier, on this network, and nothing else (docs/formats.md
// §3.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof {

// What a verifier sends to the body (docs/formats.md §10).
struct LateRequest {
  Digest chain_id;
  std::string issuer;
  Attestation attestation;  // without countersignature
  friend bool operator==(const LateRequest&, const LateRequest&) = default;
};
inline constexpr std::size_t kLateRequestSizeMax = std::size_t{16} * 1024;
[[nodiscard]] Bytes encode(const LateRequest& request);
[[nodiscard]] Result<LateRequest> parse_late_request(ByteView bytes);
// What comes back.
[[nodiscard]] Bytes encode(const Countersignature& countersignature);
[[nodiscard]] Result<Countersignature> parse_countersignature(ByteView bytes);

// What is signed. A countersignature that the attestation already has is left out of it.
[[nodiscard]] Bytes late_anchoring_message(const Digest& chain_id, std::string_view issuer,
                                           const Attestation& attestation);

// With a sign key of the accreditation body.
[[nodiscard]] Result<Countersignature> countersign(const Signer& key, const Digest& chain_id,
                                                   std::string_view issuer,
                                                   const Attestation& attestation);

// False without a countersignature, or with one of another key.
[[nodiscard]] bool verify_countersignature(const PublicKey& key, const Digest& chain_id,
                                           std::string_view issuer, const Attestation& attestation);

}  // namespace footproof
