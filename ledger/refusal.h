// Refusal: why the rules forbid a statement. One table holds every reason with the rule it belongs
// to and the remedy, so that code, HTTP answers and docs/rules.md cannot drift apart.
//
// A reason code is stable for ever: programs compare it, people read the remedy. The detail names
// the field and what was found in it; it never holds a declarant's value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace footproof::ledger {

enum class RefusalReason : std::uint8_t {
  // envelope
  malformed,
  wrong_network,
  stale,
  from_the_future,
  subject_used,
  // the issuer's key
  unknown_key,
  wrong_issuer,
  wrong_usage,
  wrong_algorithm,
  key_rotated,
  key_compromised,
  bad_signature,
  party_removed,
  // attestation
  unknown_accreditation,
  accreditation_of_another,
  body_removed,
  accreditation_not_in_force,
  scope_not_covered,
  scheme_not_covered,
  standard_not_covered,
  assurance_not_covered,
  dates_out_of_order,
  issued_in_the_future,
  anchored_late,
  late_not_allowed,
  bad_countersignature,
  unknown_target,
  wrong_target_kind,
  not_the_issuer,
  already_superseded,
  not_supersedable,
  holder_key_registered,
  // status
  declaration_not_separate,
  effective_out_of_range,
  last_event_differs,
  illegal_transition,
  reason_not_allowed,
  not_the_suspender,
  no_authority,
  record_full,
  // accreditation
  not_a_body,
  accreditation_exists,
  scheme_not_allowed,
  regime_not_allowed,
  not_an_extension,
  not_a_reduction,
  role_conflict,
  // key
  unknown_party,
  not_the_registrar,
  key_exists,
  bad_possession,
  nothing_to_replace,
  too_far_back,
  too_many_keys,
  // dataset
  not_an_operator,
  database_of_another,
  release_exists,
  not_a_release,
  wrong_root,
  // ballot
  not_an_association,
  unknown_proposal,
  proposal_differs,
  lapses_out_of_range,
  proposal_lapsed,
  already_decided,
  already_voted,
  too_many_proposals,
  // what a ballot changes
  not_a_member,
  party_exists,
  not_for_this_role,
  no_status_key,
  too_few_associations,
  too_many_associations,
  runs_a_validator,
  unknown_parameter,
  parameter_out_of_range,
  nothing_to_change,
  // what it changes of the validators
  not_ready,
  validator_exists,
  unknown_validator,
  too_few_validators,
  too_many_validators,
  change_pending,
};

struct ReasonEntry {
  RefusalReason reason;
  std::string_view code;    // "unknown-key"
  std::string_view rule;    // "key": the group of rules, one source file each
  std::string_view remedy;  // what the submitter can do, one sentence
};

// Every reason, in the order of the enumeration.
[[nodiscard]] std::span<const ReasonEntry> reason_table();
[[nodiscard]] const ReasonEntry& entry_of(RefusalReason reason);

struct Refusal {
  RefusalReason reason = RefusalReason::malformed;
  std::string detail;

  [[nodiscard]] std::string_view code() const { return entry_of(reason).code; }
  [[nodiscard]] std::string_view rule() const { return entry_of(reason).rule; }
  [[nodiscard]] std::string_view remedy() const { return entry_of(reason).remedy; }
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace footproof::ledger
