// The state tree of docs/formats.md §6 in its plainest form: a sorted list, walked again for every
// root and every proof. Written from the document alone, so that it can contradict ledger/.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "attest/digest.h"
#include "attest/state_proof.h"

namespace footproof::testing {

class NaiveStateTree {
 public:
  void put(const Digest& key, Bytes value) { values_[key] = std::move(value); }
  void erase(const Digest& key) { values_.erase(key); }
  [[nodiscard]] const Bytes* find(const Digest& key) const;
  [[nodiscard]] Digest root() const;
  [[nodiscard]] StateProof prove(const std::vector<Digest>& keys) const;

 private:
  std::map<Digest, Bytes> values_;
};

}  // namespace footproof::testing
