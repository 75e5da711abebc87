// The records of the state (docs/formats.md §6), each made anew from the whole list.
#include <algorithm>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

EventOrigin NaiveRules::origin(const NaiveEntry& entry, Date effective) const {
  Authority by{entry.role, entry.statement.issuer()};
  if (entry.statement.as<Ballot>() != nullptr) by = {AuthorityRole::ballot, ""};
  return {effective, entry.recorded, by, entry.statement.entry_id()};
}

StatusRecord NaiveRules::status_record(const Digest& target,
                                       const std::optional<Digest>& declaration) const {
  StatusRecord record;
  for (const Happening& one : status_history(target, declaration)) {
    StatusEvent event{static_cast<StatusEvent::What>(one.what), origin(*one.entry, one.effective),
                      std::nullopt};
    if (const auto* change = one.entry->statement.as<StatusChange>()) event.reason = change->reason;
    if (event.what == StatusEvent::What::anchored_late) {
      event.origin.authority = {AuthorityRole::accreditation_body,
                                one.entry->statement.as<Attestation>()->accreditation.body};
    }
    record.events.push_back(event);
  }
  return record;
}

AccreditationRecord NaiveRules::accreditation_record(const std::string& body,
                                                     const std::string& id) const {
  AccreditationRecord record;
  for (const Happening& one : accreditation_history(body, id)) {
    const auto& it = *one.entry->statement.as<AccreditationChange>();
    if (it.verifier) record.verifier = *it.verifier;
    record.events.push_back({it.action, origin(*one.entry, it.effective), it.reason, it.scopes,
                             it.validity, it.regimes});
  }
  return record;
}

KeyRecord NaiveRules::key_record(const Digest& kid) const {
  const auto of = *key(kid);
  KeyRecord record{of.party, of.usage, of.key, key_history(kid), {}};
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<KeyChange>();
    if (change != nullptr && change->added && change->added->key.kid() == kid) {
      record.certificate_chain = change->certificate_chain;
    }
  }
  return record;
}

// As it stood when somebody voted on it last: the last ballots of those who were members then.
ProposalRecord NaiveRules::proposal_record(const ProposalNonce& nonce) const {
  const NaiveEntry* first = first_ballot(nonce);
  ProposalRecord record{
      first->statement.as<Ballot>()->proposal, first->statement.issuer(), first->recorded, {}, {}};
  std::size_t entries = 0;  // up to the last ballot on it, this one among them
  for (std::size_t at = 0; at < list_.size(); ++at) {
    const auto* ballot = list_[at].statement.as<Ballot>();
    if (ballot == nullptr || ballot->proposal.nonce != nonce) continue;
    entries = at + 1;
    if (list_[at].decides) {
      record.decided = Decision{list_[at].recorded, list_[at].statement.entry_id()};
    }
  }
  record.ready = newest_word(nonce);
  for (const Seat& seat : associations(entries - 1)) {
    const NaiveEntry* last = last_ballot(nonce, seat, entries);
    if (last == nullptr) continue;
    record.ballots.push_back({seat.uri, last->statement.as<Ballot>()->approve, last->recorded,
                              last->statement.entry_id()});
  }
  return record;
}

OpenProposalsRecord NaiveRules::open_proposals() const {
  struct Open {
    std::string proposer;
    OpenProposal proposal;
  };
  std::vector<Open> open;  // in the order they were made
  for (const NaiveEntry& entry : list_) {
    const auto* ballot = entry.statement.as<Ballot>();
    if (ballot == nullptr) continue;
    const Proposal& it = ballot->proposal;
    if (first_ballot(it.nonce) == &entry) {
      std::erase_if(open, [&](const Open& one) {
        return one.proposal.lapses < naive::today(entry.recorded);
      });
      open.push_back({entry.statement.issuer(), {it.nonce, it.lapses}});
    }
    if (!entry.decides) continue;
    std::erase_if(open, [&](const Open& one) { return one.proposal.nonce == it.nonce; });
  }
  std::stable_sort(open.begin(), open.end(),
                   [](const Open& a, const Open& b) { return a.proposer < b.proposer; });
  OpenProposalsRecord record;
  for (const Open& one : open) {
    if (record.proposers.empty() || record.proposers.back().uri != one.proposer) {
      record.proposers.push_back({one.proposer, {}});
    }
    record.proposers.back().open.push_back(one.proposal);
  }
  return record;
}

// --- what an entry has changed -------------------------------------------------------------------

void NaiveRules::touch_party(const std::string& uri, Records& records) const {
  records.emplace_back(state_key::party(uri), encode(*party(uri)));
}

void NaiveRules::touch_key(const Digest& kid, Records& records) const {
  records.emplace_back(state_key::key(kid), encode(key_record(kid)));
}

void NaiveRules::touch_status(const Digest& target, const std::optional<Digest>& declaration,
                              Records& records) const {
  records.emplace_back(
      declaration ? state_key::declaration_status(target, *declaration) : state_key::status(target),
      encode(status_record(target, declaration)));
}

void NaiveRules::touch_release(const DatasetRelease& it, Records& records) const {
  records.emplace_back(state_key::dataset(it.database, it.release),
                       encode(DatasetRecord{release_history(it.database, it.release)}));
  records.emplace_back(state_key::database(it.database),
                       encode(DatabaseRecord{holdings(it.database)}));
}

void NaiveRules::touch_change(const Change& change, Records& records) const {
  std::vector<std::string> uris;
  if (const auto* it = std::get_if<AdmitParty>(&change)) uris = {it->uri};
  if (const auto* it = std::get_if<RemoveParty>(&change)) uris = {it->uri};
  if (const auto* it = std::get_if<ReplaceParty>(&change)) uris = {it->uri, it->by.uri};
  if (const auto* it = std::get_if<RenewPartyKeys>(&change)) uris = {it->uri};
  if (const auto* it = std::get_if<AllowParty>(&change)) uris = {it->uri};
  if (const auto* it = std::get_if<SetRegistrar>(&change)) uris = {it->verifier};
  for (const std::string& uri : uris) {
    touch_party(uri, records);
    const PartyRecord stands = *party(uri);
    for (const Digest& kid : stands.keys) {
      touch_key(kid, records);
    }
  }
}

NaiveRules::Records NaiveRules::touched(const NaiveEntry& entry) const {
  Records records;
  if (const auto* status = entry.statement.as<StatusChange>()) {
    touch_status(status->target, status->declaration, records);
  } else if (const auto* attested = entry.statement.as<Attestation>()) {
    if (entry.late) touch_status(entry.statement.entry_id(), std::nullopt, records);
    if (attested->supersedes) touch_status(*attested->supersedes, std::nullopt, records);
  } else if (const auto* granted = entry.statement.as<AccreditationChange>()) {
    const std::string& body = entry.statement.issuer();
    records.emplace_back(state_key::accreditation(body, granted->id),
                         encode(accreditation_record(body, granted->id)));
    if (granted->verifier) touch_party(*granted->verifier, records);
  } else if (const auto* keyed = entry.statement.as<KeyChange>()) {
    if (keyed->kid) touch_key(*keyed->kid, records);
    if (keyed->added) {
      touch_key(keyed->added->key.kid(), records);
      touch_party(keyed->party, records);
    }
  } else if (const auto* release = entry.statement.as<DatasetRelease>()) {
    touch_release(*release, records);
    if (release->replaces && !release->notice) {
      touch_release(*find(*release->replaces)->statement.as<DatasetRelease>(), records);
    }
  } else if (const auto* ballot = entry.statement.as<Ballot>()) {
    const ProposalNonce& nonce = ballot->proposal.nonce;
    records.emplace_back(state_key::proposal(ByteView(nonce)), encode(proposal_record(nonce)));
    if (const Change* change = entry.carried_out()) touch_change(*change, records);
  }
  return records;
}

std::map<Digest, Bytes> NaiveRules::state() const {
  std::map<Digest, Bytes> state = genesis_;
  for (const NaiveEntry& entry : list_) {
    for (auto& [at, record] : touched(entry)) {
      state[at] = std::move(record);
    }
  }
  AssociationsRecord members;
  for (const Seat& seat : associations(list_.size())) {
    members.seats.push_back({seat.uri, seat.since});
  }
  state[state_key::associations()] = encode(members);
  const Sets validators = sets();
  for (const auto& [at, record] : validators.records) state[at] = record;
  if (validators.waiting) state[state_key::next_validators()] = encode(*validators.waiting);
  state[state_key::parameters()] = encode(parameters());
  if (const auto open = open_proposals(); !open.proposers.empty()) {
    state[state_key::open_proposals()] = encode(open);
  }
  return state;
}

}  // namespace footproof::testing
