#include "tests/simulation/whole/loop.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "tests/simulation/random.h"

namespace footproof::whole {

void Loop::at(Micros when, Owner owner, std::string_view what, Action action) {
  queue_.emplace(std::pair(std::max(when, now_), ++order_), Item{owner, what, std::move(action)});
}

void Loop::forget(Owner owner) {
  std::erase_if(queue_, [owner](const auto& item) { return item.second.owner == owner; });
  paused_.erase(owner);
}

void Loop::add_to_hash(std::uint64_t value) { hash_ = simulation::mix(hash_ ^ value) + value; }

void Loop::tell(std::string_view text) const {
  if (!traced_) return;
  std::printf("%10.3f  %.*s\n", static_cast<double>(now_) / 1000, static_cast<int>(text.size()),
              text.data());
}

bool Loop::advance() {
  if (queue_.empty()) return false;
  auto node = queue_.extract(queue_.begin());
  now_ = node.key().first;
  Item item = std::move(node.mapped());
  if (const auto held = paused_.find(item.owner); held != paused_.end()) {
    if (held->second > now_) {  // in the order in which they would have run
      at(held->second, item.owner, item.what, std::move(item.action));
      return true;
    }
    paused_.erase(held);
  }
  ++events_;
  add_to_hash(now_);
  add_to_hash(item.owner);
  for (const char letter : item.what) add_to_hash(static_cast<unsigned char>(letter));
  item.action();
  return true;
}

}  // namespace footproof::whole
