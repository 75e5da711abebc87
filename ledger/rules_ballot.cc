// Ballots: associations propose changes and vote on them (docs/rules.md, ballot). The ballot that
// gives a proposal its majority carries it out, in the same state change; what it carries out is in
// ballot_change.cc.
#include <algorithm>
#include <string>
#include <utility>

#include "attest/governance_record.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

struct Governance {
  AssociationsRecord associations;
  OpenProposalsRecord open;
  std::optional<ProposalRecord> proposal;  // of the ballot's nonce
};

Result<Governance> read_governance(const Case& it, const Proposal& proposal) {
  auto associations = read_record(it.view, state_key::associations(), parse_associations_record);
  if (!associations) return fail(associations.error());
  if (!*associations) return fail(Errc::corrupt, "state: no record of associations");
  auto open = read_record(it.view, state_key::open_proposals(), parse_open_proposals_record);
  if (!open) return fail(open.error());
  auto stored = read_record(it.view, state_key::proposal(proposal.nonce), parse_proposal_record);
  if (!stored) return fail(stored.error());
  return Governance{std::move(**associations), std::move(*open).value_or(OpenProposalsRecord{}),
                    std::move(*stored)};
}

// --- the list of open proposals ------------------------------------------------------------------

void drop_empty(OpenProposalsRecord& record) {
  std::erase_if(record.proposers, [](const Proposer& proposer) { return proposer.open.empty(); });
}

void drop_lapsed(OpenProposalsRecord& record, Date today) {
  for (Proposer& proposer : record.proposers) {
    std::erase_if(proposer.open, [&](const OpenProposal& open) { return open.lapses < today; });
  }
  drop_empty(record);
}

void drop(OpenProposalsRecord& record, const ProposalNonce& nonce) {
  for (Proposer& proposer : record.proposers) {
    std::erase_if(proposer.open, [&](const OpenProposal& open) { return open.nonce == nonce; });
  }
  drop_empty(record);
}

Proposer& proposer_of(OpenProposalsRecord& record, const std::string& uri) {
  auto& all = record.proposers;
  const auto found = std::ranges::lower_bound(all, uri, {}, &Proposer::uri);
  if (found != all.end() && found->uri == uri) return *found;
  return *all.insert(found, Proposer{uri, {}});
}

std::optional<Refusal> put_open(StateChanges& changes, const OpenProposalsRecord& record) {
  if (!record.proposers.empty()) return put_record(changes, state_key::open_proposals(), record);
  changes.insert_or_assign(state_key::open_proposals(), std::nullopt);
  return std::nullopt;
}

// --- may this ballot be cast ---------------------------------------------------------------------

std::optional<Refusal> judge_new(const Case& it, const Ballot& ballot, OpenProposalsRecord& open) {
  if (!ballot.approve) {
    return refuse(R::unknown_proposal,
                  "proposal: none with nonce " + to_hex(ballot.proposal.nonce) + " was made");
  }
  const Date today = utc_day(it.now());
  const Date lapses = ballot.proposal.lapses;
  if (lapses < today || lapses > today.plus(kLapsesDaysMax)) {
    return refuse(R::lapses_out_of_range,
                  "lapses: " + lapses.text() + ", today is " + today.text());
  }
  drop_lapsed(open, today);
  Proposer& proposer = proposer_of(open, it.issuer());
  if (proposer.open.size() >= kOpenProposalsMax) {
    return refuse(R::too_many_proposals,
                  "issuer: has " + std::to_string(proposer.open.size()) + " open proposals");
  }
  proposer.open.push_back({ballot.proposal.nonce, lapses});
  return std::nullopt;
}

std::optional<Refusal> judge_stored(const Case& it, const Ballot& ballot,
                                    const ProposalRecord& record) {
  if (record.proposal != ballot.proposal) {
    return refuse(R::proposal_differs,
                  "proposal: another one was made with nonce " + to_hex(ballot.proposal.nonce));
  }
  switch (state_at(record, it.now())) {
    case ProposalState::accepted:
      return refuse(R::already_decided,
                    "proposal: accepted by entry " + record.decided->entry.hex());
    case ProposalState::lapsed:
      return refuse(R::proposal_lapsed, "proposal: lapsed after " + record.proposal.lapses.text());
    case ProposalState::open:
      break;
  }
  return std::nullopt;
}

// --- the vote ------------------------------------------------------------------------------------

bool counts(const CastBallot& ballot, const AssociationsRecord& associations) {
  const AssociationSeat* seat = associations.find(ballot.association);
  return seat != nullptr && ballot.recorded >= seat->since;
}

// Puts the ballot in place of the issuer's last one; whether that one said the same.
bool cast(const Case& it, bool approve, const AssociationsRecord& associations,
          ProposalRecord& record) {
  auto& ballots = record.ballots;
  std::erase_if(ballots, [&](const CastBallot& one) { return !counts(one, associations); });
  CastBallot ballot{it.issuer(), approve, it.now(), it.statement.entry_id()};
  const auto place = std::ranges::lower_bound(ballots, it.issuer(), {}, &CastBallot::association);
  if (place == ballots.end() || place->association != it.issuer()) {
    ballots.insert(place, std::move(ballot));
    return false;
  }
  const bool same = place->approve == approve;
  *place = std::move(ballot);
  return same;
}

}  // namespace

Result<Judgement> judge_ballot(const Case& it, const Ballot& ballot) {
  auto governance = read_governance(it, ballot.proposal);
  if (!governance) return fail(governance.error());
  auto& [associations, open, stored] = *governance;
  if (associations.find(it.issuer()) == nullptr) {
    return Judgement(refuse(R::not_an_association, "issuer: not an association"));
  }
  auto refusal = stored ? judge_stored(it, ballot, *stored) : judge_new(it, ballot, open);
  if (refusal) return Judgement(std::move(*refusal));
  const bool is_new = !stored;
  ProposalRecord record =
      is_new ? ProposalRecord{ballot.proposal, it.issuer(), it.now(), {}, {}} : std::move(*stored);
  const bool repeated = cast(it, ballot.approve, associations, record);

  Acceptance acceptance;
  bool brings_word = false;  // later than the last one, of the new validator
  if (ballot.approve) {
    // Also while the majority is still missing: nobody should vote for what cannot be carried out.
    auto simulated = simulate(it, ballot.proposal.change);
    if (!simulated) return fail(simulated.error());
    if (auto* forbidden = std::get_if<Refusal>(&*simulated)) {
      return Judgement(std::move(*forbidden));
    }
    const std::optional<ReadyMark> known = record.ready;
    auto unready = take_ready(it, ballot, record);
    if (!unready) return fail(unready.error());
    if (*unready) return Judgement(std::move(**unready));
    brings_word = record.ready != known;
    if (tally(record, associations).accepted()) {
      if (auto why = judge_ready(it, record)) return Judgement(std::move(*why));
      record.decided = Decision{it.now(), it.statement.entry_id()};
      acceptance.changes = std::move(std::get<StateChanges>(*simulated));
      drop(open, ballot.proposal.nonce);
    }
  }
  // After others left, the same vote once more may be the one that decides.
  if (repeated && !record.decided && !brings_word) {
    return Judgement(refuse(R::already_voted,
                            "approve: the last ballot of this association says "
                            "the same"));
  }
  if (is_new || record.decided) {
    if (auto full = put_open(acceptance.changes, open)) return Judgement(std::move(*full));
  }
  if (auto full = put_record(acceptance.changes, state_key::proposal(ballot.proposal.nonce), record,
                             true)) {
    return Judgement(std::move(*full));
  }
  return Judgement(std::move(acceptance));
}

}  // namespace footproof::ledger
