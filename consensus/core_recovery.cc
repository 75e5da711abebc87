// Coming back from the WAL, and what the WAL must keep (README.md §13).
#include <algorithm>

#include "consensus/core.h"

namespace footproof::consensus {

Result<void> Replica::Core::restore(const Record& record) {
  if (const auto* vote = std::get_if<Vote>(&record)) {
    if (!is_me(vote->signer)) return {};  // another key's life; says nothing of mine
    if (!membership_.verify(*vote, verifier_)) {
      return fail(Errc::corrupt, "WAL: own vote does not verify; another chain's data folder?");
    }
    safety_.restore(*vote);
  } else if (const auto* block = std::get_if<Block>(&record)) {
    if (block->header.chain_id != membership_.chain_id() || !body_fits(*block)) {
      return fail(Errc::corrupt, "WAL: block of another chain, or damaged");
    }
    const Digest id = block_id(block->header);
    blocks_.insert(id, *block);
    blocks_.find(id)->persisted = true;
  } else if (const auto* certificate = std::get_if<Certificate>(&record)) {
    if (!membership_.verify(*certificate, verifier_)) {
      return fail(Errc::corrupt, "WAL: certificate does not verify; another chain's data folder?");
    }
    views_[certificate->proposal.view].of(certificate->type) = *certificate;
    const bool final = certificate->type == VoteType::finalize;
    if (final && certificate->proposal.view > lf_) {
      lf_ = certificate->proposal.view;
      finalization_ = *certificate;
    }
  } else if (const auto* evidence = std::get_if<Evidence>(&record)) {
    if (membership_.verify(*evidence, verifier_)) {
      evidence_.try_emplace(key_of(*evidence), *evidence);
    }
  }
  return {};
}

Result<void> Replica::Core::recover(const Recovery& recovery) {
  heads_.restore(recovery.heads);
  heads_.restore_sets(recovery.next_sets);
  end_ = recovery.end;
  for (const EvidenceKey& key : recovery.evidence) ordered_evidence_.take(key);
  if (recovery.applied) {
    const Applied& applied = *recovery.applied;
    blocks_.restore_applied(applied.block);
    end_known_ = applied.block.header.height;
    if (!membership_.verify(applied.finalization, verifier_)) {
      return fail(Errc::corrupt, "store: finalization of the applied block does not verify");
    }
    lf_ = applied.finalization.proposal.view;
    finalization_ = applied.finalization;
    views_[lf_].of(VoteType::finalize) = applied.finalization;
  }
  for (const Bytes& bytes : recovery.records) {
    const auto record = parse_record(bytes);
    if (!record) return fail(record.error());
    if (epoch_of(*record) < membership_.epoch()) continue;
    if (epoch_of(*record) > membership_.epoch()) {
      return fail(Errc::corrupt, "WAL: a record of epoch " + std::to_string(epoch_of(*record)) +
                                     ", the store stands in epoch " +
                                     std::to_string(membership_.epoch()) +
                                     "; an older copy of the database?");
    }
    if (const auto restored = restore(*record); !restored) return fail(restored.error());
  }
  if (finalization_) finalized_id_ = finalization_->proposal.block_id;
  safety_.finalized(lf_);
  close_if_ended();
  view_ = std::max<View>(lf_ + 1, safety_.highest_view());
  if (!views_.empty()) view_ = std::max(view_, views_.rbegin()->first + 1);
  if (lf_ > kViewsBehind) {
    views_.erase(views_.begin(), views_.lower_bound(lf_ - kViewsBehind));
  }
  return {};
}

void Replica::Core::on(const Started&) {
  started_ = true;
  guard_what_is_held();
  pacemaker_.enter(now_.mono_ms);
  next_retry_ = now_.mono_ms + 2 * parameters_.delta_ms;
  next_status_ = now_.mono_ms;
  // Own votes are votes: a quorum may need mine, and nobody else can repeat it.
  const std::vector<Vote> votes = safety_.votes();
  if (!closed_) {
    for (const Vote& vote : votes) {
      if (vote.proposal.view <= lf_) continue;
      if (vote.type == VoteType::notarize && is_me(leader(vote.proposal.view))) {
        ViewState& state = views_[vote.proposal.view];
        state.proposal = vote.proposal;
        state.proposal_signature = vote.signature;
        state.proposal_wall_ms = now_.wall_ms;
      }
      count(vote, true);
    }
    repeat_own_votes(std::nullopt);
  }
  std::vector<View> notarized;
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    if (it->second.of(VoteType::notarize)) notarized.push_back(it->first);
  }
  for (const View view : notarized) maybe_finalize(view);
  link_and_deliver();
}

void Replica::Core::on(const Connected& event) {
  link_closed_[event.peer] = false;
  if (!started_ || parameters_.mutation == Mutation::no_repetition) return;
  show_own_votes(event.peer);  // before it may think that it has heard enough
  send(event.peer, status());
  if (!closed_) repeat_own_votes(event.peer);
  dirty_ = true;
}

void Replica::Core::on(const Disconnected& event) { link_closed_[event.peer] = true; }

std::vector<Bytes> Replica::Core::live_records(Height synced_height) const {
  std::vector<Bytes> records;
  for (const auto& [key, evidence] : evidence_) records.push_back(encode_record(evidence));
  if (closed_ && blocks_.linked_tip().id == finalized_id_ &&
      blocks_.linked_tip().height <= synced_height) {
    return records;  // the store proves that this epoch is over
  }
  if (finalization_) records.push_back(encode_record(*finalization_));
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    for (const auto& certificate : it->second.certificates) {
      if (certificate) records.push_back(encode_record(*certificate));
    }
  }
  for (const auto& [id, entry] : blocks_.all()) {
    if (entry.persisted && entry.block.header.height > synced_height) {
      records.push_back(encode_record(entry.block));
    }
  }
  for (const Vote& vote : safety_.votes()) records.push_back(encode_record(vote));
  return records;
}

}  // namespace footproof::consensus
