// State cover: what the proofs seen so far have shown of one state tree. It makes proofs for other
// keys that end where one of those ended, so that whoever needs thousands of proofs under one root
// (a presentation for each member of a catalogue) asks a node for a few (docs/formats.md §6.1).
//
// Invariants: everything in it was verified against the root. A proof made here has the one
// spelling that a node's would have. Grows by what is added; not for two threads at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attest/digest.h"
#include "attest/result.h"
#include "attest/state_proof.h"

namespace footproof {

class StateCover {
 public:
  explicit StateCover(const Digest& root);

  [[nodiscard]] const Digest& root() const { return root_; }
  // bad_proof where it does not lead to the root; nothing is taken in then.
  [[nodiscard]] Result<void> add(const StateProof& proof, std::span<const StateClaim> claims);

  struct Shown {
    StateProof proof;
    std::vector<std::optional<Digest>> value_hashes;  // in the order of the keys; none: absent
  };
  // Nothing where a key ends in a part that was not shown yet. 1 to 64 distinct keys.
  [[nodiscard]] std::optional<Shown> prove(std::span<const Digest> keys) const;

 private:
  enum class Kind : std::uint8_t { unknown, empty, leaf, node };
  struct Node {
    Kind kind = Kind::unknown;
    Digest hash;
    Digest key;         // leaf
    Digest value_hash;  // leaf
    std::uint32_t left = 0;
    std::uint32_t right = 0;
  };
  struct Feed;
  using Claims = std::span<const StateClaim>;
  using Keys = std::span<const Digest>;

  void take(std::uint32_t at, std::size_t depth, Claims claims, Feed& feed);
  void take_terminal(std::uint32_t at, Claims claims, const StateTerminal& terminal);
  [[nodiscard]] bool walk(std::uint32_t at, std::size_t depth, Keys keys, StateProof& proof) const;
  [[nodiscard]] const Node& end_of(const Digest& key) const;

  Digest root_;
  std::vector<Node> nodes_;  // the first is the root's
};

}  // namespace footproof
