#include "api/door.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"

namespace footproof::api {

void Door::add(Waiting waiting) {
  ++per_address_[waiting.address];
  waiting_.push_back(std::move(waiting));
}

std::optional<std::string> Door::crowded() const {
  for (const auto& [address, count] : per_address_) {
    if (count > per_address_max_) return address;
  }
  if (waiting_.size() > waiting_max_) return waiting_.back().address;
  return std::nullopt;
}

Door::Waiting Door::take_first(const std::string& address) {
  const auto found = std::ranges::find(waiting_, address, &Waiting::address);
  CHECK(found != waiting_.end());
  return take_at(static_cast<std::size_t>(found - waiting_.begin()));
}

Door::Waiting Door::take_last(const std::string& address) {
  const auto found = std::find_if(waiting_.rbegin(), waiting_.rend(),
                                  [&](const auto& one) { return one.address == address; });
  CHECK(found != waiting_.rend());
  return take_at(static_cast<std::size_t>(waiting_.rend() - found) - 1);
}

Door::Waiting Door::take_at(std::size_t index) {
  Waiting taken = std::move(waiting_.at(index));
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
  const auto count = per_address_.find(taken.address);
  if (--count->second == 0) per_address_.erase(count);
  return taken;
}

}  // namespace footproof::api
