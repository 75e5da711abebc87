// ECDSA over P-256 with SHA-256 through OpenSSL, and PKCS#8 in PEM. Private to attest: everybody
// else uses attest/key.h.
//
// Signatures are r‖s, 32 bytes each, in [1, n−1] (RFC 9053 §2.1). OpenSSL speaks DER; it only ever
// sees DER that was written here from such a pair, so no second spelling of a signature exists.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace footproof::p256 {

inline constexpr std::size_t kScalarSize = 32;

// A decoded key, public or private. OpenSSL wipes a private one when the last owner is gone.
using Pkey = std::shared_ptr<evp_pkey_st>;

// Coordinates below the field's prime, of a point on the curve.
[[nodiscard]] Result<Pkey> from_point(ByteView x, ByteView y);
// Big-endian, in [1, n−1].
[[nodiscard]] Result<Pkey> from_scalar(ByteView scalar);
[[nodiscard]] bool is_valid_scalar(ByteView scalar);

struct Point {
  std::array<std::uint8_t, kScalarSize> x{};
  std::array<std::uint8_t, kScalarSize> y{};
};
[[nodiscard]] Point point_of(const Pkey& key);

[[nodiscard]] bool verify(const Pkey& key, ByteView message, ByteView signature);
// The same pair with the lower s; fails where r or s is not a valid scalar. 64 bytes (CHECKed).
[[nodiscard]] Result<Bytes> with_low_s(ByteView signature);
// Low S: s ≤ n/2.
[[nodiscard]] Bytes sign(const Pkey& private_key, ByteView message);

}  // namespace footproof::p256

namespace footproof::pem {

// What a PKCS#8 file holds: an Ed25519 seed or a P-256 scalar. Each copy wipes itself.
struct PrivateBytes {
  bool is_ed25519 = false;
  std::array<std::uint8_t, 32> bytes{};

  PrivateBytes() = default;
  PrivateBytes(const PrivateBytes&) = default;
  PrivateBytes& operator=(const PrivateBytes&) = default;
  ~PrivateBytes() { wipe(bytes); }
};
[[nodiscard]] Result<PrivateBytes> read(std::string_view text,
                                        std::optional<std::string_view> passphrase);
[[nodiscard]] std::string write(const PrivateBytes& secret,
                                std::optional<std::string_view> passphrase);

}  // namespace footproof::pem
