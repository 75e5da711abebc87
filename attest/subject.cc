#include "attest/subject.h"

#include <algorithm>
#include <bit>

#include "attest/cbor.h"
#include "attest/merkle.h"

namespace footproof {
namespace {

Result<std::vector<Digest>> subject_leaves(std::span<const Bytes> entries) {
  if (!std::has_single_bit(entries.size()) || entries.size() > kSubjectCountMax) {
    return fail(Errc::usage, "a subject has a power of two of entries, at most 1048576");
  }
  std::vector<Digest> leaves;
  leaves.reserve(entries.size());
  for (const Bytes& entry : entries) leaves.push_back(leaf_hash(entry));
  std::vector<Digest> sorted = leaves;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return fail(Errc::usage, "a declaration stands twice in the subject");
  }
  return leaves;
}

}  // namespace

Bytes declaration_entry(const DeclarationTree& tree) {
  cbor::Writer out;
  out.array(4).text("footproof/declaration/v1").text(tree.profile).uint(tree.size);
  out.digest(tree.root);
  return std::move(out).take();
}

Result<Subject> make_subject(std::span<const Bytes> entries) {
  const auto leaves = subject_leaves(entries);
  if (!leaves) return fail(leaves.error());
  return Subject{tree_root(*leaves), leaves->size()};
}

Result<std::vector<Digest>> subject_path(std::span<const Bytes> entries, std::uint64_t position) {
  const auto leaves = subject_leaves(entries);
  if (!leaves) return fail(leaves.error());
  return inclusion_path(*leaves, position);
}

Subject single_subject(const DeclarationTree& tree) {
  return Subject{leaf_hash(declaration_entry(tree)), 1};
}

Result<void> verify_subject(const DeclarationTree& tree, std::uint64_t position,
                            std::span<const Digest> path, const Subject& subject) {
  if (!std::has_single_bit(subject.count) || subject.count > kSubjectCountMax) {
    return fail(Errc::bad_proof, "the subject's count is not a power of two up to 1048576");
  }
  return verify_inclusion(leaf_hash(declaration_entry(tree)), position, subject.count, path,
                          subject.root);
}

}  // namespace footproof
