// Keys, names and questions of the state records; their bytes are in state_record_codec.cc.
#include "attest/state_record.h"

#include <algorithm>
#include <array>

#include "attest/cbor.h"
#include "attest/fields.h"

namespace footproof {
namespace state_key {
namespace {

cbor::Writer begin(std::size_t parts, std::string_view kind) {
  cbor::Writer out;
  out.array(2 + parts).text("footproof/state/v1").text(kind);
  return out;
}

Digest finish(cbor::Writer out) { return sha256(std::move(out).take()); }

}  // namespace

Digest status(const Digest& entry_id) {
  auto out = begin(1, "status");
  out.digest(entry_id);
  return finish(std::move(out));
}

Digest declaration_status(const Digest& entry_id, const Digest& declaration_root) {
  auto out = begin(2, "status");
  out.digest(entry_id).digest(declaration_root);
  return finish(std::move(out));
}

Digest accreditation(std::string_view body, std::string_view id) {
  auto out = begin(2, "accreditation");
  fields::write_text(out, body);
  fields::write_text(out, id);
  return finish(std::move(out));
}

Digest key(const Digest& kid) {
  auto out = begin(1, "key");
  out.digest(kid);
  return finish(std::move(out));
}

Digest party(std::string_view uri) {
  auto out = begin(1, "party");
  fields::write_text(out, uri);
  return finish(std::move(out));
}

Digest validators(std::uint64_t epoch) {
  auto out = begin(1, "validators");
  out.uint(epoch);
  return finish(std::move(out));
}

Digest next_validators() { return finish(begin(0, "next-validators")); }

Digest parameters() { return finish(begin(0, "parameters")); }

Digest dataset(std::string_view database, std::string_view release) {
  auto out = begin(2, "dataset");
  fields::write_text(out, database);
  fields::write_text(out, release);
  return finish(std::move(out));
}

Digest proposal(ByteView nonce) {
  auto out = begin(1, "proposal");
  out.bytes(nonce);
  return finish(std::move(out));
}

}  // namespace state_key

namespace {

bool counts(const EventOrigin& origin, Date day, Instant known) {
  return origin.effective <= day && origin.recorded <= known;
}

Status status_after(StatusEvent::What what) {
  switch (what) {
    case StatusEvent::What::suspend:
      return Status::suspended;
    case StatusEvent::What::reinstate:
    case StatusEvent::What::anchored_late:
      return Status::active;
    case StatusEvent::What::revoke:
      return Status::revoked;
    case StatusEvent::What::supersede:
      return Status::superseded;
  }
  return Status::revoked;
}

// How far one scope entry goes towards an answer; the larger the closer.
CoverageAnswer judge(const Scope& scope, const CoverageQuestion& question) {
  if (scope.code != question.scope) return CoverageAnswer::scope_not_covered;
  if (scope.scheme != question.scheme) return CoverageAnswer::scheme_not_covered;
  const bool all = std::ranges::all_of(question.standards, [&](const std::string& standard) {
    return std::ranges::binary_search(scope.standards, standard);
  });
  if (!all) return CoverageAnswer::standard_not_covered;
  if (question.assurance > scope.assurance_max) return CoverageAnswer::assurance_not_covered;
  return CoverageAnswer::covered;
}

// Closeness in the order of the checks above; covered is the closest.
int closeness(CoverageAnswer answer) {
  return answer == CoverageAnswer::covered ? 1000 : static_cast<int>(answer);
}

}  // namespace

std::string_view to_text(AuthorityRole role) {
  constexpr std::array<std::string_view, 4> kTexts = {"issuer", "accreditation body",
                                                      "scheme owner", "ballot"};
  return kTexts[static_cast<std::size_t>(role)];
}

std::string_view to_text(Status status) {
  constexpr std::array<std::string_view, 4> kTexts = {"active", "suspended", "revoked",
                                                      "superseded"};
  return kTexts[static_cast<std::size_t>(status)];
}

std::string_view to_text(CoverageAnswer answer) {
  constexpr std::array<std::string_view, 9> kTexts = {
      "covered",
      "not granted",
      "suspended",
      "withdrawn",
      "outside its validity",
      "scope not covered",
      "scheme not covered",
      "standard not covered",
      "assurance level not covered",
  };
  return kTexts[static_cast<std::size_t>(answer)];
}

std::string_view to_text(KeyAnswer answer) {
  constexpr std::array<std::string_view, 4> kTexts = {"good", "not yet added", "rotated out",
                                                      "compromised"};
  return kTexts[static_cast<std::size_t>(answer)];
}

StatusAnswer status_on(const StatusRecord* record, Date day, Instant known) {
  StatusAnswer answer;
  if (record == nullptr) return answer;
  for (const StatusEvent& event : record->events) {
    if (!counts(event.origin, day, known)) continue;
    answer.status = status_after(event.what);
    answer.because = event;
  }
  return answer;
}

AccreditationView accreditation_on(const AccreditationRecord& record, Date day, Instant known) {
  using Standing = AccreditationView::Standing;
  AccreditationView view;
  for (const AccreditationEvent& event : record.events) {
    if (!counts(event.origin, day, known)) continue;
    if (event.scopes) view.scopes = *event.scopes;
    if (event.validity) view.validity = *event.validity;
    if (event.regimes) view.regimes = *event.regimes;
    switch (event.what) {
      case AccreditationAction::grant:
      case AccreditationAction::reinstate:
        view.standing = Standing::in_force;
        break;
      case AccreditationAction::suspend:
        view.standing = Standing::suspended;
        break;
      case AccreditationAction::withdraw:
        view.standing = Standing::withdrawn;
        break;
      case AccreditationAction::extend:
      case AccreditationAction::reduce:
        continue;  // changes what it covers, not whether it stands
    }
    view.because = event;
  }
  return view;
}

CoverageQuestion coverage_question(const Attestation& attestation) {
  return {attestation.scope, attestation.scheme.id, attestation.standards, attestation.assurance};
}

namespace {

// What was effective by `events_until`, asked about the validity on `day`.
CoverageAnswer covers(const AccreditationRecord& record, const CoverageQuestion& question, Date day,
                      Date events_until, Instant known) {
  using Standing = AccreditationView::Standing;
  const AccreditationView view = accreditation_on(record, events_until, known);
  if (view.standing == Standing::not_granted) return CoverageAnswer::not_granted;
  if (view.standing == Standing::suspended) return CoverageAnswer::suspended;
  if (view.standing == Standing::withdrawn) return CoverageAnswer::withdrawn;
  if (!view.validity.contains(day)) return CoverageAnswer::outside_validity;
  CoverageAnswer best = CoverageAnswer::scope_not_covered;
  for (const Scope& scope : view.scopes) {
    const CoverageAnswer answer = judge(scope, question);
    if (closeness(answer) > closeness(best)) best = answer;
  }
  return best;
}

bool includes(const Scope& wide, const Scope& narrow) {
  return wide.code == narrow.code && wide.scheme == narrow.scheme &&
         wide.assurance_max >= narrow.assurance_max &&
         std::ranges::includes(wide.standards, narrow.standards);
}

}  // namespace

CoverageAnswer covers(const AccreditationRecord& record, const CoverageQuestion& question, Date day,
                      Instant known) {
  return covers(record, question, day, day, known);
}

AttestationCoverage coverage_of(const AccreditationRecord& record, const Attestation& attestation,
                                Instant recorded, Instant known, Hindsight hindsight) {
  const CoverageQuestion question = coverage_question(attestation);
  const Date issued_on = attestation.issued_on;
  AttestationCoverage coverage;
  coverage.when_issued = covers(record, question, issued_on, known);
  coverage.recorded_on = std::max(utc_day(recorded), issued_on);
  coverage.when_recorded = covers(record, question, coverage.recorded_on, known);
  if (hindsight == Hindsight::no && coverage.when_recorded == CoverageAnswer::covered) {
    const Date begun = std::max(latest_day(recorded), issued_on);
    coverage.when_recorded = covers(record, question, coverage.recorded_on, begun, known);
  }
  return coverage;
}

bool includes(std::span<const Scope> wide, std::span<const Scope> narrow) {
  return std::ranges::all_of(narrow, [&](const Scope& one) {
    return std::ranges::any_of(wide, [&](const Scope& other) { return includes(other, one); });
  });
}

KeyAnswer key_at(const KeyRecord& record, Instant at, Instant known, StatementKind kind) {
  KeyAnswer answer = KeyAnswer::not_yet_added;
  for (const KeyEvent& event : record.events) {
    if (event.origin.recorded > known) continue;
    if (event.what == KeyEvent::What::add && event.origin.recorded <= at) {
      answer = KeyAnswer::good;
    }
    if (event.what == KeyEvent::What::rotate && event.origin.recorded < at) {
      answer = KeyAnswer::rotated;
    }
  }
  if (answer != KeyAnswer::good || kind != StatementKind::attestation) return answer;
  const auto since = compromised_since(record, known);
  return since && *since <= at ? KeyAnswer::compromised : KeyAnswer::good;
}

std::optional<Instant> compromised_since(const KeyRecord& record, Instant known) {
  std::optional<Instant> earliest;
  for (const KeyEvent& event : record.events) {
    if (event.origin.recorded > known || !event.since) continue;
    if (!earliest || *event.since < *earliest) earliest = event.since;
  }
  return earliest;
}

bool admitted_on(const PartyRecord& record, Date day, Instant known) {
  bool admitted = false;
  for (const PartyEvent& event : record.events) {
    if (counts(event.origin, day, known)) admitted = event.what == PartyEvent::What::admit;
  }
  return admitted;
}

std::uint64_t Parameters::late_days_of(std::string_view scheme) const {
  const auto found = std::ranges::find(late_days, scheme, &LateAnchoring::scheme);
  return found == late_days.end() ? 0 : found->days;
}

}  // namespace footproof
