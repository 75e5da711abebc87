#include "ledger/log.h"

#include <string>

#include "attest/check.h"

namespace footproof::ledger {
namespace {

constexpr unsigned kTileBits = 8;

// How many hashes of a level a log of `size` leaves has.
std::uint64_t hashes_at(std::uint32_t level, std::uint64_t size) {
  return size >> (kTileBits * level);
}

// The root over [begin, end) leaves, where the range is one perfect subtree: 2^height leaves,
// aligned. Made from at most 128 hashes of one tile.
Result<Digest> perfect_root(const HashSource& source, std::uint64_t begin, unsigned height) {
  const std::uint32_t level = height / kTileBits;
  const std::size_t count = std::size_t{1} << (height % kTileBits);
  auto hashes = source.tile_hashes(level, begin >> (kTileBits * level), count);
  if (!hashes) return fail(hashes.error());
  if (hashes->size() != count) return fail(Errc::corrupt, "log: a tile is shorter than its log");
  return tree_root(*hashes);
}

// The root over any range that RFC 9162 makes a subtree of: its perfect parts, largest first, meet
// in a frontier exactly as the recursion splits them.
Result<Digest> range_root(const HashSource& source, LeafRange range) {
  std::vector<Digest> parts;
  std::uint64_t begin = range.begin;
  const std::uint64_t size = range.size();
  for (unsigned height = 63; height-- > 0;) {
    if (((size >> height) & 1) == 0) continue;
    auto part = perfect_root(source, begin, height);
    if (!part) return fail(part.error());
    parts.push_back(*part);
    begin += std::uint64_t{1} << height;
  }
  if (parts.empty()) return empty_root();
  Digest root = parts.back();
  for (std::size_t at = parts.size() - 1; at-- > 0;) root = node_hash(parts[at], root);
  return root;
}

Result<std::vector<Digest>> range_roots(const HashSource& source,
                                        const Result<std::vector<LeafRange>>& ranges) {
  if (!ranges) return fail(ranges.error());
  std::vector<Digest> path;
  path.reserve(ranges->size());
  for (const LeafRange& range : *ranges) {
    auto root = range_root(source, range);
    if (!root) return fail(root.error());
    path.push_back(*root);
  }
  return path;
}

}  // namespace

Result<Log> Log::from(std::uint64_t size, std::array<std::vector<Digest>, kTileLevels> partial) {
  if (size > kTreeSizeMax) return fail(Errc::corrupt, "log: size above 2^63 - 1");
  Log log;
  std::vector<Digest> roots;  // of the perfect subtrees of `size`, largest first
  for (std::uint32_t level = kTileLevels; level-- > 0;) {
    const std::vector<Digest>& hashes = partial[level];
    const std::uint64_t count = hashes_at(level, size) % kTileWidth;
    if (hashes.size() != count) {
      return fail(Errc::corrupt, "log: partial tile of level " + std::to_string(level) + " has " +
                                     std::to_string(hashes.size()) + " hashes, not " +
                                     std::to_string(count));
    }
    std::size_t begin = 0;
    for (unsigned bit = kTileBits; bit-- > 0;) {
      const std::size_t width = std::size_t{1} << bit;
      if ((count & width) == 0) continue;
      roots.push_back(tree_root(Leaves(hashes).subspan(begin, width)));
      begin += width;
    }
  }
  auto frontier = Frontier::from(size, std::move(roots));
  if (!frontier) return fail(frontier.error());
  log.frontier_ = std::move(*frontier);
  log.partial_ = std::move(partial);
  return log;
}

void Log::append(const Digest& leaf, LogGrowth& growth) {
  CHECK(size() < kTreeSizeMax);
  std::uint64_t index = size();
  frontier_.append(leaf);
  Digest hash = leaf;
  for (std::uint32_t level = 0; level < kTileLevels; ++level, index /= kTileWidth) {
    std::vector<Digest>& hashes = partial_[level];
    hashes.push_back(hash);
    if (hashes.size() < kTileWidth) {
      growth.hashes.push_back({{level, index}, hash});
      return;
    }
    hash = tree_root(hashes);
    growth.tiles.push_back({{level, index / kTileWidth}, std::move(hashes)});
    hashes.clear();
  }
}

Result<Digest> log_root(const HashSource& source, std::uint64_t size) {
  if (size > kTreeSizeMax) return fail(Errc::usage, "log size above 2^63 - 1");
  return range_root(source, {0, size});
}

Result<std::vector<Digest>> log_inclusion(const HashSource& source, std::uint64_t index,
                                          std::uint64_t size) {
  return range_roots(source, inclusion_ranges(index, size));
}

Result<std::vector<Digest>> log_consistency(const HashSource& source, std::uint64_t from,
                                            std::uint64_t to) {
  return range_roots(source, consistency_ranges(from, to));
}

}  // namespace footproof::ledger
