#include "tests/ledger/rules_cases.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace footproof::testing {

std::map<R, Case> all_cases() {
  std::map<R, Case> all;
  for (const auto* group : {&envelope_cases(), &issuer_key_cases(), &attestation_cases(),
                            &status_cases(), &accreditation_cases(), &key_cases(), &dataset_cases(),
                            &ballot_cases(), &ballot_change_cases()}) {
    for (const auto& [reason, run] : *group) {
      EXPECT_TRUE(all.emplace(reason, run).second) << ledger::entry_of(reason).code;
    }
  }
  return all;
}

std::vector<R> all_reasons() {
  std::vector<R> reasons;
  for (const auto& entry : ledger::reason_table()) reasons.push_back(entry.reason);
  return reasons;
}

std::string test_name_of(R reason) {
  std::string name(ledger::entry_of(reason).code);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace footproof::testing
