// The whole tree under a subject of many declarations: what a verifier builds before signing, and
// what finds a member's path later (docs/formats.md §4.3).
//
// Invariants: a power of two of leaves, 2^20 at most, none of them twice. All levels are kept, so
// that a path costs log2(count) look-ups: 64 bytes a leaf, 64 MiB for the largest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attest/digest.h"
#include "attest/result.h"
#include "attest/subject.h"

namespace footproof {

class SubjectTree {
 public:
  // Leaf hashes of the entries, in the order of the tree. usage: not a power of two, too many, or
  // one twice.
  [[nodiscard]] static Result<SubjectTree> make(std::vector<Digest> leaves);

  [[nodiscard]] Subject subject() const { return {levels_.back().front(), leaves().size()}; }
  [[nodiscard]] const std::vector<Digest>& leaves() const { return levels_.front(); }
  // Where the declaration with this tree stands.
  [[nodiscard]] std::optional<std::uint64_t> find(const DeclarationTree& tree) const;
  [[nodiscard]] std::optional<std::uint64_t> find_leaf(const Digest& leaf) const;
  // usage: a position that is not below the count.
  [[nodiscard]] Result<std::vector<Digest>> path(std::uint64_t position) const;

 private:
  SubjectTree() = default;
  std::vector<std::vector<Digest>> levels_;  // leaves first, the root alone last
  std::vector<std::uint32_t> by_hash_;       // positions, ascending by leaf hash
};

// The leaf of a declaration under a subject.
[[nodiscard]] Digest subject_leaf(const DeclarationTree& tree);

}  // namespace footproof
