// Verdicts of statement signatures by (key id, exact bytes), so that each signature is verified
// once: when it comes in, in a worker thread, and not again when its block is executed.
//
// A verdict is a function of key and bytes alone, so the cache changes speed, never results. Any
// thread. Holds at most `verdicts_max`; the oldest go first.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "attest/digest.h"
#include "attest/key.h"
#include "attest/statement.h"

namespace footproof::node {

class VerdictCache {
 public:
  explicit VerdictCache(std::size_t verdicts_max = 200'000) : verdicts_max_(verdicts_max) {}

  // Verifies, or remembers. Exactly statement.verify(key).
  [[nodiscard]] bool verify(const PublicKey& key, const Statement& statement);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Id {
    Digest kid;
    Digest statement_hash;
    friend bool operator==(const Id&, const Id&) = default;
  };
  struct IdHash {
    std::size_t operator()(const Id& id) const;
  };

  const std::size_t verdicts_max_;
  mutable std::mutex mutex_;
  std::unordered_map<Id, bool, IdHash> verdicts_;  // guarded by mutex_
  std::deque<Id> order_;                           // guarded by mutex_
};

}  // namespace footproof::node
