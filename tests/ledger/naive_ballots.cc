// Who may propose and vote, and when enough have: the associations and their ballots, counted again
// from the list each time. What a decided ballot changes: naive_changes.cc.
#include <algorithm>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

using naive::kFine;

std::string NaiveRules::judge_ballot(NaiveEntry& entry, const Ballot& it) const {
  const std::string& issuer = entry.statement.issuer();
  const auto members = associations(list_.size());
  const auto seat = std::find_if(members.begin(), members.end(),
                                 [&](const Seat& one) { return one.uri == issuer; });
  if (seat == members.end()) return "not-an-association";

  const ProposalNonce& nonce = it.proposal.nonce;
  std::size_t approving = it.approve ? 1 : 0;  // this one, and those of the others
  for (const Seat& other : members) {
    if (other.uri == issuer) continue;
    const NaiveEntry* last = last_ballot(nonce, other, list_.size());
    if (last != nullptr && last->statement.as<Ballot>()->approve) ++approving;
  }
  const bool majority = approving * 3 > members.size() * 2;

  const NaiveEntry* first = first_ballot(nonce);
  if (first == nullptr) {
    if (auto why = judge_new_proposal(entry, it); why != kFine) return why;
  } else {
    if (!(first->statement.as<Ballot>()->proposal == it.proposal)) return "proposal-differs";
    if (count(nonce).decided) return "already-decided";
    if (it.proposal.lapses < naive::today(entry.recorded)) return "proposal-lapsed";
  }
  if (it.approve) {
    if (auto why = judge_change(it.proposal.change); why != kFine) return why;
  }
  entry.decides = it.approve && majority;
  if (it.approve) {
    if (auto why = judge_word(entry, it, entry.decides); why != kFine) return why;
  }
  const NaiveEntry* last = last_ballot(nonce, *seat, list_.size());
  const bool same = last != nullptr && last->statement.as<Ballot>()->approve == it.approve;
  if (!same || entry.decides) return kFine;
  // The same again, unless it brings a later word of the new validator.
  if (!it.ready) return "already-voted";
  const auto known = newest_word(nonce);
  const NaiveEntry* named = find(it.ready->entry);
  return known && named->recorded <= known->recorded ? "already-voted" : kFine;
}

std::string NaiveRules::judge_new_proposal(const NaiveEntry& entry, const Ballot& it) const {
  if (!it.approve) return "unknown-proposal";
  const Date today = naive::today(entry.recorded);
  if (it.proposal.lapses < today || it.proposal.lapses > today.plus(180)) {
    return "lapses-out-of-range";
  }
  std::size_t open = 0;
  for (const NaiveEntry& earlier : list_) {
    const auto* ballot = earlier.statement.as<Ballot>();
    if (ballot == nullptr || first_ballot(ballot->proposal.nonce) != &earlier) continue;
    if (earlier.statement.issuer() != entry.statement.issuer()) continue;
    if (ballot->proposal.lapses >= today && !count(ballot->proposal.nonce).decided) ++open;
  }
  return open >= 4 ? "too-many-proposals" : kFine;
}

std::vector<NaiveRules::Seat> NaiveRules::associations(std::size_t entries) const {
  std::vector<Seat> seats;
  const auto record = parse_associations_record(genesis_.at(state_key::associations())).value();
  for (const AssociationSeat& seat : record.seats) {
    seats.push_back({seat.uri, seat.since});
  }
  const auto leaves = [&](const std::string& uri) {
    std::erase_if(seats, [&](const Seat& seat) { return seat.uri == uri; });
  };
  const auto comes = [&](const AdmitParty& party, Instant at) {
    if (party.role == PartyRole::association) seats.push_back({party.uri, at});
  };
  for (std::size_t at = 0; at < entries; ++at) {
    const Change* change = list_[at].carried_out();
    if (change == nullptr) continue;
    if (const auto* it = std::get_if<RemoveParty>(change)) leaves(it->uri);
    if (const auto* it = std::get_if<AdmitParty>(change)) comes(*it, list_[at].recorded);
    if (const auto* it = std::get_if<ReplaceParty>(change)) {
      leaves(it->uri);
      comes(it->by, list_[at].recorded);
    }
  }
  std::sort(seats.begin(), seats.end(), [](const Seat& a, const Seat& b) { return a.uri < b.uri; });
  return seats;
}

std::vector<std::string> NaiveRules::association_uris() const {
  std::vector<std::string> uris;
  for (const Seat& seat : associations(list_.size())) {
    uris.push_back(seat.uri);
  }
  return uris;
}

const NaiveEntry* NaiveRules::first_ballot(const ProposalNonce& nonce) const {
  for (const NaiveEntry& entry : list_) {
    const auto* ballot = entry.statement.as<Ballot>();
    if (ballot != nullptr && ballot->proposal.nonce == nonce) return &entry;
  }
  return nullptr;
}

const NaiveEntry* NaiveRules::last_ballot(const ProposalNonce& nonce, const Seat& seat,
                                          std::size_t entries) const {
  const NaiveEntry* last = nullptr;
  for (std::size_t at = 0; at < entries; ++at) {
    const auto* ballot = list_[at].statement.as<Ballot>();
    if (ballot == nullptr || ballot->proposal.nonce != nonce) continue;
    if (list_[at].statement.issuer() != seat.uri || list_[at].recorded < seat.since) continue;
    last = &list_[at];
  }
  return last;
}

NaiveRules::Count NaiveRules::count(const ProposalNonce& nonce) const {
  Count count;
  for (const Seat& seat : associations(list_.size())) {
    ++count.members;
    const NaiveEntry* last = last_ballot(nonce, seat, list_.size());
    if (last == nullptr) continue;
    ++(last->statement.as<Ballot>()->approve ? count.approve : count.reject);
  }
  for (const NaiveEntry& entry : list_) {
    if (entry.decides && entry.statement.as<Ballot>()->proposal.nonce == nonce) {
      count.decided = true;
    }
  }
  return count;
}

}  // namespace footproof::testing
