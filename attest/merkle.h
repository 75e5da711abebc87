// RFC 9162 §2.1 Merkle trees: hashes, roots, inclusion and consistency proofs, multi-proofs, and
// the frontier that appends.
//
// leaf = H(0x00 ‖ entry), node = H(0x01 ‖ left ‖ right), empty tree = H(""); a tree of n > 1 leaves
// splits at the largest power of two smaller than n. Proofs run from the leaf's sibling upwards.
// Verifiers are strict: index < size, exactly the path length that index and size demand (at most
// 63), sizes up to 2^63 − 1, nothing optional. There is no consistency proof from size 0; a caller
// that wants "everything is consistent with nothing" says so itself.
// Functions that take indexes or sizes from outside answer with a Result; only `leaves` in memory
// are ours.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attest/digest.h"

namespace footproof {

inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63) - 1;
inline constexpr std::size_t kPathLengthMax = 63;

using Leaves = std::span<const Digest>;  // leaf hashes, in order

[[nodiscard]] Digest leaf_hash(ByteView entry);
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
[[nodiscard]] Digest empty_root();
[[nodiscard]] Digest tree_root(Leaves leaves);

// The largest power of two smaller than `size`; size > 1.
[[nodiscard]] std::uint64_t split_point(std::uint64_t size);

// The leaves [begin, end) of a subtree of the tree in question.
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  friend bool operator==(const LeafRange&, const LeafRange&) = default;
};

// The ranges whose subtree roots are the proof, in proof order: who stores nodes or tiles instead
// of all leaves makes proofs from these. usage unless index < size ≤ kTreeSizeMax, respectively
// 0 < old_size ≤ new_size ≤ kTreeSizeMax.
[[nodiscard]] Result<std::vector<LeafRange>> inclusion_ranges(std::uint64_t index,
                                                              std::uint64_t size);
[[nodiscard]] Result<std::vector<LeafRange>> consistency_ranges(std::uint64_t old_size,
                                                                std::uint64_t new_size);

// Proofs from all leaf hashes.
[[nodiscard]] Result<std::vector<Digest>> inclusion_path(Leaves leaves, std::uint64_t index);
// From the tree over the first old_size leaves to the tree over all.
[[nodiscard]] Result<std::vector<Digest>> consistency_path(Leaves leaves, std::uint64_t old_size);

// The root that leaf, index, size and path lead to (RFC 9162 §2.1.3.2).
[[nodiscard]] Result<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index,
                                                 std::uint64_t size, std::span<const Digest> path);
[[nodiscard]] Result<void> verify_inclusion(const Digest& leaf, std::uint64_t index,
                                            std::uint64_t size, std::span<const Digest> path,
                                            const Digest& root);
// RFC 9162 §2.1.4.2. Equal sizes: equal roots and an empty path. old_size 0 is refused.
[[nodiscard]] Result<void> verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                              std::span<const Digest> path, const Digest& old_root,
                                              const Digest& new_root);

// Multi-proof (docs/formats.md §4.2): walk [lo, hi); no opened leaf below: the next hash; one leaf:
// its hash; else split as RFC 9162, left first. No opened leaf at all: the proof is the root.
struct OpenedLeaf {
  std::uint64_t index = 0;
  Digest hash;
  friend bool operator==(const OpenedLeaf&, const OpenedLeaf&) = default;
};
// `indexes` strictly increase and are below leaves.size(); leaves is not empty.
[[nodiscard]] Result<std::vector<Digest>> multi_proof(Leaves leaves,
                                                      std::span<const std::uint64_t> indexes);
// Indexes strictly increase, all below `size`; all hashes are consumed; else bad_proof.
[[nodiscard]] Result<Digest> root_from_multi_proof(std::uint64_t size,
                                                   std::span<const OpenedLeaf> opened,
                                                   std::span<const Digest> hashes);

// The roots of the complete subtrees of a tree of `size` leaves, largest first: all that an
// appender must keep. Copy it to keep a snapshot.
class Frontier {
 public:
  Frontier() = default;
  // Taking up again: exactly one root for each bit that is set in `size`.
  [[nodiscard]] static Result<Frontier> from(std::uint64_t size, std::vector<Digest> roots);

  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<Digest>& roots() const { return roots_; }
  [[nodiscard]] Digest root() const;
  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> roots_;
};

}  // namespace footproof
