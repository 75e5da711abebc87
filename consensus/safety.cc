#include "consensus/safety.h"

namespace footproof::consensus {

Safety::Safety(const Membership& membership, std::optional<ValidatorIndex> self, Signer* signer,
               Mutation mutation)
    : membership_(membership), self_(self), signer_(self ? signer : nullptr), mutation_(mutation) {}

std::optional<Vote>& Safety::Own::of(VoteType type) {
  if (type == VoteType::notarize) return notarize;
  return type == VoteType::nullify ? nullify : finalize;
}

bool Safety::may_sign(VoteType type, const Proposal& proposal) const {
  if (!voting() || listening_ || proposal.epoch != membership_.epoch()) return false;
  if (proposal.view <= finalized_) return false;  // R2
  const auto found = own_.find(proposal.view);
  if (found == own_.end()) return true;
  const Own& own = found->second;
  switch (type) {  // R1
    case VoteType::notarize:
      return !own.notarize && !own.nullify;
    case VoteType::nullify:
      return !own.nullify && !own.finalize;
    case VoteType::finalize:
      if (mutation_ == Mutation::finalize_after_nullify) return !own.finalize;
      return !own.finalize && !own.nullify;
  }
  return false;
}

std::optional<Vote> Safety::sign(VoteType type, const Proposal& proposal) {
  Proposal said = proposal;
  if (type == VoteType::nullify) said = {proposal.epoch, proposal.view, 0, {}};
  if (!may_sign(type, said)) return std::nullopt;
  Vote vote{type, said, *self_, {}};
  vote.signature = signer_->sign(sign_bytes(membership_.chain_id(), type, said));
  own_[said.view].of(type) = vote;
  return vote;
}

void Safety::restore(const Vote& vote) {
  if (vote.proposal.view <= finalized_) return;
  auto& place = own_[vote.proposal.view].of(vote.type);
  if (!place) place = vote;
}

void Safety::finalized(View view) {
  if (view <= finalized_) return;
  finalized_ = view;
  own_.erase(own_.begin(), own_.upper_bound(view));
}

const Vote* Safety::find(VoteType type, View view) const {
  const auto found = own_.find(view);
  if (found == own_.end()) return nullptr;
  const auto& vote = const_cast<Own&>(found->second).of(type);
  return vote ? &*vote : nullptr;
}

std::vector<Vote> Safety::votes() const {
  std::vector<Vote> votes;
  for (const auto& [view, own] : own_) {
    for (const auto* vote : {&own.notarize, &own.nullify, &own.finalize}) {
      if (*vote) votes.push_back(**vote);
    }
  }
  return votes;
}

View Safety::highest_view() const { return own_.empty() ? 0 : own_.rbegin()->first; }

}  // namespace footproof::consensus
