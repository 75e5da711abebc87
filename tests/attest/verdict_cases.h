// What a verdict must say: one case a line and outcome, in one file for each part of the question.
// verdict_test.cc runs them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attest/verdict.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {

using testing::Certified;
using testing::fixture_declaration;
using testing::present;

inline constexpr std::uint64_t kDayMs = 86'400'000;

// One case a line and outcome: what is changed, and what the verdict must say then.
struct VerdictCase {
  std::string name;
  std::function<void(Certified&, Presentation&, VerdictOptions&)> change;
  Question question;
  Outcome outcome;
  Overall overall;
  std::vector<Reservation> reservations = {};
};

// What is changed on the ledger shows only in a presentation made afterwards.
inline void re_present(Certified& it, Presentation& presentation) {
  it.log.advance(60);
  it.log.append({});
  presentation = present(it.log, it.attestation);
}

// Replaces the attestation by one that says something else.
inline void attest_again(Certified& it, Presentation& presentation,
                         const std::function<void(Attestation&)>& change) {
  Attestation attestation = it.log.attestation(testing::subject_of(fixture_declaration()));
  change(attestation);
  it.attestation = it.log.sign(attestation);
  it.log.append({it.attestation});
  re_present(it, presentation);
}

inline const SigningKey& holder_key() {
  static const SigningKey key = testing::key_from("holder", Algorithm::es256);
  return key;
}

inline void with_holder(Certified& it, Presentation& presentation, const std::string& audience,
                        std::optional<Instant> expiry = {}) {
  attest_again(it, presentation, [](Attestation& attestation) {
    attestation.holder_key = holder_key().public_key();
  });
  presentation.holder = HolderBinding{audience, random_bytes(16), expiry, {}};
  ASSERT_TRUE(sign_presentation(presentation, holder_key()));
}

std::vector<VerdictCase> ledger_cases();
std::vector<VerdictCase> declaration_cases();
std::vector<VerdictCase> holder_cases();

}  // namespace footproof
