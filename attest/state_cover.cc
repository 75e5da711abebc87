#include "attest/state_cover.h"

#include <algorithm>

#include "attest/check.h"

namespace footproof {

// A verified proof, read once from left to right.
struct StateCover::Feed {
  const StateProof& proof;
  std::size_t sibling = 0;
  std::size_t terminal = 0;
};

StateCover::StateCover(const Digest& root) : root_(root) {
  Node top;
  top.hash = root;
  if (root == kStateEmpty) top.kind = Kind::empty;
  nodes_.push_back(top);
}

Result<void> StateCover::add(const StateProof& proof, std::span<const StateClaim> claims) {
  if (auto leads = verify_state_proof(proof, root_, claims); !leads) return leads;
  std::vector<StateClaim> sorted(claims.begin(), claims.end());
  std::ranges::sort(sorted, {}, &StateClaim::key);
  Feed feed{proof};
  take(0, 0, sorted, feed);
  return {};
}

void StateCover::take(std::uint32_t at, std::size_t depth, Claims claims, Feed& feed) {
  const StateTerminal& next = feed.proof.terminals[feed.terminal];
  if (next.depth == depth) {
    ++feed.terminal;
    take_terminal(at, claims, next);
    return;
  }
  if (nodes_[at].kind == Kind::unknown) {
    const auto left = static_cast<std::uint32_t>(nodes_.size());
    nodes_.resize(nodes_.size() + 2);
    nodes_[at].kind = Kind::node;
    nodes_[at].left = left;
    nodes_[at].right = left + 1;
  }
  CHECK(nodes_[at].kind == Kind::node);  // the proof was verified against the same root
  const std::uint32_t left = nodes_[at].left;
  const std::uint32_t right = nodes_[at].right;
  const auto fork = std::ranges::partition_point(
      claims, [&](const StateClaim& claim) { return !state_key_bit(claim.key, depth); });
  const auto below = static_cast<std::size_t>(fork - claims.begin());
  if (below == 0 || below == claims.size()) {
    Node& other = nodes_[below == 0 ? left : right];
    const Digest& hash = feed.proof.siblings[feed.sibling++];
    if (other.kind == Kind::unknown) {
      other.hash = hash;
      if (hash == kStateEmpty) other.kind = Kind::empty;
    }
  }
  if (below > 0) take(left, depth + 1, claims.first(below), feed);
  if (below < claims.size()) take(right, depth + 1, claims.subspan(below), feed);
  nodes_[at].hash = state_node_hash(nodes_[left].hash, nodes_[right].hash);
}

void StateCover::take_terminal(std::uint32_t at, Claims claims, const StateTerminal& terminal) {
  Node& node = nodes_[at];
  if (terminal.kind == StateTerminal::Kind::empty) {
    node.kind = Kind::empty;
    node.hash = kStateEmpty;
    return;
  }
  node.kind = Kind::leaf;
  node.key = terminal.key;
  node.value_hash = terminal.value_hash;
  if (terminal.kind == StateTerminal::Kind::leaf) {
    const auto mine = std::ranges::find_if(
        claims, [](const StateClaim& claim) { return claim.value_hash.has_value(); });
    CHECK(mine != claims.end());
    node.key = mine->key;
    node.value_hash = *mine->value_hash;
  }
  node.hash = state_leaf_hash(node.key, node.value_hash);
}

const StateCover::Node& StateCover::end_of(const Digest& key) const {
  const Node* at = nodes_.data();
  for (std::size_t depth = 0; at->kind == Kind::node; ++depth) {
    at = &nodes_[state_key_bit(key, depth) ? at->right : at->left];
  }
  return *at;
}

std::optional<StateCover::Shown> StateCover::prove(std::span<const Digest> keys) const {
  CHECK(!keys.empty() && keys.size() <= kStateProofKeysMax);
  Shown shown;
  for (const Digest& key : keys) {
    const Node& end = end_of(key);
    if (end.kind == Kind::unknown) return std::nullopt;
    const bool present = end.kind == Kind::leaf && end.key == key;
    shown.value_hashes.push_back(present ? std::optional(end.value_hash) : std::nullopt);
  }
  std::vector<Digest> sorted(keys.begin(), keys.end());
  std::ranges::sort(sorted);
  CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
  if (!walk(0, 0, sorted, shown.proof)) return std::nullopt;
  return shown;
}

bool StateCover::walk(std::uint32_t at, std::size_t depth, Keys keys, StateProof& proof) const {
  const Node& node = nodes_[at];
  if (node.kind == Kind::unknown) return false;
  if (node.kind != Kind::node) {
    StateTerminal terminal;
    terminal.depth = static_cast<std::uint16_t>(depth);
    if (node.kind == Kind::leaf) {
      const bool asked = std::ranges::binary_search(keys, node.key);
      terminal.kind = asked ? StateTerminal::Kind::leaf : StateTerminal::Kind::foreign;
      if (!asked) {
        terminal.key = node.key;
        terminal.value_hash = node.value_hash;
      }
    }
    proof.terminals.push_back(terminal);
    return true;
  }
  const auto fork = std::ranges::partition_point(
      keys, [&](const Digest& key) { return !state_key_bit(key, depth); });
  const auto below = static_cast<std::size_t>(fork - keys.begin());
  if (below == 0) {
    proof.siblings.push_back(nodes_[node.left].hash);
  } else if (below == keys.size()) {
    proof.siblings.push_back(nodes_[node.right].hash);
  }
  return (below == 0 || walk(node.left, depth + 1, keys.first(below), proof)) &&
         (below == keys.size() || walk(node.right, depth + 1, keys.subspan(below), proof));
}

}  // namespace footproof
