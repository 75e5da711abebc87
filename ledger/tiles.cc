#include "ledger/tiles.h"

#include <array>
#include <charconv>

#include "attest/check.h"
#include "ledger/log.h"

namespace footproof::ledger {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::uint32_t kLevelMax = 63;

// Groups of three digits, every group but the last with an `x` before it: 1234067 is
// x001/x234/067.
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += 3) {
    const bool last = at + 3 == digits.size();
    if (!last) out += 'x';
    out += digits.substr(at, 3);
    if (!last) out += '/';
  }
  return out;
}

std::string_view cut(std::string_view& path, char at) {
  const std::size_t end = path.find(at);
  const std::string_view head = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  return head;
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && !text.empty();
}

}  // namespace

std::string tile_path(const TileName& name) {
  std::string path(kPrefix);
  switch (name.kind) {
    case TileKind::hashes:
      path += std::to_string(name.level);
      break;
    case TileKind::entries:
      path += "entries";
      break;
    case TileKind::statements:
      path += "statements";
      break;
  }
  path += '/' + grouped(name.index);
  if (name.width != kTileWidth) path += ".p/" + std::to_string(name.width);
  return path;
}

Result<TileName> parse_tile_path(std::string_view path) {
  const std::string_view whole = path;
  const auto bad = [] { return fail(Errc::malformed, "not a tile path"); };
  // The longest index has 20 digits: 7 groups of at most 5 characters.
  if (path.size() > 64 || !path.starts_with(kPrefix)) return bad();
  path.remove_prefix(kPrefix.size());
  TileName name;
  const std::string_view kind = cut(path, '/');
  if (kind == "entries") {
    name.kind = TileKind::entries;
  } else if (kind == "statements") {
    name.kind = TileKind::statements;
  } else if (!parse_number(kind, name.level) || name.level > kLevelMax) {
    return bad();
  }
  if (const std::size_t partial = path.find(".p/"); partial != std::string_view::npos) {
    if (!parse_number(path.substr(partial + 3), name.width)) return bad();
    path = path.substr(0, partial);
  }
  std::string digits;
  while (!path.empty()) {
    std::string_view group = cut(path, '/');
    if (group.starts_with('x')) group.remove_prefix(1);
    digits += group;
  }
  if (!parse_number(digits, name.index)) return bad();
  if (name.width == 0 || name.width > kTileWidth) return bad();
  // Everything that was read loosely above has one spelling.
  if (tile_path(name) != whole) return bad();
  return name;
}

std::uint32_t tile_width(std::uint32_t level, std::uint64_t index, std::uint64_t size) {
  if (level >= kTileLevels) return 0;
  const std::uint64_t hashes = size >> (8 * level);
  if (index > hashes / kTileWidth) return 0;
  const std::uint64_t left = hashes - index * kTileWidth;
  return static_cast<std::uint32_t>(left < kTileWidth ? left : kTileWidth);
}

Bytes tile_body(std::span<const Digest> hashes) {
  Bytes body;
  body.reserve(hashes.size() * Digest::kSize);
  for (const Digest& hash : hashes) append(body, hash.view());
  return body;
}

Bytes entry_bundle(std::span<const Digest> entries) {
  ByteWriter bundle;
  for (const Digest& entry : entries) bundle.u16(Digest::kSize).raw(entry.view());
  return std::move(bundle).take();
}

void append_statement(Bytes& bundle, ByteView statement_or_record) {
  append(bundle, ByteWriter().sized(statement_or_record).bytes());
}

}  // namespace footproof::ledger
