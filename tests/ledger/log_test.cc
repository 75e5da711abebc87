#include "ledger/log.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "ledger/tiles.h"

namespace footproof::ledger {
namespace {

Digest leaf(std::uint64_t number) { return leaf_hash(ByteWriter().u64(number).bytes()); }

// What a store does with the growth of a log.
class MemorySource final : public HashSource {
 public:
  void take(const LogGrowth& growth) {
    for (const TileHash& hash : growth.hashes) hashes_[hash.at] = hash.hash;
    for (const FullTile& tile : growth.tiles) {
      for (std::uint64_t at = 0; at < kTileWidth; ++at) {
        hashes_[{tile.at.level, tile.at.index * kTileWidth + at}] = tile.hashes[at];
      }
    }
  }
  [[nodiscard]] Result<std::vector<Digest>> tile_hashes(std::uint32_t level, std::uint64_t first,
                                                        std::size_t count) const override {
    EXPECT_EQ(first / kTileWidth, (first + count - 1) / kTileWidth) << "of one tile";
    std::vector<Digest> found;
    for (std::uint64_t at = first; at < first + count; ++at) {
      const auto hash = hashes_.find({level, at});
      if (hash == hashes_.end()) return fail(Errc::corrupt, "no hash");
      found.push_back(hash->second);
    }
    return found;
  }
  [[nodiscard]] std::array<std::vector<Digest>, kTileLevels> partial(std::uint64_t size) const {
    std::array<std::vector<Digest>, kTileLevels> levels;
    for (std::uint32_t level = 0; level < kTileLevels; ++level) {
      const std::uint64_t count = size >> (8 * level);
      for (auto at = count - count % kTileWidth; at < count; ++at) {
        levels[level].push_back(hashes_.at({level, at}));
      }
    }
    return levels;
  }

 private:
  std::map<TilePosition, Digest> hashes_;
};

struct Grown {
  std::vector<Digest> leaves;
  MemorySource source;
  Log log;

  explicit Grown(std::uint64_t size) {
    for (std::uint64_t at = 0; at < size; ++at) {
      leaves.push_back(leaf(at));
      LogGrowth growth;
      log.append(leaves.back(), growth);
      source.take(growth);
    }
  }
};

TEST(Log, RootsAndProofsFromTilesAreThoseOfAllLeaves) {
  const Grown grown(600);
  for (std::uint64_t size = 1; size <= 600; size += size < 270 ? 1 : 13) {
    const Leaves leaves = Leaves(grown.leaves).first(size);
    ASSERT_EQ(log_root(grown.source, size).value(), tree_root(leaves)) << size;
    for (std::uint64_t index = 0; index < size; index += 1 + size / 7) {
      const auto path = log_inclusion(grown.source, index, size).value();
      ASSERT_EQ(path, inclusion_path(leaves, index).value());
      EXPECT_TRUE(verify_inclusion(leaves[index], index, size, path, tree_root(leaves)));
    }
    for (std::uint64_t from = 1; from <= size; from += 1 + size / 5) {
      const auto path = log_consistency(grown.source, from, size).value();
      EXPECT_EQ(path, consistency_path(leaves, from).value());
    }
  }
  EXPECT_EQ(grown.log.root(), tree_root(grown.leaves));
}

TEST(Log, ThreeTileLevelsAreProvedAndTakenUpAgain) {
  constexpr std::uint64_t kSize = 70'000;  // level 2 begins at 65,536
  Grown grown(kSize);
  EXPECT_EQ(grown.log.root(), tree_root(grown.leaves));
  EXPECT_EQ(grown.log.partial(0).size(), kSize % 256);
  EXPECT_EQ(grown.log.partial(1).size(), 17U);
  EXPECT_EQ(grown.log.partial(2).size(), 1U);
  const Digest root = log_root(grown.source, kSize).value();
  EXPECT_EQ(root, grown.log.root());
  for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 69'999U}) {
    const auto path = log_inclusion(grown.source, index, kSize).value();
    EXPECT_TRUE(verify_inclusion(grown.leaves[index], index, kSize, path, root));
  }
  auto again = Log::from(kSize, grown.source.partial(kSize));
  ASSERT_TRUE(again);
  LogGrowth growth;
  for (std::uint64_t at = kSize; at < kSize + 300; ++at) {
    again->append(leaf(at), growth);
    grown.log.append(leaf(at), growth);
  }
  EXPECT_EQ(again->root(), grown.log.root());
}

TEST(Log, IsNotTakenUpFromPartialTilesThatDoNotFitItsSize) {
  const Grown grown(300);
  auto partial = grown.source.partial(300);
  EXPECT_TRUE(Log::from(300, partial));
  EXPECT_EQ(Log::from(301, partial).error().code, Errc::corrupt);
  EXPECT_EQ(Log::from(kTreeSizeMax + 1, partial).error().code, Errc::corrupt);
  partial[0].pop_back();
  EXPECT_EQ(Log::from(300, partial).error().code, Errc::corrupt);
}

TEST(Log, RefusesProofsThatCannotBe) {
  const Grown grown(10);
  EXPECT_FALSE(log_inclusion(grown.source, 10, 10));
  EXPECT_FALSE(log_consistency(grown.source, 0, 10));
  EXPECT_FALSE(log_consistency(grown.source, 7, 6));
  EXPECT_EQ(log_root(grown.source, 0).value(), empty_root());
  EXPECT_FALSE(log_root(grown.source, kTreeSizeMax + 1));
}

TEST(Tiles, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_path({TileKind::hashes, 0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({TileKind::hashes, 2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(tile_path({TileKind::entries, 0, 273, 112}), "tile/entries/273.p/112");
  EXPECT_EQ(tile_path({TileKind::statements, 0, 1000, 256}), "tile/statements/x001/000");
}

TEST(Tiles, APathHasOneSpelling) {
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{999}, std::uint64_t{1000},
                                    std::uint64_t{1234067}, ~std::uint64_t{0}}) {
    for (const std::uint32_t width : {1U, 255U, 256U}) {
      for (const TileKind kind : {TileKind::hashes, TileKind::entries, TileKind::statements}) {
        const TileName name{kind, kind == TileKind::hashes ? 63U : 0U, index, width};
        const auto parsed = parse_tile_path(tile_path(name));
        ASSERT_TRUE(parsed) << tile_path(name);
        EXPECT_EQ(*parsed, name);
      }
    }
  }
  for (const std::string_view path : {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/00/000",
                                      "tile/64/000",
                                      "tile/0/0",
                                      "tile/0/0000",
                                      "tile/0/000/",
                                      "tile/0/x000/000",
                                      "tile/0/001/000",
                                      "tile/0/x001/x000",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/257",
                                      "tile/0/000.p/01",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/1/",
                                      "tile/+1/000",
                                      "tile/entries/0a0",
                                      "/tile/0/000",
                                      "tile/0/x018/x446/x744/x073/x709/x551/616",
                                      "tile/other/000"}) {
    EXPECT_FALSE(parse_tile_path(path)) << path;
  }
}

TEST(Tiles, WidthsFollowTheLogSize) {
  EXPECT_EQ(tile_width(0, 0, 0), 0U);
  EXPECT_EQ(tile_width(0, 0, 256), 256U);
  EXPECT_EQ(tile_width(0, 1, 256), 0U);
  EXPECT_EQ(tile_width(1, 0, 256), 1U);
  EXPECT_EQ(tile_width(0, 273, 70'000), 112U);
  EXPECT_EQ(tile_width(1, 1, 70'000), 17U);
  EXPECT_EQ(tile_width(2, 0, 70'000), 1U);
  EXPECT_EQ(tile_width(3, 0, 70'000), 0U);
  EXPECT_EQ(tile_width(8, 0, kTreeSizeMax), 0U);
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, 70'000), 0U);
}

TEST(Tiles, BundlesFrameWhatTheyHold) {
  const std::vector<Digest> entries{leaf(1), leaf(2)};
  const Bytes bundle = entry_bundle(entries);
  EXPECT_EQ(bundle.size(), 2 * 34U);
  EXPECT_EQ(to_hex(ByteView(bundle).first(2)), "0020");
  Bytes statements;
  append_statement(statements, as_bytes("abc"));
  append_statement(statements, {});
  EXPECT_EQ(to_hex(statements), "0000000361626300000000");
  EXPECT_EQ(tile_body(entries).size(), 64U);
}

}  // namespace
}  // namespace footproof::ledger
