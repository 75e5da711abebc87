// One key, one validator: a node that meets a vote of its own key which it has not signed stops for
// good, and none votes before it has heard from others (README.md §13).
//
// A machine that was cloned, restored from a copy or wiped has the key and not the votes. Its own
// records tell of the views above lf alone; below, R2 keeps it from voting.
#include "consensus/core.h"

namespace footproof::consensus {
namespace {

constexpr std::size_t kViewsShown = 64;  // to whom they are the votes of

std::string stop_text(const std::string& what) {
  return what +
         " is signed with this validator's vote key and not by this node: a second machine has the "
         "key, or this one's data is older than its votes. It votes no more with this key; find "
         "the other machine and get a new vote key by ballot, with which it goes on by itself";
}

std::string of_view(View view) { return " of view " + std::to_string(view); }

}  // namespace

void Replica::Core::guard(const Vote& vote) {
  const View view = vote.proposal.view;
  // Of a closed epoch the records are let go, and no vote follows.
  if (!parameters_.guard_own_key || alarmed_ || closed_ || !is_me(vote.signer) || view <= lf_) {
    return;
  }
  const Vote* mine = safety_.find(vote.type, view);
  if (mine != nullptr && mine->says_same(vote)) return;
  if (!membership_.verify(vote, verifier_)) return;  // whoever counts it says so
  alarm(AlarmKind::own_key, stop_text("a vote" + of_view(view)), 0);
}

// The certificate is verified.
void Replica::Core::guard(const Certificate& certificate) {
  const View view = certificate.proposal.view;
  if (!parameters_.guard_own_key || alarmed_ || closed_ || !self_ || view <= lf_) return;
  if (((certificate.signers >> *self_) & 1U) == 0) return;
  const Vote* mine = safety_.find(certificate.type, view);
  if (mine != nullptr && mine->proposal == certificate.proposal) return;
  alarm(AlarmKind::own_key, stop_text("a vote inside a certificate" + of_view(view)), 0);
}

// The evidence is verified, and R1 keeps me from signing both, of whatever view.
void Replica::Core::guard(const Evidence& evidence) {
  if (!parameters_.guard_own_key || alarmed_ || !is_me(evidence.first.signer)) return;
  alarm(AlarmKind::own_key, stop_text("one of two votes" + of_view(evidence.first.proposal.view)),
        0);
}

// After a restart: what was heard before and stands in the log.
void Replica::Core::guard_what_is_held() {
  for (const auto& [key, evidence] : evidence_) guard(evidence);
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    for (const auto& certificate : it->second.certificates) {
      if (certificate) guard(*certificate);
    }
  }
}

// q - 1 others and I could order something; fewer need no vote of mine yet.
void Replica::Core::heard_from(ValidatorIndex peer) {
  if (!safety_.listening()) return;
  heard_from_.insert(peer);
  if (heard_from_.size() + 1 < membership_.q()) return;
  safety_.speak();
  heard_from_.clear();
  start_view_clock();  // nobody could wait for a vote of mine before
  std::vector<View> notarized;
  for (auto it = views_.upper_bound(lf_); it != views_.end(); ++it) {
    if (it->second.of(VoteType::notarize)) notarized.push_back(it->first);
  }
  for (const View view : notarized) maybe_finalize(view);
}

// The votes of the peer that I hold, highest view first: all above lf, or else those of one view.
// It compares them with its own records.
void Replica::Core::show_own_votes(ValidatorIndex peer) {
  std::size_t shown = 0;
  for (auto it = views_.rbegin(); it != views_.rend() && shown < kViewsShown; ++it) {
    if (shown > 0 && it->first <= lf_) return;
    std::uint32_t refused = 0;
    const auto votes = it->second.votes.of(membership_, verifier_, peer, refused);
    refused_ += refused;
    for (const Vote& vote : votes) send(peer, vote);
    if (!votes.empty()) ++shown;
  }
}

}  // namespace footproof::consensus
