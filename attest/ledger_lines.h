// The lines of a verdict that rest on what the ledger says of the attestation: certificate,
// accreditation then and in hindsight, recognition, status, validity (docs/formats.md §9).
#pragma once

#include "attest/date.h"
#include "attest/verdict.h"

namespace footproof {

// Up to when events count for this reader: T, or earlier where it is asked what was known by some
// day, but never before the statement itself was recorded. Needs a receipt that is well-formed and
// included.
[[nodiscard]] Instant known_to_reader(const ReceiptCheck& receipt, const VerdictOptions& options);

struct LedgerJudgement {
  bool clock_contradicts = false;  // T has not come yet by the reader's clock
  bool revoked = false;            // and not something that leaves the attestation standing
};
// Sets the findings of its lines and adds their reservations. Needs a receipt that holds, of an
// attestation. `on`: the day that status and validity are asked for.
[[nodiscard]] LedgerJudgement judge_ledger_lines(Verdict& verdict, const VerdictOptions& options,
                                                 Date on);

}  // namespace footproof
