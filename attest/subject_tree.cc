#include "attest/subject_tree.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "attest/merkle.h"

namespace footproof {

Digest subject_leaf(const DeclarationTree& tree) { return leaf_hash(declaration_entry(tree)); }

Result<SubjectTree> SubjectTree::make(std::vector<Digest> leaves) {
  if (!std::has_single_bit(leaves.size()) || leaves.size() > kSubjectCountMax) {
    return fail(Errc::usage, "a subject has a power of two of entries, at most 1048576");
  }
  SubjectTree tree;
  tree.by_hash_.resize(leaves.size());
  std::iota(tree.by_hash_.begin(), tree.by_hash_.end(), 0U);
  std::sort(tree.by_hash_.begin(), tree.by_hash_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return leaves[a] < leaves[b]; });
  const auto twice =
      std::adjacent_find(tree.by_hash_.begin(), tree.by_hash_.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return leaves[a] == leaves[b]; });
  if (twice != tree.by_hash_.end()) {
    return fail(Errc::usage, "a declaration stands twice in the subject");
  }
  tree.levels_.push_back(std::move(leaves));
  while (tree.levels_.back().size() > 1) {
    const auto& below = tree.levels_.back();
    std::vector<Digest> level(below.size() / 2);
    for (std::size_t i = 0; i < level.size(); ++i) {
      level[i] = node_hash(below[2 * i], below[2 * i + 1]);
    }
    tree.levels_.push_back(std::move(level));
  }
  return tree;
}

std::optional<std::uint64_t> SubjectTree::find(const DeclarationTree& tree) const {
  return find_leaf(subject_leaf(tree));
}

std::optional<std::uint64_t> SubjectTree::find_leaf(const Digest& leaf) const {
  const auto at = std::lower_bound(
      by_hash_.begin(), by_hash_.end(), leaf,
      [&](std::uint32_t position, const Digest& wanted) { return leaves()[position] < wanted; });
  if (at == by_hash_.end() || leaves()[*at] != leaf) return std::nullopt;
  return *at;
}

Result<std::vector<Digest>> SubjectTree::path(std::uint64_t position) const {
  if (position >= leaves().size()) {
    return fail(Errc::usage, "the position is not below the number of entries");
  }
  std::vector<Digest> path;
  path.reserve(levels_.size() - 1);
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, position /= 2) {
    path.push_back(levels_[level][position ^ 1U]);
  }
  return path;
}

}  // namespace footproof
