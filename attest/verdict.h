// Verdict: what a reader may conclude from a presentation, one line for each question of
// docs/formats.md §9, always all of them, each with its reason.
//
// A line passes only if what it says was checked and holds. What was not asked for, or what this
// version cannot check, reads `not checked`, never `pass`. Time enters as an argument.
//
// Invariants (each has a test by that name):
//   1. Everything that is present is verified, asked for or not.
//   2. `certified` only if every line passes, those of recognition, document, disclosure and holder
//      only if they were asked for, and the checkpoint is no older than `age_max`.
//   3. A line whose premise failed reads `not checked`, naming the premise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/finding.h"
#include "attest/result.h"

namespace footproof {

// In the order they are printed.
enum class Question : std::uint8_t {
  well_formed,        // parses, one spelling, nothing missing, nothing unknown
  network,            // the policy is of this network
  quorum,             // enough validators cosigned this checkpoint
  inclusion,          // statement, own record and last record are in the log
  signature,          // the issuer signed the statement
  key,                // the signing key was good when it was recorded
  accreditation,      // covered it on the issue date and when recorded, as known then
  accreditation_now,  // the same as known at T
  recognition,        // the accreditation counts under the regime asked
  status,             // active as of T
  validity,           // the day asked lies within valid from and valid until
  membership,         // the declaration belongs to the subject
  openings,           // the opened fields are those that were certified
  document,           // the document given is the one that was certified
  disclosure,         // everything its profile demands is opened
  holder,             // shown by whom the attestation was issued to, for this audience
};
inline constexpr std::size_t kQuestionCount = 16;

// "well-formed", "accreditation-now" …: stable, for programs.
[[nodiscard]] std::string_view to_text(Question question);
// A short title for people.
[[nodiscard]] std::string_view title_of(Question question);
enum class Overall : std::uint8_t { certified, certified_but, not_certified, cannot_evaluate };

[[nodiscard]] std::string_view to_text(Overall overall);

}  // namespace footproof
