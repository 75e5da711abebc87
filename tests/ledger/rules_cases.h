// Every reason to refuse, provoked by a real signed statement, beside a neighbour that passes: the
// cases, in one file for each idea. Their names stand in docs/rules.md.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/rules.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::testing {

using R = ledger::RefusalReason;
using Case = std::function<void(RulesStage&)>;

inline constexpr const char* kAccepted = "accepted";

inline KeyChange rotation(const RulesStage& it, const Digest& old_kid, const SigningKey& fresh,
                          KeyUsage usage) {
  KeyChange change = it.network.add_key(kVerifierUri, fresh, usage);
  change.action = KeyAction::rotate;
  change.kid = old_kid;
  return change;
}

inline KeyChange compromised(const Digest& kid, Instant since) {
  KeyChange change;
  change.action = KeyAction::compromised;
  change.party = kVerifierUri;
  change.kid = kid;
  change.since = since;
  return change;
}

inline SigningKey sign_key() { return party_key(kVerifierUri, KeyUsage::sign); }

const std::map<R, Case>& envelope_cases();
const std::map<R, Case>& issuer_key_cases();
const std::map<R, Case>& attestation_cases();
const std::map<R, Case>& status_cases();
const std::map<R, Case>& accreditation_cases();
const std::map<R, Case>& key_cases();
const std::map<R, Case>& dataset_cases();
const std::map<R, Case>& ballot_cases();
const std::map<R, Case>& ballot_change_cases();
const std::map<R, Case>& ballot_validator_cases();

// All of them. tests/ledger/rules_test.cc runs them against the rules, tests/api/refusals_test.cc
// through the HTTP interface.
std::map<R, Case> all_cases();
std::vector<R> all_reasons();
// "wrong-usage" as part of a test's name: "wrong_usage".
std::string test_name_of(R reason);

// Does docs/rules.md name what runs? Its text; the tests that its table names for the reasons,
// without their suite ("Refuses/wrong_usage"); the tests that a suite of this program has.
std::string rules_doc();
std::set<std::string> tests_named(const std::string& doc);
std::set<std::string> tests_of_suite(std::string_view suite);

}  // namespace footproof::testing
