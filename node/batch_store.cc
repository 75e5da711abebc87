#include "node/batch_store.h"

#include <algorithm>
#include <utility>

namespace footproof::node {

using consensus::ValidatorIndex;

Bytes encode_get_batch(const std::vector<Digest>& digests) {
  ByteWriter out;
  for (const auto& digest : digests) out.raw(digest.view());
  return std::move(out).take();
}

Result<std::vector<Digest>> parse_get_batch(ByteView bytes) {
  if (bytes.empty() || bytes.size() % Digest::kSize != 0 ||
      bytes.size() / Digest::kSize > kGetBatchMax) {
    return fail(Errc::bad_length, "no list of batch digests");
  }
  std::vector<Digest> digests;
  ByteReader in(bytes);
  while (in.remaining() > 0) digests.push_back(*to_digest(in.take(Digest::kSize)));
  return digests;
}

const BatchStore::Held* BatchStore::find(const Digest& digest) const {
  const auto found = held_.find(digest);
  return found == held_.end() ? nullptr : &found->second;
}

bool BatchStore::put(HeldBatch batch, MonoTime now) {
  const Digest digest = batch.ref.digest;
  const ValidatorIndex producer = batch.producer;
  wanted_.erase(digest);
  if (!held_.emplace(digest, Held{std::move(batch), now, false, 0}).second) return false;
  ++undelivered_[producer];
  return true;
}

bool BatchStore::has_room(ValidatorIndex producer) const {
  return undelivered(producer) < kUnorderedMax;
}

std::size_t BatchStore::undelivered(ValidatorIndex producer) const {
  const auto found = undelivered_.find(producer);
  return found == undelivered_.end() ? 0 : found->second;
}

void BatchStore::set_delivered(const Digest& digest, consensus::Height height) {
  const auto found = held_.find(digest);
  if (found == held_.end()) return;
  auto& held = found->second;
  if (held.delivered) {  // named by two blocks: needed until the later one is synced
    by_height_.erase({held.height, digest});
    held.height = std::max(held.height, height);
  } else {
    held.delivered = true;
    held.height = height;
    --undelivered_[held.batch.producer];
  }
  by_height_.insert({held.height, digest});
}

void BatchStore::erase(const Digest& digest) {
  const auto found = held_.find(digest);
  if (found == held_.end()) return;
  if (found->second.delivered) {
    by_height_.erase({found->second.height, digest});
  } else {
    --undelivered_[found->second.batch.producer];
  }
  held_.erase(found);
}

std::vector<Digest> BatchStore::delivered_up_to(consensus::Height height) const {
  std::vector<Digest> out;
  for (const auto& [at, digest] : by_height_) {
    if (at > height) break;
    out.push_back(digest);
  }
  return out;
}

std::vector<Digest> BatchStore::unused_since(MonoTime now) const {
  std::vector<Digest> out;
  for (const auto& [digest, held] : held_) {
    if (!held.delivered && now - held.since > kUnusedFor) out.push_back(digest);
  }
  return out;
}

std::vector<HeldBatch> BatchStore::all() const {
  std::vector<HeldBatch> out;
  for (const auto& [digest, held] : held_) out.push_back(held.batch);
  return out;
}

void BatchStore::want(const consensus::BatchRef& ref, ValidatorIndex ask_first, MonoTime now) {
  if (held_.contains(ref.digest) || wanted_.contains(ref.digest)) return;
  if (wanted_.size() >= kWantedMax) wanted_.erase(wanted_.begin());  // consensus asks again
  wanted_.emplace(ref.digest, Wanted{ask_first, 0, now});
}

std::vector<BatchStore::Request> BatchStore::due(const std::vector<ValidatorIndex>& connected,
                                                 MonoTime now, std::chrono::milliseconds patience) {
  std::map<ValidatorIndex, Request> requests;
  if (connected.empty()) return {};
  for (auto& [digest, wanted] : wanted_) {
    if (wanted.next > now) continue;
    const bool first_is_there = std::ranges::find(connected, wanted.ask_first) != connected.end();
    const ValidatorIndex to = wanted.asked == 0 && first_is_there
                                  ? wanted.ask_first
                                  : connected[wanted.asked % connected.size()];
    auto& request = requests[to];
    if (request.digests.size() >= kGetBatchMax) continue;
    request.to = to;
    request.digests.push_back(digest);
    ++wanted.asked;
    wanted.next = now + patience;
  }
  std::vector<Request> out;
  out.reserve(requests.size());
  for (auto& [to, request] : requests) out.push_back(std::move(request));
  return out;
}

}  // namespace footproof::node
