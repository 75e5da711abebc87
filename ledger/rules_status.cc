// Status: suspend, reinstate, revoke an attestation or one declaration of it (docs/rules.md,
// status). What each event binds to, and who outranks whom: docs/formats.md §3.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

using What = StatusEvent::What;

// How many successors, one of the other, a reinstatement looks at: each costs reads of the state.
constexpr std::size_t kSuccessorsMax = 64;

bool goes_with(StatusAction action, Reason reason) {
  switch (reason) {
    case Reason::investigation:
    case Reason::complaint:
    case Reason::data_doubt:
    case Reason::key_doubt:
      return action == StatusAction::suspend;
    case Reason::cleared:
      return action == StatusAction::reinstate;
    case Reason::misstatement:
    case Reason::fraud:
    case Reason::key_compromise:
    case Reason::withdrawn_by_declarant:
    case Reason::issued_in_error:
      return action == StatusAction::revoke;
  }
  return false;
}

// In what capacity the issuer of the statement may speak about the target; none: in no capacity.
Result<std::optional<AuthorityRole>> authority_over(const Case& it, const Target& target) {
  using Answer = std::optional<AuthorityRole>;
  if (it.issuer() == target.statement.issuer()) return Answer(AuthorityRole::issuer);
  const Attestation& attestation = target.attestation();
  if (it.issuer() == attestation.accreditation.body) {
    return Answer(AuthorityRole::accreditation_body);
  }
  auto party = read_record(it.view, state_key::party(it.issuer()), parse_party_record);
  if (!party) return fail(party.error());
  if (!*party) return Answer();
  if ((*party)->role != PartyRole::scheme_owner) return Answer();
  const auto& schemes = (*party)->schemes;
  const bool own = std::binary_search(schemes.begin(), schemes.end(), attestation.scheme.id);
  return own ? Answer(AuthorityRole::scheme_owner) : Answer();
}

std::optional<Refusal> judge_form(const Case& it, const StatusChange& change,
                                  const Attestation& attestation) {
  if (change.declaration && attestation.count == 1) {
    return refuse(R::declaration_not_separate, "declaration: the attestation has one only");
  }
  if (!goes_with(change.action, change.reason)) {
    return refuse(R::reason_not_allowed, "reason: " + std::string(to_text(change.reason)) +
                                             " does not go with " +
                                             std::string(to_text(change.action)));
  }
  if (change.effective < attestation.issued_on || change.effective > latest_day(it.now())) {
    return refuse(R::effective_out_of_range,
                  "effective: " + change.effective.text() + " is before the issue date " +
                      attestation.issued_on.text() + " or in the future");
  }
  return std::nullopt;
}

bool is_active(const StatusEvent* last) {
  return last == nullptr || last->what == What::reinstate || last->what == What::anchored_late;
}

// Whether an entry of the log was recorded under a key that was compromised by then.
Result<bool> is_void(const Case& it, const Digest& entry) {
  auto found = find_attestation(it.view, entry, "successor");
  if (!found) return fail(found.error());
  const auto* target = std::get_if<Target>(&*found);
  if (target == nullptr) return fail(Errc::corrupt, "status record names a successor not logged");
  auto key = read_record(it.view, state_key::key(target->statement.kid()), parse_key_record);
  if (!key) return fail(key.error());
  if (!*key) return fail(Errc::corrupt, "logged statement's key has no record");
  const auto since = compromised_since(**key, it.now());
  return since && since->ms <= target->logged.recorded_ms;
}

// Whether what took the place of a superseded entry is gone: its successor is revoked or void, and
// so is whatever succeeded that one in turn. Else two of one chain would be active.
Result<bool> successors_are_gone(const Case& it, const StatusEvent& supersession) {
  Digest successor = supersession.origin.entry;
  for (std::size_t i = 0; i < kSuccessorsMax; ++i) {
    auto status = read_record(it.view, state_key::status(successor), parse_status_record);
    if (!status) return fail(status.error());
    const auto events = *status ? std::move((*status)->events) : std::vector<StatusEvent>{};
    if (events.empty() || events.back().what != What::revoke) {
      auto gone = is_void(it, successor);
      if (!gone || !*gone) return gone;
    }
    const auto next = std::find_if(events.rbegin(), events.rend(), [](const StatusEvent& event) {
      return event.what == What::supersede;
    });
    if (next == events.rend()) return true;
    successor = next->origin.entry;
  }
  return false;
}

Result<std::optional<Refusal>> judge_reinstate(const Case& it, const StatusEvent* last,
                                               AuthorityRole role) {
  using Answer = std::optional<Refusal>;
  if (last != nullptr && last->what == What::supersede) {
    auto gone = successors_are_gone(it, *last);
    if (!gone) return fail(gone.error());
    if (*gone) return Answer();
    return Answer(refuse(R::illegal_transition,
                         "action: superseded by an entry that stands, or whose successor does"));
  }
  if (last == nullptr || last->what != What::suspend) {
    return Answer(refuse(R::illegal_transition, "action: only what is suspended is reinstated"));
  }
  const Authority& by = last->origin.authority;
  if (role > by.role || (role == by.role && it.issuer() == by.party)) return Answer();
  return Answer(refuse(R::not_the_suspender,
                       "issuer: it was suspended by the " + std::string(to_text(by.role))));
}

// From the last event, whatever its effective date, to the new one.
Result<std::optional<Refusal>> judge_transition(const Case& it, StatusAction action,
                                                const StatusEvent* last, AuthorityRole role) {
  using Answer = std::optional<Refusal>;
  if (action == StatusAction::reinstate) return judge_reinstate(it, last, role);
  if (is_active(last)) return Answer();
  const bool outranks = role > last->origin.authority.role;
  if (action == StatusAction::revoke) {
    // A superior may revoke once more, with an earlier date; nobody else needs to.
    if (last->what != What::revoke || outranks) return Answer();
    return Answer(refuse(R::illegal_transition, "action: revoked already"));
  }
  // A superior may take a suspension over, so that its subordinate cannot lift it.
  if (last->what == What::suspend && outranks) return Answer();
  return Answer(refuse(R::illegal_transition, "action: only what is active is suspended"));
}

std::optional<Refusal> judge_last_event(const StatusChange& change, const StatusEvent* last) {
  std::optional<Digest> entry;
  if (last != nullptr) entry = last->origin.entry;
  if (change.previous == entry) return std::nullopt;
  return refuse(R::last_event_differs,
                "previous: the last event is " + (entry ? entry->hex() : std::string("none")));
}

}  // namespace

Result<Judgement> judge_status(const Case& it, const StatusChange& change) {
  auto found = find_attestation(it.view, change.target, "target");
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return Judgement(std::move(*refusal));
  const Target& target = std::get<Target>(*found);
  auto role = authority_over(it, target);
  if (!role) return fail(role.error());
  if (!*role) {
    return Judgement(refuse(R::no_authority, "issuer: no party to the attestation named"));
  }
  if (auto refusal = judge_form(it, change, target.attestation())) {
    return Judgement(std::move(*refusal));
  }

  const Digest key = change.declaration
                         ? state_key::declaration_status(change.target, *change.declaration)
                         : state_key::status(change.target);
  auto stored = read_record(it.view, key, parse_status_record);
  if (!stored) return fail(stored.error());
  StatusRecord record = std::move(*stored).value_or(StatusRecord{});
  const StatusEvent* last = record.events.empty() ? nullptr : &record.events.back();
  auto transition = judge_transition(it, change.action, last, **role);
  if (!transition) return fail(transition.error());
  if (*transition) return Judgement(std::move(**transition));

  // A revoke and a superior's suspension count whatever they bind to: else a subordinate could
  // front-run them with events of its own.
  const bool unstoppable =
      change.action == StatusAction::revoke ||
      (change.action == StatusAction::suspend && **role > AuthorityRole::issuer);
  if (!unstoppable) {
    if (auto refusal = judge_last_event(change, last)) return Judgement(std::move(*refusal));
  }
  record.events.push_back(
      {static_cast<What>(change.action), origin_of(it, change.effective, **role), change.reason});
  Acceptance acceptance;
  if (auto refusal = put_record(acceptance.changes, key, record, unstoppable)) {
    return Judgement(std::move(*refusal));
  }
  return Judgement(std::move(acceptance));
}

}  // namespace footproof::ledger
