// Bytes, their spellings as text (hex, base64), and big-endian readers and writers.
//
// A ByteReader never reads past the end: it yields zeros and remembers, so a parser reads all its
// fields and asks once. Base64 and hex decoders accept exactly one spelling of each byte string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/result.h"

namespace footproof {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The bytes of a text. The view lives as long as the text does.
[[nodiscard]] ByteView as_bytes(std::string_view text);
[[nodiscard]] std::string_view as_text(ByteView bytes);
[[nodiscard]] Bytes to_bytes(ByteView view);

void append(Bytes& to, ByteView more);
// Byte order: shorter is smaller only where one is the other's prefix.
[[nodiscard]] bool equal(ByteView a, ByteView b);
[[nodiscard]] bool less(ByteView a, ByteView b);

// Lower case. from_hex accepts lower case only and an even length.
[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// RFC 4648 §4, padded. Decoding refuses what encoding would not have written.
[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);
// RFC 4648 §5, unpadded.
[[nodiscard]] std::string to_base64url(ByteView bytes);
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);

// Strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(ByteView bytes);

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  // `size` bytes, or an empty view and a failed reader.
  ByteView take(std::size_t size);
  // A u32 length, at most `size_max`, and that many bytes.
  ByteView sized(std::size_t size_max);

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] ByteView rest() const { return rest_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Everything was read and nothing was read that was not there.
  [[nodiscard]] bool exhausted() const { return !failed_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool failed_ = false;
};

class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value);
  ByteWriter& u16(std::uint16_t value);
  ByteWriter& u32(std::uint32_t value);
  ByteWriter& u64(std::uint64_t value);
  ByteWriter& raw(ByteView bytes);
  ByteWriter& sized(ByteView bytes);  // u32 length, then the bytes

  [[nodiscard]] const Bytes& bytes() const& { return bytes_; }
  [[nodiscard]] Bytes take() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace footproof
