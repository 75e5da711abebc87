// The core loop's links: what peers send, and cosignatures on their way to published checkpoints.
#include <algorithm>
#include <utility>

#include "node/core_loop.h"
#include "node/log.h"

namespace footproof::node {
namespace {

constexpr std::size_t kExecutedRootsMax = 512;

bool kind_fits(FrameKind kind, const consensus::Message& message) {
  if (std::holds_alternative<consensus::Chain>(message)) return kind == FrameKind::chain;
  const bool block = std::holds_alternative<consensus::Propose>(message) ||
                     std::holds_alternative<consensus::BlockAnswer>(message) ||
                     std::holds_alternative<consensus::EndOfEpoch>(message);
  return kind == (block ? FrameKind::proposal : FrameKind::control);
}

}  // namespace

void CoreLoop::peer_connected(ValidatorIndex peer) {
  if (stopped_) return;
  if (peer < set_.membership.n()) push(consensus::Connected{peer});
  unheard_.erase(peer);
  unshown_.insert(peer);
  if (own_cosignature_) {
    outside_.links.send(
        peer, encode_frame(FrameKind::cosignature, 0, encode_cosignature(*own_cosignature_)));
  }
  send_own_batches(peer);
  turn();
}

void CoreLoop::peer_disconnected(ValidatorIndex peer) {
  if (stopped_) return;
  if (peer < set_.membership.n()) push(consensus::Disconnected{peer});
  turn();
}

void CoreLoop::peer_message(ValidatorIndex peer, Envelope&& envelope) {
  if (stopped_) return;
  switch (envelope.kind) {
    case FrameKind::control:
    case FrameKind::proposal:
    case FrameKind::chain:
      return consensus_message(peer, envelope);
    case FrameKind::batch:
      return check_batch(peer, std::move(envelope.body), envelope.request_id != 0);
    case FrameKind::get_batch:
      return serve_batches(peer, envelope);
    case FrameKind::cosignature:
      return cosignature_message(peer, envelope);
    case FrameKind::hop:
      return hop_message(peer, envelope);
    case FrameKind::hello:
    case FrameKind::heartbeat:
      return;  // the session keeps them
  }
}

void CoreLoop::drop_peer(ValidatorIndex peer, const std::string& reason) {
  ++parts_.counters.links_dropped;
  outside_.links.drop(peer, reason);
}

void CoreLoop::consensus_message(ValidatorIndex peer, const Envelope& envelope) {
  auto message = consensus::parse_message(envelope.body);
  if (!message || !kind_fits(envelope.kind, *message)) {
    return drop_peer(peer, "a consensus message that does not parse");
  }
  if (peer >= set_.membership.n()) return;  // of the next set, or of the last
  const auto* vote = std::get_if<consensus::Vote>(&*message);
  // Or ours: what a peer holds of this node's own key, it shows it (consensus/README.md §13).
  if (vote != nullptr && vote->proposal.epoch == set_.epoch() && vote->signer != peer &&
      set_.self != vote->signer) {
    return drop_peer(peer, "a vote that is not the sender's own");
  }
  if (consensus::epoch_of(*message) == set_.epoch()) {
    if (unheard_.erase(peer) > 0) push(consensus::Connected{peer});
    if (stragglers_.erase(peer) > 0) send_own_batches(peer);
    if (unshown_.erase(peer) > 0) send_batches_of_those_who_left(peer);
  }
  const auto* status = std::get_if<consensus::Status>(&*message);
  if (status != nullptr) {
    claimed_heights_[peer] = status->finalized_height;
  }
  push(consensus::Received{peer, *std::move(message)});
  turn();
}

void CoreLoop::cosignature_message(ValidatorIndex peer, const Envelope& envelope) {
  const auto cosignature = parse_cosignature(envelope.body);
  if (!cosignature) return drop_peer(peer, cosignature.error().detail);
  if (peer >= set_.membership.n()) return;
  const auto added = book_.add(peer, *cosignature);
  if (!added) return drop_peer(peer, added.error().detail);
  if (!*added) return;
  consider_head({cosignature->size, cosignature->root});
  turn();
}

void CoreLoop::executed(ExecutedBlock block) {
  if (stopped_) return;
  const auto& head = block.head;
  auto& mine = block.mine;
  executed_roots_[head.log_size] = head.log_root;
  while (executed_roots_.size() > kExecutedRootsMax) executed_roots_.erase(executed_roots_.begin());
  if (head.height > replica_->info().executed_height) {
    push(consensus::Executed{
        {head.height, head.log_size, head.log_root},
        block.next ? std::optional(next_set_of(block.next->members)) : std::nullopt});
  }
  if (mine) {
    outside_.links.broadcast(encode_frame(FrameKind::cosignature, 0, encode_cosignature(*mine)));
    const auto added = set_.self ? book_.add(*set_.self, *mine) : Result<bool>(false);
    if (!added) return fail_for_good("own cosignature does not verify");
    own_cosignature_ = std::move(mine);
  }
  if (block.ends_epoch) end_epoch(head);
  if (stopped_) return;
  consider_head({head.log_size, head.log_root});
  turn();
}

// Tells the replica of what q validators vouch for, and publishes it if it was executed here.
void CoreLoop::consider_head(const CosignedHead& head) {
  if (!book_.has_quorum(head)) return;
  if (!checkpointed_ || checkpointed_->size < head.size) {
    checkpointed_ = head;
    push(consensus::Checkpointed{head.size, head.root});
  }
  const auto own = executed_roots_.find(head.size);
  if (own == executed_roots_.end() || own->second != head.root) return;
  keep_hop_of(head);
  const std::uint64_t as_of = *book_.as_of(head);
  const bool is_newer = !published_ || published_->size < head.size ||
                        (published_->size == head.size && published_as_of_ < as_of);
  if (!is_newer) return;
  auto note = book_.make_note(head, set_.keys->log);
  published_ = head;
  published_as_of_ = as_of;
  storage_.publish(head, *std::move(note));
  book_.drop_below(head.size);
}

}  // namespace footproof::node
