// Final refusals, remembered so that a poll finds them: what execution refused here in the last 24
// hours, at most refusals_max. May be lost at any time; nothing else depends on it. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "attest/digest.h"
#include "ledger/refusal.h"

namespace footproof::node {

struct FinalRefusal {
  ledger::Refusal refusal;
  std::uint64_t height = 0;
};

class Refusals {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kKeptFor{24};

  explicit Refusals(std::size_t refusals_max = 50'000) : refusals_max_(refusals_max) {}

  void add(const Digest& statement_hash, const Digest& entry_id, FinalRefusal refusal,
           Clock::time_point now);
  // Of these very bytes.
  [[nodiscard]] std::optional<FinalRefusal> of_statement(const Digest& statement_hash,
                                                         Clock::time_point now) const;
  // The latest of any statement with this entry id, but never one for its signature: whoever asks
  // must look first whether another one is logged or pending.
  [[nodiscard]] std::optional<FinalRefusal> of_entry(const Digest& entry_id,
                                                     Clock::time_point now) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Kept {
    Digest entry_id;
    FinalRefusal refusal;
    Clock::time_point at;
  };
  void drop_oldest();

  const std::size_t refusals_max_;
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::map<Digest, Kept> by_statement_;
  std::map<Digest, Digest> by_entry_;  // entry id → statement hash of the latest
  std::deque<Digest> order_;
};

}  // namespace footproof::node
