#include "consensus/heads.h"

#include <algorithm>
#include <iterator>

namespace footproof::consensus {

Heads::Heads(const EpochRoot& root) : root_height_(root.height) {
  heads_.emplace(root.height, root.checkpoint);
  by_size_.emplace(root.checkpoint.log_size, root.checkpoint.height);
}

void Heads::restore(const std::vector<Checkpoint>& heads) {
  for (const Checkpoint& head : heads) {
    if (head.height <= executed_height()) continue;
    const bool gap = head.height != executed_height() + 1;
    // The oldest heads are gone: where the last record of the first one after them stands is not
    // known, so this node never names it, nor the empty blocks behind it.
    const std::uint64_t size_before = gap ? head.log_size : heads_.rbegin()->second.log_size;
    if (gap) {
      heads_.clear();
      by_size_.clear();
    }
    heads_.emplace(head.height, head);
    if (head.log_size != size_before) by_size_.try_emplace(head.log_size, head.height);
  }
}

void Heads::restore_sets(const std::vector<std::pair<Height, std::optional<NextSet>>>& sets) {
  for (const auto& [height, next] : sets) {
    if (height >= root_height_) note_set(height, next);
  }
}

void Heads::note_set(Height height, const std::optional<NextSet>& next) {
  const bool holds = next && acceptable(*next);
  const NextSet* before = next_set(height);
  const bool same = holds ? before != nullptr && before->record == next->record : before == nullptr;
  if (same) return;
  sets_[height] = holds ? next : std::nullopt;
}

const NextSet* Heads::next_set(Height height) const {
  const auto after = sets_.upper_bound(height);
  if (after == sets_.begin()) return nullptr;
  const std::optional<NextSet>& set = std::prev(after)->second;
  return set ? &*set : nullptr;
}

bool Heads::any_next_set() const {
  return std::any_of(sets_.begin(), sets_.end(),
                     [](const auto& entry) { return entry.second.has_value(); });
}

bool Heads::executed(const Checkpoint& head, const std::optional<NextSet>& next) {
  if (head.height != executed_height() + 1) return false;
  const std::uint64_t size_before = heads_.rbegin()->second.log_size;
  heads_.emplace(head.height, head);
  note_set(head.height, next);
  if (head.log_size != size_before) by_size_.try_emplace(head.log_size, head.height);
  while (heads_.size() > Replica::kHeadsMax) {
    const auto& oldest = heads_.begin()->second;
    const auto by_size = by_size_.find(oldest.log_size);
    if (by_size != by_size_.end() && by_size->second == oldest.height) by_size_.erase(by_size);
    heads_.erase(heads_.begin());
  }
  // What held before the oldest head is kept in the one entry that holds at it.
  const auto above = sets_.upper_bound(heads_.begin()->first);
  if (above != sets_.begin()) sets_.erase(sets_.begin(), std::prev(above));
  compare_cosigned();
  return true;
}

void Heads::checkpointed(std::uint64_t log_size, const Digest& log_root) {
  cosigned_.try_emplace(log_size, log_root);
  while (cosigned_.size() > kCosignedMax) cosigned_.erase(cosigned_.begin());
  compare_cosigned();
}

void Heads::compare_cosigned() {
  for (const auto& [size, root] : cosigned_) {
    // The newest head speaks for its size, wherever its last record stands.
    const auto& newest = heads_.rbegin()->second;
    if (newest.log_size == size && newest.log_root != root) contradicted_ = true;
    const auto at = by_size_.find(size);
    if (at == by_size_.end()) continue;
    const auto head = heads_.find(at->second);
    if (head != heads_.end() && head->second.log_root != root) contradicted_ = true;
  }
}

// The head of its own last record.
bool Heads::known(const Checkpoint& named) const {
  const auto head = heads_.find(named.height);
  if (head == heads_.end() || head->second != named) return false;
  const auto before = heads_.find(named.height - 1);
  return named.height == root_height_ || before == heads_.end() ||
         before->second.log_size != named.log_size;
}

Heads::Verdict Heads::judge(const Checkpoint& named, const Checkpoint& parent, Height height,
                            std::uint32_t lag) const {
  if (named.height < parent.height) return Verdict::wrong;
  if (named.height == parent.height && named != parent) return Verdict::wrong;
  if (named != parent && named.height + lag > height) return Verdict::wrong;
  if (!has_executed(named)) return Verdict::not_executed;
  if (named.height < heads_.begin()->first) {
    // Older than anything kept: right if it is the parent's, which a quorum has judged.
    return named == parent ? Verdict::right : Verdict::wrong;
  }
  if (named == parent && named.height == root_height_) return Verdict::right;
  return known(named) ? Verdict::right : Verdict::wrong;
}

Checkpoint Heads::choose(const Checkpoint& parent, Height height, std::uint32_t lag) const {
  for (auto it = cosigned_.rbegin(); it != cosigned_.rend(); ++it) {
    const auto at = by_size_.find(it->first);
    if (at == by_size_.end()) continue;
    const auto head = heads_.find(at->second);
    if (head == heads_.end() || head->second.log_root != it->second) continue;
    if (!known(head->second)) continue;  // what voters would refuse
    if (head->first + lag > height) continue;
    return head->first > parent.height ? head->second : parent;
  }
  return parent;
}

bool Heads::contradicts(const Checkpoint& named) const {
  const auto head = heads_.find(named.height);
  return head != heads_.end() && head->second != named;
}

}  // namespace footproof::consensus
