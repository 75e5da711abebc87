// Attestations: who may certify what, on which day (docs/rules.md, attestation).
#include <algorithm>
#include <string>
#include <utility>

#include "attest/late_anchoring.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

std::optional<Refusal> judge_dates(const Case& it, const Attestation& attestation) {
  const Date issued = attestation.issued_on;
  if (attestation.valid_until < attestation.valid_from || attestation.valid_until < issued) {
    return refuse(R::dates_out_of_order, "valid until: " + attestation.valid_until.text() +
                                             ", issued on " + issued.text() + ", valid from " +
                                             attestation.valid_from.text());
  }
  if (issued > latest_day(it.now())) {
    return refuse(R::issued_in_the_future, "issued on: " + issued.text());
  }
  return std::nullopt;
}

// Whole days since the issue date are at most this many; what is in a parameter may be anything.
bool within_days(const Case& it, Date issued, std::uint64_t days_max) {
  const auto days = static_cast<std::int64_t>(std::min<std::uint64_t>(days_max, 1'000'000));
  return issued >= utc_day(it.now()).plus(-days);
}

R reason_for(CoverageAnswer answer) {
  switch (answer) {
    case CoverageAnswer::scope_not_covered:
      return R::scope_not_covered;
    case CoverageAnswer::scheme_not_covered:
      return R::scheme_not_covered;
    case CoverageAnswer::standard_not_covered:
      return R::standard_not_covered;
    case CoverageAnswer::assurance_not_covered:
      return R::assurance_not_covered;
    default:
      return R::accreditation_not_in_force;
  }
}

Refusal refuse_coverage(const Attestation& attestation, CoverageAnswer answer, Date day) {
  return refuse(reason_for(answer), "accreditation " + attestation.accreditation.id + " on " +
                                        day.text() + ": " + std::string(to_text(answer)));
}

// Whether the attestation comes too late to be recorded without its body's countersignature: why.
std::optional<Refusal> judge_lateness(const Case& it, const Attestation& attestation,
                                      const AttestationCoverage& coverage) {
  const std::uint64_t days_max = it.parameters.anchoring_days_max;
  if (!within_days(it, attestation.issued_on, days_max)) {
    return refuse(R::anchored_late, "issued on: " + attestation.issued_on.text() + ", more than " +
                                        std::to_string(days_max) + " days ago");
  }
  if (coverage.when_recorded == CoverageAnswer::covered) return std::nullopt;
  return refuse_coverage(attestation, coverage.when_recorded, coverage.recorded_on);
}

// A countersignature that is there verifies, whether it is needed or not.
Result<std::optional<Refusal>> judge_countersignature(const Case& it,
                                                      const Attestation& attestation) {
  using Answer = std::optional<Refusal>;
  const auto bad = [](std::string why) {
    return Answer(refuse(R::bad_countersignature, "countersignature: " + std::move(why)));
  };
  const Digest& kid = attestation.countersignature->kid;
  auto key = read_record(it.view, state_key::key(kid), parse_key_record);
  if (!key) return fail(key.error());
  if (!*key || (*key)->party != attestation.accreditation.body) {
    return bad("key " + kid.hex() + " is not the accreditation body's");
  }
  const bool rotated = std::ranges::any_of(
      (*key)->events, [](const KeyEvent& event) { return event.what == KeyEvent::What::rotate; });
  if ((*key)->usage != KeyUsage::sign || rotated || compromised_since(**key, it.now())) {
    return bad("key " + kid.hex() + " is no sign key in use");
  }
  if (!verify_countersignature((*key)->key, it.context.chain_id, it.issuer(), attestation)) {
    return bad("does not verify under key " + kid.hex());
  }
  return Answer();
}

// On the issue date in any case; on the day of recording, unless the body says that it may be late.
Result<std::optional<Refusal>> judge_accreditation_named(const Case& it,
                                                         const Attestation& attestation,
                                                         const AccreditationRecord& record,
                                                         StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  const auto coverage = coverage_of(record, attestation, it.now(), it.now(), Hindsight::no);
  if (coverage.when_issued != CoverageAnswer::covered) {
    return Answer(refuse_coverage(attestation, coverage.when_issued, attestation.issued_on));
  }
  auto late = judge_lateness(it, attestation, coverage);
  if (!attestation.countersignature) return late;
  auto refusal = judge_countersignature(it, attestation);
  if (!refusal || *refusal || !late) return refusal;
  const std::uint64_t days_max = it.parameters.late_days_of(attestation.scheme.id);
  if (!within_days(it, attestation.issued_on, days_max)) {
    return Answer(refuse(R::late_not_allowed, "issued on: " + attestation.issued_on.text() +
                                                  "; scheme " + attestation.scheme.id +
                                                  " allows late anchoring for " +
                                                  std::to_string(days_max) +
                                                  " days, and this is late: " + late->detail));
  }
  const Authority body{AuthorityRole::accreditation_body, attestation.accreditation.body};
  StatusRecord status;
  status.events.push_back(
      {StatusEvent::What::anchored_late,
       EventOrigin{attestation.issued_on, it.now(), body, it.statement.entry_id()}, std::nullopt});
  return put_record(changes, state_key::status(it.statement.entry_id()), status);
}

// Writes the supersession into the record of the one superseded.
Result<std::optional<Refusal>> supersede(const Case& it, const Attestation& successor,
                                         StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  const Digest& target_id = *successor.supersedes;
  auto found = find_attestation(it.view, target_id, "supersedes");
  if (!found) return fail(found.error());
  if (auto* refusal = std::get_if<Refusal>(&*found)) return Answer(std::move(*refusal));
  const Target& target = std::get<Target>(*found);
  if (target.statement.issuer() != it.issuer()) {
    return Answer(refuse(R::not_the_issuer, "supersedes: issued by another party"));
  }
  if (successor.issued_on < target.attestation().issued_on) {
    return Answer(refuse(R::dates_out_of_order, "issued on: before the attestation superseded"));
  }
  const Digest key = state_key::status(target_id);
  auto record = read_record(it.view, key, parse_status_record);
  if (!record) return fail(record.error());
  StatusRecord status = std::move(*record).value_or(StatusRecord{});
  if (!status.events.empty()) {
    const StatusEvent::What last = status.events.back().what;
    if (last == StatusEvent::What::supersede) {
      return Answer(refuse(R::already_superseded, "supersedes: its successor is entry " +
                                                      status.events.back().origin.entry.hex()));
    }
    if (last != StatusEvent::What::reinstate && last != StatusEvent::What::anchored_late) {
      return Answer(refuse(R::not_supersedable, "supersedes: the attestation is not active"));
    }
  }
  status.events.push_back({StatusEvent::What::supersede,
                           origin_of(it, successor.issued_on, AuthorityRole::issuer),
                           std::nullopt});
  return put_record(changes, key, status);
}

}  // namespace

Result<Judgement> judge_attestation(const Case& it, const Attestation& attestation) {
  const auto& [body, id] = attestation.accreditation;
  auto record =
      read_record(it.view, state_key::accreditation(body, id), parse_accreditation_record);
  if (!record) return fail(record.error());
  if (!*record) {
    return Judgement(refuse(R::unknown_accreditation, "accreditation: no " + id + " by that body"));
  }
  if ((*record)->verifier != it.issuer()) {
    return Judgement(refuse(R::accreditation_of_another,
                            "accreditation: " + id + " was granted to another verifier"));
  }
  auto admitted = read_record(it.view, state_key::party(body), parse_party_record);
  if (!admitted) return fail(admitted.error());
  if (!*admitted) return fail(Errc::corrupt, "state: an accreditation by no party");
  if (!is_member(**admitted, it.now())) {
    return Judgement(refuse(R::body_removed, "accreditation: its body was removed by ballot"));
  }
  if (auto refusal = judge_dates(it, attestation)) return Judgement(std::move(*refusal));
  if (attestation.holder_key) {
    auto registered = is_registered(it, *attestation.holder_key);
    if (!registered) return fail(registered.error());
    if (*registered) {
      return Judgement(refuse(
          R::holder_key_registered,
          "holder key: " + attestation.holder_key->kid().hex() + " is a party's or a validator's"));
    }
  }
  Acceptance acceptance;
  auto refusal = judge_accreditation_named(it, attestation, **record, acceptance.changes);
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Judgement(std::move(**refusal));
  if (attestation.supersedes) {
    refusal = supersede(it, attestation, acceptance.changes);
    if (!refusal) return fail(refusal.error());
    if (*refusal) return Judgement(std::move(**refusal));
  }
  return Judgement(std::move(acceptance));
}

}  // namespace footproof::ledger
