// Keys of parties: add, rotate, compromised (docs/rules.md, key). By a status key of the party
// itself or of its registrar.
#include <algorithm>
#include <string>
#include <utility>

#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

// None: not allowed to change this party's keys.
std::optional<AuthorityRole> authority_over(const Case& it, const std::string& uri,
                                            const PartyRecord& party) {
  if (it.issuer() == uri) return AuthorityRole::issuer;
  if (party.registrar && it.issuer() == *party.registrar) return AuthorityRole::accreditation_body;
  return std::nullopt;
}

// A stolen status key must not fill its party's record, so that nobody can register a key for the
// party any more: it gets a few, then the registrar is asked.
std::optional<Refusal> judge_count(const PartyRecord& party, AuthorityRole role) {
  if (role == AuthorityRole::issuer && party.own_keys >= kOwnKeysMax) {
    return refuse(R::too_many_keys, "party: has registered " + std::to_string(party.own_keys) +
                                        " keys itself since others last did");
  }
  if (party.keys.size() >= kPartyKeysMax) {
    return refuse(R::too_many_keys,
                  "party: has had " + std::to_string(party.keys.size()) + " keys");
  }
  return std::nullopt;
}

// Puts the new key and its party's list into the changes.
Result<std::optional<Refusal>> add_key(const Case& it, const KeyChange& change, AuthorityRole role,
                                       PartyRecord party, StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  const NewKey& added = *change.added;
  auto registered = is_registered(it, added.key);
  if (!registered) return fail(registered.error());
  if (*registered) {
    return Answer(refuse(R::key_exists, "key: " + added.key.kid().hex() + " is registered"));
  }
  if (!verify_possession_proof(added.key, it.context.chain_id, change.party, to_text(added.usage),
                               added.proof)) {
    return Answer(refuse(R::bad_possession, "proof: does not verify under the new key"));
  }
  if (auto refusal = judge_count(party, role)) return Answer(std::move(*refusal));
  KeyRecord record{change.party, added.usage, added.key, {}, change.certificate_chain};
  record.events.push_back(
      {KeyEvent::What::add, origin_of(it, utc_day(it.now()), role), std::nullopt, std::nullopt});
  if (auto refusal = put_record(changes, state_key::key(added.key.kid()), record)) return refusal;
  party.own_keys = role == AuthorityRole::issuer ? party.own_keys + 1 : 0;
  auto& keys = party.keys;
  keys.insert(std::lower_bound(keys.begin(), keys.end(), added.key.kid()), added.key.kid());
  return put_record(changes, state_key::party(change.party), party);
}

// The record of the key that a statement replaces or reports, if it is this party's.
Result<std::optional<KeyRecord>> own_key(const Case& it, const KeyChange& change) {
  auto record = read_record(it.view, state_key::key(*change.kid), parse_key_record);
  if (!record) return fail(record.error());
  if (*record && (*record)->party != change.party) return std::optional<KeyRecord>();
  return record;
}

Result<std::optional<Refusal>> rotate_key(const Case& it, const KeyChange& change,
                                          AuthorityRole role, StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  auto old = own_key(it, change);
  if (!old) return fail(old.error());
  if (!*old || (*old)->usage != change.added->usage) {
    return Answer(refuse(R::nothing_to_replace, "kid: no key of this party and usage"));
  }
  KeyRecord record = std::move(**old);
  // A key reported compromised may still be replaced; one that was replaced may not, again.
  const bool rotated =
      std::any_of(record.events.begin(), record.events.end(),
                  [](const KeyEvent& event) { return event.what == KeyEvent::What::rotate; });
  if (rotated) return Answer(refuse(R::nothing_to_replace, "kid: was replaced before"));
  record.events.push_back({KeyEvent::What::rotate, origin_of(it, utc_day(it.now()), role),
                           change.added->key.kid(), std::nullopt});
  return put_record(changes, state_key::key(*change.kid), record);
}

Result<std::optional<Refusal>> report_compromised(const Case& it, const KeyChange& change,
                                                  AuthorityRole role, StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  auto stored = own_key(it, change);
  if (!stored) return fail(stored.error());
  if (!*stored) return Answer(refuse(R::nothing_to_replace, "kid: no key of this party"));
  const std::uint64_t now = it.context.time_ms;
  if (*change.since > it.now()) {
    return Answer(refuse(R::from_the_future, "since: is after the block"));
  }
  // T voids what was attested from then on: an early T would be a way to take back one's word.
  const std::uint64_t reach_days =
      std::min<std::uint64_t>(it.parameters.compromise_reach_days_max, 1'000'000);
  if (role == AuthorityRole::issuer && now - change.since->ms > reach_days * kDayMs) {
    return Answer(refuse(R::too_far_back, "since: more than " + std::to_string(reach_days) +
                                              " days before the block"));
  }
  KeyRecord record = std::move(**stored);
  // The reserve of the record is for the party's own first report and for all of its registrar:
  // else a party could fill it, so that nobody reports how far back the compromise really goes.
  const bool reported =
      std::any_of(record.events.begin(), record.events.end(), [](const KeyEvent& event) {
        return event.what == KeyEvent::What::compromised &&
               event.origin.authority.role == AuthorityRole::issuer;
      });
  const bool must_not_be_refused = role != AuthorityRole::issuer || !reported;
  record.events.push_back({KeyEvent::What::compromised, origin_of(it, utc_day(it.now()), role),
                           std::nullopt, change.since});
  return put_record(changes, state_key::key(*change.kid), record, must_not_be_refused);
}

}  // namespace

Result<Judgement> judge_key(const Case& it, const KeyChange& change) {
  auto party = read_record(it.view, state_key::party(change.party), parse_party_record);
  if (!party) return fail(party.error());
  if (!*party) return Judgement(refuse(R::unknown_party, "party: not of this network"));
  const auto role = authority_over(it, change.party, **party);
  if (!role) {
    return Judgement(refuse(R::not_the_registrar, "issuer: neither the party nor its registrar"));
  }
  Acceptance acceptance;
  StateChanges& changes = acceptance.changes;
  Result<std::optional<Refusal>> refusal = std::optional<Refusal>();
  if (change.action == KeyAction::compromised) {
    refusal = report_compromised(it, change, *role, changes);
  } else {
    if (change.action == KeyAction::rotate) refusal = rotate_key(it, change, *role, changes);
    if (refusal && !*refusal) refusal = add_key(it, change, *role, std::move(**party), changes);
  }
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Judgement(std::move(**refusal));
  return Judgement(std::move(acceptance));
}

}  // namespace footproof::ledger
