#include "attest/bytes.h"

#include <algorithm>
#include <array>

#include "attest/check.h"

namespace footproof {
namespace {

constexpr std::string_view kStandardAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string encode_base64(ByteView bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k <= count; ++k) text += alphabet[(group >> (18 - 6 * k)) & 63U];
    if (padded) text.append(3 - count, '=');
  }
  return text;
}

Result<Bytes> decode_base64(std::string_view text, std::string_view alphabet, bool padded) {
  if (padded) {
    if (text.size() % 4 != 0) return fail(Errc::malformed, "base64: length is not a multiple of 4");
    for (int pad = 0; pad < 2 && text.ends_with('='); ++pad) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return fail(Errc::malformed, "base64: impossible length");
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return fail(Errc::malformed, "base64: bad character");
    group = (group << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(group >> bits));
      group &= (1U << bits) - 1U;
    }
  }
  if (group != 0) return fail(Errc::malformed, "base64: unused bits are set");
  return bytes;
}

// The length of the UTF-8 sequence at the front of `bytes`, or 0 if there is none.
std::size_t utf8_sequence(ByteView bytes) {
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) return 1;
  std::size_t size = 0;
  std::uint32_t point = 0;
  if ((lead & 0xe0U) == 0xc0) {
    size = 2, point = lead & 0x1fU;
  } else if ((lead & 0xf0U) == 0xe0) {
    size = 3, point = lead & 0x0fU;
  } else if ((lead & 0xf8U) == 0xf0) {
    size = 4, point = lead & 0x07U;
  }
  if (size == 0 || bytes.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((bytes[i] & 0xc0U) != 0x80) return 0;
    point = (point << 6) | (bytes[i] & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < kSmallest[size] || point > 0x10ffff || surrogate ? 0 : size;
}

}  // namespace

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

bool equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool less(ByteView a, ByteView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Errc::malformed, "hex: odd number of digits");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return fail(Errc::malformed, "hex: not a lower-case hex digit");
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) { return encode_base64(bytes, kStandardAlphabet, true); }
Result<Bytes> from_base64(std::string_view text) {
  return decode_base64(text, kStandardAlphabet, true);
}
std::string to_base64url(ByteView bytes) { return encode_base64(bytes, kUrlAlphabet, false); }
Result<Bytes> from_base64url(std::string_view text) {
  return decode_base64(text, kUrlAlphabet, false);
}

bool is_utf8(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = utf8_sequence(bytes);
    if (size == 0) return false;
    bytes = bytes.subspan(size);
  }
  return true;
}

ByteView ByteReader::take(std::size_t size) {
  if (failed_ || size > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  const ByteView taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::uint64_t ByteReader::u64() {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : take(8)) value = (value << 8) | byte;
  return value;
}

std::uint32_t ByteReader::u32() {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : take(4)) value = (value << 8) | byte;
  return value;
}

std::uint16_t ByteReader::u16() {
  unsigned value = 0;
  for (const std::uint8_t byte : take(2)) value = (value << 8) | byte;
  return static_cast<std::uint16_t>(value);
}

std::uint8_t ByteReader::u8() {
  const ByteView taken = take(1);
  return taken.empty() ? std::uint8_t{0} : taken[0];
}

ByteView ByteReader::sized(std::size_t size_max) {
  const std::uint32_t size = u32();
  if (size > size_max) failed_ = true;
  return take(size);
}

ByteWriter& ByteWriter::u8(std::uint8_t value) {
  bytes_.push_back(value);
  return *this;
}

ByteWriter& ByteWriter::u16(std::uint16_t value) {
  return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value & 0xffU));
}

ByteWriter& ByteWriter::u32(std::uint32_t value) {
  return u16(static_cast<std::uint16_t>(value >> 16)).u16(static_cast<std::uint16_t>(value));
}

ByteWriter& ByteWriter::u64(std::uint64_t value) {
  return u32(static_cast<std::uint32_t>(value >> 32)).u32(static_cast<std::uint32_t>(value));
}

ByteWriter& ByteWriter::raw(ByteView bytes) {
  append(bytes_, bytes);
  return *this;
}

ByteWriter& ByteWriter::sized(ByteView bytes) {
  CHECK(bytes.size() <= UINT32_MAX);
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

}  // namespace footproof
