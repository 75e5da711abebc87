#include "consensus/epoch_end.h"

namespace footproof::consensus {

bool acceptable(const NextSet& set) {
  if (set.record.empty() || set.record.size() > kNextMembersBytesMax) return false;
  return Membership::make({}, 0, set.members, {}).has_value();
}

std::optional<EpochEnd> end_after(const std::optional<EpochEnd>& parents, const BlockHeader& header,
                                  const NextSet* held, std::uint32_t boundary_delay) {
  if (parents || held == nullptr) return parents;
  return EpochEnd{header.height + boundary_delay, held->record, next_members_hash(held->record)};
}

bool ends_rightly(const Block& block, const std::optional<EpochEnd>& end) {
  const BlockHeader& header = block.header;
  if (!end || header.height < end->boundary_height) {
    return header.boundary == 0 && header.next_members_hash.is_zero() && block.next_members.empty();
  }
  return header.height == end->boundary_height && header.boundary == 1 &&
         header.next_members_hash == end->next_members_hash &&
         block.next_members == end->next_members;
}

}  // namespace footproof::consensus
