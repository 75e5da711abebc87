// The core loop from one epoch to the next (consensus/README.md §10, docs/formats.md §7).
//
// The order, each step only after the one before, and safe to be cut off anywhere: the boundary
// block is executed here (its state names the next set) → links to that set, too → the replica says
// EpochEnded → q cosignatures of the head after the block, or a hop that a peer made of theirs →
// everything synced and the hop kept → the data folder marked with the key of the next set → the
// replica of the next epoch, links to its members alone. A restart before the hop is kept goes on
// in the old epoch, after it in the new one (epoch_in_force).
#include <algorithm>
#include <filesystem>
#include <utility>

#include "attest/note.h"
#include "ledger/next_set.h"
#include "node/core_loop.h"
#include "node/judging_set.h"
#include "node/log.h"

namespace footproof::node {

// The boundary block is executed here, now or before a restart.
void CoreLoop::end_epoch(const ledger::Head& head) {
  auto next = epoch_set(parts_.network, parts_.store, set_.epoch() + 1, parts_.config.validator,
                        parts_.keys);
  if (!next) return fail_for_good("the next set: " + next.error().detail);
  log(LogLevel::info, "epoch_ends",
      {{"epoch", set_.epoch()},
       {"height", head.height},
       {"size", head.log_size},
       {"next_validators", next->validators.members.size()},
       {"next_member", next->self ? 1 : 0}});
  book_.end_at(head.log_size);
  ending_.emplace(Ending{{head.log_size, head.log_root}, *std::move(next)});
  outside_.links.set_links(links_of(set_, parts_.config.validator, &ending_->next));
  // Others may have left this epoch already: what was published before a restart is enough.
  auto note = parts_.store.checkpoint_at(head.log_size);
  if (!note || !*note) return;
  hop_asked_ = true;
  storage_.keep_hop(**std::move(note), kNoProducer);
}

void CoreLoop::epoch_ended(const consensus::EpochEnded& end) {
  if (!ending_) {
    return fail_for_good("consensus ends the epoch before its boundary block is executed");
  }
  ending_->said = true;
  log(LogLevel::debug, "epoch_closed",
      {{"epoch", end.epoch}, {"height", end.boundary.header.height}});
}

bool CoreLoop::next_is_due() const { return ending_ && ending_->said && ending_->hop_kept; }

void CoreLoop::hop_kept(std::uint64_t epoch) {
  post([this, epoch] {
    if (stopped_ || !ending_ || epoch != set_.epoch()) return;
    ending_->hop_kept = true;
    publish_end();
    turn();
  });
}

// Who was shown the hop by a peer may never have heard q cosignatures of the last head: it would
// show an older one until the next entry is logged.
void CoreLoop::publish_end() {
  if (set_.keys == nullptr || (published_ && published_->size >= ending_->head.size)) return;
  const auto hop = parts_.store.hop(set_.epoch());
  auto note = hop && *hop ? parse_note(as_bytes((*hop)->checkpoint)) : fail(Errc::not_found, "");
  if (!note) return;
  note->signatures.insert(note->signatures.begin(),
                          sign_note(set_.keys->log, parts_.network.origin, note->text));
  std::string own = encode(*note);
  const auto trusted = judge_checkpoint(*parts_.store.snapshot(), own);
  if (trusted) take_checkpoint(ending_->head, trusted->as_of, std::move(own));
}

void CoreLoop::hop_refused(ValidatorIndex from, const std::string& why) {
  post([this, from, why] {
    if (stopped_) return;
    hop_asked_ = false;
    if (from != kNoProducer) drop_peer(from, "a hop that does not hold: " + why);
    if (ending_) keep_hop_of(ending_->head);
  });
}

// Once q of the set vouch for the head after the boundary block.
void CoreLoop::keep_hop_of(const CosignedHead& head) {
  if (!ending_ || ending_->hop_kept || hop_asked_ || head != ending_->head) return;
  auto note = book_.make_note(head, set_.keys->log);
  if (!note) return;
  hop_asked_ = true;
  storage_.keep_hop(*std::move(note), kNoProducer);
}

// A peer that has left this epoch shows with what. It proves itself.
void CoreLoop::hop_message(ValidatorIndex peer, const Envelope& envelope) {
  if (!ending_ || ending_->hop_kept || hop_asked_) return;
  auto hop = parse_hop(envelope.body);
  if (!hop) return drop_peer(peer, "a hop that does not parse");
  hop_asked_ = true;
  storage_.keep_hop(*std::move(hop), peer);
}

// To one who speaks of an epoch that is over: how it ended, and the hop that leads out of it.
void CoreLoop::serve_epoch_end(const consensus::ServeEpochEnd& request) {
  stragglers_.insert(request.to);
  const auto next = ledger::validators_of(*parts_.store.snapshot(), request.epoch + 1);
  if (!next) return;
  auto end = consensus::make_end_of_epoch(chain_, request.epoch, next->from_height - 1);
  if (end) perform_send({request.to, *std::move(end)});
  const auto hop = parts_.store.hop(request.epoch);
  if (hop && *hop) {
    outside_.links.send(request.to, encode_frame(FrameKind::hop, 0, encode_hop(**hop)));
  }
}

// Between two events, never within one. What waits to be stepped was for the old replica.
void CoreLoop::begin_next() {
  const auto synced = wal_->sync();
  if (!synced) return fail_for_good(synced.error().detail);
  if (!cut_hashes_.empty()) parts_.mempool.set_durable(std::exchange(cut_hashes_, {}));
  sync_wanted_ = false;
  reach_synced_ = reach_;
  last_lsn_ = 0;
  events_.clear();

  const EpochSet before = std::exchange(set_, std::move(ending_->next));
  ending_.reset();
  hop_asked_ = false;
  if (auto ours = speak_as(parts_.config.data, parts_.network, set_); !ours) {
    return fail_for_good(ours.error().detail);
  }
  observer_ = std::filesystem::exists(parts_.config.data / kObserverFile);
  // The set names a key that nobody else has: the alarm was about the one before.
  const bool key_is_new =
      set_.keys != nullptr &&
      (before.keys == nullptr || before.keys->vote.public_key() != set_.keys->vote.public_key());
  if (alarm_is_of_key_ && set_.self && key_is_new && !observer_) alarm_.clear();
  if (auto made = make_replica({}); !made) return fail_for_good(made.error().detail);
  book_ = CosignatureBook(parts_.network.origin, set_.validators);
  claimed_heights_.clear();
  stragglers_.clear();
  unheard_.clear();
  unshown_.clear();
  take_over_batches();
  push(consensus::Started{});
  for (ValidatorIndex peer = 0; peer < set_.membership.n(); ++peer) {
    unheard_.insert(peer);
    unshown_.insert(peer);
  }
  storage_.cosign_as(may_vote() ? std::optional(EpochCosigner{set_.epoch(), &set_.keys->cosign})
                                : std::nullopt);
  const bool left = before.self && !set_.self;
  outside_.links.set_links(links_of(set_, parts_.config.validator, left ? &before : nullptr));
  for (const auto& peer : outside_.links.peers()) {
    if (!outside_.links.is_connected(peer.index)) continue;
    if (peer.index < set_.membership.n()) push(consensus::Connected{peer.index});
    send_own_batches(peer.index);
  }
  tell_begun(before);
  for (auto& [id, batch] : std::exchange(early_batches_, {})) {
    if (const auto peer = set_.membership.index_of(id)) check_batch(*peer, std::move(batch), false);
  }
  cut_batches();
  watch_links();
  publish_facts();
}

void CoreLoop::tell_begun(const EpochSet& before) const {
  log(LogLevel::info, "epoch_begins",
      {{"epoch", set_.epoch()},
       {"validators", set_.validators.members.size()},
       {"quorum", set_.membership.q()},
       {"member", set_.self ? 1 : 0},
       {"votes", may_vote() ? 1 : 0}});
  if (before.self && !set_.self) {
    log(LogLevel::warning, "validator_left",
        {{"since_epoch", set_.epoch()},
         {"why", set_.why_none},
         {"effect",
          "this node votes and cosigns no more; it follows and serves. Keep its keys "
          "until a quorum of the new validators serves the hop of this epoch"}});
  } else if (!before.self && set_.self) {
    log(LogLevel::info, "validator_joined",
        {{"since_epoch", set_.epoch()}, {"votes", may_vote() ? 1 : 0}});
  }
}

CoreFacts::Set CoreLoop::set_facts() const {
  CoreFacts::Set out;
  out.epoch = set_.epoch();
  for (const auto& member : set_.validators.members) out.members.push_back(member.id);
  out.quorum = set_.membership.q();
  out.member = set_.self.has_value();
  out.votes = may_vote() && replica_->info().voting;
  if (!set_.self) {
    out.why_no_vote = set_.why_none;
  } else if (!alarm_.empty()) {
    out.why_no_vote = "alarm: " + alarm_;
  } else if (observer_) {
    out.why_no_vote = "observer: its vote key may have voted for what it no longer remembers";
  } else if (replica_->info().listening) {
    out.why_no_vote = "it has just started and listens first; wait, or see that the others are up";
  } else if (!out.votes) {
    out.why_no_vote = "the epoch has ended here; the next one begins in a moment";
  }
  if (const auto next = ledger::next_validators(*parts_.store.snapshot()); next && *next) {
    for (const auto& member : (*next)->members) out.next_members.push_back(member.id);
  }
  return out;
}

// Without it this node would not know that there is work when its own epoch begins.
void CoreLoop::keep_early(ValidatorIndex peer, Bytes batch, std::uint64_t epoch) {
  if (epoch != set_.epoch() + 1 || early_batches_.size() >= kEarlyBatchesMax) return;
  for (const auto& one : outside_.links.peers()) {
    if (one.index == peer) early_batches_.emplace_back(one.id, std::move(batch));
  }
}

// What was on its way and is in no block yet is still to be ordered, whoever made it.
void CoreLoop::take_over_batches() {
  BatchStore old = std::exchange(batches_, BatchStore());
  for (auto& batch : old.all()) {
    if (old.find(batch.ref.digest)->delivered) continue;  // executed and synced: in the store
    take_back(std::move(batch), false);
  }
}

}  // namespace footproof::node
