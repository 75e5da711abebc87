// C2SP tlog-tiles: paths and bodies. A tile body is its hashes one after the other; an entry bundle
// holds u16 length ‖ entry for the 32-byte entries of docs/formats.md §5; a statement bundle,
// numbered like the entries, holds u32 length ‖ statement or record, so that an auditor replays
// everything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::ledger {

enum class TileKind : std::uint8_t { hashes, entries, statements };

struct TileName {
  TileKind kind = TileKind::hashes;
  std::uint32_t level = 0;  // of hash tiles; 0 for the others
  std::uint64_t index = 0;
  std::uint32_t width = 256;  // 1 to 256; 256 is a full tile
  friend bool operator==(const TileName&, const TileName&) = default;
};

// "tile/0/x001/x234/067", "tile/entries/000.p/17", "tile/statements/000": without leading slash.
[[nodiscard]] std::string tile_path(const TileName& name);
// Accepts exactly what tile_path writes.
[[nodiscard]] Result<TileName> parse_tile_path(std::string_view path);
// How wide the tile is in a log of `size` leaves; 0: not served.
[[nodiscard]] std::uint32_t tile_width(std::uint32_t level, std::uint64_t index,
                                       std::uint64_t size);

[[nodiscard]] Bytes tile_body(std::span<const Digest> hashes);
[[nodiscard]] Bytes entry_bundle(std::span<const Digest> entries);
void append_statement(Bytes& bundle, ByteView statement_or_record);

}  // namespace footproof::ledger
