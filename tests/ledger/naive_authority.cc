// Accreditations, and the keys that whoever has a say registers.
#include <algorithm>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {
namespace {

using naive::holds;
using naive::kFine;

int action_of(const AccreditationChange& change) { return static_cast<int>(change.action); }
constexpr int kGrant = 0;
constexpr int kExtend = 1;
constexpr int kSuspendAccreditation = 3;
constexpr int kReinstateAccreditation = 4;
constexpr int kWithdraw = 5;

// Everything of `small` is allowed by some entry of `large`.
bool within(const std::vector<Scope>& small, const std::vector<Scope>& large) {
  for (const Scope& one : small) {
    bool found = false;
    for (const Scope& other : large) {
      bool all = one.code == other.code && one.scheme == other.scheme &&
                 one.assurance_max <= other.assurance_max;
      for (const std::string& standard : one.standards) {
        all = all && holds(other.standards, standard);
      }
      found = found || all;
    }
    if (!found) return false;
  }
  return true;
}

bool within(const DateRange& small, const DateRange& large) {
  return small.from >= large.from && small.until <= large.until;
}

}  // namespace

// --- accreditation -------------------------------------------------------------------------------

std::string NaiveRules::judge_accreditation(NaiveEntry& entry,
                                            const AccreditationChange& it) const {
  entry.role = AuthorityRole::accreditation_body;
  const std::string& issuer = entry.statement.issuer();
  if (!has_role(issuer, PartyRole::accreditation_body)) return "not-a-body";
  const auto body = party(issuer);
  const auto history = accreditation_history(issuer, it.id);
  const bool grant = action_of(it) == kGrant;
  if (grant && !history.empty()) return "accreditation-exists";
  if (!grant && history.empty()) return "unknown-accreditation";
  if (it.scopes) {
    for (const Scope& scope : *it.scopes) {
      if (!holds(body->schemes, scope.scheme)) return "scheme-not-allowed";
    }
  }
  if (it.regimes) {
    for (const std::string& regime : *it.regimes) {
      if (!holds(body->regimes, regime)) return "regime-not-allowed";
    }
  }
  if (action_of(it) != kWithdraw && it.previous != last_of_accreditation(issuer, it.id)) {
    return "last-event-differs";
  }
  if (grant) {
    const auto verifier = party(*it.verifier);
    return !verifier || verifier->role == PartyRole::verifier ? kFine : "role-conflict";
  }
  int standing = kGrant;
  Date withdrawn_from;
  std::vector<Scope> scopes;
  DateRange validity;
  for (const Happening& one : history) {
    const auto& change = *one.entry->statement.as<AccreditationChange>();
    if (one.what == kSuspendAccreditation || one.what == kWithdraw) standing = one.what;
    if (one.what == kReinstateAccreditation) standing = kGrant;
    if (one.what == kWithdraw) withdrawn_from = one.effective;
    if (change.scopes) scopes = *change.scopes;
    if (change.validity) validity = *change.validity;
  }
  if (standing == kWithdraw) {
    const bool forward = action_of(it) == kWithdraw && it.effective < withdrawn_from;
    return forward ? kFine : "illegal-transition";
  }
  if (action_of(it) == kSuspendAccreditation && standing != kGrant) return "illegal-transition";
  if (action_of(it) == kReinstateAccreditation && standing != kSuspendAccreditation) {
    return "illegal-transition";
  }
  if (!it.scopes && !it.validity) return kFine;
  const auto new_scopes = it.scopes.value_or(scopes);
  const auto new_validity = it.validity.value_or(validity);
  const bool keeps = within(scopes, new_scopes) && within(validity, new_validity);
  const bool adds = !within(new_scopes, scopes) || !within(new_validity, validity);
  if (action_of(it) == kExtend) return keeps && adds ? kFine : "not-an-extension";
  return !keeps && !adds ? kFine : "not-a-reduction";
}

// --- key -----------------------------------------------------------------------------------------

std::string NaiveRules::judge_key(NaiveEntry& entry, const KeyChange& it) const {
  const auto owner = party(it.party);
  if (!owner) return "unknown-party";
  const std::string& issuer = entry.statement.issuer();
  if (issuer != it.party && issuer != owner->registrar) return "not-the-registrar";
  entry.role = issuer == it.party ? AuthorityRole::issuer : AuthorityRole::accreditation_body;
  const auto named = it.kid ? key(*it.kid) : std::nullopt;
  if (it.kid && (!named || named->party != it.party)) return "nothing-to-replace";
  if (it.action == KeyAction::compromised) {
    if (*it.since > entry.recorded) return "from-the-future";
    const std::uint64_t reach = parameters().compromise_reach_days_max * 86'400'000;
    const bool far = it.since->ms + reach < entry.recorded.ms;
    return far && issuer == it.party ? "too-far-back" : kFine;
  }
  if (it.kid && (named->usage != it.added->usage || rotated(*it.kid))) return "nothing-to-replace";
  if (taken(it.added->key.kid())) return "key-exists";
  if (!verify_possession_proof(it.added->key, chain_id_, it.party, to_text(it.added->usage),
                               it.added->proof)) {
    return "bad-possession";
  }
  const bool too_many = (issuer == it.party && owner->own_keys >= 64) || owner->keys.size() >= 1024;
  return too_many ? "too-many-keys" : kFine;
}

}  // namespace footproof::testing
