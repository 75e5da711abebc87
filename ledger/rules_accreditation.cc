// Accreditations: a body grants, changes and withdraws its own (docs/rules.md, accreditation).
#include <algorithm>
#include <string>
#include <utility>

#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

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

// By log order alone, whatever the effective dates: what the next event builds on.
const AccreditationEvent& last_standing(const AccreditationRecord& record) {
  const AccreditationEvent* last = &record.events.front();
  for (const AccreditationEvent& event : record.events) {
    if (event.what != Action::extend && event.what != Action::reduce) last = &event;
  }
  return *last;
}

std::optional<Refusal> judge_transition(const AccreditationChange& change,
                                        const AccreditationEvent& last) {
  const Action action = change.action;
  bool legal = last.what != Action::withdraw;
  if (action == Action::suspend) legal &= last.what != Action::suspend;
  if (action == Action::reinstate) legal = last.what == Action::suspend;
  // One that was announced for later may be brought forward: nobody must wait for its day.
  if (action == Action::withdraw) legal |= change.effective < last.origin.effective;
  if (legal) return std::nullopt;
  return refuse(R::illegal_transition, "action: " + std::string(to_text(action)) +
                                           " does not follow " + std::string(to_text(last.what)));
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
  // A grant may be for later; the party is there at once, so that its keys can be registered.
  const Date admitted = std::min(grant.effective, utc_day(it.now()));
  verifier.events.push_back(
      {PartyEvent::What::admit, origin_of(it, admitted, AuthorityRole::accreditation_body)});
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

// What stands by log order, whatever its effective date: extensions and reductions build on it.
struct Standing {
  std::vector<Scope> scopes;
  DateRange validity;
};

Standing last_set(const AccreditationRecord& record) {
  Standing standing;
  for (const AccreditationEvent& event : record.events) {
    if (event.scopes) standing.scopes = *event.scopes;
    if (event.validity) standing.validity = *event.validity;
  }
  return standing;
}

bool includes(const Standing& wide, const Standing& narrow) {
  return footproof::includes(wide.scopes, narrow.scopes) &&
         wide.validity.from <= narrow.validity.from && narrow.validity.until <= wide.validity.until;
}

// An extension only adds, a reduction only takes away, and neither does nothing.
std::optional<Refusal> judge_extent(const AccreditationChange& change,
                                    const AccreditationRecord& record) {
  if (!change.scopes && !change.validity) return std::nullopt;
  const Standing before = last_set(record);
  const Standing after{change.scopes.value_or(before.scopes),
                       change.validity.value_or(before.validity)};
  const bool grows = !includes(before, after);
  const bool shrinks = !includes(after, before);
  const bool extend = change.action == Action::extend;
  if (extend ? grows && !shrinks : shrinks && !grows) return std::nullopt;
  std::string why = "scopes, validity: ";
  why += !grows && !shrinks ? "change nothing" : extend ? "take something away" : "add something";
  return refuse(extend ? R::not_an_extension : R::not_a_reduction, std::move(why));
}

Result<Judgement> judge_change(const Case& it, const AccreditationChange& change, const Digest& key,
                               AccreditationRecord record) {
  if (auto refusal = judge_transition(change, last_standing(record))) {
    return Judgement(std::move(*refusal));
  }
  if (auto refusal = judge_extent(change, record)) return Judgement(std::move(*refusal));
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
  if (auto refusal = judge_allowed(change, **body)) return Judgement(std::move(*refusal));
  const AccreditationRecord* stored = *record ? &**record : nullptr;
  if (auto refusal = judge_last_event(change, stored)) return Judgement(std::move(*refusal));
  if (grant) return judge_grant(it, change, key);
  return judge_change(it, change, key, std::move(**record));
}

}  // namespace footproof::ledger
