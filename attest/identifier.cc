#include "attest/identifier.h"

#include <algorithm>

#include "attest/bytes.h"

namespace footproof {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_id_char(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
}

bool is_uri_char(char c) {
  constexpr std::string_view kRefused = "\"<>\\^`{|}";
  return c > 0x20 && c < 0x7f && !is_upper(c) && kRefused.find(c) == std::string_view::npos;
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdSizeMax && std::ranges::all_of(text, is_id_char);
}

bool is_party_uri(std::string_view text) {
  if (text.size() > kUriSizeMax || !std::ranges::all_of(text, is_uri_char)) return false;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const std::string_view scheme = text.substr(0, colon);
  return is_lower(scheme[0]) && std::ranges::all_of(scheme, [](char c) {
           return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

bool is_uuid_urn(std::string_view text) {
  constexpr std::string_view kPrefix = "urn:uuid:";
  if (!text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
  static constexpr std::string_view kVariant = "89ab";
  return std::ranges::equal(text, kShape, [](char c, char shape) {
    if (shape == 'x') return is_lower_hex(c);
    if (shape == 'v') return kVariant.find(c) != std::string_view::npos;
    return c == shape;
  });
}

bool is_legal_name(std::string_view text) {
  if (text.empty() || text.size() > kLegalNameSizeMax || !is_utf8(as_bytes(text))) return false;
  if (text.front() == ' ' || text.back() == ' ') return false;
  const bool control = std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  // U+0080 to U+009F, and the line and paragraph separators: control characters too.
  const bool wide_control = [&] {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      const auto a = static_cast<unsigned char>(text[i]);
      const auto b = static_cast<unsigned char>(text[i + 1]);
      if (a == 0xc2 && b < 0xa0) return true;
    }
    return text.find("\u2028") != std::string_view::npos ||
           text.find("\u2029") != std::string_view::npos;
  }();
  return !control && !wide_control;
}

}  // namespace footproof
