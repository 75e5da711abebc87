#include "attest/printable.h"

#include <algorithm>
#include <cstdint>

#include "attest/bytes.h"

namespace footproof {
namespace {

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xF0) return 4;
  return lead >= 0xE0 ? 3 : 2;
}

std::uint32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  std::uint32_t point = lead & (0x7FU >> sequence.size());
  for (const char c : sequence.substr(1)) {
    point = point << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return point;
}

bool is_deceptive(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||         // C0, DEL, C1
         point == 0x061C || (point >= 0x200B && point <= 0x200F) ||  // marks, zero width
         (point >= 0x2028 && point <= 0x202E) ||  // line separators, embeddings, overrides
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

std::string escaped(std::uint32_t point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) text += kHex[point >> shift & 0xF];
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::string_view sequence = text.substr(0, std::min(sequence_length(lead), text.size()));
    if (!is_utf8(as_bytes(sequence))) {
      shown += escaped(lead);
      text.remove_prefix(1);
      continue;
    }
    const std::uint32_t point = code_point(sequence);
    if (is_deceptive(point)) {
      shown += escaped(point);
    } else {
      shown += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return shown;
}

std::string joined(std::span<const std::string> words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != words.data()) text += between;
    text += word;
  }
  return text;
}

std::string joined_or_none(std::span<const std::string> words) {
  return words.empty() ? "none" : joined(words);
}

}  // namespace footproof
