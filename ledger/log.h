// The log: one RFC 9162 tree for the network's life (docs/formats.md §5), kept as the hashes of its
// C2SP tiles. Log is the part that appends, a value; HashSource is where the hashes went; the
// functions below make roots and proofs of any size from them.
//
// A tile hash at (level, index) is the root over the 256^level leaves from index · 256^level on.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "attest/digest.h"
#include "attest/merkle.h"
#include "attest/result.h"

namespace footproof::ledger {

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr std::size_t kTileLevels = 8;  // 256^8 > 2^63

struct TilePosition {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const TilePosition&, const TilePosition&) = default;
};

struct TileHash {
  TilePosition at;  // index counts hashes, not tiles
  Digest hash;
};

struct FullTile {
  TilePosition at;             // index counts tiles
  std::vector<Digest> hashes;  // 256
};

// What appending added, in order.
struct LogGrowth {
  std::vector<TileHash> hashes;  // those of tiles that are still partial
  std::vector<FullTile> tiles;
};

class Log {
 public:
  Log() = default;
  // Taking up again: the hashes of the partial tile of each level (those that `size` demands).
  [[nodiscard]] static Result<Log> from(std::uint64_t size,
                                        std::array<std::vector<Digest>, kTileLevels> partial);

  void append(const Digest& leaf, LogGrowth& growth);
  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] Digest root() const { return frontier_.root(); }
  // The hashes of the last, not yet full tile of a level; may be empty.
  [[nodiscard]] const std::vector<Digest>& partial(std::uint32_t level) const {
    return partial_[level];
  }

 private:
  Frontier frontier_;
  std::array<std::vector<Digest>, kTileLevels> partial_;
};

// Stored tile hashes.
class HashSource {
 public:
  virtual ~HashSource() = default;
  // `count` hashes of one tile level from `first` on, all of one tile, all of them stored.
  [[nodiscard]] virtual Result<std::vector<Digest>> tile_hashes(std::uint32_t level,
                                                                std::uint64_t first,
                                                                std::size_t count) const = 0;
};

// Of the tree over the first `size` leaves; the source must hold as many.
[[nodiscard]] Result<Digest> log_root(const HashSource& source, std::uint64_t size);
[[nodiscard]] Result<std::vector<Digest>> log_inclusion(const HashSource& source,
                                                        std::uint64_t index, std::uint64_t size);
[[nodiscard]] Result<std::vector<Digest>> log_consistency(const HashSource& source,
                                                          std::uint64_t from, std::uint64_t to);

}  // namespace footproof::ledger
