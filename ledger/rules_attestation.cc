// Attestations: who may certify what, on which day (docs/rules.md, attestation).
#include <algorithm>
#include <string>
#include <utility>

#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

using R = RefusalReason;

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
  const auto days_max = static_cast<std::int64_t>(
      std::min<std::uint64_t>(it.parameters.anchoring_days_max, 1'000'000));
  if (issued < utc_day(it.now()).plus(-days_max)) {
    return refuse(R::anchored_late, "issued on: " + issued.text() + ", more than " +
                                        std::to_string(days_max) + " days ago");
  }
  return std::nullopt;
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

std::optional<Refusal> judge_coverage(const Case& it, const Attestation& attestation,
                                      const AccreditationRecord& record) {
  const CoverageQuestion question = coverage_question(attestation);
  // On the issue date and now. At 08:00 in Seoul the UTC day is still yesterday: an issue date that
  // is ahead of it, as far as judge_dates() lets it, is the issuer's today.
  const Date today = std::max(utc_day(it.now()), attestation.issued_on);
  for (const Date day : {attestation.issued_on, today}) {
    const CoverageAnswer answer = covers(record, question, day, it.now());
    if (answer == CoverageAnswer::covered) continue;
    return refuse(reason_for(answer), "accreditation " + attestation.accreditation.id + " on " +
                                          day.text() + ": " + std::string(to_text(answer)));
  }
  return std::nullopt;
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
    if (last != StatusEvent::What::reinstate) {
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
  if (auto refusal = judge_coverage(it, attestation, **record)) {
    return Judgement(std::move(*refusal));
  }
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
  if (attestation.supersedes) {
    auto refusal = supersede(it, attestation, acceptance.changes);
    if (!refusal) return fail(refusal.error());
    if (*refusal) return Judgement(std::move(**refusal));
  }
  return Judgement(std::move(acceptance));
}

}  // namespace footproof::ledger
