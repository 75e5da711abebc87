// A key request: a public key that a party wants registered, with its usage and the proof that the
// party holds its private half (docs/formats.md §2). Carried by any means to whoever registers it;
// holds no secret.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof::api {

inline constexpr std::size_t kKeyRequestSizeMax = 4096;

struct KeyRequest {
  std::string party;
  NewKey added;
  std::optional<Digest> certificate_chain = {};  // attest/x509.h
  friend bool operator==(const KeyRequest&, const KeyRequest&) = default;
};

[[nodiscard]] Result<PartyRole> parse_party_role(const std::string& text);  // not of verifiers
[[nodiscard]] Result<KeyUsage> parse_usage(const std::string& text);
// `context` is the chain id, or for keys in a genesis file its genesis_possession_context.
// Fails where the key cannot sign its own proof: a token may be gone.
[[nodiscard]] Result<NewKey> make_new_key(const Signer& key, const Digest& context,
                                          const std::string& party, KeyUsage usage);
[[nodiscard]] Result<KeyRequest> make_key_request(const Signer& key, const Digest& chain_id,
                                                  const std::string& party, KeyUsage usage);
[[nodiscard]] Bytes encode_key_request(const KeyRequest& request);
// Form only; the proof is checked by whoever knows the network.
[[nodiscard]] Result<KeyRequest> parse_key_request(ByteView bytes);

}  // namespace footproof::api
