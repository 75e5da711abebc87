// Accreditations: a body grants, changes and withdraws its own (docs/rules.md, accreditation).
#include <algorithm>
#include <string>
#include <utility>

#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

using R = RefusalReason;
using Action = AccreditationAction;

std::optional<Refusal> judge_allowed(const AccreditationChange& change, const PartyRecord& body) {
  for (const Scope& scope : change.scopes.value_or(std::vector<Scope>{})) {
    if (!std::binary_search(body.schemes.begin(), body.schemes.end(), scope.scheme)) {
      return refuse(R::scheme_not_allowed,
                    "scopes: the body was not admitted for scheme " + scope.scheme);
    }
  }
  for (const std::string& regime : change.regimes.value_or(std::vector<std::string>{})) {
    if (!std::binary_search(body.regimes.begin(), body.regimes.end(), regime)) {
      return refuse(R::regime_not_allowed,
                    "regimes: the body was not admitted for regime " + regime);
    }
  }
  return std::nullopt;
}

std::optional<Refusal> judge_transition(Action action, Action standing) {
  // `standing` is that of the last event that set one: grant (in force), suspend or withdraw.
  bool legal = standing != Action::withdraw;
  if (action == Action::suspend) legal = standing == Action::grant;
  if (action == Action::reinstate) legal = standing == Action::suspend;
  if (legal) return std::nullopt;
  return refuse(R::illegal_transition, "action: " + std::string(to_text(action)) +
                                           " does not follow " + std::string(to_text(standing)));
}

// By log order alone: what the next event builds on.
Action standing_of(const AccreditationRecord& record) {
  Action standing = Action::grant;
  for (const AccreditationEvent& event : record.events) {
    if (event.what == Action::suspend || event.what == Action::withdraw) standing = event.what;
    if (event.what == Action::reinstate) standing = Action::grant;
  }
  return standing;
}

std::optional<Refusal> judge_last_event(const AccreditationChange& change,
                                        const AccreditationRecord* record) {
  std::optional<Digest> last;
  if (record != nullptr) last = record->events.back().origin.entry;
  if (change.previous == last || change.action == Action::withdraw) return std::nullopt;
  return refuse(R::last_event_differs,
                "previous: the last event is " + (last ? last->hex() : std::string("none")));
}

AccreditationEvent event_of(const Case& it, const AccreditationChange& change) {
  return AccreditationEvent{
      change.action,   origin_of(it, change.effective, AuthorityRole::accreditation_body),
      change.reason,   change.scopes,
      change.validity, change.regimes};
}

// A grant creates the verifier as a party. A later grant by another body adds an accreditation and
// nothing else: the registrar of its keys stays the first.
Result<std::optional<Refusal>> admit_verifier(const Case& it, const AccreditationChange& grant,
                                              StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  const Digest key = state_key::party(*grant.verifier);
  auto party = read_record(it.view, key, parse_party_record);
  if (!party) return fail(party.error());
  if (*party) {
    if ((*party)->role == PartyRole::verifier) return Answer();
    return Answer(refuse(R::role_conflict,
                         "verifier: is admitted as " + std::string(to_text((*party)->role))));
  }
  PartyRecord verifier;
  verifier.role = PartyRole::verifier;
  verifier.registrar = it.issuer();
  verifier.events.push_back(
      {PartyEvent::What::admit, origin_of(it, grant.effective, AuthorityRole::accreditation_body)});
  return put_record(changes, key, verifier);
}

Result<Judgement> judge_grant(const Case& it, const AccreditationChange& change,
                              const Digest& key) {
  Acceptance acceptance;
  AccreditationRecord record{*change.verifier, {event_of(it, change)}};
  if (auto refusal = put_record(acceptance.changes, key, record)) {
    return Judgement(std::move(*refusal));
  }
  auto refusal = admit_verifier(it, change, acceptance.changes);
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Judgement(std::move(**refusal));
  return Judgement(std::move(acceptance));
}

Result<Judgement> judge_change(const Case& it, const AccreditationChange& change, const Digest& key,
                               AccreditationRecord record) {
  if (auto refusal = judge_transition(change.action, standing_of(record))) {
    return Judgement(std::move(*refusal));
  }
  record.events.push_back(event_of(it, change));
  Acceptance acceptance;
  if (auto refusal =
          put_record(acceptance.changes, key, record, change.action == Action::withdraw)) {
    return Judgement(std::move(*refusal));
  }
  return Judgement(std::move(acceptance));
}

}  // namespace

Result<Judgement> judge_accreditation(const Case& it, const AccreditationChange& change) {
  auto body = read_record(it.view, state_key::party(it.issuer()), parse_party_record);
  if (!body) return fail(body.error());
  if (!*body || (*body)->role != PartyRole::accreditation_body) {
    return Judgement(refuse(R::not_a_body, "issuer: not an accreditation body"));
  }
  const Digest key = state_key::accreditation(it.issuer(), change.id);
  auto record = read_record(it.view, key, parse_accreditation_record);
  if (!record) return fail(record.error());
  const bool grant = change.action == Action::grant;
  if (grant && *record) {
    return Judgement(refuse(R::accreditation_exists, "id: " + change.id + " was granted before"));
  }
  if (!grant && !*record) {
    return Judgement(refuse(R::unknown_accreditation, "id: " + change.id + " was never granted"));
  }
  // The last event in log order counts among those effective: an event dated ahead would be
  // overtaken by one recorded after it.
  if (change.effective > latest_day(it.now())) {
    return Judgement(refuse(R::effective_out_of_range,
                            "effective: " + change.effective.text() + " is in the future"));
  }
  if (auto refusal = judge_allowed(change, **body)) return Judgement(std::move(*refusal));
  const AccreditationRecord* stored = *record ? &**record : nullptr;
  if (auto refusal = judge_last_event(change, stored)) return Judgement(std::move(*refusal));
  if (grant) return judge_grant(it, change, key);
  return judge_change(it, change, key, std::move(**record));
}

}  // namespace footproof::ledger
