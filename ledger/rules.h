// The rules of the ledger: which statements may change it, and how. Pure functions: (state, the
// statement, block time) → changes | refusal. Nothing else decides what is accepted: the executor
// runs them in block order, a node runs the same ones early on its executed state (a dry run).
//
// docs/rules.md lists every rule with its reason code and remedy; docs/formats.md §3 and §6 say
// why. One source file for each kind of statement: rules_attestation.cc, rules_status.cc,
// rules_accreditation.cc, rules_key.cc, rules_dataset.cc, rules_ballot.cc (ballots),
// ballot_change.cc and ballot_validators.cc (what they change).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>

#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"
#include "attest/statement.h"
#include "ledger/refusal.h"
#include "ledger/state.h"

namespace footproof::ledger {

// Whether the statement's signature verifies under `key`. Must be a function of (key, exact bytes)
// alone: the caller may keep verdicts by (kid, exact bytes), and nothing else.
using VerifySignature = std::function<bool(const PublicKey& key, const Statement& statement)>;

struct RuleContext {
  Digest chain_id;
  std::uint64_t epoch = 0;
  std::uint64_t time_ms = 0;  // of the block that the statement stands in
};

// Already in the log: the answer is the first one's receipt.
struct KnownEntry {
  Digest entry_id;
  std::uint64_t index = 0;
  friend bool operator==(const KnownEntry&, const KnownEntry&) = default;
};

// Accepted: what it changes in the state tree.
struct Acceptance {
  StateChanges changes;
};

using Judgement = std::variant<Acceptance, KnownEntry, Refusal>;

// An error means that the state could not be read; it says nothing about the statement.
[[nodiscard]] Result<Judgement> judge(const StateView& view, const Statement& statement,
                                      const RuleContext& context,
                                      const VerifySignature& verify_signature);

}  // namespace footproof::ledger
