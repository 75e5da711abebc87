#include "tests/simulation/whole/points.h"

namespace footproof::whole {

std::uint64_t Points::draw(std::string_view name) const {
  std::uint64_t value = seed_;
  for (const char letter : name) {
    value = simulation::mix(value * 1'099'511'628'211U + static_cast<unsigned char>(letter));
  }
  return value;
}

bool Points::hit(std::string_view name, std::uint64_t rate) {
  auto found = counts_.find(name);
  if (found == counts_.end()) found = counts_.emplace(std::string(name), 0).first;
  const std::uint64_t drawn = draw(name);
  if (calm_ || drawn % 2 == 0 || !random_.chance(rate)) return false;
  ++found->second;
  return true;
}

bool Points::hit_few(std::string_view name, std::uint64_t rate) {
  constexpr std::uint64_t kFew = 3;
  auto found = counts_.find(name);
  if (found == counts_.end()) found = counts_.emplace(std::string(name), 0).first;
  const std::uint64_t drawn = draw(name);
  if (never_ || found->second >= kFew || drawn % 2 == 0 || !random_.chance(rate)) return false;
  ++found->second;
  return true;
}

bool Points::chosen(std::string_view name) {
  auto found = counts_.find(name);
  if (found == counts_.end()) found = counts_.emplace(std::string(name), 0).first;
  if (draw(name) % 4 != 0) return false;
  ++found->second;
  return true;
}

}  // namespace footproof::whole
