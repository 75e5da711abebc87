#include "attest/opening.h"

#include <algorithm>

#include "attest/leaf_value.h"
#include "attest/merkle.h"

namespace footproof {
namespace {

Result<Openings> open_positions(const SealedDeclaration& sealed,
                                const std::vector<std::uint64_t>& positions) {
  Openings openings;
  for (const std::uint64_t position : positions) {
    const SealedLeaf& leaf = sealed.leaves()[position];
    if (leaf.label.size() > kOpeningLabelMax || leaf.value.size() > kOpeningValueMax) {
      return fail(Errc::refused, "a field is too long to be opened: " + leaf.label.substr(0, 64));
    }
    openings.entries.push_back({position, leaf.salt, leaf.label, leaf.value});
  }
  if (openings.entries.size() > kOpeningsMax) {
    return fail(Errc::refused, "more than 65536 fields in one disclosure");
  }
  auto proof = multi_proof(sealed.leaf_hashes(), positions);
  if (!proof) return fail(proof.error());
  openings.proof = std::move(*proof);
  return openings;
}

// One opened leaf by itself; `label` is its parsed label.
Result<void> check_entry(const OpenedEntry& entry, const Label& label, const CoreProfile& profile) {
  if (label.kind == LabelKind::pad) return fail(Errc::malformed, "a decoy is never opened");
  if (label.kind == LabelKind::core && entry.index != label.number) {
    return fail(Errc::bad_proof, "a core slot does not stand at its rank");
  }
  if (label.kind != LabelKind::core && entry.index < profile.slots.size()) {
    return fail(Errc::bad_proof, "another leaf stands where a core slot belongs");
  }
  return check_leaf_value(label, entry.value, profile);
}

}  // namespace

Result<Openings> open_labels(const SealedDeclaration& sealed, const std::set<std::string>& labels) {
  return open_labels_with_documents(sealed, labels, {});
}

Result<Openings> open_labels_with_documents(const SealedDeclaration& sealed,
                                            const std::set<std::string>& labels,
                                            const std::set<std::size_t>& documents) {
  std::vector<std::uint64_t> positions;
  for (const std::string& label : labels) {
    const auto position = sealed.find(label);
    if (!position) return fail(Errc::not_found, "the declaration has no field " + label);
    if (label.starts_with("doc:")) {
      return fail(Errc::refused, "a document is disclosed only as a whole, with the file itself");
    }
    if (label.starts_with("pad:")) return fail(Errc::refused, "a decoy is never opened");
    positions.push_back(*position);
  }
  for (const std::size_t document : documents) {
    const auto position = sealed.find("doc:" + std::to_string(document));
    if (!position) return fail(Errc::not_found, "the declaration has no such document");
    positions.push_back(*position);
  }
  std::sort(positions.begin(), positions.end());
  return open_positions(sealed, positions);
}

Result<void> verify_openings(const DeclarationTree& tree, const Openings& openings) {
  const CoreProfile* profile = find_core_profile(tree.profile);
  if (profile == nullptr) {
    return fail(Errc::bad_version, "sealed under a core profile that this build does not know");
  }
  // A tree always has all core slots, and is padded to a size class.
  if (tree.size < kSealSizeClassMin || tree.size > kSealLeavesMax ||
      (tree.size & (tree.size - 1)) != 0) {
    return fail(Errc::bad_proof, "the size of the declaration's tree is not a size class");
  }
  std::set<std::string_view> labels;
  std::vector<OpenedLeaf> opened;
  for (const OpenedEntry& entry : openings.entries) {
    const auto label = parse_label(entry.label, *profile);
    if (!label) return fail(label.error());
    if (!labels.insert(entry.label).second) return fail(Errc::malformed, "a label is opened twice");
    if (auto good = check_entry(entry, *label, *profile); !good) return good;
    opened.push_back({entry.index, leaf_hash(leaf_entry(entry.salt, entry.label, entry.value))});
  }
  const auto root = root_from_multi_proof(tree.size, opened, openings.proof);
  if (!root) return fail(root.error());
  if (*root != tree.root) {
    return fail(Errc::bad_proof, "the opened fields do not lead to the declaration's root");
  }
  return {};
}

Result<void> verify_document(const Openings& openings, std::size_t document, ByteView bytes) {
  const OpenedEntry* entry = find_opened(openings, "doc:" + std::to_string(document));
  if (entry == nullptr) return fail(Errc::not_found, "the document's leaf is not opened");
  cbor::Reader in(entry->value, "document leaf");
  in.array_of(3);
  static_cast<void>(in.text(127));
  const std::uint64_t size = in.uint();
  const Digest digest = in.digest();
  if (auto whole = in.finish(); !whole) return whole;
  if (size != bytes.size() || digest != sha256(bytes)) {
    return fail(Errc::mismatch, "the document is not the one that was sealed");
  }
  return {};
}

const OpenedEntry* find_opened(const Openings& openings, std::string_view label) {
  for (const OpenedEntry& entry : openings.entries) {
    if (entry.label == label) return &entry;
  }
  return nullptr;
}

void write_openings(cbor::Writer& out, const Openings& openings) {
  out.array(3).array(openings.entries.size());
  for (const OpenedEntry& entry : openings.entries) out.uint(entry.index);
  out.array(openings.entries.size());
  for (const OpenedEntry& entry : openings.entries) {
    out.array(3).digest(entry.salt).text(entry.label).raw(entry.value);
  }
  out.array(openings.proof.size());
  for (const Digest& hash : openings.proof) out.digest(hash);
}

Openings read_openings(cbor::Reader& in) {
  Openings openings;
  in.array_of(3);
  const std::size_t count = in.array_up_to(kOpeningsMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    openings.entries.push_back({in.uint(), {}, {}, {}});
  }
  in.array_of(count);
  for (OpenedEntry& entry : openings.entries) {
    in.array_of(3);
    entry.salt = in.digest();
    entry.label = std::string(in.text(kOpeningLabelMax));
    const ByteView value = in.skip();
    if (value.size() > kOpeningValueMax) in.reject(Errc::bad_length, "an opened value above 1 MiB");
    if (in.failed()) break;
    entry.value = to_bytes(value);
  }
  const std::size_t hashes = in.array_up_to(kMultiProofHashesMax);
  for (std::size_t i = 0; i < hashes && !in.failed(); ++i) openings.proof.push_back(in.digest());
  return openings;
}

}  // namespace footproof
