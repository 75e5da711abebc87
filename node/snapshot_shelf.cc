#include "node/snapshot_shelf.h"

#include <algorithm>

#include "ledger/state_part.h"
#include "node/snapshot_offer.h"

namespace footproof::node {

std::shared_ptr<const ledger::Snapshot> SnapshotShelf::pick(MonoTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const Kept& kept) {
    return kept.used_at + kUnusedFor < now || kept.offered_since + kKeptAtMost < now;
  });
  if (!kept_.empty() && kept_.back().offered_since + kOfferedFor > now) {
    kept_.back().used_at = now;
    return kept_.back().snapshot;
  }
  auto published = store_.published();
  // All are being fetched: nobody's is taken away, and the newest is offered on.
  if (!kept_.empty() && (!published || kept_.size() == kKept)) return kept_.back().snapshot;
  if (!published) return nullptr;
  kept_.push_back({published, now, now});
  return published;
}

Result<Bytes> SnapshotShelf::offer(MonoTime now) {
  const auto snapshot = pick(now);
  if (!snapshot) return fail(Errc::not_found, "snapshot: no checkpoint yet; try again shortly");
  auto last = snapshot->last_record();
  if (!last) return fail(last.error());
  return encode_snapshot_offer({snapshot->checkpoint(), *std::move(last)});
}

Result<Bytes> SnapshotShelf::part(std::uint64_t size, std::string_view prefix, MonoTime now) {
  std::shared_ptr<const ledger::Snapshot> snapshot;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        kept_, [&](const Kept& kept) { return kept.snapshot->head().log_size == size; });
    if (found == kept_.end()) {
      return fail(Errc::not_found,
                  "snapshot: the state at this size is not kept, or no more; ask "
                  "/v1/snapshot for one that is");
    }
    found->used_at = now;
    snapshot = found->snapshot;
  }
  const auto part = ledger::make_state_part(*snapshot, prefix);
  if (!part) return fail(part.error());
  return ledger::encode(*part);
}

}  // namespace footproof::node
