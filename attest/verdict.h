// Verdict: what a reader may conclude from a presentation, one line for each question of
// docs/formats.md §9, always all of them, each with its reason.
//
// A line passes only if what it says was checked and holds. What was not asked for, or what this
// version cannot check, reads `not checked`, never `pass`. Time enters as an argument.
//
// Invariants (each has a test by that name):
//   1. Everything that is present is verified, asked for or not.
//   2. `certified` only if every line passes, those of certificate, recognition, document,
//   disclosure
//      and holder only if they were asked for, and the checkpoint is no older than `age_max`.
//   3. A line whose premise failed reads `not checked`, naming the premise.
//   4. Not to know is no verdict: the wrong policy, a clock that contradicts the checkpoint, or a
//      line asked for that cannot be checked give `cannot evaluate`.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/finding.h"
#include "attest/policy.h"
#include "attest/presentation.h"
#include "attest/receipt_check.h"

namespace footproof {

// In the order they are printed.
enum class Question : std::uint8_t {
  well_formed,        // parses, one spelling, nothing missing, nothing unknown
  network,            // the policy is of this network
  quorum,             // enough validators cosigned this checkpoint
  inclusion,          // statement, own record and last record are in the log
  signature,          // the issuer signed the statement
  key,                // the signing key was good when it was recorded
  certificate,        // the X.509 chain given is the one that key was registered with
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
inline constexpr std::size_t kQuestionCount = 17;

// "well-formed", "accreditation-now" …: stable, for programs.
[[nodiscard]] std::string_view to_text(Question question);
// A short title for people.
[[nodiscard]] std::string_view title_of(Question question);
enum class Overall : std::uint8_t { certified, certified_but, not_certified, cannot_evaluate };
[[nodiscard]] std::string_view to_text(Overall overall);  // "certified", "certified but", …

// What is true of an attestation that is proven and yet not plainly in force.
enum class Reservation : std::uint8_t {
  not_yet_valid,
  expired,
  not_yet_recorded,  // by the day of `known_by`
  suspended,
  superseded,
  accreditation_withdrawn,  // retroactively: as known at T it did not cover the issue date
  stale,                    // the checkpoint is older than age_max
  not_recognised,           // under the regime asked
  incomplete_disclosure,    // for the profile asked
  presentation_expired,     // its holder set an end
};
[[nodiscard]] std::string_view to_text(Reservation reservation);  // "not-yet-valid", …

inline constexpr std::uint64_t kAgeMaxDefault = std::uint64_t{7} * 86400;  // seconds
// A checkpoint further ahead of the verifier's clock says that one of the two is wrong.
inline constexpr std::uint64_t kClockAheadMax = 300;  // seconds

struct VerdictOptions {
  Instant now;             // the verifier's clock
  std::optional<Date> on;  // as-of date; by default the UTC day of `now`
  // Knowledge time: only what was recorded by the end of that day in UTC counts. By default all
  // that the checkpoint knows.
  std::optional<Date> known_by;
  std::uint64_t age_max = kAgeMaxDefault;
  // Asked for, so that these lines count:
  std::optional<std::string> regime;
  std::optional<Bytes> document;
  std::optional<Bytes> certificate_chain;         // a file: attest/x509.h
  std::optional<std::string> disclosure_profile;  // must be complete for this one
  std::optional<std::string> audience;            // made by the holder for this audience
  std::optional<Bytes> nonce;                     // and with this nonce
};

struct Verdict {
  Overall overall = Overall::cannot_evaluate;
  std::vector<Reservation> reservations;  // ascending; not empty exactly for certified_but
  std::array<Finding, kQuestionCount> findings;

  // The policy with the epochs that the presentation's hops lead to, by which it was judged; null
  // where it has none, or they were not walked.
  std::shared_ptr<const Policy> walked;

  // What it was made from, for showing: there if the presentation parses. Believe of it what the
  // findings pass. Lives as long as the policy, and `walked`.
  std::optional<Presentation> presentation;
  ReceiptCheck receipt;

  [[nodiscard]] const Finding& at(Question question) const {
    return findings[static_cast<std::size_t>(question)];
  }
  // "certified but expired, stale".
  [[nodiscard]] std::string summary() const;
  // 0 certified, 1 certified but, 2 not certified, 3 cannot evaluate.
  [[nodiscard]] int exit_code() const { return static_cast<int>(overall); }
};

[[nodiscard]] Verdict judge_presentation(ByteView presentation, const Policy& policy,
                                         const VerdictOptions& options);

}  // namespace footproof
