#include "consensus/payload.h"

namespace footproof::consensus {

void Payload::add(const BatchRef& ref, ValidatorIndex producer, bool proposable, bool needed) {
  const bool is_ordered = ordered_.contains(ref.digest);
  if (!needed && (held_.size() >= kHeldMax || is_ordered)) return;
  const std::uint64_t order = next_order_++;
  if (!held_.try_emplace(ref.digest, Held{ref, producer, order}).second) return;
  if (proposable && !is_ordered) open_.emplace(order, ref.digest);
}

void Payload::drop(const Digest& digest) {
  const auto found = held_.find(digest);
  if (found == held_.end()) return;
  open_.erase(found->second.order);
  held_.erase(found);
}

void Payload::refuse(const Digest& digest) {
  if (invalid_.size() >= kInvalidMax) invalid_.erase(invalid_.begin());
  invalid_.insert(digest);
}

void Payload::ordered(const Digest& digest) {
  if (!ordered_.insert(digest).second) return;
  if (const auto held = held_.find(digest); held != held_.end()) open_.erase(held->second.order);
  ordered_age_.emplace(next_ordered_++, digest);
  if (ordered_age_.size() <= kOrderedMax) return;
  ordered_.erase(ordered_age_.begin()->second);
  ordered_age_.erase(ordered_age_.begin());
}

Payload::State Payload::state(const BatchRef& ref) const {
  const auto found = held_.find(ref.digest);
  if (found != held_.end()) return found->second.ref == ref ? State::held : State::invalid;
  return invalid_.contains(ref.digest) ? State::invalid : State::missing;
}

bool Payload::any(const std::set<Digest>& taken) const {
  for (const auto& [order, digest] : open_) {
    if (!taken.contains(digest)) return true;
  }
  return false;
}

std::vector<BatchRef> Payload::pick(const std::set<Digest>& taken) const {
  std::map<ValidatorIndex, std::map<std::uint64_t, const Held*>> queues;
  for (const auto& [order, digest] : open_) {
    if (taken.contains(digest)) continue;
    const Held& held = held_.at(digest);
    queues[held.producer].emplace(order, &held);
  }
  std::vector<BatchRef> picked;
  std::uint64_t bytes = 0;
  while (!queues.empty()) {
    for (auto queue = queues.begin(); queue != queues.end();) {
      const BatchRef& ref = queue->second.begin()->second->ref;
      if (picked.size() == kBatchRefsMax || bytes + ref.bytes > kBlockPayloadBytesMax) {
        return picked;
      }
      bytes += ref.bytes;
      picked.push_back(ref);
      queue->second.erase(queue->second.begin());
      queue = queue->second.empty() ? queues.erase(queue) : std::next(queue);
    }
  }
  return picked;
}

}  // namespace footproof::consensus
