// Votes, certificates, views, and certificates that exclude each other (README.md §7, §11).
#include "consensus/core.h"

namespace footproof::consensus {
namespace {

// The vote of one signer inside a certificate.
Vote vote_in(const Certificate& certificate, ValidatorIndex signer) {
  std::size_t place = 0;
  for (ValidatorIndex i = 0; i < signer; ++i) place += (certificate.signers >> i) & 1U;
  return {certificate.type, certificate.proposal, signer, certificate.signatures[place]};
}

}  // namespace

bool Replica::Core::cast(VoteType type, const Proposal& proposal, std::optional<Propose> carrier) {
  const auto vote = safety_.sign(type, proposal);
  if (!vote) return false;
  const std::uint64_t lsn = persist(*vote, vote->proposal.epoch, vote->proposal.view, true);
  Message message = *vote;
  if (carrier) {
    carrier->signature = vote->signature;
    message = std::move(*carrier);
  }
  held_back_.push_back({lsn, *vote, std::move(message)});
  if (parameters_.mutation == Mutation::send_before_durable) on(Durable{lsn});
  return true;
}

void Replica::Core::on(const Durable& event) {
  durable_lsn_ = std::max(durable_lsn_, event.lsn);
  while (!held_back_.empty() && held_back_.front().lsn <= durable_lsn_) {
    const HeldBack released = std::move(held_back_.front());
    held_back_.pop_front();
    if (released.vote.proposal.view <= lf_ || alarmed_) continue;  // settled meanwhile
    send(std::nullopt, released.message);
    count(released.vote, true);
  }
}

bool Replica::Core::is_durable(const Vote& vote) const {
  for (const HeldBack& held : held_back_) {
    if (held.vote.says_same(vote)) return false;
  }
  return true;
}

void Replica::Core::receive(const Vote& vote, ValidatorIndex) {
  if (vote.proposal.epoch != membership_.epoch() || vote.signer >= membership_.n()) return;
  const View view = vote.proposal.view;
  guard(vote);
  if (view == 0 || view > view_ + kViewsAhead || view + kViewsBehind < lf_) return;
  // The leader giving up its own view counts at once, so it is checked at once.
  const bool decides =
      vote.type == VoteType::nullify && view == view_ && vote.signer == leader(view);
  if (decides && !membership_.verify(vote, verifier_)) {
    ++refused_;
    return;
  }
  count(vote, decides);
  if (decides && view == view_) nullify_now();  // counting it may have ended the view
}

void Replica::Core::count(const Vote& vote, bool verified) {
  const View view = vote.proposal.view;
  ViewState& state = views_[view];
  const bool form = view > lf_ && !state.of(vote.type);
  ViewVotes::Outcome outcome =
      state.votes.add(membership_, verifier_, vote, verified, form, parameters_.mutation);
  refused_ += outcome.refused;
  if (outcome.offence) report(*outcome.offence);
  if (outcome.formed) accept(*outcome.formed);
}

bool Replica::Core::holds(const Certificate& certificate) const {
  const auto found = views_.find(certificate.proposal.view);
  if (found == views_.end()) return false;
  const auto& held = found->second.of(certificate.type);
  return held && held->proposal == certificate.proposal;
}

void Replica::Core::receive(const Certificate& certificate, ValidatorIndex) {
  const View view = certificate.proposal.view;
  if (certificate.proposal.epoch != membership_.epoch() || holds(certificate)) return;
  if (view <= lf_) {
    check_late(certificate);
    return;
  }
  if (!membership_.verify(certificate, verifier_)) {
    ++refused_;
    return;
  }
  accept(certificate);
}

void Replica::Core::accept(const Certificate& certificate) {
  const View view = certificate.proposal.view;
  if (view <= lf_) return;
  guard(certificate);
  auto& place = views_[view].of(certificate.type);
  if (place) {
    if (place->proposal != certificate.proposal) conflict(*place, certificate);
    return;
  }
  place = certificate;
  dirty_ = true;
  persist(certificate, certificate.proposal.epoch, view, false);
  send(std::nullopt, certificate);
  switch (certificate.type) {
    case VoteType::notarize:
      enter_view(view + 1);
      maybe_finalize(view);
      break;
    case VoteType::nullify:
      ++views_nullified_;
      enter_view(view + 1);
      break;
    case VoteType::finalize:
      finalize_view(certificate);
      break;
  }
}

void Replica::Core::maybe_finalize(View view) {
  if (view <= lf_) return;
  const Certificate* notarization = certificate(VoteType::notarize, view);
  if (notarization != nullptr) cast(VoteType::finalize, notarization->proposal);
}

void Replica::Core::finalize_view(const Certificate& finalization) {
  const View view = finalization.proposal.view;
  // A nullification of a finalized view takes more than f faulty validators.
  if (const auto* other = certificate(VoteType::nullify, view)) conflict(finalization, *other);
  const auto* notarization = certificate(VoteType::notarize, view);
  if (notarization != nullptr &&
      notarization->proposal.block_id != finalization.proposal.block_id) {
    conflict(finalization, *notarization);
  }
  lf_ = view;
  finalized_id_ = finalization.proposal.block_id;
  finalization_ = finalization;
  safety_.finalized(view);
  enter_view(view + 1);
  link_and_deliver();
  if (lf_ > kViewsBehind) {
    views_.erase(views_.begin(), views_.lower_bound(lf_ - kViewsBehind));
  }
}

void Replica::Core::enter_view(View view) {
  if (view <= view_) return;
  view_ = view;
  dirty_ = true;
  start_view_clock();
  next_retry_ = now_.mono_ms + 2 * parameters_.delta_ms;
}

void Replica::Core::start_view_clock() {
  pacemaker_.enter(now_.mono_ms);
  const auto buffered = views_.find(view_);
  if (buffered != views_.end() && buffered->second.proposal) {
    pacemaker_.proposal_came(now_.mono_ms);
  }
}

const Certificate* Replica::Core::certificate(VoteType type, View view) const {
  if (type == VoteType::finalize && view == lf_ && finalization_) return &*finalization_;
  const auto found = views_.find(view);
  if (found == views_.end()) return nullptr;
  const auto& held = found->second.of(type);
  return held ? &*held : nullptr;
}

std::optional<Digest> Replica::Core::winner(View view) const {
  if (view == 0) return root_.block_id;
  if (const auto* final = certificate(VoteType::finalize, view)) return final->proposal.block_id;
  if (const auto* won = certificate(VoteType::notarize, view)) return won->proposal.block_id;
  return std::nullopt;
}

bool Replica::Core::nullified(View view) const {
  return certificate(VoteType::nullify, view) != nullptr;
}

// ---- certificates that exclude each other

// Two certificates that cannot both exist while at most f validators are faulty. Who signed both
// sides is named; each is evidence by itself where R1 forbids the pair.
void Replica::Core::conflict(const Certificate& mine, const Certificate& theirs) {
  if (chain_in_doubt_) return;
  std::uint32_t both = 0;
  if (mine.proposal.view == theirs.proposal.view) both = mine.signers & theirs.signers;
  for (std::size_t i = 0; i < membership_.n(); ++i) {
    if (((both >> i) & 1U) == 0) continue;
    const auto signer = static_cast<ValidatorIndex>(i);
    const Evidence evidence{vote_in(mine, signer), vote_in(theirs, signer)};
    if (is_offence(evidence.first, evidence.second)) report(evidence);
  }
  persist(mine, mine.proposal.epoch, mine.proposal.view, false);
  persist(theirs, theirs.proposal.epoch, theirs.proposal.view, true);
  alarm(AlarmKind::conflicting_finality,
        "views " + std::to_string(mine.proposal.view) + " and " +
            std::to_string(theirs.proposal.view) +
            " hold certificates that exclude each other; voting stops",
        both);
}

// A certificate of a view at or below lf is news only if it contradicts what is final: a
// finalization there names a block of my chain, or safety is lost (it can be told while my own
// chain is held down to that view); a nullification of a finalized view cannot be.
void Replica::Core::check_late(const Certificate& late) {
  if (chain_in_doubt_) return;
  const View view = late.proposal.view;
  if (late.type == VoteType::nullify) {
    const Certificate* mine = certificate(VoteType::finalize, view);
    if (mine != nullptr && membership_.verify(late, verifier_)) conflict(*mine, late);
    return;
  }
  if (late.type != VoteType::finalize) return;
  if (blocks_.on_chain(late.proposal.block_id)) return;
  if (blocks_.linked_tip().id != finalized_id_ || view < blocks_.lowest_kept_view()) return;
  if (!membership_.verify(late, verifier_)) {
    ++refused_;
    return;
  }
  // The guilty signed both this and what my branch left the view by.
  for (const VoteType type : {VoteType::finalize, VoteType::nullify, VoteType::notarize}) {
    const Certificate* mine = certificate(type, view);
    if (mine == nullptr || mine->proposal == late.proposal) continue;
    conflict(*mine, late);
    return;
  }
  conflict(*finalization_, late);
}

}  // namespace footproof::consensus
