// SHA-256 digests (H of docs/formats.md), HMAC-SHA-256, and random bytes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "attest/bytes.h"

namespace footproof {

// 32 bytes of a SHA-256. Compared in byte order, so it can key an ordered map.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  static constexpr std::size_t kSize = 32;
  [[nodiscard]] ByteView view() const { return bytes; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  [[nodiscard]] bool is_zero() const { return *this == Digest{}; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted comparison
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// Exactly 32 bytes, else bad_length.
[[nodiscard]] Result<Digest> to_digest(ByteView bytes);
[[nodiscard]] Result<Digest> digest_from_hex(std::string_view text);

// H of the parts, one after the other, with nothing between them.
[[nodiscard]] Digest sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] Digest sha256(ByteView bytes);

// H(tag ‖ 0x00 ‖ parts…): every hashed structure of ours begins with a domain tag.
[[nodiscard]] Digest tagged_hash(std::string_view tag, std::initializer_list<ByteView> parts);

// RFC 2104 with SHA-256.
[[nodiscard]] Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

// Fills `out` from the operating system's generator; ends the process if there is none (a salt or
// key made from anything less would be a silent disaster).
void fill_random(std::span<std::uint8_t> out);
[[nodiscard]] Bytes random_bytes(std::size_t size);

// Overwrites a secret so that the optimiser cannot skip it.
void wipe(std::span<std::uint8_t> secret);

}  // namespace footproof
