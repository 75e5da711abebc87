// The subject of an attestation: an RFC 9162 root over `count` declaration entries, of which the
// attestation shows nothing but root and count (docs/formats.md §4.3).
//
// count is a power of two, at most 2^20; what is not a declaration is 32 random bytes, so that a
// verifier's catalogue shows only its size class. Count 1 has an empty path.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::uint64_t kSubjectCountMax = std::uint64_t{1} << 20;

struct Subject {
  Digest root;
  std::uint64_t count = 1;
  friend bool operator==(const Subject&, const Subject&) = default;
};

// What an opening is checked against: one sealed declaration's public side.
struct DeclarationTree {
  std::string profile;  // core profile id
  std::uint64_t size = 0;
  Digest root;
  friend bool operator==(const DeclarationTree&, const DeclarationTree&) = default;
};

// CBOR ["footproof/declaration/v1", core profile id, tree size, tree root].
[[nodiscard]] Bytes declaration_entry(const DeclarationTree& tree);

// One entry a declaration or filler, in the order to use. usage: not a power of two of entries, too
// many, or an entry twice.
[[nodiscard]] Result<Subject> make_subject(std::span<const Bytes> entries);
[[nodiscard]] Result<std::vector<Digest>> subject_path(std::span<const Bytes> entries,
                                                       std::uint64_t position);
// The subject of one declaration alone.
[[nodiscard]] Subject single_subject(const DeclarationTree& tree);

// Strict: a count that is no power of two, a position not below it or a path of another length is
// bad_proof.
[[nodiscard]] Result<void> verify_subject(const DeclarationTree& tree, std::uint64_t position,
                                          std::span<const Digest> path, const Subject& subject);

}  // namespace footproof
