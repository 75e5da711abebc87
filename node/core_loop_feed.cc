// The core loop without links that suffice: what it lacks comes from other nodes over HTTP
// (source_feed.h), and is ordered, executed and kept like what comes over a link.
#include <utility>

#include "node/core_loop.h"
#include "node/log.h"

namespace footproof::node {
namespace {

// Links come and go; a set that goes on without this node does not come back.
constexpr std::chrono::seconds kLonelyMax{3};

}  // namespace

std::optional<std::uint64_t> CoreLoop::hungry() const {
  const auto epoch = hungry_.load();
  return epoch == kNotHungry ? std::nullopt : std::optional(epoch);
}

// With fewer links than a quorum needs, nothing of this epoch is ordered here; and who has no place
// in it has none.
void CoreLoop::watch_links() {
  std::size_t there = set_.self ? 1 : 0;
  for (const auto& peer : outside_.links.peers()) {
    if (peer.index < set_.membership.n() && outside_.links.is_connected(peer.index)) ++there;
  }
  if (set_.self && there >= set_.membership.q()) {
    lonely_since_.reset();
  } else if (!lonely_since_) {
    lonely_since_ = now();
  }
  const bool hungry = !set_.self || (lonely_since_ && now() - *lonely_since_ > kLonelyMax);
  const bool was = hungry_.exchange(hungry ? set_.epoch() : kNotHungry) != kNotHungry;
  if (!hungry) follow_.reset();
  if (was == hungry || parts_.config.follow.empty()) return;
  log(LogLevel::info, hungry ? "asks_nodes" : "asks_no_nodes",
      {{"why", !hungry     ? "its links suffice"
               : set_.self ? "it has links to fewer validators than a quorum needs"
                           : set_.why_none}});
}

void CoreLoop::feed(Feed feed) {
  auto held = std::make_shared<Feed>(std::move(feed));
  post([this, held] {
    if (stopped_) return;
    follow_ = std::move(held->facts);
    take_feed(*held);
    turn();
  });
}

void CoreLoop::take_feed(Feed& feed) {
  if (!feed.contradiction.empty()) push(consensus::Contradicted{feed.contradiction});
  if (feed.checkpoint) take_checkpoint(*feed.checkpoint, feed.as_of, std::move(feed.note));
  if (feed.epoch != set_.epoch()) return;  // it has gone on meanwhile
  for (auto& batch : feed.batches) {
    if (stopped_) return;
    if (batches_.find(batch.ref.digest) != nullptr || chain_.batch(batch.ref.digest)) continue;
    batch.producer = place_of_producer(*batch.bytes);
    take_batch(std::move(batch), false);
  }
  if (feed.chain) push(consensus::Shown{*std::move(feed.chain)});
  if (feed.hop && ending_ && !ending_->hop_kept && !hop_asked_) {
    hop_asked_ = true;
    storage_.keep_hop(*std::move(feed.hop), kNoProducer);
  }
}

// This node's own log at that size, by the set that held it.
void CoreLoop::take_checkpoint(const CosignedHead& head, std::uint64_t as_of, std::string note) {
  if (!checkpointed_ || checkpointed_->size < head.size) {
    checkpointed_ = head;
    push(consensus::Checkpointed{head.size, head.root});
  }
  const bool is_newer = !published_ || published_->size < head.size ||
                        (published_->size == head.size && published_as_of_ < as_of);
  if (!is_newer) return;
  published_ = head;
  published_as_of_ = as_of;
  storage_.publish(head, std::move(note));
}

}  // namespace footproof::node
