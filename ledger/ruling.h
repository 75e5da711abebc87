// What the rules of all kinds of statements share: the case in hand, typed reads of state records,
// and the events that acceptances write. Inside ledger/rules only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "attest/date.h"
#include "attest/digest.h"
#include "attest/governance_record.h"
#include "attest/payload.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "attest/statement.h"
#include "ledger/refusal.h"
#include "ledger/rules.h"
#include "ledger/state.h"

namespace footproof::ledger {

using R = RefusalReason;

// What forbids it, or nothing. An error: the state could not be read.
using Ruling = Result<std::optional<Refusal>>;

// One statement before the rules of its kind: envelope, key and signature have passed.
struct Case {
  const StateView& view;
  const Statement& statement;
  const RuleContext& context;
  const Parameters& parameters;

  [[nodiscard]] Instant now() const { return {context.time_ms}; }
  [[nodiscard]] const std::string& issuer() const { return statement.issuer(); }
};

[[nodiscard]] Result<Judgement> judge_attestation(const Case& it, const Attestation& attestation);
[[nodiscard]] Result<Judgement> judge_status(const Case& it, const StatusChange& change);
[[nodiscard]] Result<Judgement> judge_accreditation(const Case& it,
                                                    const AccreditationChange& change);
[[nodiscard]] Result<Judgement> judge_key(const Case& it, const KeyChange& change);
[[nodiscard]] Result<Judgement> judge_dataset(const Case& it, const DatasetRelease& release);
[[nodiscard]] Result<Judgement> judge_ballot(const Case& it, const Ballot& ballot);
// What a proposal would change if it were accepted now, or why the rules forbid that.
[[nodiscard]] Result<std::variant<StateChanges, Refusal>> simulate(const Case& it,
                                                                   const Change& change);

// The same of the first three changes, those of validators, added to `changes`.
[[nodiscard]] Ruling change_validators(const Case& it, const Change& change, StateChanges& changes);
// The word of a new validator that a ballot brings: judged, and noted in the proposal's record
// where it names a later entry than the last.
[[nodiscard]] Ruling take_ready(const Case& it, const Ballot& ballot, ProposalRecord& record);
// Whether what the record notes is enough to decide now.
[[nodiscard]] std::optional<Refusal> judge_ready(const Case& it, const ProposalRecord& record);

// Roles never share a key: whether it is a party's, or a validator's of the set in force, of the
// next one, or of any before.
[[nodiscard]] Result<bool> is_registered(const Case& it, const PublicKey& key);

[[nodiscard]] inline Refusal refuse(RefusalReason reason, std::string detail) {
  return Refusal{reason, std::move(detail)};
}
[[nodiscard]] inline Ruling forbid(RefusalReason reason, std::string detail) {
  return std::optional(refuse(reason, std::move(detail)));
}

// The record under a key of the state tree, parsed. One that does not parse is our own damage.
template <class Record>
[[nodiscard]] Result<std::optional<Record>> read_record(const StateView& view,
                                                        const Digest& state_key,
                                                        Result<Record> (*parse)(ByteView)) {
  auto bytes = view.record(state_key);
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<Record>();
  auto record = parse(**bytes);
  if (!record) return fail(Errc::corrupt, "state record: " + record.error().detail);
  return std::optional<Record>(std::move(*record));
}

// Admitted and not removed since.
[[nodiscard]] inline bool is_member(const PartyRecord& party, Instant now) {
  return admitted_on(party, latest_day(now), now);
}

[[nodiscard]] EventOrigin origin_of(const Case& it, Date effective, AuthorityRole role);

// Adds the record to the changes, or says that its history is full.
template <class Record>
[[nodiscard]] std::optional<Refusal> put_record(StateChanges& changes, const Digest& state_key,
                                                const Record& record,
                                                bool must_not_be_refused = false) {
  Bytes bytes = encode(record);
  if (!state_record_fits(bytes.size(), must_not_be_refused)) {
    return refuse(RefusalReason::record_full,
                  "the record would have " + std::to_string(bytes.size()) + " bytes");
  }
  changes.insert_or_assign(state_key, std::move(bytes));
  return std::nullopt;
}

// The attestation under an entry id, with where it stands. A refusal if there is none.
struct Target {
  LoggedStatement logged;
  Statement statement;
  [[nodiscard]] const Attestation& attestation() const { return *statement.as<Attestation>(); }
};
[[nodiscard]] Result<std::variant<Target, Refusal>> find_attestation(const StateView& view,
                                                                     const Digest& entry_id,
                                                                     std::string_view field);

}  // namespace footproof::ledger
