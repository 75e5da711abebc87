// The `.catalogue` file (docs/formats.md §10): one attestation of many declarations, and all that
// is needed to find each member's place under it.
//
// It holds the leaf hashes of the subject in the order of the tree; a member finds its own, nobody
// else can tell a declaration from filler. Like an .attested file it is written before the
// statement is submitted, so that a retry after a kill sends the same bytes. Holds no secret.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/attested.h"
#include "attest/bytes.h"
#include "attest/receipt.h"
#include "attest/result.h"
#include "attest/subject_tree.h"

namespace footproof {

inline constexpr std::size_t kCatalogueSizeMax = std::size_t{40} * 1024 * 1024;

struct Catalogue {
  Bytes statement;  // COSE_Sign1 of an attestation with a count above 1
  SubjectTree tree;
  std::optional<Receipt> receipt;  // as it was when the statement was logged
  std::vector<std::string> nodes;  // URLs, as in attested.h
};

// Tells the two files apart by their first bytes, without judging them.
[[nodiscard]] bool looks_like_catalogue(ByteView bytes);

[[nodiscard]] Bytes encode_catalogue(const Catalogue& catalogue);
// Strict: one spelling; the leaves lead to the statement's own subject.
[[nodiscard]] Result<Catalogue> parse_catalogue(ByteView bytes);

// What an .attested file of this member alone would hold. not_found: it is no member.
[[nodiscard]] Result<Attested> member_of(const Catalogue& catalogue, const DeclarationTree& tree);

// Whether a sealed declaration with this tree root, of whatever size class, stands in it.
[[nodiscard]] bool has_member(const Catalogue& catalogue, const Digest& tree_root);

}  // namespace footproof
