// What a ballot changes, judged as if it decided now: parties and their first keys,
// parameters. Validators: naive_validators.cc.
#include <algorithm>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

using naive::kFine;

std::string NaiveRules::judge_change(const Change& change) const {
  if (const auto* it = std::get_if<AdmitParty>(&change)) return judge_admission(*it, false);
  if (const auto* it = std::get_if<RemoveParty>(&change)) {
    if (auto why = judge_removal(it->uri); why != kFine) return why;
    if (!has_role(it->uri, PartyRole::association)) return kFine;
    if (associations(list_.size()).size() <= 4) return "too-few-associations";
    return runs_a_validator(it->uri) ? "runs-a-validator" : kFine;
  }
  if (const auto* it = std::get_if<ReplaceParty>(&change)) return judge_replacement(*it);
  if (const auto* it = std::get_if<RenewPartyKeys>(&change)) return judge_renewal(*it);
  if (const auto* it = std::get_if<SetParameter>(&change)) return judge_parameter(*it);
  if (const auto* it = std::get_if<AllowParty>(&change)) return judge_allowance(*it);
  if (const auto* it = std::get_if<SetRegistrar>(&change)) return judge_registrar(*it);
  return judge_validators(change);
}

std::string NaiveRules::judge_admission(const AdmitParty& it, bool in_the_place_of_another) const {
  if (is_member(it.uri)) return "party-exists";
  if (const auto before = party(it.uri); before && before->role != it.role) {
    return "not-for-this-role";
  }
  const bool can_report = std::any_of(it.keys.begin(), it.keys.end(), [](const NewKey& key) {
    return key.usage == KeyUsage::status;
  });
  if (!can_report) return "no-status-key";
  if (auto why = judge_first_keys(it.uri, it.keys); why != kFine) return why;
  if (it.role != PartyRole::association || in_the_place_of_another) return kFine;
  return associations(list_.size()).size() >= 128 ? "too-many-associations" : kFine;
}

std::string NaiveRules::judge_removal(const std::string& uri) const {
  if (!is_member(uri)) return "not-a-member";
  return has_role(uri, PartyRole::verifier) ? "not-for-this-role" : kFine;
}

std::string NaiveRules::judge_replacement(const ReplaceParty& it) const {
  if (auto why = judge_removal(it.uri); why != kFine) return why;
  if (party(it.uri)->role != it.by.role) return "not-for-this-role";
  if (runs_a_validator(it.uri)) return "runs-a-validator";
  return judge_admission(it.by, true);
}

std::string NaiveRules::judge_first_keys(const std::string& uri,
                                         const std::vector<NewKey>& keys) const {
  for (const NewKey& key : keys) {
    if (taken(key.key.kid())) return "key-exists";
    if (!verify_possession_proof(key.key, chain_id_, uri, to_text(key.usage), key.proof)) {
      return "bad-possession";
    }
  }
  return kFine;
}

std::string NaiveRules::judge_renewal(const RenewPartyKeys& it) const {
  if (!is_member(it.uri)) return "not-a-member";
  if (has_role(it.uri, PartyRole::verifier)) return "not-for-this-role";
  return judge_first_keys(it.uri, it.keys);
}

// The table of formats §6.7.
std::string NaiveRules::judge_parameter(const SetParameter& it) const {
  const Parameters now = parameters();
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::uint64_t stands = 0;
  const std::string late = "late-days.";
  if (it.id == "issued-before-max-s") {
    min = 3600, max = 2592000, stands = now.issued_before_max_s;
  } else if (it.id == "issued-ahead-max-s") {
    min = 10, max = 3600, stands = now.issued_ahead_max_s;
  } else if (it.id == "anchoring-days-max") {
    min = 1, max = 3650, stands = now.anchoring_days_max;
  } else if (it.id == "compromise-reach-days-max") {
    min = 0, max = 365, stands = now.compromise_reach_days_max;
  } else if (it.id.size() > late.size() && it.id.starts_with(late)) {
    min = 0, max = 3650;
    for (const auto& [scheme, days] : now.late_days) {
      if (late + scheme == it.id) stands = days;
    }
  } else {
    return "unknown-parameter";
  }
  if (it.value < min || it.value > max) return "parameter-out-of-range";
  return it.value == stands ? "nothing-to-change" : kFine;
}

Parameters NaiveRules::parameters() const {
  Parameters now = parse_parameters(genesis_.at(state_key::parameters())).value();
  for (const NaiveEntry& entry : list_) {
    const Change* change = entry.carried_out();
    const auto* set = change == nullptr ? nullptr : std::get_if<SetParameter>(change);
    if (set == nullptr) continue;
    if (set->id == "issued-before-max-s") now.issued_before_max_s = set->value;
    if (set->id == "issued-ahead-max-s") now.issued_ahead_max_s = set->value;
    if (set->id == "anchoring-days-max") now.anchoring_days_max = set->value;
    if (set->id == "compromise-reach-days-max") now.compromise_reach_days_max = set->value;
    if (!set->id.starts_with("late-days.")) continue;
    const std::string scheme = set->id.substr(10);
    std::erase_if(now.late_days, [&](const LateAnchoring& one) { return one.scheme == scheme; });
    if (set->value > 0) now.late_days.push_back({scheme, set->value});
  }
  std::sort(now.late_days.begin(), now.late_days.end(),
            [](const LateAnchoring& a, const LateAnchoring& b) { return a.scheme < b.scheme; });
  return now;
}

std::string NaiveRules::judge_allowance(const AllowParty& it) const {
  if (!is_member(it.uri)) return "not-a-member";
  const auto stands = party(it.uri);
  if (stands->role != PartyRole::accreditation_body && stands->role != PartyRole::scheme_owner) {
    return "not-for-this-role";
  }
  const bool same = stands->schemes == it.schemes && stands->regimes == it.regimes;
  return same ? "nothing-to-change" : kFine;
}

std::string NaiveRules::judge_registrar(const SetRegistrar& it) const {
  if (!is_member(it.verifier)) return "not-a-member";
  if (!has_role(it.verifier, PartyRole::verifier)) return "not-for-this-role";
  if (!is_member(it.registrar)) return "not-a-member";
  if (!has_role(it.registrar, PartyRole::accreditation_body)) return "not-for-this-role";
  return party(it.verifier)->registrar == it.registrar ? "nothing-to-change" : kFine;
}

}  // namespace footproof::testing
