#include "attest/receipt_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/printable.h"
#include "attest/state_proof.h"

namespace footproof {
namespace {

Error malformed(std::string detail) { return {Errc::malformed, std::move(detail)}; }

template <class T>
Result<void> keep(std::optional<T>& to, Result<T> parsed, std::string_view where) {
  if (!parsed) return fail(where, std::move(parsed.error()));
  to = std::move(*parsed);
  return {};
}

Result<void> parse_state_records(const Receipt& receipt, ReceiptCheck& check) {
  const auto queries = state_queries(*check.statement, receipt.declaration_root);
  if (queries.size() != receipt.state_records.size()) {
    return fail(malformed("state records: " + std::to_string(receipt.state_records.size()) +
                          " where this statement has " + std::to_string(queries.size())));
  }
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto& record = receipt.state_records[i];
    if (!record) continue;
    Result<void> kept;
    switch (queries[i].part) {
      case StatePart::status:
        kept = keep(check.status, parse_status_record(*record), "status record");
        break;
      case StatePart::declaration_status:
        kept = keep(check.declaration_status, parse_status_record(*record),
                    "declaration status record");
        break;
      case StatePart::accreditation:
        kept =
            keep(check.accreditation, parse_accreditation_record(*record), "accreditation record");
        break;
      case StatePart::signing_key:
        kept = keep(check.signing_key, parse_key_record(*record), "signing key record");
        break;
      case StatePart::party:
        kept = keep(check.party, parse_party_record(*record), "party record");
        break;
      case StatePart::countersigning_key:
        kept =
            keep(check.countersigning_key, parse_key_record(*record), "countersigning key record");
        break;
      // Shown, proven against the state root, and judged by nobody yet.
      case StatePart::added_key:
      case StatePart::proposal:
      case StatePart::dataset:
        break;
    }
    if (!kept) return kept;
  }
  return {};
}

// Only an attestation of several declarations has a status for one of them.
Result<void> check_declaration_root(const Receipt& receipt, const Statement& statement) {
  if (!receipt.declaration_root) return {};
  const auto* attestation = statement.as<Attestation>();
  if (attestation == nullptr || attestation->count == 1) {
    return fail(malformed("declaration root: only for an attestation of several declarations"));
  }
  return {};
}

Result<Checkpoint> read_checkpoint(const Receipt& receipt) {
  const auto note = parse_note(as_bytes(receipt.checkpoint));
  if (!note) return fail("checkpoint", note.error());
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail("checkpoint", std::move(checkpoint.error()));
  if (!checkpoint->extensions.empty()) {
    return fail(malformed("checkpoint: extension lines, which ours never has"));
  }
  return checkpoint;
}

// Own and last record: which is which, and whether they stand where they must.
Result<void> check_records(const Receipt& receipt, const Checkpoint& checkpoint,
                           const ReceiptCheck& check) {
  const BlockRecord& last = *check.last_record;
  if (last.index() != checkpoint.size - 1) {
    return fail(malformed("last record: belongs at index " + std::to_string(last.index()) +
                          ", not at the end of the log"));
  }
  if (receipt.own_record && check.own_record->index() == last.index()) {
    return fail(malformed("own record: must be left out where it is the last record"));
  }
  if (!check.own_record->covers(receipt.index)) {
    return fail(malformed("own record: is of another block than the statement at index " +
                          std::to_string(receipt.index)));
  }
  return {};
}

Result<void> check_chain(const ReceiptCheck& check, const Checkpoint& checkpoint) {
  const Digest& chain_id = check.last_record->chain_id;
  if (!is_origin_of(checkpoint.origin, chain_id)) {
    return fail(malformed("last record: of another network than the checkpoint"));
  }
  if (check.own_record->chain_id != chain_id) {
    return fail(malformed("own record: of another network than the checkpoint"));
  }
  if (check.statement->chain_id() != chain_id) {
    return fail(malformed("statement: addressed to another network than the checkpoint's"));
  }
  return {};
}

Result<Checkpoint> parse_parts(const Receipt& receipt, ReceiptCheck& check) {
  auto checkpoint = read_checkpoint(receipt);
  if (!checkpoint) return checkpoint;
  if (checkpoint->size == 0) return fail(malformed("checkpoint: of an empty log"));
  if (auto kept = keep(check.statement, parse_statement(receipt.statement), "statement"); !kept) {
    return fail(std::move(kept.error()));
  }
  if (auto kept =
          keep(check.last_record, parse_block_record(receipt.last_record.record), "last record");
      !kept) {
    return fail(std::move(kept.error()));
  }
  const auto& own = receipt.own_record ? *receipt.own_record : receipt.last_record;
  if (auto kept = keep(check.own_record, parse_block_record(own.record), "own record"); !kept) {
    return fail(std::move(kept.error()));
  }
  Result<void> checked = check_declaration_root(receipt, *check.statement);
  if (checked) checked = check_chain(check, *checkpoint);
  if (checked) checked = check_records(receipt, *checkpoint, check);
  if (checked) checked = parse_state_records(receipt, check);
  if (!checked) return fail(std::move(checked.error()));
  return checkpoint;
}

Result<void> check_inclusion(const Receipt& receipt, const Checkpoint& checkpoint,
                             const ReceiptCheck& check) {
  const auto included = [&](const Digest& entry, std::uint64_t index,
                            const std::vector<Digest>& path,
                            std::string_view what) -> Result<void> {
    auto proven =
        verify_inclusion(leaf_hash(entry.view()), index, checkpoint.size, path, checkpoint.root);
    if (!proven) return fail(what, std::move(proven.error()));
    return {};
  };
  auto proven =
      included(check.statement->statement_hash(), receipt.index, receipt.path, "statement");
  if (!proven) return proven;
  if (receipt.own_record) {
    proven = included(block_record_entry(receipt.own_record->record), check.own_record->index(),
                      receipt.own_record->path, "own record");
    if (!proven) return proven;
  }
  proven = included(block_record_entry(receipt.last_record.record), checkpoint.size - 1,
                    receipt.last_record.path, "last record");
  if (!proven) return proven;

  const auto proof = parse_state_proof(receipt.state_proof);
  if (!proof) return fail("state proof", proof.error());
  const auto queries = state_queries(*check.statement, receipt.declaration_root);
  std::vector<StateClaim> claims;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto& record = receipt.state_records[i];
    claims.push_back({queries[i].key,
                      record ? std::optional(state_value_hash(*record)) : std::optional<Digest>()});
  }
  if (auto state = verify_state_proof(*proof, check.last_record->state_root, claims); !state) {
    return fail("state proof", std::move(state.error()));
  }
  return {};
}

// Status and key statements have a key of their own, so that a lost signing key can be reported.
KeyUsage usage_for(StatementKind kind) {
  const bool by_status_key = kind == StatementKind::status || kind == StatementKind::key;
  return by_status_key ? KeyUsage::status : KeyUsage::sign;
}

void judge_signature(ReceiptCheck& check) {
  const Statement& statement = *check.statement;
  if (!check.signing_key) {
    check.signature = fails("the key " + statement.kid().hex() + " is not registered as of T");
    check.key = not_checked("no registered key");
    return;
  }
  const KeyRecord& key = *check.signing_key;
  if (const auto verified = statement.verify(key.key); !verified) {
    check.signature = fails(verified.error().detail);
    check.key = not_checked("the signature does not verify");
    return;
  }
  check.signature = passes("signed by " + statement.issuer());
  check.key = key_as_known(check, check.known());
}

// Which of the policy's validator sets judges this checkpoint; false if the policy does not reach.
bool judge_network(const Policy& policy, const Checkpoint& checkpoint, ReceiptCheck& check) {
  const auto premise = [&check](const std::string& why) {
    check.quorum = check.inclusion = check.signature = check.key = not_checked(why);
    return false;
  };
  if (checkpoint.origin != policy.origin || check.last_record->chain_id != policy.chain_id) {
    check.network = fails("the policy is of " + policy.origin + ", this is of " +
                          checkpoint.origin + "; get the policy of that network");
    return premise("the policy is of another network");
  }
  const PolicyEpoch* epoch = policy.epoch_of_size(checkpoint.size);
  if (epoch == nullptr || check.last_record->epoch > policy.newest().epoch) {
    const std::uint64_t first = policy.epochs.front().epoch;
    const bool too_new = check.last_record->epoch >= first;
    check.network =
        not_checked("the policy of " + policy.made_on.text() +
                    (too_new ? " knows epochs up to " + std::to_string(policy.newest().epoch)
                             : " begins with epoch " + std::to_string(first)) +
                    ", this is of epoch " + std::to_string(check.last_record->epoch) +
                    (too_new ? "; get a newer policy" : "; get one that holds the earlier epochs"));
    return premise("the policy does not reach this epoch");
  }
  check.network = passes(policy.origin + ", epoch " + std::to_string(epoch->epoch) +
                         ", policy of " + policy.made_on.text());
  return true;
}

bool judge_quorum(const Receipt& receipt, const Policy& policy, ReceiptCheck& check) {
  auto trusted = judge_presented_checkpoint(policy, as_bytes(receipt.checkpoint));
  if (!trusted) {
    check.quorum = fails(trusted.error().detail);
  } else if (trusted->epoch->epoch != check.last_record->epoch) {
    check.quorum =
        fails("cosigned by the set of epoch " + std::to_string(trusted->epoch->epoch) +
              ", but the last record is of epoch " + std::to_string(check.last_record->epoch));
  } else if (trusted->as_of < check.last_record->time.seconds()) {
    check.quorum = fails("T lies before the time of the last record");
  }
  if (check.quorum.failed()) {
    check.inclusion = check.signature = check.key = not_checked("no quorum vouches for it");
    return false;
  }
  check.quorum = passes(std::to_string(trusted->cosigners.size()) + " of " +
                        std::to_string(trusted->epoch->members.size()) +
                        " validators cosigned: " + joined(trusted->cosigners));
  check.checkpoint = std::move(*trusted);
  return true;
}

}  // namespace

Finding key_as_known(const ReceiptCheck& check, Instant known) {
  const Statement& statement = *check.statement;
  const KeyRecord& key = *check.signing_key;
  if (key.party != statement.issuer()) {
    return fails("the key belongs to " + key.party + ", the statement names " + statement.issuer());
  }
  if (key.usage != usage_for(statement.kind())) {
    return fails("a " + std::string(to_text(key.usage)) + " key may not sign a statement of kind " +
                 std::string(to_text(statement.kind())));
  }
  const Instant recorded = check.own_record->time;
  const KeyAnswer answer = key_at(key, recorded, known, statement.kind());
  const std::string when = " when the statement was recorded, " + recorded.text();
  if (answer == KeyAnswer::good) return passes("registered for " + key.party + " and good" + when);
  return fails("the key was " + std::string(to_text(answer)) + when);
}

Instant ReceiptCheck::known() const {
  return std::max(instant_from_seconds(checkpoint->as_of), last_record->time);
}

ReceiptCheck verify_receipt(const Receipt& receipt, const Policy& policy) {
  ReceiptCheck check;
  const auto checkpoint = parse_parts(receipt, check);
  if (!checkpoint) {
    check.well_formed = fails(checkpoint.error().detail);
    check.network = check.quorum = check.inclusion = check.signature = check.key =
        not_checked("not well-formed");
    return check;
  }
  check.well_formed = passes("every part parses and belongs to the others");
  if (!judge_network(policy, *checkpoint, check)) return check;
  if (!judge_quorum(receipt, policy, check)) return check;
  if (const auto included = check_inclusion(receipt, *checkpoint, check); !included) {
    check.inclusion = fails(included.error().detail);
    check.signature = check.key = not_checked("not shown to be in the log");
    return check;
  }
  check.inclusion =
      passes("entry " + std::to_string(receipt.index) + " of a log of " +
             std::to_string(checkpoint->size) + ", recorded " + check.own_record->time.text());
  judge_signature(check);
  return check;
}

Result<void> check_entry(const ReceiptCheck& check) {
  for (const Finding* finding :
       {&check.well_formed, &check.network, &check.quorum, &check.inclusion, &check.signature}) {
    if (!finding->passed()) return fail(Errc::bad_proof, "receipt: " + finding->reason);
  }
  return {};
}

Result<void> check_receipt(const Receipt& receipt, const Policy& policy) {
  const ReceiptCheck check = verify_receipt(receipt, policy);
  if (auto entry = check_entry(check); !entry) return entry;
  if (!check.key.passed()) return fail(Errc::bad_proof, "receipt: " + check.key.reason);
  return {};
}

}  // namespace footproof
