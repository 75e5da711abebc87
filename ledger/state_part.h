// The state cut into parts that each prove themselves: what a node that begins with a snapshot
// fetches (docs/formats.md §11).
//
// A part is all that lies below a prefix of the keys: its records, or, where those are many, the
// hashes of the sixteen subtrees one hex digit further. Whoever holds the state root checks the
// part of the empty prefix by it, and every other part by the hash that the part above it gave. So
// a source that lies is found out at the part in which it lies, before anything else is fetched.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "ledger/snapshot.h"

namespace footproof::ledger {

inline constexpr std::size_t kStatePartRecordsMax = 8192;
// A part of several records is not made larger than the first; none is parsed above the second.
inline constexpr std::size_t kStatePartBytes = std::size_t{2} << 20U;
inline constexpr std::size_t kStatePartBytesMax = std::size_t{4} << 20U;
inline constexpr std::size_t kStateBranches = 16;

struct StateBranch {
  StateTree::Subtree::Kind kind = StateTree::Subtree::Kind::empty;
  Digest hash;
};

// Either branches or records; both empty: no key begins with the prefix. Branches are of two keys
// or more: one alone, or none, is given as such, so that each step down leads to something.
struct StatePart {
  std::vector<StateBranch> branches;              // kStateBranches, or none
  std::vector<std::pair<Digest, Bytes>> records;  // ascending by key
};

[[nodiscard]] Bytes encode(const StatePart& part);
[[nodiscard]] Result<StatePart> parse_state_part(ByteView bytes);

// `prefix`: 0 to 64 hex digits in lower case; else usage.
[[nodiscard]] Result<StatePart> make_state_part(const Snapshot& snapshot, std::string_view prefix);
// bad_proof: not the part below that prefix of the tree in which that subtree has this hash.
[[nodiscard]] Result<void> check_state_part(const StatePart& part, std::string_view prefix,
                                            const Digest& hash);

}  // namespace footproof::ledger
