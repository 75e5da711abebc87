// Openings: chosen leaves of a sealed declaration, with the multi-proof that leads from them to its
// root (docs/formats.md §4.2).
//
// Verified openings say: these labels have these values in the declaration with this root. A core
// slot stands at its rank, so its value is the only one; that no other label occurs twice is
// vouched for by the verifier who attested, not by the tree.
// doc:* leaves are opened only together with the document: an unsalted hash invites guessing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "attest/cbor.h"
#include "attest/seal.h"
#include "attest/subject.h"

namespace footproof {

inline constexpr std::size_t kOpeningsMax = 65536;
inline constexpr std::size_t kOpeningLabelMax = 8192;                  // bytes
inline constexpr std::size_t kOpeningValueMax = std::size_t{1} << 20;  // bytes, encoded
inline constexpr std::size_t kMultiProofHashesMax = std::size_t{1} << 20;

struct OpenedEntry {
  std::uint64_t index = 0;  // position in the declaration's tree
  Digest salt;
  std::string label;
  Bytes value;  // CBOR
  friend bool operator==(const OpenedEntry&, const OpenedEntry&) = default;
};

struct Openings {
  std::vector<OpenedEntry> entries;  // index strictly increases
  std::vector<Digest> proof;
  friend bool operator==(const Openings&, const Openings&) = default;
};

// not_found: no such label. refused: a doc:* label (open_documents) or a decoy.
[[nodiscard]] Result<Openings> open_labels(const SealedDeclaration& sealed,
                                           const std::set<std::string>& labels);
// The same, and the leaves of these documents, which the caller hands over too.
[[nodiscard]] Result<Openings> open_labels_with_documents(const SealedDeclaration& sealed,
                                                          const std::set<std::string>& labels,
                                                          const std::set<std::size_t>& documents);

// Everything: labels and values well-formed, core slots at their rank, other leaves behind them,
// no label twice, all hashes consumed, the root reached. bad_proof, else malformed.
[[nodiscard]] Result<void> verify_openings(const DeclarationTree& tree, const Openings& openings);

// Does an opened doc:<n> leaf name exactly these bytes? not_found if that leaf is not opened.
// Only after verify_openings().
[[nodiscard]] Result<void> verify_document(const Openings& openings, std::size_t document,
                                           ByteView bytes);

// The opened core value of a slot; nullptr if it is not opened.
[[nodiscard]] const OpenedEntry* find_opened(const Openings& openings, std::string_view label);

// [[index …], [[salt, label, value] …], [hash …]], one item.
void write_openings(cbor::Writer& out, const Openings& openings);
// Reads that item; errors stay in the reader. Does not verify.
[[nodiscard]] Openings read_openings(cbor::Reader& in);

}  // namespace footproof
