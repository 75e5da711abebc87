// What the list of NaiveRules answers: histories, status and coverage on both time axes, and the
// whole state made anew.
#include <algorithm>
#include <set>
#include <utility>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

const NaiveEntry* NaiveRules::find(const Digest& entry_id) const {
  for (const NaiveEntry& entry : list_) {
    if (entry.statement.entry_id() == entry_id) return &entry;
  }
  return nullptr;
}

std::vector<NaiveRules::Happening> NaiveRules::status_history(
    const Digest& target, const std::optional<Digest>& declaration) const {
  std::vector<Happening> history;
  for (const NaiveEntry& entry : list_) {
    if (const auto* change = entry.statement.as<StatusChange>()) {
      if (change->target == target && change->declaration == declaration) {
        history.push_back({&entry, static_cast<int>(change->action), change->effective});
      }
    }
    const auto* attested = entry.statement.as<Attestation>();
    if (attested == nullptr || declaration) continue;
    if (entry.late && entry.statement.entry_id() == target) {
      history.push_back({&entry, 5, attested->issued_on});
    }
    if (attested->supersedes == target) history.push_back({&entry, 4, attested->issued_on});
  }
  return history;
}

std::vector<NaiveRules::Happening> NaiveRules::accreditation_history(const std::string& body,
                                                                     const std::string& id) const {
  std::vector<Happening> history;
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<AccreditationChange>();
    if (change == nullptr || change->id != id || entry.statement.issuer() != body) continue;
    history.push_back({&entry, static_cast<int>(change->action), change->effective});
  }
  return history;
}

std::optional<Digest> NaiveRules::last_of_status(const Digest& target,
                                                 const std::optional<Digest>& declaration) const {
  const auto history = status_history(target, declaration);
  if (history.empty()) return std::nullopt;
  return history.back().entry->statement.entry_id();
}

std::optional<Digest> NaiveRules::last_of_accreditation(const std::string& body,
                                                        const std::string& id) const {
  const auto history = accreditation_history(body, id);
  if (history.empty()) return std::nullopt;
  return history.back().entry->statement.entry_id();
}

Status NaiveRules::status(const Digest& target, const std::optional<Digest>& declaration, Date day,
                          Instant known) const {
  Status status = Status::active;
  for (const Happening& one : status_history(target, declaration)) {
    if (one.effective > day || one.entry->recorded > known) continue;
    status = one.what == 1   ? Status::suspended
             : one.what == 3 ? Status::revoked
             : one.what == 4 ? Status::superseded
                             : Status::active;
  }
  return status;
}

std::string NaiveRules::coverage(const std::string& body, const std::string& id,
                                 const Attestation& asked, Date day, Instant known) const {
  return coverage(body, id, asked, day, day, known);
}

std::string NaiveRules::coverage(const std::string& body, const std::string& id,
                                 const Attestation& asked, Date day, Date until,
                                 Instant known) const {
  std::string standing = "not granted";
  std::vector<Scope> scopes;
  DateRange validity;
  for (const Happening& one : accreditation_history(body, id)) {
    if (one.effective > until || one.entry->recorded > known) continue;
    const auto& change = *one.entry->statement.as<AccreditationChange>();
    if (change.scopes) scopes = *change.scopes;
    if (change.validity) validity = *change.validity;
    if (one.what == 0 || one.what == 4) standing = "";
    if (one.what == 3) standing = "suspended";
    if (one.what == 5) standing = "withdrawn";
  }
  if (!standing.empty()) return standing;
  if (day < validity.from || day > validity.until) return "outside its validity";
  static const std::vector<std::string> kAnswers = {"scope not covered", "scheme not covered",
                                                    "standard not covered",
                                                    "assurance level not covered", "covered"};
  std::size_t best = 0;
  for (const Scope& scope : scopes) {
    std::size_t far = 0;
    if (scope.code == asked.scope) far = 1;
    if (far == 1 && scope.scheme == asked.scheme.id) far = 2;
    if (far == 2) {
      far = 3;
      for (const std::string& standard : asked.standards) {
        const auto& listed = scope.standards;
        if (std::find(listed.begin(), listed.end(), standard) == listed.end()) far = 2;
      }
    }
    if (far == 3 && asked.assurance <= scope.assurance_max) far = 4;
    best = std::max(best, far);
  }
  return kAnswers[best];
}

// --- parties and keys ----------------------------------------------------------------------------

std::optional<PartyRecord> NaiveRules::party(const std::string& uri) const {
  std::optional<PartyRecord> found;
  if (const auto first = genesis_.find(state_key::party(uri)); first != genesis_.end()) {
    found = parse_party_record(first->second).value();
  }
  for (const NaiveEntry& entry : list_) {
    if (const auto* grant = entry.statement.as<AccreditationChange>();
        grant != nullptr && !found && grant->verifier == uri) {
      found.emplace();
      found->role = PartyRole::verifier;
      found->registrar = entry.statement.issuer();
      const Date recorded_on =
          Date::from_days(static_cast<std::int64_t>(entry.recorded.ms / 86'400'000));
      found->events.push_back(
          {PartyEvent::What::admit, origin(entry, std::min(grant->effective, recorded_on))});
    }
    if (const auto* change = entry.statement.as<KeyChange>();
        change != nullptr && found && change->party == uri && change->added) {
      found->keys.push_back(change->added->key.kid());
      found->own_keys = entry.statement.issuer() == uri ? found->own_keys + 1 : 0;
    }
  }
  if (found) std::sort(found->keys.begin(), found->keys.end());
  return found;
}

std::optional<NaiveRules::Key> NaiveRules::key(const Digest& kid) const {
  if (const auto first = genesis_.find(state_key::key(kid)); first != genesis_.end()) {
    const auto record = parse_key_record(first->second).value();
    return Key{record.party, record.usage, record.key};
  }
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<KeyChange>();
    if (change == nullptr || !change->added || change->added->key.kid() != kid) continue;
    return Key{change->party, change->added->usage, change->added->key};
  }
  return std::nullopt;
}

std::vector<Digest> NaiveRules::good_keys(const std::string& uri, KeyUsage usage) const {
  std::vector<Digest> good;
  const auto of = party(uri);
  if (!of) return good;
  for (const Digest& kid : of->keys) {
    if (key(kid)->usage == usage && !rotated(kid) && !compromised_since(kid)) good.push_back(kid);
  }
  return good;
}

bool NaiveRules::rotated(const Digest& kid) const {
  return std::any_of(list_.begin(), list_.end(), [&](const NaiveEntry& entry) {
    const auto* change = entry.statement.as<KeyChange>();
    return change != nullptr && change->action == KeyAction::rotate && change->kid == kid;
  });
}

std::optional<std::uint64_t> NaiveRules::compromised_since(const Digest& kid) const {
  std::optional<std::uint64_t> since;
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<KeyChange>();
    if (change == nullptr || !change->since || change->kid != kid) continue;
    since = std::min(since.value_or(change->since->ms), change->since->ms);
  }
  return since;
}

std::string NaiveRules::key_standing(const Digest& kid, Instant at, Instant known) const {
  std::optional<Instant> added;
  if (genesis_.contains(state_key::key(kid))) added = Instant{0};
  bool gone = false;
  bool stolen = false;
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<KeyChange>();
    if (change == nullptr || entry.recorded > known) continue;
    if (change->added && change->added->key.kid() == kid) added = entry.recorded;
    if (change->kid != kid) continue;
    if (change->action == KeyAction::rotate && entry.recorded < at) gone = true;
    if (change->since && *change->since <= at) stolen = true;
  }
  if (!added || *added > at) return "not yet added";
  return gone ? "rotated out" : stolen ? "compromised" : "good";
}

// --- the whole state -----------------------------------------------------------------------------

EventOrigin NaiveRules::origin(const NaiveEntry& entry, Date effective) const {
  return {effective, entry.recorded, Authority{entry.role, entry.statement.issuer()},
          entry.statement.entry_id()};
}

std::map<Digest, Bytes> NaiveRules::state() const {
  std::map<Digest, Bytes> state = genesis_;
  std::map<Digest, KeyRecord> keys;
  for (const auto& [at, bytes] : genesis_) {
    if (const auto record = parse_key_record(bytes)) keys.emplace(at, *record);
  }
  std::set<std::string> uris(genesis_parties_.begin(), genesis_parties_.end());
  for (const NaiveEntry& entry : list_) {
    const Digest& id = entry.statement.entry_id();
    const Date day = Date::from_days(static_cast<std::int64_t>(entry.recorded.ms / 86'400'000));
    std::vector<std::pair<Digest, std::optional<Digest>>> touched;
    if (const auto* change = entry.statement.as<StatusChange>()) {
      touched.emplace_back(change->target, change->declaration);
    } else if (const auto* attested = entry.statement.as<Attestation>()) {
      if (entry.late) touched.emplace_back(id, std::nullopt);
      if (attested->supersedes) touched.emplace_back(*attested->supersedes, std::nullopt);
    } else if (const auto* granted = entry.statement.as<AccreditationChange>()) {
      AccreditationRecord record;
      for (const Happening& one : accreditation_history(entry.statement.issuer(), granted->id)) {
        const auto& it = *one.entry->statement.as<AccreditationChange>();
        if (it.verifier) record.verifier = *it.verifier;
        record.events.push_back({it.action, origin(*one.entry, it.effective), it.reason, it.scopes,
                                 it.validity, it.regimes});
      }
      if (granted->verifier) uris.insert(*granted->verifier);
      state[state_key::accreditation(entry.statement.issuer(), granted->id)] = encode(record);
    } else if (const auto* keyed = entry.statement.as<KeyChange>()) {
      using What = KeyEvent::What;
      if (keyed->kid) {
        auto& record = keys.at(state_key::key(*keyed->kid));
        if (keyed->added) {
          record.events.push_back(
              {What::rotate, origin(entry, day), keyed->added->key.kid(), std::nullopt});
        } else {
          record.events.push_back(
              {What::compromised, origin(entry, day), std::nullopt, keyed->since});
        }
      }
      if (keyed->added) {
        KeyRecord record{
            keyed->party, keyed->added->usage, keyed->added->key, {}, keyed->certificate_chain};
        record.events.push_back({What::add, origin(entry, day), std::nullopt, std::nullopt});
        keys.emplace(state_key::key(keyed->added->key.kid()), record);
      }
    }
    for (const auto& [target, declaration] : touched) {
      StatusRecord record;
      for (const Happening& one : status_history(target, declaration)) {
        const auto* change = one.entry->statement.as<StatusChange>();
        StatusEvent event{static_cast<StatusEvent::What>(one.what),
                          origin(*one.entry, one.effective), std::nullopt};
        if (change != nullptr) event.reason = change->reason;
        if (one.what == 5) {
          event.origin.authority = {AuthorityRole::accreditation_body,
                                    one.entry->statement.as<Attestation>()->accreditation.body};
        }
        record.events.push_back(event);
      }
      state[declaration ? state_key::declaration_status(target, *declaration)
                        : state_key::status(target)] = encode(record);
    }
  }
  for (const auto& [at, record] : keys) state[at] = encode(record);
  for (const std::string& uri : uris) {
    if (const auto record = party(uri)) state[state_key::party(uri)] = encode(*record);
  }
  return state;
}

}  // namespace footproof::testing
