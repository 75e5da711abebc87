// The state tree: a compact sparse Merkle tree over 256-bit keys (docs/formats.md §6). A value:
// copies share their nodes and never change under a reader, so every snapshot holds its own tree.
//
//   leaf = H(0x02 ‖ key ‖ H(value)), node = H(0x03 ‖ left ‖ right), empty subtree = 32 zero bytes;
//   a subtree with one leaf is that leaf.
// Invariants: the root depends on the contents only; put and erase cost the depth of the key
// (about log2 of the number of leaves), never the size of the tree.
// The tree holds keys and value hashes, not values. A store rebuilds it from its records at open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attest/digest.h"
#include "attest/result.h"
#include "attest/state_proof.h"

namespace footproof::ledger {

class StateTree {
 public:
  StateTree() = default;

  // Puts H(value) under the key, in place of what was there.
  void put(const Digest& key, const Digest& value_hash);
  // Takes the key out; nothing happens if it is not there.
  void erase(const Digest& key);

  [[nodiscard]] Digest root() const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::optional<Digest> find(const Digest& key) const;  // H(value)

  // All keys that begin with the first `bits` bits of `prefix`; at most 256.
  struct Subtree {
    enum class Kind : std::uint8_t { empty, leaf, node };
    Kind kind = Kind::empty;
    Digest hash;  // kStateEmpty where it is empty
  };
  [[nodiscard]] Subtree subtree(const Digest& prefix, std::size_t bits) const;
  // Ascending, at most `count`.
  [[nodiscard]] std::vector<Digest> keys_below(const Digest& prefix, std::size_t bits,
                                               std::size_t count) const;

  // Presence or absence of 1 to kStateProofKeysMax distinct keys, in any order; else usage.
  [[nodiscard]] Result<StateProof> prove(std::span<const Digest> keys) const;

 private:
  friend struct StateTreeWalk;
  struct Node;
  using Link = std::shared_ptr<const Node>;  // null: an empty subtree
  Link root_;
  std::size_t size_ = 0;
};

}  // namespace footproof::ledger
