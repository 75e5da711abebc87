#include "attest/merkle.h"

#include <algorithm>
#include <array>
#include <bit>

#include "attest/check.h"

namespace footproof {
namespace {

constexpr auto kLeafPrefix = std::to_array<std::uint8_t>({0});
constexpr auto kNodePrefix = std::to_array<std::uint8_t>({1});

Digest range_root(Leaves leaves, LeafRange range) {
  return tree_root(leaves.subspan(range.begin, range.size()));
}

std::vector<Digest> roots_of(Leaves leaves, const std::vector<LeafRange>& ranges) {
  std::vector<Digest> roots;
  roots.reserve(ranges.size());
  for (const LeafRange range : ranges) roots.push_back(range_root(leaves, range));
  return roots;
}

// How many path hashes join `index` to the root of `size` leaves: RFC 9162 without hashing.
std::size_t inclusion_path_length(std::uint64_t index, std::uint64_t size) {
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  std::size_t length = 0;
  while (last > 0) {
    if ((node & 1) == 1 || node < last) ++length;
    node >>= 1;
    last >>= 1;
  }
  return length;
}

// Walks a multi-proof; the openings and hashes are consumed from the front.
class MultiProofWalk {
 public:
  MultiProofWalk(std::span<const OpenedLeaf> opened, std::span<const Digest> hashes)
      : opened_(opened), hashes_(hashes) {}

  Digest root(LeafRange range) {
    if (failed_) return Digest{};
    const bool opens = !opened_.empty() && opened_.front().index < range.end;
    if (!opens) return next_hash();
    if (range.size() == 1) {
      const Digest hash = opened_.front().hash;
      opened_ = opened_.subspan(1);
      return hash;
    }
    const std::uint64_t middle = range.begin + split_point(range.size());
    const Digest left = root({range.begin, middle});
    const Digest right = root({middle, range.end});
    return node_hash(left, right);
  }

  [[nodiscard]] bool used_exactly() const { return !failed_ && opened_.empty() && hashes_.empty(); }

 private:
  Digest next_hash() {
    if (hashes_.empty()) {
      failed_ = true;
      return Digest{};
    }
    const Digest hash = hashes_.front();
    hashes_ = hashes_.subspan(1);
    return hash;
  }

  std::span<const OpenedLeaf> opened_;
  std::span<const Digest> hashes_;
  bool failed_ = false;
};

void collect_multi_proof(Leaves leaves, LeafRange range, std::span<const std::uint64_t>& indexes,
                         std::vector<Digest>& proof) {
  if (indexes.empty() || indexes.front() >= range.end) {
    proof.push_back(range_root(leaves, range));
    return;
  }
  if (range.size() == 1) {
    indexes = indexes.subspan(1);
    return;
  }
  const std::uint64_t middle = range.begin + split_point(range.size());
  collect_multi_proof(leaves, {range.begin, middle}, indexes, proof);
  collect_multi_proof(leaves, {middle, range.end}, indexes, proof);
}

}  // namespace

Digest leaf_hash(ByteView entry) { return sha256({kLeafPrefix, entry}); }

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({kNodePrefix, left.view(), right.view()});
}

Digest empty_root() { return sha256(ByteView{}); }

std::uint64_t split_point(std::uint64_t size) {
  CHECK(size > 1);
  return std::bit_floor(size - 1);
}

Digest tree_root(Leaves leaves) {
  if (leaves.size() == 1) return leaves.front();
  Frontier frontier;
  for (const Digest& leaf : leaves) frontier.append(leaf);
  return frontier.root();
}

Result<std::vector<LeafRange>> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  if (size > kTreeSizeMax) return fail(Errc::usage, "the tree size is above 2^63-1");
  if (index >= size) return fail(Errc::usage, "the leaf index is not below the tree size");
  std::vector<LeafRange> ranges;
  LeafRange range{0, size};
  while (range.size() > 1) {
    const std::uint64_t middle = range.begin + split_point(range.size());
    const bool left = index < middle;
    ranges.push_back(left ? LeafRange{middle, range.end} : LeafRange{range.begin, middle});
    range = left ? LeafRange{range.begin, middle} : LeafRange{middle, range.end};
  }
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

Result<std::vector<LeafRange>> consistency_ranges(std::uint64_t old_size, std::uint64_t new_size) {
  if (new_size > kTreeSizeMax) return fail(Errc::usage, "the tree size is above 2^63-1");
  if (old_size == 0) return fail(Errc::usage, "there is no consistency proof from size 0");
  if (old_size > new_size) return fail(Errc::usage, "the old size is above the new size");
  std::vector<LeafRange> ranges;
  LeafRange range{0, new_size};
  // RFC 9162 §2.1.4.1, iterated: descend to the last complete subtree of the old tree.
  while (old_size != range.end) {
    const std::uint64_t middle = range.begin + split_point(range.size());
    const bool left = old_size <= middle;
    ranges.push_back(left ? LeafRange{middle, range.end} : LeafRange{range.begin, middle});
    range = left ? LeafRange{range.begin, middle} : LeafRange{middle, range.end};
  }
  // The old tree's own root is known to the verifier when it is a left edge of the new tree.
  if (range.begin != 0) ranges.push_back(range);
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

Result<std::vector<Digest>> inclusion_path(Leaves leaves, std::uint64_t index) {
  const auto ranges = inclusion_ranges(index, leaves.size());
  if (!ranges) return fail(ranges.error());
  return roots_of(leaves, *ranges);
}

Result<std::vector<Digest>> consistency_path(Leaves leaves, std::uint64_t old_size) {
  const auto ranges = consistency_ranges(old_size, leaves.size());
  if (!ranges) return fail(ranges.error());
  return roots_of(leaves, *ranges);
}

Result<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                   std::span<const Digest> path) {
  if (size > kTreeSizeMax) return fail(Errc::bad_proof, "the tree size is above 2^63-1");
  if (index >= size) return fail(Errc::bad_proof, "the leaf index is not below the tree size");
  if (path.size() != inclusion_path_length(index, size)) {
    return fail(Errc::bad_proof, "the inclusion path has the wrong number of hashes");
  }
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest root = leaf;
  for (const Digest& sibling : path) {
    while ((node & 1) == 0 && node == last) {  // a right edge without sibling moves up unhashed
      node >>= 1;
      last >>= 1;
    }
    root = (node & 1) == 1 ? node_hash(sibling, root) : node_hash(root, sibling);
    node >>= 1;
    last >>= 1;
  }
  return root;
}

Result<void> verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const Digest> path, const Digest& root) {
  const auto reached = root_from_inclusion(leaf, index, size, path);
  if (!reached) return fail(reached.error());
  if (*reached != root) {
    return fail(Errc::bad_proof, "the inclusion path does not lead to the root");
  }
  return {};
}

Result<void> verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                std::span<const Digest> path, const Digest& old_root,
                                const Digest& new_root) {
  if (new_size > kTreeSizeMax) return fail(Errc::bad_proof, "the tree size is above 2^63-1");
  if (old_size == 0) return fail(Errc::bad_proof, "there is no consistency proof from size 0");
  if (old_size > new_size) return fail(Errc::bad_proof, "the old size is above the new size");
  if (old_size == new_size) {
    if (!path.empty()) return fail(Errc::bad_proof, "equal sizes need an empty consistency path");
    if (old_root != new_root) return fail(Errc::bad_proof, "equal sizes with different roots");
    return {};
  }
  const auto ranges = consistency_ranges(old_size, new_size);
  if (!ranges) return fail(Errc::bad_proof, ranges.error().detail);
  if (path.size() != ranges->size()) {
    return fail(Errc::bad_proof, "the consistency path has the wrong number of hashes");
  }
  const bool starts_at_old_root = std::has_single_bit(old_size);
  std::uint64_t node = old_size - 1;
  std::uint64_t last = new_size - 1;
  const auto trailing_ones = static_cast<unsigned>(std::countr_one(node));
  node >>= trailing_ones;
  last >>= trailing_ones;
  Digest old_reached = starts_at_old_root ? old_root : path.front();
  Digest new_reached = old_reached;
  for (const Digest& hash : path.subspan(starts_at_old_root ? 0 : 1)) {
    while ((node & 1) == 0 && node == last) {
      node >>= 1;
      last >>= 1;
    }
    if ((node & 1) == 1) {
      old_reached = node_hash(hash, old_reached);
      new_reached = node_hash(hash, new_reached);
    } else {
      new_reached = node_hash(new_reached, hash);
    }
    node >>= 1;
    last >>= 1;
  }
  if (old_reached != old_root) {
    return fail(Errc::bad_proof, "the consistency path does not lead to the old root");
  }
  if (new_reached != new_root) {
    return fail(Errc::bad_proof, "the consistency path does not lead to the new root");
  }
  return {};
}

Result<std::vector<Digest>> multi_proof(Leaves leaves, std::span<const std::uint64_t> indexes) {
  if (leaves.empty()) return fail(Errc::usage, "an empty tree has no multi-proof");
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (indexes[i] >= leaves.size() || (i > 0 && indexes[i] <= indexes[i - 1])) {
      return fail(Errc::usage, "multi-proof indexes must increase and stay below the tree size");
    }
  }
  std::vector<Digest> proof;
  collect_multi_proof(leaves, {0, leaves.size()}, indexes, proof);
  return proof;
}

Result<Digest> root_from_multi_proof(std::uint64_t size, std::span<const OpenedLeaf> opened,
                                     std::span<const Digest> hashes) {
  if (size == 0 || size > kTreeSizeMax) {
    return fail(Errc::bad_proof, "the tree size of a multi-proof must be 1 to 2^63-1");
  }
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (opened[i].index >= size || (i > 0 && opened[i].index <= opened[i - 1].index)) {
      return fail(Errc::bad_proof,
                  "the opened positions must increase and stay below the tree size");
    }
  }
  MultiProofWalk walk(opened, hashes);
  const Digest root = walk.root({0, size});
  if (!walk.used_exactly()) {
    return fail(Errc::bad_proof, "the multi-proof has the wrong number of hashes");
  }
  return root;
}

Result<Frontier> Frontier::from(std::uint64_t size, std::vector<Digest> roots) {
  if (size > kTreeSizeMax) return fail(Errc::bad_value, "the tree size is above 2^63-1");
  if (roots.size() != static_cast<std::size_t>(std::popcount(size))) {
    return fail(Errc::bad_length, "a frontier has one root for each bit set in its size");
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.roots_ = std::move(roots);
  return frontier;
}

void Frontier::append(const Digest& leaf) {
  CHECK(size_ < kTreeSizeMax);
  Digest carry = leaf;
  for (std::uint64_t bits = size_; (bits & 1) == 1; bits >>= 1) {
    carry = node_hash(roots_.back(), carry);
    roots_.pop_back();
  }
  roots_.push_back(carry);
  ++size_;
}

Digest Frontier::root() const {
  if (roots_.empty()) return empty_root();
  Digest root = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) root = node_hash(roots_[i], root);
  return root;
}

}  // namespace footproof
