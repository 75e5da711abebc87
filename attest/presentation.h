// Presentation (`.footproof`): everything that an offline check of one declaration needs, and not
// one byte else (docs/formats.md §8). The ledger's receipt, the declaration's place under the
// attestation's subject, the opened fields, and, if somebody insists, who shows it to whom.
//
// Invariants of a parsed presentation (not yet verified):
//   1. One spelling: encode_presentation(parse_presentation(b)) == b.
//   2. Audience, nonce and expiry occur only together with the holder's signature over them.
//   3. Hops, if there are any, are of epochs that follow one another; the last one leads to the
//      epoch of the receipt's last record. By them a reader with an older policy learns the set
//      that cosigned the receipt.
// What it claims is judged by attest/verdict.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/hop.h"
#include "attest/key.h"
#include "attest/opening.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kPresentationSizeMax = std::size_t{32} * 1024 * 1024;
inline constexpr std::size_t kAudienceSizeMax = 256;
inline constexpr std::size_t kNonceSizeMin = 8;
inline constexpr std::size_t kNonceSizeMax = 64;
inline constexpr std::string_view kPresentationContentType =
    "application/vnd.footproof.presentation+cbor";

// For whom the holder made this presentation. The signature is the holder's
// (Attestation::holder_key) over the presentation's bytes without it, ECDSA with low S.
struct HolderBinding {
  std::string audience;
  std::optional<Bytes> nonce;
  std::optional<Instant> expiry;
  Bytes signature;  // COSE_Sign1, detached payload

  friend bool operator==(const HolderBinding&, const HolderBinding&) = default;
};

struct Presentation {
  Receipt receipt;
  std::string core_profile;          // id
  std::uint64_t tree_size = 0;       // leaves of the declaration's tree
  std::uint64_t position = 0;        // of the declaration under the subject
  std::vector<Digest> subject_path;  // from the declaration to the subject's root
  Openings openings;
  std::string disclosure_profile;  // id
  std::vector<Hop> hops;           // at most kHopsMax; none where the reader's policy is new enough
  std::optional<HolderBinding> holder;

  friend bool operator==(const Presentation&, const Presentation&) = default;
};

[[nodiscard]] Bytes encode_presentation(const Presentation& presentation);
[[nodiscard]] Result<Presentation> parse_presentation(ByteView bytes);

// The root that the openings and their multi-proof lead to: the declaration's tree root, if all is
// well. bad_proof where they lead nowhere.
[[nodiscard]] Result<Digest> declaration_root(const Presentation& presentation);

// What the holder signs: the presentation without the signature. Only with a HolderBinding.
[[nodiscard]] Bytes holder_payload(const Presentation& presentation);
// Adds (or replaces) the holder's signature; audience, nonce and expiry must stand there already.
[[nodiscard]] Result<void> sign_presentation(Presentation& presentation, const Signer& holder);
[[nodiscard]] Result<void> verify_holder(const Presentation& presentation, const PublicKey& holder);

}  // namespace footproof
