// What a ballot changes: parties, their first keys, parameters (docs/rules.md, ballot change).
// Every change is worked out on a copy before it is allowed; a vote for one that cannot be carried
// out is refused, so that none is accepted and then fails. Validators: ballot_validators.cc.
#include <algorithm>
#include <string>
#include <utility>

#include "attest/governance_record.h"
#include "attest/parameters.h"
#include "ledger/next_set.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

// One change in the making. Methods either change `changes` or say what forbids it.
class Simulation {
 public:
  explicit Simulation(const Case& it) : it_(it) {}

  Ruling operator()(const AdmitValidator& change) {
    return change_validators(it_, change, changes);
  }
  Ruling operator()(const RemoveValidator& change) {
    return change_validators(it_, change, changes);
  }
  Ruling operator()(const ReplaceValidator& change) {
    return change_validators(it_, change, changes);
  }
  Ruling operator()(const AdmitParty& change);
  Ruling operator()(const RemoveParty& change);
  Ruling operator()(const RenewPartyKeys& change);
  Ruling operator()(const SetParameter& change);
  Ruling operator()(const ReplaceParty& change);
  Ruling operator()(const AllowParty& change);
  Ruling operator()(const SetRegistrar& change);

  StateChanges changes;

 private:
  // The decided ballot speaks with the authority of the associations together.
  [[nodiscard]] EventOrigin origin() const {
    return EventOrigin{utc_day(it_.now()), it_.now(), Authority{AuthorityRole::ballot, ""},
                       it_.statement.entry_id()};
  }

  // A party that is admitted now, or what forbids the change.
  using Found = std::variant<PartyRecord, Refusal>;
  [[nodiscard]] Result<Found> member(const std::string& uri) const;
  // The same, of those that ballots admit.
  [[nodiscard]] Result<Found> admitted_by_ballot(const std::string& uri) const;

  // Ballots decide what nothing else can: a full history does not stop them.
  Ruling put(const std::string& uri, const PartyRecord& party) {
    return put_record(changes, state_key::party(uri), party, true);
  }

  Ruling admit(const AdmitParty& change);
  Ruling remove(const std::string& uri, PartyRecord party);
  Ruling add_keys(const std::string& uri, const std::vector<NewKey>& keys, PartyRecord& party);
  enum class Ends : std::uint8_t { of_same_usage, all };
  Ruling end_keys(const PartyRecord& party, const std::vector<NewKey>& successors, Ends which);
  Ruling end_key(const Digest& kid, const std::vector<NewKey>& successors, Ends which);

  // Seats of associations, read once and written at the end.
  Ruling give_seat(const std::string& uri);
  Ruling take_seat(const std::string& uri, bool is_replaced);
  [[nodiscard]] Result<bool> runs_a_validator(const std::string& uri) const;
  [[nodiscard]] Result<AssociationsRecord> associations() const;

  const Case& it_;
};

// --- parties -------------------------------------------------------------------------------------

Result<Simulation::Found> Simulation::member(const std::string& uri) const {
  auto party = read_record(it_.view, state_key::party(uri), parse_party_record);
  if (!party) return fail(party.error());
  if (!*party || !is_member(**party, it_.now())) {
    return Found(refuse(R::not_a_member, "party: " + uri + " is not admitted"));
  }
  return Found(std::move(**party));
}

Result<Simulation::Found> Simulation::admitted_by_ballot(const std::string& uri) const {
  auto found = member(uri);
  if (!found) return found;
  const auto* party = std::get_if<PartyRecord>(&*found);
  if (party == nullptr || party->role != PartyRole::verifier) return found;
  return Found(refuse(R::not_for_this_role,
                      "party: " + uri + " is a verifier; its body grants, withdraws, registers"));
}

Ruling Simulation::admit(const AdmitParty& change) {
  auto stored = read_record(it_.view, state_key::party(change.uri), parse_party_record);
  if (!stored) return fail(stored.error());
  PartyRecord party = std::move(*stored).value_or(PartyRecord{});
  if (*stored && is_member(party, it_.now())) {
    return forbid(R::party_exists, "party: " + change.uri + " is admitted already");
  }
  if (*stored && party.role != change.role) {
    return forbid(R::not_for_this_role, "role: " + change.uri + " was admitted before, as " +
                                            std::string(to_text(party.role)));
  }
  if (std::ranges::find(change.keys, KeyUsage::status, &NewKey::usage) == change.keys.end()) {
    return forbid(R::no_status_key, "keys: none of usage status");
  }
  // Admitted once more: its former keys stay ended, whoever may hold them now.
  if (auto ended = end_keys(party, change.keys, Ends::all); !ended || *ended) return ended;
  party.role = change.role;
  party.legal_name = change.legal_name;
  party.schemes = change.schemes;
  party.regimes = change.regimes;
  party.events.push_back({PartyEvent::What::admit, origin()});
  if (auto added = add_keys(change.uri, change.keys, party); !added || *added) return added;
  return put(change.uri, party);
}

Ruling Simulation::remove(const std::string& uri, PartyRecord party) {
  party.events.push_back({PartyEvent::What::remove, origin()});
  return put(uri, party);
}

Ruling Simulation::operator()(const AdmitParty& change) {
  if (auto admitted = admit(change); !admitted || *admitted) return admitted;
  if (change.role != PartyRole::association) return std::optional<Refusal>();
  return give_seat(change.uri);
}

Ruling Simulation::operator()(const RemoveParty& change) {
  auto found = admitted_by_ballot(change.uri);
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
  auto& party = std::get<PartyRecord>(*found);
  if (party.role == PartyRole::association) {
    if (auto taken = take_seat(change.uri, false); !taken || *taken) return taken;
  }
  return remove(change.uri, std::move(party));
}

Ruling Simulation::operator()(const ReplaceParty& change) {
  auto found = admitted_by_ballot(change.uri);
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
  auto& party = std::get<PartyRecord>(*found);
  if (party.role != change.by.role) {
    return forbid(R::not_for_this_role,
                  "role: " + change.uri + " is admitted as " + std::string(to_text(party.role)));
  }
  const bool association = party.role == PartyRole::association;
  if (association) {
    if (auto taken = take_seat(change.uri, true); !taken || *taken) return taken;
  }
  if (auto admitted = admit(change.by); !admitted || *admitted) return admitted;
  if (association) {
    if (auto given = give_seat(change.by.uri); !given || *given) return given;
  }
  return remove(change.uri, std::move(party));
}

Ruling Simulation::operator()(const AllowParty& change) {
  auto found = admitted_by_ballot(change.uri);
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
  auto& party = std::get<PartyRecord>(*found);
  if (party.role != PartyRole::accreditation_body && party.role != PartyRole::scheme_owner) {
    return forbid(R::not_for_this_role,
                  "party: schemes and regimes are of accreditation bodies and scheme owners");
  }
  if (party.schemes == change.schemes && party.regimes == change.regimes) {
    return forbid(R::nothing_to_change, "schemes, regimes: as they stand");
  }
  party.schemes = change.schemes;
  party.regimes = change.regimes;
  return put(change.uri, party);
}

Ruling Simulation::operator()(const SetRegistrar& change) {
  auto found = member(change.verifier);
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
  auto& verifier = std::get<PartyRecord>(*found);
  if (verifier.role != PartyRole::verifier) {
    return forbid(R::not_for_this_role, "party: only a verifier has a registrar");
  }
  auto body = member(change.registrar);
  if (!body) return fail(body.error());
  if (auto* refusal = std::get_if<Refusal>(&*body)) return std::optional(std::move(*refusal));
  if (std::get<PartyRecord>(*body).role != PartyRole::accreditation_body) {
    return forbid(R::not_for_this_role, "registrar: not an accreditation body");
  }
  if (verifier.registrar == change.registrar) {
    return forbid(R::nothing_to_change, "registrar: as it stands");
  }
  verifier.registrar = change.registrar;
  return put(change.verifier, verifier);
}

// --- keys ----------------------------------------------------------------------------------------

Ruling Simulation::operator()(const RenewPartyKeys& change) {
  auto found = admitted_by_ballot(change.uri);
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
  auto& party = std::get<PartyRecord>(*found);
  if (auto ended = end_keys(party, change.keys, Ends::of_same_usage); !ended || *ended)
    return ended;
  if (auto added = add_keys(change.uri, change.keys, party); !added || *added) return added;
  return put(change.uri, party);
}

Ruling Simulation::add_keys(const std::string& uri, const std::vector<NewKey>& keys,
                            PartyRecord& party) {
  for (const NewKey& added : keys) {
    const Digest kid = added.key.kid();
    auto registered = is_registered(it_, added.key);
    if (!registered) return fail(registered.error());
    if (*registered) return forbid(R::key_exists, "keys: " + kid.hex() + " is registered");
    if (!verify_possession_proof(added.key, it_.context.chain_id, uri, to_text(added.usage),
                                 added.proof)) {
      return forbid(R::bad_possession, "keys: the proof of " + kid.hex() + " does not verify");
    }
    KeyRecord record{uri, added.usage, added.key, {}};
    record.events.push_back({KeyEvent::What::add, origin(), std::nullopt, std::nullopt});
    if (auto full = put_record(changes, state_key::key(kid), record)) return full;
    party.keys.insert(std::ranges::lower_bound(party.keys, kid), kid);
  }
  party.own_keys = 0;  // the party goes on by itself from here (docs/rules.md, key)
  return std::optional<Refusal>();
}

// Rotates the keys in use: all, or those whose usage one of the new ones has. What was lost must
// not act.
Ruling Simulation::end_keys(const PartyRecord& party, const std::vector<NewKey>& successors,
                            Ends which) {
  for (const Digest& kid : party.keys) {
    if (auto ended = end_key(kid, successors, which); !ended || *ended) return ended;
  }
  return std::optional<Refusal>();
}

Ruling Simulation::end_key(const Digest& kid, const std::vector<NewKey>& successors, Ends which) {
  auto stored = read_record(it_.view, state_key::key(kid), parse_key_record);
  if (!stored) return fail(stored.error());
  if (!*stored) return fail(Errc::corrupt, "state: a party's key has no record");
  KeyRecord& record = **stored;
  const bool in_use = std::ranges::all_of(
      record.events, [](const KeyEvent& event) { return event.what == KeyEvent::What::add; });
  auto successor = std::ranges::find(successors, record.usage, &NewKey::usage);
  if (successor == successors.end() && which == Ends::all) successor = successors.begin();
  if (!in_use || successor == successors.end()) return std::optional<Refusal>();
  record.events.push_back({KeyEvent::What::rotate, origin(), successor->key.kid(), std::nullopt});
  return put_record(changes, state_key::key(kid), record, true);
}

// --- associations --------------------------------------------------------------------------------

Result<AssociationsRecord> Simulation::associations() const {
  const auto changed = changes.find(state_key::associations());
  if (changed != changes.end()) return parse_associations_record(*changed->second);
  auto stored = read_record(it_.view, state_key::associations(), parse_associations_record);
  if (!stored) return fail(stored.error());
  if (!*stored) return fail(Errc::corrupt, "state: no record of associations");
  return std::move(**stored);
}

Ruling Simulation::give_seat(const std::string& uri) {
  auto record = associations();
  if (!record) return fail(record.error());
  auto& seats = record->seats;
  if (seats.size() >= kAssociationsMax) {
    return forbid(R::too_many_associations,
                  "party: there are " + std::to_string(seats.size()) + " associations");
  }
  seats.insert(std::ranges::lower_bound(seats, uri, {}, &AssociationSeat::uri),
               AssociationSeat{uri, it_.now()});
  return put_record(changes, state_key::associations(), *record);
}

Ruling Simulation::take_seat(const std::string& uri, bool is_replaced) {
  auto record = associations();
  if (!record) return fail(record.error());
  std::erase_if(record->seats, [&](const AssociationSeat& seat) { return seat.uri == uri; });
  if (!is_replaced && record->seats.size() < kAssociationsMin) {
    return forbid(R::too_few_associations,
                  "party: " + std::to_string(record->seats.size()) + " would remain");
  }
  // A validator without an association would answer to nobody.
  auto runs = runs_a_validator(uri);
  if (!runs) return fail(runs.error());
  if (*runs) return forbid(R::runs_a_validator, "party: " + uri + " runs a validator");
  return put_record(changes, state_key::associations(), *record);
}

Result<bool> Simulation::runs_a_validator(const std::string& uri) const {
  const auto validators = newest_validators(it_.view, it_.context.epoch);
  if (!validators) return fail(validators.error());
  const auto next = next_validators(it_.view);
  if (!next) return fail(next.error());
  const auto is_its = [&](const Member& member) { return member.party == uri; };
  return std::ranges::any_of(validators->members, is_its) ||
         (*next && std::ranges::any_of((*next)->members, is_its));
}

// --- parameters ----------------------------------------------------------------------------------

Ruling Simulation::operator()(const SetParameter& change) {
  if (const auto scheme = scheme_of_late_days(change.id)) {
    Parameters parameters = it_.parameters;
    if (change.value > kLateDaysMax || !set_late_days(parameters, *scheme, change.value)) {
      return forbid(R::parameter_out_of_range,
                    "parameter value: 0 to " + std::to_string(kLateDaysMax) +
                        " days, for at most " + std::to_string(kSchemesMax) + " schemes");
    }
    if (parameters == it_.parameters) {
      return forbid(R::nothing_to_change, "parameter value: as it stands");
    }
    return put_record(changes, state_key::parameters(), parameters);
  }
  const ParameterEntry* entry = find_parameter(change.id);
  if (entry == nullptr) return forbid(R::unknown_parameter, "parameter: no " + change.id);
  if (!entry->allows(change.value)) {
    return forbid(R::parameter_out_of_range, "parameter value: " + std::to_string(change.value) +
                                                 " is not in " + std::to_string(entry->min) +
                                                 " to " + std::to_string(entry->max));
  }
  Parameters parameters = it_.parameters;
  if (parameters.*entry->member == change.value) {
    return forbid(R::nothing_to_change, "parameter value: as it stands");
  }
  parameters.*entry->member = change.value;
  return put_record(changes, state_key::parameters(), parameters);
}

}  // namespace

Result<std::variant<StateChanges, Refusal>> simulate(const Case& it, const Change& change) {
  using Simulated = std::variant<StateChanges, Refusal>;
  Simulation simulation(it);
  auto refusal = std::visit(simulation, change);
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Simulated(std::move(**refusal));
  return Simulated(std::move(simulation.changes));
}

}  // namespace footproof::ledger
