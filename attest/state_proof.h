// Proofs that the state tree holds certain records, or holds none, under certain keys
// (docs/formats.md §6).
//
// The state tree is a compact sparse Merkle tree over 256-bit keys: leaf = H(0x02 ‖ key ‖
// H(value)), node = H(0x03 ‖ left ‖ right), an empty subtree is 32 zero bytes, and a subtree with
// one leaf is that leaf. Its root depends on the contents only. Bit 0 of a key is the most
// significant bit of its first byte; a 0 goes left.
//
// A proof is for all asked keys at once. Walk from the root, left before right, to where every
// asked key ends in a terminal. Where only one side holds asked keys, the other side's hash is the
// next sibling, taken before descending; where both do, there is none. Terminals come left to
// right. The proof of one key is thus its siblings from the root down and its terminal.
//
// Every proof has one spelling. Refused beside a wrong root: siblings or terminals left over or
// missing; a terminal deeper than 256 or above its keys; a leaf that no asked key claims, or two
// do; a foreign leaf that is one of the asked keys or does not share the first `depth` bits with
// them; a leaf or an empty terminal beside an empty subtree (it would stand higher).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kStateDepthMax = 256;
inline constexpr std::size_t kStateProofKeysMax = 64;
inline constexpr std::size_t kStateProofSiblingsMax = kStateProofKeysMax * kStateDepthMax;

// The empty subtree, and the root of the empty tree.
inline constexpr Digest kStateEmpty{};

[[nodiscard]] Digest state_value_hash(ByteView record);  // H(value)
[[nodiscard]] Digest state_leaf_hash(const Digest& key, const Digest& value_hash);
// Not for two empty sides, nor for one empty side and one leaf: those are no nodes.
[[nodiscard]] Digest state_node_hash(const Digest& left, const Digest& right);
// Bit `depth` of a key, 0 ≤ depth < 256: the way to go from a node at that depth.
[[nodiscard]] bool state_key_bit(const Digest& key, std::size_t depth);
// How many leading bits two keys share; 256 if they are equal.
[[nodiscard]] std::size_t state_shared_bits(const Digest& a, const Digest& b);

struct StateTerminal {
  enum class Kind : std::uint8_t {
    empty,    // an empty subtree: its asked keys are absent
    leaf,     // the leaf of one of its asked keys; the others are absent
    foreign,  // the leaf of a key that was not asked for: its asked keys are absent
  };
  Kind kind = Kind::empty;
  std::uint16_t depth = 0;  // its distance from the root, at most 256
  Digest key;               // foreign only
  Digest value_hash;        // foreign only
  friend bool operator==(const StateTerminal&, const StateTerminal&) = default;
};

struct StateProof {
  std::vector<Digest> siblings;  // kStateEmpty where the sibling is empty; encoded as a bitmap
  std::vector<StateTerminal> terminals;
  friend bool operator==(const StateProof&, const StateProof&) = default;
};

[[nodiscard]] Bytes encode(const StateProof& proof);
[[nodiscard]] Result<StateProof> parse_state_proof(ByteView bytes);

// What a proof is asked to show about one key.
struct StateClaim {
  Digest key;
  std::optional<Digest> value_hash;  // none: there is no record under this key
};

// The root that the proof and the claims lead to. The claims may come in any order; equal keys are
// refused.
[[nodiscard]] Result<Digest> state_root_from(const StateProof& proof,
                                             std::span<const StateClaim> claims);
// Succeeds only if that is `root`.
[[nodiscard]] Result<void> verify_state_proof(const StateProof& proof, const Digest& root,
                                              std::span<const StateClaim> claims);

}  // namespace footproof
