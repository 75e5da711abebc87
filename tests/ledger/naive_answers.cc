// What the list of NaiveRules answers: histories, status, coverage, keys and membership on both
// time axes.
#include <algorithm>

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

namespace {

// The keys with which a ballot lets somebody in, or gives a member first keys again.
struct FirstKeys {
  const std::string* uri = nullptr;  // null: it gives nobody keys
  const std::vector<NewKey>* keys = nullptr;
  bool admits = false;
};

FirstKeys first_keys(const NaiveEntry& entry) {
  const Change* change = entry.carried_out();
  if (change == nullptr) return {};
  if (const auto* it = std::get_if<AdmitParty>(change)) return {&it->uri, &it->keys, true};
  if (const auto* it = std::get_if<ReplaceParty>(change)) return {&it->by.uri, &it->by.keys, true};
  if (const auto* it = std::get_if<RenewPartyKeys>(change)) return {&it->uri, &it->keys, false};
  return {};
}

// The key of a ballot that takes over from one of this usage that the party had before: of its
// usage, else, of a party that is let in again, the first. None: the key stays.
std::optional<Digest> successor_of(KeyUsage usage, const FirstKeys& given) {
  for (const NewKey& key : *given.keys) {
    if (key.usage == usage) return key.key.kid();
  }
  return given.admits ? std::optional(given.keys->front().key.kid()) : std::nullopt;
}

// What a decided ballot does to this party.
void carry_out(const Change& change, const std::string& uri, const EventOrigin& origin,
               std::optional<PartyRecord>& party) {
  const auto admit = [&](const AdmitParty& it) {
    if (!party) party.emplace();
    party->role = it.role;
    party->legal_name = it.legal_name;
    party->schemes = it.schemes;
    party->regimes = it.regimes;
    party->events.push_back({PartyEvent::What::admit, origin});
  };
  if (const auto* it = std::get_if<AdmitParty>(&change); it != nullptr && it->uri == uri) {
    admit(*it);
  }
  if (const auto* it = std::get_if<RemoveParty>(&change); it != nullptr && it->uri == uri) {
    party->events.push_back({PartyEvent::What::remove, origin});
  }
  if (const auto* it = std::get_if<ReplaceParty>(&change)) {
    if (it->uri == uri) party->events.push_back({PartyEvent::What::remove, origin});
    if (it->by.uri == uri) admit(it->by);
  }
  if (const auto* it = std::get_if<AllowParty>(&change); it != nullptr && it->uri == uri) {
    party->schemes = it->schemes;
    party->regimes = it->regimes;
  }
  if (const auto* it = std::get_if<SetRegistrar>(&change); it != nullptr && it->verifier == uri) {
    party->registrar = it->registrar;
  }
}

}  // namespace

std::optional<PartyRecord> NaiveRules::party(const std::string& uri) const {
  std::optional<PartyRecord> found;
  if (const auto first = first_parties_.find(uri); first != first_parties_.end()) {
    found = first->second;
  }
  for (const NaiveEntry& entry : list_) {
    const Date day = naive::today(entry.recorded);
    if (const auto* grant = entry.statement.as<AccreditationChange>();
        grant != nullptr && !found && grant->verifier == uri) {
      found.emplace();
      found->role = PartyRole::verifier;
      found->registrar = entry.statement.issuer();
      found->events.push_back(
          {PartyEvent::What::admit, origin(entry, std::min(grant->effective, day))});
    }
    if (const auto* change = entry.statement.as<KeyChange>();
        change != nullptr && found && change->party == uri && change->added) {
      found->keys.push_back(change->added->key.kid());
      found->own_keys = entry.statement.issuer() == uri ? found->own_keys + 1 : 0;
    }
    if (const Change* change = entry.carried_out()) {
      carry_out(*change, uri, origin(entry, day), found);
    }
    if (const FirstKeys given = first_keys(entry); given.uri != nullptr && *given.uri == uri) {
      for (const NewKey& key : *given.keys) {
        found->keys.push_back(key.key.kid());
      }
      found->own_keys = 0;
    }
  }
  if (found) std::sort(found->keys.begin(), found->keys.end());
  return found;
}

std::vector<std::string> NaiveRules::party_uris() const {
  std::vector<std::string> uris = genesis_parties_;
  for (const NaiveEntry& entry : list_) {
    const auto* grant = entry.statement.as<AccreditationChange>();
    if (grant != nullptr && grant->verifier) uris.push_back(*grant->verifier);
    if (const FirstKeys given = first_keys(entry); given.admits) uris.push_back(*given.uri);
  }
  std::sort(uris.begin(), uris.end());
  uris.erase(std::unique(uris.begin(), uris.end()), uris.end());
  return uris;
}

bool NaiveRules::is_member(const std::string& uri) const {
  const auto stands = party(uri);
  return stands && stands->events.back().what == PartyEvent::What::admit;
}

bool NaiveRules::has_role(const std::string& uri, PartyRole role) const {
  const auto stands = party(uri);
  return stands && stands->role == role;
}

bool NaiveRules::member_on(const std::string& uri, Date day, Instant known) const {
  bool member = false;
  const auto stands = party(uri);
  for (const PartyEvent& event : stands->events) {
    if (event.origin.effective > day || event.origin.recorded > known) continue;
    member = event.what == PartyEvent::What::admit;
  }
  return member;
}

std::optional<NaiveRules::Key> NaiveRules::key(const Digest& kid) const {
  if (const auto first = first_keys_.find(kid); first != first_keys_.end()) {
    return Key{first->second.party, first->second.usage, first->second.key};
  }
  for (const NaiveEntry& entry : list_) {
    const auto* change = entry.statement.as<KeyChange>();
    if (change != nullptr && change->added && change->added->key.kid() == kid) {
      return Key{change->party, change->added->usage, change->added->key};
    }
    const FirstKeys given = first_keys(entry);
    if (given.uri == nullptr) continue;
    for (const NewKey& one : *given.keys) {
      if (one.key.kid() == kid) return Key{*given.uri, one.usage, one.key};
    }
  }
  return std::nullopt;
}

bool NaiveRules::taken(const Digest& kid) const {
  if (key(kid)) return true;
  const Sets all = sets();
  for (const Member& member : all.ever) {
    for (const PublicKey& one : {member.vote_key, member.cosign_key, member.log_key}) {
      if (one.kid() == kid) return true;
    }
  }
  return false;
}

bool NaiveRules::runs_a_validator(const std::string& uri) const {
  const Sets now = sets();
  const auto is_its = [&](const Member& member) { return member.party == uri; };
  return std::any_of(now.in_force.begin(), now.in_force.end(), is_its) ||
         (now.waiting &&
          std::any_of(now.waiting->members.begin(), now.waiting->members.end(), is_its));
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

std::vector<KeyEvent> NaiveRules::key_history(const Digest& kid) const {
  using What = KeyEvent::What;
  std::vector<KeyEvent> history;
  if (const auto first = first_keys_.find(kid); first != first_keys_.end()) {
    history = first->second.events;
  }
  const auto of = key(kid);
  bool in_use = !history.empty();
  for (const NaiveEntry& entry : list_) {
    const EventOrigin here = origin(entry, naive::today(entry.recorded));
    if (const auto* change = entry.statement.as<KeyChange>()) {
      if (change->kid == kid && change->added) {
        history.push_back({What::rotate, here, change->added->key.kid(), std::nullopt});
        in_use = false;
      } else if (change->kid == kid) {
        history.push_back({What::compromised, here, std::nullopt, change->since});
        in_use = false;
      } else if (change->added && change->added->key.kid() == kid) {
        history.push_back({What::add, here, std::nullopt, std::nullopt});
        in_use = true;
      }
    }
    const FirstKeys given = first_keys(entry);
    if (given.uri == nullptr || *given.uri != of->party) continue;
    if (const auto successor = successor_of(of->usage, given); in_use && successor) {
      history.push_back({What::rotate, here, successor, std::nullopt});
      in_use = false;
    }
    for (const NewKey& one : *given.keys) {
      if (one.key.kid() != kid) continue;
      history.push_back({What::add, here, std::nullopt, std::nullopt});
      in_use = true;
    }
  }
  return history;
}

bool NaiveRules::rotated(const Digest& kid) const {
  const auto history = key_history(kid);
  return std::any_of(history.begin(), history.end(),
                     [](const KeyEvent& event) { return event.what == KeyEvent::What::rotate; });
}

std::optional<std::uint64_t> NaiveRules::compromised_since(const Digest& kid) const {
  std::optional<std::uint64_t> since;
  for (const KeyEvent& event : key_history(kid)) {
    if (event.since) since = std::min(since.value_or(event.since->ms), event.since->ms);
  }
  return since;
}

std::string NaiveRules::key_standing(const Digest& kid, Instant at, Instant known) const {
  bool added = false;
  bool gone = false;
  bool stolen = false;
  for (const KeyEvent& event : key_history(kid)) {
    const Instant recorded = event.origin.recorded;
    if (recorded > known) continue;
    if (event.what == KeyEvent::What::add && recorded <= at) added = true;
    if (event.what == KeyEvent::What::rotate && recorded < at) gone = true;
    if (event.since && *event.since <= at) stolen = true;
  }
  if (!added) return "not yet added";
  return gone ? "rotated out" : stolen ? "compromised" : "good";
}

}  // namespace footproof::testing
