#include "tests/support/naive_state_tree.h"

#include <algorithm>
#include <array>
#include <utility>

namespace footproof::testing {
namespace {

using Item = std::pair<Digest, Digest>;  // key, value hash
using Items = std::vector<Item>;

const Digest& key_of(const Digest& key) { return key; }
const Digest& key_of(const Item& item) { return item.first; }

bool bit_of(const Digest& key, std::size_t depth) {
  return ((key.bytes[depth / 8] >> (7 - depth % 8)) & 1) != 0;
}

template <class T>
std::array<std::vector<T>, 2> split(const std::vector<T>& all, std::size_t depth) {
  std::array<std::vector<T>, 2> sides;
  for (const T& one : all) sides[bit_of(key_of(one), depth) ? 1 : 0].push_back(one);
  return sides;
}

Digest hash_of(std::uint8_t prefix, const Digest& left, const Digest& right) {
  return sha256({ByteView(&prefix, 1), left.view(), right.view()});
}

Digest root_of(const Items& items, std::size_t depth) {
  if (items.empty()) return Digest{};
  if (items.size() == 1) return hash_of(2, items[0].first, items[0].second);
  const auto [left, right] = split(items, depth);
  return hash_of(3, root_of(left, depth + 1), root_of(right, depth + 1));
}

void walk(const Items& items, const std::vector<Digest>& asked, std::size_t depth,
          StateProof& proof) {
  StateTerminal terminal;
  terminal.depth = static_cast<std::uint16_t>(depth);
  if (items.empty()) {
    proof.terminals.push_back(terminal);
    return;
  }
  if (items.size() == 1) {
    terminal.kind = StateTerminal::Kind::leaf;
    if (std::ranges::find(asked, items[0].first) == asked.end()) {
      terminal.kind = StateTerminal::Kind::foreign;
      terminal.key = items[0].first;
      terminal.value_hash = items[0].second;
    }
    proof.terminals.push_back(terminal);
    return;
  }
  const auto sides = split(items, depth);
  const auto asked_sides = split(asked, depth);
  for (const std::size_t side : {0U, 1U}) {
    if (asked_sides[side].empty()) proof.siblings.push_back(root_of(sides[side], depth + 1));
  }
  for (const std::size_t side : {0U, 1U}) {
    if (!asked_sides[side].empty()) walk(sides[side], asked_sides[side], depth + 1, proof);
  }
}

Items items_of(const std::map<Digest, Bytes>& values) {
  Items items;
  for (const auto& [key, value] : values) items.emplace_back(key, sha256(value));
  return items;
}

}  // namespace

const Bytes* NaiveStateTree::find(const Digest& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

Digest NaiveStateTree::root() const { return root_of(items_of(values_), 0); }

StateProof NaiveStateTree::prove(const std::vector<Digest>& keys) const {
  StateProof proof;
  walk(items_of(values_), keys, 0, proof);
  return proof;
}

}  // namespace footproof::testing
