#include "consensus/blocks.h"

#include <algorithm>

#include "attest/check.h"

namespace footproof::consensus {
namespace {

ParentInfo info_of(const Digest& id, const BlockHeader& header) {
  return {id, header.height, header.time_ms, header.checkpoint, header.boundary != 0};
}

}  // namespace

bool body_fits(const Block& block) {
  if (block.header.batch_count != block.batch_refs.size() ||
      block.header.batch_root != batch_root(block.batch_refs) ||
      block.header.evidence_root != evidence_root(block.evidence)) {
    return false;
  }
  if (block.header.boundary == 0) return block.next_members.empty();
  return block.header.next_members_hash == next_members_hash(block.next_members);
}

Blocks::Blocks(const EpochRoot& root)
    : root_(root),
      linked_{root.block_id, root.height, root.time_ms, root.checkpoint, false},
      executed_(root.height) {}

void Blocks::restore_applied(const Block& block) {
  const Digest id = block_id(block.header);
  executed_ = block.header.height;
  Entry entry{block, true, true, false};
  blocks_.insert_or_assign(id, std::move(entry));
  kept_.push_back(id);
  linked_ = info_of(id, block.header);
}

const Blocks::Entry* Blocks::find(const Digest& id) const {
  const auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : &found->second;
}

Blocks::Entry* Blocks::find(const Digest& id) {
  const auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : &found->second;
}

bool Blocks::insert(const Digest& id, const Block& block) {
  const auto [at, inserted] = blocks_.try_emplace(id, Entry{block});
  if (inserted && block.header.height > executed_) name_batches(at->second);
  return inserted;
}

void Blocks::name_batches(Entry& entry) {
  entry.names = true;
  for (const BatchRef& ref : entry.block.batch_refs) ++named_[ref.digest];
}

void Blocks::forget_batches(Entry& entry) {
  if (!entry.names) return;
  entry.names = false;
  for (const BatchRef& ref : entry.block.batch_refs) {
    const auto found = named_.find(ref.digest);
    if (found != named_.end() && --found->second == 0) named_.erase(found);
  }
}

std::optional<ParentInfo> Blocks::parent_info(const Digest& id) const {
  if (id == root_.block_id) {
    return ParentInfo{root_.block_id, root_.height, root_.time_ms, root_.checkpoint, false};
  }
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return info_of(id, entry->block.header);
}

Blocks::Walk Blocks::walk(const Digest& id) const {
  Walk walk;
  Digest at = id;
  while (at != linked_.id) {
    const Entry* entry = find(at);
    if (entry == nullptr) {
      walk.end = at == root_.block_id ? End::conflict : End::missing;
      walk.missing = at;
      return walk;
    }
    if (entry->block.header.height <= linked_.height) {
      walk.end = End::conflict;
      return walk;
    }
    walk.path.push_back(at);
    at = entry->block.header.parent;
  }
  return walk;
}

void Blocks::link(const Walk& walk, const Certificate& finalization) {
  CHECK(walk.end == End::linked);
  for (auto id = walk.path.rbegin(); id != walk.path.rend(); ++id) {
    Entry* entry = find(*id);
    CHECK(entry != nullptr && entry->block.header.parent == linked_.id);
    entry->linked = true;
    linked_ = info_of(*id, entry->block.header);
    queue_.push_back({*id, finalization});
    kept_.push_back(*id);
  }
}

bool Blocks::on_chain(const Digest& id) const {
  if (id == root_.block_id) return true;
  const Entry* entry = find(id);
  return entry != nullptr && entry->linked;
}

const BlockHeader* Blocks::linked_header(Height height) const {
  if (kept_.empty()) return nullptr;
  const Height lowest = find(kept_.front())->block.header.height;
  if (height < lowest || height - lowest >= kept_.size()) return nullptr;
  return &find(kept_[height - lowest])->block.header;
}

View Blocks::lowest_kept_view() const {
  if (kept_.empty()) return 0;
  const Entry* entry = find(kept_.front());
  return entry->block.header.parent == root_.block_id ? 0 : entry->block.header.view;
}

void Blocks::delivered() {
  CHECK(!queue_.empty());
  queue_.pop_front();
}

void Blocks::executed(Height height) {
  for (const Digest& id : kept_) {
    Entry* entry = find(id);
    if (entry->block.header.height > height) break;
    forget_batches(*entry);
  }
  executed_ = height;
  while (kept_.size() > queue_.size() + kDeliveredKept) {
    const auto found = blocks_.find(kept_.front());
    if (found->second.block.header.height > executed_) break;
    blocks_.erase(found);
    kept_.pop_front();
  }
}

void Blocks::prune(View view) {
  for (auto it = blocks_.begin(); it != blocks_.end();) {
    if (it->second.linked || it->second.block.header.view > view) {
      ++it;
      continue;
    }
    forget_batches(it->second);
    it = blocks_.erase(it);
  }
}

}  // namespace footproof::consensus
