// P1 and P2 of the proof catalogue: every proof of every small tree verifies, every single-bit
// flip of any of its parts is refused, and the classic confusions do not work.
#include "attest/merkle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

namespace footproof {
namespace {

constexpr std::uint64_t kSizeMax = 130;

std::vector<Digest> sample_leaves(std::uint64_t size) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < size; ++i) {
    leaves.push_back(leaf_hash(ByteWriter().u64(i).bytes()));
  }
  return leaves;
}

// RFC 9162 §2.1.1 as it is written there: slow, and independent of Frontier.
Digest definition_root(Leaves leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(definition_root(leaves.first(k)), definition_root(leaves.subspan(k)));
}

Digest flipped(Digest digest, std::size_t bit) {
  digest.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  return digest;
}

// Calls `refused` with every path that differs from `path` in one bit.
void for_each_flip(const std::vector<Digest>& path,
                   const std::function<void(const std::vector<Digest>&)>& refused) {
  std::vector<Digest> copy = path;
  for (Digest& hash : copy) {
    const Digest kept = hash;
    for (std::size_t bit = 0; bit < 256; ++bit) {
      hash = flipped(kept, bit);
      refused(copy);
    }
    hash = kept;
  }
}

TEST(Merkle, KnownValues) {
  EXPECT_EQ(empty_root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(leaf_hash({}).hex(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(tree_root({}), empty_root());
}

TEST(Merkle, RootIsTheDefinition) {
  const auto leaves = sample_leaves(kSizeMax);
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    const Leaves some = Leaves(leaves).first(size);
    EXPECT_EQ(tree_root(some), definition_root(some)) << size;
  }
}

TEST(Merkle, EveryInclusionProofVerifiesAndLeadsOnlyThere) {
  const auto all = sample_leaves(kSizeMax);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = tree_root(leaves);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = inclusion_path(leaves, index);
      ASSERT_TRUE(path.has_value());
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, *path, root).has_value())
          << index << " of " << size;
      for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t flip = std::uint64_t{1} << bit;
        ASSERT_FALSE(verify_inclusion(leaves[index], index ^ flip, size, *path, root).has_value());
      }
    }
  }
}

// A tree size is not bound by an inclusion proof alone: some neighbouring sizes share index, path
// length and directions. It is bound by the checkpoint, which signs size and root together. What
// must hold is that a flipped size never leads to another root than the true one unnoticed.
TEST(Merkle, FlippedSizeIsRefusedWhereThePathShapeChanges) {
  const auto all = sample_leaves(kSizeMax);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = tree_root(leaves);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = inclusion_path(leaves, index);
      for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t other = size ^ (std::uint64_t{1} << bit);
        const auto verified = verify_inclusion(leaves[index], index, other, *path, root);
        if (!verified) continue;
        const auto shape = inclusion_ranges(index, other);
        ASSERT_TRUE(shape.has_value());
        ASSERT_EQ(shape->size(), path->size());
      }
    }
  }
}

// All bits for the sizes where shapes change; for every size and index, one bit of each byte (which
// one rotates), so that the whole stays quick.
TEST(Merkle, EveryFlippedBitOfPathLeafAndRootIsRefused) {
  const auto all = sample_leaves(kSizeMax);
  const std::set<std::uint64_t> thorough = {1, 2, 3, 7, 8, 9, 64, 65, 100, 127, 128, 129, 130};
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = tree_root(leaves);
    const std::size_t step = thorough.contains(size) ? 1 : 8;
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = *inclusion_path(leaves, index);
      for (std::size_t bit = (index + size) % step; bit < 256; bit += step) {
        ASSERT_FALSE(
            verify_inclusion(flipped(leaves[index], bit), index, size, path, root).has_value());
        ASSERT_FALSE(
            verify_inclusion(leaves[index], index, size, path, flipped(root, bit)).has_value());
        for (std::size_t i = 0; i < path.size(); ++i) {
          auto bad = path;
          bad[i] = flipped(bad[i], bit);
          ASSERT_FALSE(verify_inclusion(leaves[index], index, size, bad, root).has_value());
        }
      }
    }
  }
}

TEST(Merkle, PathOfWrongLengthIsRefused) {
  const auto all = sample_leaves(kSizeMax);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = tree_root(leaves);
    for (std::uint64_t index = 0; index < size; ++index) {
      auto path = *inclusion_path(leaves, index);
      path.push_back(root);
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, path, root).has_value());
      path.pop_back();
      if (path.empty()) continue;
      path.pop_back();
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, path, root).has_value());
    }
  }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndOnlyForItsSizes) {
  const auto all = sample_leaves(kSizeMax);
  std::vector<Digest> roots;
  for (std::uint64_t size = 0; size <= kSizeMax; ++size) {
    roots.push_back(tree_root(Leaves(all).first(size)));
  }
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    for (std::uint64_t old = 1; old <= size; ++old) {
      const auto path = consistency_path(Leaves(all).first(size), old);
      ASSERT_TRUE(path.has_value());
      ASSERT_TRUE(verify_consistency(old, size, *path, roots[old], roots[size]).has_value())
          << old << " to " << size;
      // A proof for other roots, or longer or shorter, is none.
      ASSERT_FALSE(
          verify_consistency(old, size, *path, flipped(roots[old], 7), roots[size]).has_value());
      ASSERT_FALSE(
          verify_consistency(old, size, *path, roots[old], flipped(roots[size], 7)).has_value());
      auto longer = *path;
      longer.push_back(roots[old]);
      ASSERT_FALSE(verify_consistency(old, size, longer, roots[old], roots[size]).has_value());
      if (path->empty()) continue;
      const std::vector<Digest> shorter(path->begin(), path->end() - 1);
      ASSERT_FALSE(verify_consistency(old, size, shorter, roots[old], roots[size]).has_value());
    }
  }
}

TEST(Merkle, EveryFlippedBitOfAConsistencyPathIsRefused) {
  const auto all = sample_leaves(kSizeMax);
  for (const std::uint64_t size : {2U, 3U, 7U, 8U, 9U, 33U, 64U, 65U, 130U}) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = tree_root(leaves);
    for (std::uint64_t old = 1; old < size; ++old) {
      const Digest old_root = tree_root(leaves.first(old));
      for_each_flip(*consistency_path(leaves, old), [&](const std::vector<Digest>& bad) {
        ASSERT_FALSE(verify_consistency(old, size, bad, old_root, root).has_value());
      });
    }
  }
}

TEST(Merkle, ConsistencyFromNothingOrBackwardsIsRefused) {
  const auto leaves = sample_leaves(4);
  const Digest root = tree_root(leaves);
  EXPECT_FALSE(verify_consistency(0, 4, {}, empty_root(), root).has_value());
  EXPECT_FALSE(verify_consistency(0, 0, {}, empty_root(), empty_root()).has_value());
  EXPECT_FALSE(verify_consistency(4, 3, {}, root, root).has_value());
  EXPECT_TRUE(verify_consistency(4, 4, {}, root, root).has_value());
  EXPECT_FALSE(consistency_path(leaves, 0).has_value());
  EXPECT_FALSE(consistency_path(leaves, 5).has_value());
}

TEST(Merkle, NodeDoesNotPassAsLeafNorLeafAsNode) {
  const auto leaves = sample_leaves(4);
  const Digest root = tree_root(leaves);
  // An entry of 64 bytes that is two node hashes: with prefixes it is not their node.
  const Digest left = node_hash(leaves[0], leaves[1]);
  const Digest right = node_hash(leaves[2], leaves[3]);
  Bytes entry = to_bytes(left.view());
  append(entry, right.view());
  EXPECT_NE(leaf_hash(entry), root);
  // Claiming a node as a leaf of a tree half the size: only the size, which is signed, stops it.
  EXPECT_FALSE(verify_inclusion(left, 0, 4, std::vector<Digest>{right}, root).has_value());
}

TEST(Merkle, LastLeafIsNotDuplicated) {
  auto leaves = sample_leaves(3);
  const Digest root = tree_root(leaves);
  leaves.push_back(leaves.back());
  EXPECT_NE(tree_root(leaves), root);
}

TEST(Merkle, SizesAtTheLimitEndAndNeverOverflow) {
  const Digest leaf = leaf_hash({});
  const std::vector<Digest> path(63, leaf);
  EXPECT_TRUE(root_from_inclusion(leaf, 0, kTreeSizeMax, path).has_value());
  EXPECT_FALSE(root_from_inclusion(leaf, 0, kTreeSizeMax + 1, path).has_value());
  EXPECT_FALSE(root_from_inclusion(leaf, 0, ~std::uint64_t{0}, path).has_value());
  EXPECT_FALSE(root_from_inclusion(leaf, 0, 0, {}).has_value());
  EXPECT_FALSE(root_from_inclusion(leaf, kTreeSizeMax, kTreeSizeMax, path).has_value());
  EXPECT_EQ(inclusion_ranges(0, kTreeSizeMax)->size(), kPathLengthMax);
  EXPECT_FALSE(verify_consistency(1, kTreeSizeMax, {}, leaf, leaf).has_value());
  EXPECT_FALSE(verify_consistency(1, kTreeSizeMax + 1, path, leaf, leaf).has_value());
  EXPECT_TRUE(consistency_ranges(kTreeSizeMax - 1, kTreeSizeMax).has_value());
}

TEST(Merkle, FrontierGrowsLikeTheTreeAndCanBeTakenUpAgain) {
  const auto leaves = sample_leaves(kSizeMax);
  Frontier frontier;
  EXPECT_EQ(frontier.root(), empty_root());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    frontier.append(leaves[i]);
    EXPECT_EQ(frontier.root(), definition_root(Leaves(leaves).first(i + 1)));
    const auto again = Frontier::from(frontier.size(), frontier.roots());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, frontier);
  }
  EXPECT_FALSE(Frontier::from(3, {leaves[0]}).has_value());
  EXPECT_FALSE(Frontier::from(kTreeSizeMax + 1, {leaves[0]}).has_value());
}

std::vector<OpenedLeaf> opened_at(Leaves leaves, const std::vector<std::uint64_t>& indexes) {
  std::vector<OpenedLeaf> opened;
  for (const std::uint64_t index : indexes) opened.push_back({index, leaves[index]});
  return opened;
}

// All subsets of small trees; every one of its parts, changed, is refused or leads elsewhere.
TEST(Merkle, EverySubsetOfASmallTreeHasAMultiProof) {
  for (std::uint64_t size = 1; size <= 10; ++size) {
    const auto leaves = sample_leaves(size);
    const Digest root = tree_root(leaves);
    for (std::uint64_t subset = 0; subset < (std::uint64_t{1} << size); ++subset) {
      std::vector<std::uint64_t> indexes;
      for (std::uint64_t i = 0; i < size; ++i) {
        if ((subset >> i & 1) == 1) indexes.push_back(i);
      }
      auto proof = *multi_proof(leaves, indexes);
      const auto opened = opened_at(leaves, indexes);
      ASSERT_EQ(*root_from_multi_proof(size, opened, proof), root);
      proof.push_back(root);
      ASSERT_FALSE(root_from_multi_proof(size, opened, proof).has_value());
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      ASSERT_FALSE(root_from_multi_proof(size, opened, proof).has_value());
    }
  }
}

TEST(Merkle, FlippedBitsOfAMultiProofLeadElsewhere) {
  const std::uint64_t size = 128;
  const auto leaves = sample_leaves(size);
  const Digest root = tree_root(leaves);
  for (const std::vector<std::uint64_t>& indexes :
       {std::vector<std::uint64_t>{0}, {127}, {3, 4, 5}, {0, 63, 64, 127}, {}}) {
    const auto proof = *multi_proof(leaves, indexes);
    const auto opened = opened_at(leaves, indexes);
    for_each_flip(proof, [&](const std::vector<Digest>& bad) {
      ASSERT_NE(*root_from_multi_proof(size, opened, bad), root);
    });
    for (std::size_t i = 0; i < opened.size(); ++i) {
      for (std::size_t bit = 0; bit < 256; ++bit) {
        auto bad = opened;
        bad[i].hash = flipped(bad[i].hash, bit);
        ASSERT_NE(*root_from_multi_proof(size, bad, proof), root);
      }
      for (unsigned bit = 0; bit < 64; ++bit) {
        auto bad = opened;
        bad[i].index ^= std::uint64_t{1} << bit;
        const auto reached = root_from_multi_proof(size, bad, proof);
        ASSERT_TRUE(!reached || *reached != root) << bad[i].index;
      }
    }
  }
}

TEST(Merkle, MultiProofRefusesUnsortedRepeatedAndOutsidePositions) {
  const auto leaves = sample_leaves(8);
  const auto two = opened_at(leaves, {2, 5});
  const auto proof = *multi_proof(leaves, std::vector<std::uint64_t>{2, 5});
  EXPECT_FALSE(
      root_from_multi_proof(8, std::vector<OpenedLeaf>{two[1], two[0]}, proof).has_value());
  EXPECT_FALSE(
      root_from_multi_proof(8, std::vector<OpenedLeaf>{two[0], two[0], two[1]}, proof).has_value());
  EXPECT_FALSE(root_from_multi_proof(5, two, proof).has_value());
  EXPECT_FALSE(root_from_multi_proof(0, {}, proof).has_value());
  EXPECT_FALSE(root_from_multi_proof(kTreeSizeMax + 1, two, proof).has_value());
  EXPECT_FALSE(multi_proof(leaves, std::vector<std::uint64_t>{5, 2}).has_value());
  EXPECT_FALSE(multi_proof(leaves, std::vector<std::uint64_t>{8}).has_value());
  EXPECT_FALSE(multi_proof({}, {}).has_value());
}

}  // namespace
}  // namespace footproof
