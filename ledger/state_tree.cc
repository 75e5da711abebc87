#include "ledger/state_tree.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "attest/check.h"

namespace footproof::ledger {

// A leaf, or a node with at least two leaves below it. Immutable once made.
struct StateTree::Node {
  Digest hash;
  // leaf
  Digest key;
  Digest value_hash;
  // node; null: an empty side (the other side is then a node, never a leaf)
  Link left;
  Link right;

  [[nodiscard]] bool is_leaf() const { return !left && !right; }
};

namespace {

using Keys = std::span<const Digest>;  // ascending

}  // namespace

// The recursive parts. Depth is bounded by the 256 bits of a key.
struct StateTreeWalk {
  using Node = StateTree::Node;
  using Link = StateTree::Link;

  static Digest hash_of(const Link& link) { return link ? link->hash : kStateEmpty; }

  static Link leaf(const Digest& key, const Digest& value_hash) {
    return std::make_shared<const Node>(
        Node{state_leaf_hash(key, value_hash), key, value_hash, nullptr, nullptr});
  }

  static Link node(Link left, Link right) {
    const Digest hash = state_node_hash(hash_of(left), hash_of(right));
    return std::make_shared<const Node>(
        Node{hash, Digest{}, Digest{}, std::move(left), std::move(right)});
  }

  // Two leaves that share at least `depth` bits, joined as high as the rule allows: nodes with one
  // empty side down to where the keys part.
  static Link join(const Link& a, const Link& b, std::size_t depth) {
    std::size_t fork = state_shared_bits(a->key, b->key);
    CHECK(depth <= fork && fork < kStateDepthMax);
    Link joined = state_key_bit(a->key, fork) ? node(b, a) : node(a, b);
    while (fork > depth) {
      --fork;
      joined = state_key_bit(a->key, fork) ? node(nullptr, std::move(joined))
                                           : node(std::move(joined), nullptr);
    }
    return joined;
  }

  static Link put(const Link& at, std::size_t depth, const Link& leaf, bool& added) {
    if (!at) {
      added = true;
      return leaf;
    }
    if (at->is_leaf()) {
      if (at->key == leaf->key) return leaf;
      added = true;
      return join(at, leaf, depth);
    }
    if (state_key_bit(leaf->key, depth)) {
      return node(at->left, put(at->right, depth + 1, leaf, added));
    }
    return node(put(at->left, depth + 1, leaf, added), at->right);
  }

  static Link erase(const Link& at, std::size_t depth, const Digest& key, bool& erased) {
    if (!at) return at;
    if (at->is_leaf()) {
      erased = at->key == key;
      return erased ? nullptr : at;
    }
    const bool right = state_key_bit(key, depth);
    Link side = erase(right ? at->right : at->left, depth + 1, key, erased);
    if (!erased) return at;
    const Link& other = right ? at->left : at->right;
    // A subtree with one leaf is that leaf.
    if (!side && (!other || other->is_leaf())) return other;
    if (!other && side->is_leaf()) return side;
    return right ? node(other, std::move(side)) : node(std::move(side), other);
  }

  // Where the keys that begin with these bits hang; a leaf may hang higher.
  static const Node* below(const Node* at, const Digest& prefix, std::size_t bits) {
    for (std::size_t depth = 0; depth < bits && at != nullptr && !at->is_leaf(); ++depth) {
      at = (state_key_bit(prefix, depth) ? at->right : at->left).get();
    }
    const bool other = at != nullptr && at->is_leaf() && state_shared_bits(at->key, prefix) < bits;
    return other ? nullptr : at;
  }

  static void collect(const Node* at, std::size_t count, std::vector<Digest>& keys) {
    if (at == nullptr || keys.size() == count) return;
    if (at->is_leaf()) return keys.push_back(at->key);
    collect(at->left.get(), count, keys);
    collect(at->right.get(), count, keys);
  }

  // Walks to where every asked key ends (attest/state_proof.h). `keys` share `depth` bits.
  static void prove(const Link& at, std::size_t depth, Keys keys, StateProof& proof) {
    CHECK(!keys.empty());
    if (!at || at->is_leaf()) {
      StateTerminal terminal;
      terminal.depth = static_cast<std::uint16_t>(depth);
      if (at) {
        const bool asked = std::binary_search(keys.begin(), keys.end(), at->key);
        terminal.kind = asked ? StateTerminal::Kind::leaf : StateTerminal::Kind::foreign;
        if (!asked) {
          terminal.key = at->key;
          terminal.value_hash = at->value_hash;
        }
      }
      proof.terminals.push_back(terminal);
      return;
    }
    const auto fork = std::partition_point(
        keys.begin(), keys.end(), [&](const Digest& key) { return !state_key_bit(key, depth); });
    const auto left = static_cast<std::size_t>(fork - keys.begin());
    if (left == 0) {
      proof.siblings.push_back(hash_of(at->left));
    } else if (left == keys.size()) {
      proof.siblings.push_back(hash_of(at->right));
    }
    if (left > 0) prove(at->left, depth + 1, keys.first(left), proof);
    if (left < keys.size()) prove(at->right, depth + 1, keys.subspan(left), proof);
  }
};

void StateTree::put(const Digest& key, const Digest& value_hash) {
  bool added = false;
  root_ = StateTreeWalk::put(root_, 0, StateTreeWalk::leaf(key, value_hash), added);
  if (added) ++size_;
}

void StateTree::erase(const Digest& key) {
  bool erased = false;
  root_ = StateTreeWalk::erase(root_, 0, key, erased);
  if (erased) --size_;
}

Digest StateTree::root() const { return StateTreeWalk::hash_of(root_); }

std::optional<Digest> StateTree::find(const Digest& key) const {
  const Node* at = root_.get();
  for (std::size_t depth = 0; at != nullptr && !at->is_leaf(); ++depth) {
    at = (state_key_bit(key, depth) ? at->right : at->left).get();
  }
  if (at == nullptr || at->key != key) return std::nullopt;
  return at->value_hash;
}

StateTree::Subtree StateTree::subtree(const Digest& prefix, std::size_t bits) const {
  const Node* at = StateTreeWalk::below(root_.get(), prefix, bits);
  if (at == nullptr) return {Subtree::Kind::empty, kStateEmpty};
  return {at->is_leaf() ? Subtree::Kind::leaf : Subtree::Kind::node, at->hash};
}

std::vector<Digest> StateTree::keys_below(const Digest& prefix, std::size_t bits,
                                          std::size_t count) const {
  std::vector<Digest> keys;
  StateTreeWalk::collect(StateTreeWalk::below(root_.get(), prefix, bits), count, keys);
  return keys;
}

Result<StateProof> StateTree::prove(std::span<const Digest> keys) const {
  if (keys.empty() || keys.size() > kStateProofKeysMax) {
    return fail(Errc::usage, "state proof: ask for 1 to " + std::to_string(kStateProofKeysMax) +
                                 " keys, not " + std::to_string(keys.size()));
  }
  std::vector<Digest> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return fail(Errc::usage, "state proof: a key is asked for twice");
  }
  StateProof proof;
  StateTreeWalk::prove(root_, 0, sorted, proof);
  return proof;
}

}  // namespace footproof::ledger
