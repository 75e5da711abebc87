// Presentations over the fixture log: a sealed declaration, the attestation of it, and what its
// holder would show.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "attest/presentation.h"
#include "attest/seal.h"
#include "attest/verdict.h"
#include "tests/support/fixture_log.h"

namespace footproof::testing {

// A PACT v3 declaration of a steel coil and a small report, sealed once with a fixed seed.
[[nodiscard]] const SealedDeclaration& fixture_declaration();
[[nodiscard]] Bytes fixture_document();  // the JSON
[[nodiscard]] Bytes fixture_report();    // document 1

[[nodiscard]] Subject subject_of(const SealedDeclaration& sealed);
[[nodiscard]] DeclarationTree tree_of(const SealedDeclaration& sealed);

// What the profile asks for, and more labels; count 1.
[[nodiscard]] Presentation present(const FixtureLog& log, const Statement& attestation,
                                   const std::string& profile = "cbam-declarant",
                                   const std::set<std::string>& more = {});

// The same of any receipt of an attestation of it.
[[nodiscard]] Presentation present(Receipt receipt, const std::string& profile = "cbam-declarant",
                                   const std::set<std::string>& more = {});

// The verifier's clock a minute after the log's time.
[[nodiscard]] VerdictOptions options_at(const FixtureLog& log);

// A log in which the fixture's declaration was attested two blocks ago.
struct Certified {
  explicit Certified(std::size_t validators = 4);
  FixtureLog log;
  Statement attestation;

  [[nodiscard]] Bytes presentation() const {
    return encode_presentation(present(log, attestation));
  }
  [[nodiscard]] Verdict judge(const Presentation& presentation) const;
  [[nodiscard]] Verdict judge(const Presentation& presentation,
                              const VerdictOptions& options) const;
  [[nodiscard]] Verdict judge_now() const;  // presents the current head and judges it

  // Lives here because verdicts point into it.
  mutable Policy policy;
};

}  // namespace footproof::testing
