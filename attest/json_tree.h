// How a JSON document lies in memory, and the parser that fills it. Private to attest/json*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attest/json.h"
#include "attest/result.h"

namespace footproof::json {

// Values in the order of the text: a container stands before what it holds.
struct Node {
  Kind kind = Kind::null;
  std::uint32_t parent = 0;    // index; the root is its own
  std::uint32_t position = 0;  // among its parent's children
  std::uint32_t size = 0;      // number of children
  std::uint32_t end = 0;       // index after the last value inside
  std::string_view token;
  std::string_view key;
  std::string_view text;
};

struct Tree {
  std::string source;
  // Unescaped strings that differ from their token. Reserved once, at the size of the source, which
  // they cannot exceed: views into it stay good.
  std::string unescaped;
  std::vector<Node> nodes;
};

// Fills `tree`, whose source is set.
[[nodiscard]] Result<void> parse_tree(Tree& tree);

[[nodiscard]] std::string pointer_of(const Tree& tree, std::uint32_t index);

}  // namespace footproof::json
