// Saying things again, asking for what is missing, and answering (README.md §9).
#include <algorithm>

#include "consensus/core.h"

namespace footproof::consensus {

// ---- timers

bool Replica::Core::leader_absent() const {
  const ValidatorIndex leading = leader(view_);
  if (is_me(leading)) return false;
  const std::uint64_t after = pacemaker_.absent_after();
  const auto fresh = [&](std::size_t i) {
    return heard_[i] != 0 && heard_[i] + after > now_.mono_ms;
  };
  if (!link_closed_[leading] && (fresh(leading) || pacemaker_.entered() + after > now_.mono_ms)) {
    return false;
  }
  std::size_t present = self_ ? 1 : 0;
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    if (self_ != i && i != leading && fresh(i)) ++present;
  }
  return present >= membership_.q();
}

void Replica::Core::check_timers() {
  const std::uint64_t k = view_ - lf_;
  const auto found = views_.find(view_);
  const bool proposed = found != views_.end() && found->second.proposal;
  const bool lead_over = !proposed && now_.mono_ms >= pacemaker_.lead_deadline(k, leader_absent());
  if (lead_over || now_.mono_ms >= pacemaker_.cert_deadline(k)) nullify_now();
  if (now_.mono_ms >= next_retry_) {
    next_retry_ = now_.mono_ms + 2 * parameters_.delta_ms;
    repeat();
  }
  if (now_.mono_ms >= ask_again_) dirty_ = true;
  if (now_.mono_ms >= next_status_) {
    next_status_ = now_.mono_ms + parameters_.status_ms;
    if (parameters_.mutation != Mutation::no_repetition) send(std::nullopt, status());
  }
}

void Replica::Core::arm_timer() {
  std::uint64_t next = std::min({next_retry_, next_status_, ask_again_});
  const Proposal probe{membership_.epoch(), view_, 0, {}};
  if (safety_.may_sign(VoteType::nullify, probe)) {
    const std::uint64_t k = view_ - lf_;
    const auto found = views_.find(view_);
    const bool proposed = found != views_.end() && found->second.proposal;
    next = std::min(next, proposed ? pacemaker_.cert_deadline(k)
                                   : pacemaker_.lead_deadline(k, leader_absent()));
  }
  if (is_me(leader(view_)) && safety_.may_sign(VoteType::notarize, probe)) {
    const std::uint64_t empty = pacemaker_.empty_proposal_time();
    if (empty > now_.mono_ms) next = std::min(next, empty);
  }
  next = std::max(next, now_.mono_ms + 1);
  if (next == timer_) return;
  timer_ = next;
  out_.push_back(SetTimer{next});
}

// ---- repetition

const Certificate* Replica::Core::entry_certificate() const {
  if (const auto* c = certificate(VoteType::finalize, view_ - 1)) return c;
  if (const auto* c = certificate(VoteType::nullify, view_ - 1)) return c;
  return certificate(VoteType::notarize, view_ - 1);
}

void Replica::Core::repeat() {
  dirty_ = true;
  if (closed_ || parameters_.mutation == Mutation::no_repetition) return;
  // Nothing of this view was said yet and nothing is owed: STATUS is enough.
  const bool quiet = !pacemaker_.working() && safety_.votes().empty();
  if (quiet) return;
  if (const Certificate* entry = entry_certificate()) send(std::nullopt, *entry);
  repeat_own_votes(std::nullopt);
}

void Replica::Core::repeat_own_votes(std::optional<ValidatorIndex> to) {
  if (alarmed_) return;  // perhaps not all mine
  std::size_t finalizes = 0;
  const std::vector<Vote> votes = safety_.votes();
  for (auto vote = votes.rbegin(); vote != votes.rend(); ++vote) {
    if (!is_durable(*vote)) continue;
    const View view = vote->proposal.view;
    if (vote->type == VoteType::finalize) {
      if (++finalizes <= kViewsAhead) send(to, *vote);
    } else if (view == view_) {
      auto proposal = vote->type == VoteType::notarize ? own_proposal(view) : std::nullopt;
      send(to, proposal ? Message(std::move(*proposal)) : Message(*vote));
    }
  }
}

Status Replica::Core::status() const {
  Status status;
  status.epoch = membership_.epoch();
  status.view = view_;
  status.finalized_height = blocks_.linked_tip().height;
  status.finalization = finalization_;
  if (const Certificate* entry = entry_certificate()) {
    if (!finalization_ || *entry != *finalization_) status.entry = *entry;
  }
  return status;
}

void Replica::Core::receive(const Status& message, ValidatorIndex from) {
  peer_heights_[from] = message.finalized_height;
  if (message.finalization) receive(*message.finalization, from);
  if (message.entry) receive(*message.entry, from);
  heard_from(from);
}

// ---- asking

ValidatorIndex Replica::Core::next_peer() {
  for (;;) {
    const auto peer = static_cast<ValidatorIndex>(rotation_++ % membership_.n());
    if (!is_me(peer)) return peer;
  }
}

// The hinted one and another.
void Replica::Core::ask(const Message& message, ValidatorIndex hint) {
  if (is_me(hint)) hint = next_peer();
  send(hint, message);
  ValidatorIndex other = next_peer();
  if (other == hint) other = next_peer();
  send(other, message);
}

void Replica::Core::request_missing() {
  if (!dirty_ || !started_) return;
  dirty_ = false;
  ask_again_ = UINT64_MAX;
  if (parameters_.mutation == Mutation::no_repetition) return;
  request_certificates();
  request_blocks();
  request_chain();
  request_batches();
}

// For each view between lf and mine, something that says how it ended.
void Replica::Core::request_certificates() {
  GetCert request{membership_.epoch(), {}};
  for (View view = view_ - 1; view > lf_ && request.queries.size() < kCertQueriesMax; --view) {
    if (winner(view) || nullified(view)) continue;
    const auto key = std::pair(view, static_cast<std::uint8_t>(Wanted::any));
    ask_again_ = std::min(ask_again_, now_.mono_ms + parameters_.delta_ms);
    if (!certificate_requests_.due(key, now_.mono_ms, parameters_.delta_ms)) continue;
    request.queries.push_back({view, Wanted::any});
  }
  if (!request.queries.empty()) ask(request, next_peer());
}

// Of the leader and one voter first (one of them is honest in a network of four), then of f+1
// voters at a time: whoever notarized a block holds it.
void Replica::Core::request_block(const Digest& id, ValidatorIndex hint,
                                  const Certificate* voters) {
  ask_again_ = std::min(ask_again_, now_.mono_ms + parameters_.delta_ms);
  const bool first = !block_requests_.asked(id);
  if (!block_requests_.due(id, now_.mono_ms, parameters_.delta_ms)) return;
  std::size_t more = first ? 1 : membership_.f() + 1;
  if (first && !is_me(hint)) send(hint, GetBlock{{id}});
  for (std::size_t tried = 0; tried < membership_.n() && more > 0; ++tried) {
    const ValidatorIndex peer = next_peer();
    if (first && peer == hint) continue;
    if (voters != nullptr && ((voters->signers >> peer) & 1U) == 0) continue;
    send(peer, GetBlock{{id}});
    --more;
  }
}

void Replica::Core::request_blocks() {
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    const auto& won = it->second.of(VoteType::notarize);
    if (!won) continue;
    const Blocks::Walk walk = blocks_.walk(won->proposal.block_id);
    if (walk.end == Blocks::End::missing && walk.path.size() < Blocks::kDeliveredKept) {
      request_block(walk.missing, leader(it->first), &*won);
    }
  }
  if (lf_ == 0 || blocks_.on_chain(finalized_id_)) return;
  const Blocks::Walk walk = blocks_.walk(finalized_id_);
  if (walk.end == Blocks::End::missing && walk.path.size() < Blocks::kDeliveredKept) {
    request_block(walk.missing, leader(lf_), finalization_ ? &*finalization_ : nullptr);
  }
}

// Behind by more than a few blocks: whole stretches, from the lowest missing height up.
void Replica::Core::request_chain() {
  if (lf_ == 0 || blocks_.on_chain(finalized_id_) || blocks_.queue().size() >= kQueueMax) return;
  if (now_.mono_ms < next_chain_request_) return;
  const Height from = blocks_.linked_tip().height + 1;
  for (std::size_t tried = 0; tried < membership_.n(); ++tried) {
    const ValidatorIndex peer = next_peer();
    // A block or two come faster by hash; but of a closed epoch from who has the chain alone.
    if (peer_heights_[peer] < (closed_ ? from : from + 2)) continue;
    send(peer, GetChain{membership_.epoch(), from, kChainWindow});
    chain_asked_ = true;
    next_chain_request_ = now_.mono_ms + 2 * parameters_.delta_ms;
    return;
  }
}

void Replica::Core::request_batches_of(const Block& block, ValidatorIndex hint) {
  Fetch fetch{{}, hint};
  for (const BatchRef& ref : block.batch_refs) {
    if (payload_.holds(ref.digest)) continue;
    ask_again_ = std::min(ask_again_, now_.mono_ms + parameters_.delta_ms);
    if (!batch_requests_.due(ref.digest, now_.mono_ms, parameters_.delta_ms)) continue;
    fetch.batches.push_back(ref);
  }
  if (!fetch.batches.empty()) out_.push_back(std::move(fetch));
}

// Bodies of what is final, and of what others may build on.
void Replica::Core::request_batches() {
  std::size_t ahead = 0;
  for (const Blocks::Final& next : blocks_.queue()) {
    if (++ahead > kChainWindow) break;
    const Block& block = blocks_.find(next.id)->block;
    request_batches_of(block, block.header.proposer);
  }
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    const auto& won = it->second.of(VoteType::notarize);
    const Blocks::Entry* entry = won ? blocks_.find(won->proposal.block_id) : nullptr;
    if (entry != nullptr) request_batches_of(entry->block, leader(it->first));
  }
}

// ---- answering

void Replica::Core::receive(const GetCert& message, ValidatorIndex from) {
  bool sent_finalization = false;
  for (const CertQuery& query : message.queries) {
    if (query.view <= lf_ || closed_) {
      if (!sent_finalization && finalization_) send(from, *finalization_);
      sent_finalization = true;
      continue;
    }
    const Certificate* answer = nullptr;
    if (query.wanted != Wanted::nullification) {
      answer = certificate(VoteType::finalize, query.view);
      if (answer == nullptr) answer = certificate(VoteType::notarize, query.view);
    }
    if (answer == nullptr && query.wanted != Wanted::notarization) {
      answer = certificate(VoteType::nullify, query.view);
    }
    if (answer != nullptr) {
      send(from, *answer);
      continue;
    }
    for (const VoteType type : {VoteType::notarize, VoteType::nullify, VoteType::finalize}) {
      const Vote* vote = alarmed_ ? nullptr : safety_.find(type, query.view);
      if (vote != nullptr && is_durable(*vote)) send(from, *vote);
    }
  }
}

void Replica::Core::receive(const GetBlock& message, ValidatorIndex from) {
  for (const Digest& id : message.block_ids) {
    if (const Blocks::Entry* entry = blocks_.find(id)) send(from, BlockAnswer{entry->block});
  }
}

void Replica::Core::receive(const GetChain& message, ValidatorIndex from) {
  const auto max = std::min<std::uint32_t>(message.max, kChainBlocksMax);
  if (max == 0 || message.from_height > blocks_.delivered_height()) return;
  out_.push_back(ServeChain{from, message.epoch, message.from_height, max});
}

// Taken only if its hash is the one that is missing now.
void Replica::Core::receive(const BlockAnswer& message, ValidatorIndex) {
  const Digest id = block_id(message.block.header);
  if (blocks_.find(id) != nullptr || !body_fits(message.block)) return;
  bool wanted = id == finalized_id_;
  const auto ends_at = [&](const Digest& top) {
    const Blocks::Walk walk = blocks_.walk(top);
    return walk.end == Blocks::End::missing && walk.missing == id;
  };
  wanted = wanted || (lf_ > 0 && !blocks_.on_chain(finalized_id_) && ends_at(finalized_id_));
  for (auto it = views_.upper_bound(lf_); !wanted && it != views_.end(); ++it) {
    const auto& won = it->second.of(VoteType::notarize);
    wanted = (won && ends_at(won->proposal.block_id)) ||
             (it->second.proposal && it->second.proposal->block_id == id);
  }
  if (!wanted) return;
  if (!take_evidence(message.block)) {
    ++refused_;
    return;
  }
  blocks_.insert(id, message.block);
  block_requests_.forget(id);
  dirty_ = true;
}

void Replica::Core::receive(const Chain& message, ValidatorIndex) {
  if (chain_asked_ && take_chain(message)) chain_asked_ = false;
}

void Replica::Core::on(const Shown& event) {
  const Chain& chain = event.chain;
  if (chain.finalization.proposal.epoch == membership_.epoch()) (void)take_chain(chain);
}

bool Replica::Core::take_chain(const Chain& message) {
  if (message.blocks.empty()) return false;
  const Certificate& finalization = message.finalization;
  const Digest top = block_id(message.blocks.back().header);
  if (finalization.type != VoteType::finalize || finalization.proposal.block_id != top)
    return false;
  if (blocks_.on_chain(top)) return false;
  // Down by hashes from the certified top to my tip, before anything is kept.
  Digest expected = top;
  std::size_t first = message.blocks.size();
  while (first > 0 && expected != blocks_.linked_tip().id) {
    const Block& block = message.blocks[first - 1];
    if (block_id(block.header) != expected || !body_fits(block)) {
      ++refused_;
      return false;
    }
    expected = block.header.parent;
    --first;
  }
  if (expected != blocks_.linked_tip().id) return false;
  if (!membership_.verify(finalization, verifier_)) {
    ++refused_;
    return false;
  }
  for (std::size_t i = first; i < message.blocks.size(); ++i) {
    blocks_.insert(block_id(message.blocks[i].header), message.blocks[i]);
  }
  next_chain_request_ = now_.mono_ms;
  dirty_ = true;
  const Blocks::Walk walk = blocks_.walk(top);
  if (walk.end == Blocks::End::linked) link(walk, finalization);
  accept(finalization);
  link_and_deliver();
  return true;
}

}  // namespace footproof::consensus
