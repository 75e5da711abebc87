#include "node/refusals.h"

#include <utility>

namespace footproof::node {

void Refusals::drop_oldest() {
  const auto found = by_statement_.find(order_.front());
  order_.pop_front();
  if (found == by_statement_.end()) return;
  const auto entry = by_entry_.find(found->second.entry_id);
  if (entry != by_entry_.end() && entry->second == found->first) by_entry_.erase(entry);
  by_statement_.erase(found);
}

void Refusals::add(const Digest& statement_hash, const Digest& entry_id, FinalRefusal refusal,
                   Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  while (!order_.empty()) {
    const auto oldest = by_statement_.find(order_.front());
    const bool expired = oldest == by_statement_.end() || now - oldest->second.at > kKeptFor;
    if (!expired && order_.size() < refusals_max_) break;
    drop_oldest();
  }
  const ledger::RefusalReason reason = refusal.refusal.reason;
  const auto [place, is_new] =
      by_statement_.insert_or_assign(statement_hash, Kept{entry_id, std::move(refusal), now});
  if (is_new) order_.push_back(statement_hash);
  // Of the signature alone, so it says nothing of the other copies of this entry: anybody can make
  // one with a bad signature, and the real one may be on its way.
  if (reason != ledger::RefusalReason::bad_signature) by_entry_[entry_id] = statement_hash;
}

std::optional<FinalRefusal> Refusals::of_statement(const Digest& statement_hash,
                                                   Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_statement_.find(statement_hash);
  if (found == by_statement_.end() || now - found->second.at > kKeptFor) return std::nullopt;
  return found->second.refusal;
}

std::optional<FinalRefusal> Refusals::of_entry(const Digest& entry_id,
                                               Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto entry = by_entry_.find(entry_id);
  if (entry == by_entry_.end()) return std::nullopt;
  const auto found = by_statement_.find(entry->second);
  if (found == by_statement_.end() || now - found->second.at > kKeptFor) return std::nullopt;
  return found->second.refusal;
}

std::size_t Refusals::size() const {
  const std::lock_guard lock(mutex_);
  return by_statement_.size();
}

}  // namespace footproof::node
