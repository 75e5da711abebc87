#include "ledger/executor.h"

#include <string>
#include <utility>

#include "attest/block_record.h"
#include "attest/check.h"
#include "attest/statement.h"
#include "ledger/next_set.h"

namespace footproof::ledger {
namespace {

// Judges one statement over what the block changed so far and, if it is accepted, adds it.
class BlockInProgress {
 public:
  BlockInProgress(const StateView& view, const LedgerState& state, const OrderedBlock& block,
                  const VerifySignature& verify_signature)
      : overlay_(view),
        context_{state.head.chain_id, block.epoch, block.time_ms},
        first_index_(state.head.log_size),
        verify_signature_(verify_signature) {}

  [[nodiscard]] Result<void> add(const Bytes& bytes);
  // After the last statement: puts the next set in force.
  [[nodiscard]] Result<ValidatorsRecord> end_epoch(std::uint64_t height);
  [[nodiscard]] StateChanges changes() const { return overlay_.changes(); }
  [[nodiscard]] const StateView& view() const { return overlay_; }

  std::vector<LogItem> items;
  std::vector<Outcome> outcomes;

 private:
  void accept(const Statement& statement, const StateChanges& changes);

  Overlay overlay_;
  RuleContext context_;
  std::uint64_t first_index_;
  const VerifySignature& verify_signature_;
};

Result<void> BlockInProgress::add(const Bytes& bytes) {
  const auto statement = parse_statement(bytes);
  if (!statement) {
    // A block with such a batch is not chain-valid, so this does not come from consensus.
    outcomes.push_back({statement_entry(bytes), Digest{},
                        Refusal{RefusalReason::malformed, statement.error().detail}});
    return {};
  }
  auto judgement = judge(overlay_, *statement, context_, verify_signature_);
  if (!judgement) return fail(judgement.error());
  Outcome outcome{statement->statement_hash(), statement->entry_id(), Refusal{}};
  if (auto* acceptance = std::get_if<Acceptance>(&*judgement)) {
    accept(*statement, acceptance->changes);
    outcome.verdict = Accepted{statement->entry_id(), items.back().index};
  } else if (auto* known = std::get_if<KnownEntry>(&*judgement)) {
    outcome.verdict = *known;
  } else {
    outcome.verdict = std::move(std::get<Refusal>(*judgement));
  }
  outcomes.push_back(std::move(outcome));
  return {};
}

Result<ValidatorsRecord> BlockInProgress::end_epoch(std::uint64_t height) {
  const std::uint64_t size = first_index_ + items.size() + 1;  // with the block's record
  auto changes = begin_next_set(overlay_, context_.epoch, height, size);
  if (!changes) return fail(changes.error());
  overlay_.put(*changes);
  return validators_of(overlay_, context_.epoch + 1);
}

void BlockInProgress::accept(const Statement& statement, const StateChanges& changes) {
  LogItem item;
  item.index = first_index_ + items.size();
  item.kind = ItemKind::statement;
  item.bytes = statement.bytes();
  item.entry = statement.statement_hash();
  item.entry_id = statement.entry_id();
  item.subject = subject_key(statement.issuer(), statement.subject());
  overlay_.put(changes);
  overlay_.put_logged(item.entry_id, statement.issuer(), statement.subject(),
                      {item.index, context_.time_ms, item.bytes});
  items.push_back(std::move(item));
}

Result<void> check_follows(const Head& head, const OrderedBlock& block) {
  if (block.height != head.height + 1) {
    return fail(Errc::mismatch, "height: block " + std::to_string(block.height) +
                                    " does not follow " + std::to_string(head.height));
  }
  if (block.time_ms <= head.time_ms) {
    return fail(Errc::mismatch,
                "time: block " + std::to_string(block.height) + " is not later than its parent");
  }
  return {};
}

// The set of the block's epoch must be the one in force.
Result<void> check_epoch(const StateView& view, const Head& head, const OrderedBlock& block) {
  const auto in_force = newest_validators(view, head.epoch);
  if (!in_force) return fail(in_force.error());
  if (block.epoch == in_force->epoch && block.first_of_epoch == (block.epoch != head.epoch)) {
    return {};
  }
  return fail(Errc::mismatch, "epoch: block " + std::to_string(block.height) + " is of epoch " +
                                  std::to_string(block.epoch) + ", in force is the set of epoch " +
                                  std::to_string(in_force->epoch));
}

LogItem make_record(const Head& head, const OrderedBlock& block, std::uint64_t first_index,
                    std::uint64_t count, const Digest& state_root) {
  BlockRecord record;
  record.chain_id = head.chain_id;
  record.height = block.height;
  record.epoch = block.epoch;
  record.time = Instant{block.time_ms};
  record.block_id = block.block_id;
  record.first_index = first_index;
  record.count = count;
  record.state_root = state_root;
  LogItem item;
  item.index = record.index();
  item.kind = ItemKind::record;
  item.bytes = encode(record);
  item.entry = block_record_entry(item.bytes);
  return item;
}

}  // namespace

BlockResult close_block(const LedgerState& before, const OrderedBlock& block,
                        std::vector<LogItem> statements, std::vector<Outcome> outcomes,
                        StateChanges changes) {
  BlockResult result;
  result.before = before.head;
  result.after = before;
  result.outcomes = std::move(outcomes);
  Head& head = result.after.head;
  head.height = block.height;
  head.epoch = block.epoch;
  head.time_ms = block.time_ms;
  head.block_id = block.block_id;
  const bool appends = !statements.empty() || block.first_of_epoch || block.boundary;
  if (!appends) {
    CHECK(changes.empty());
    return result;
  }
  for (const auto& [key, record] : changes) {
    if (record) {
      result.after.tree.put(key, state_value_hash(*record));
    } else {
      result.after.tree.erase(key);
    }
  }
  head.state_root = result.after.tree.root();
  const std::uint64_t count = statements.size();
  statements.push_back(make_record(head, block, before.head.log_size, count, head.state_root));
  for (const LogItem& item : statements) {
    CHECK(item.index == result.after.log.size());
    result.after.log.append(leaf_hash(item.entry.view()), result.growth);
  }
  head.log_size = result.after.log.size();
  head.log_root = result.after.log.root();
  head.record_height = block.height;
  head.record_time_ms = block.time_ms;
  result.items = std::move(statements);
  result.changes = std::move(changes);
  return result;
}

Result<BlockResult> execute(const StateView& view, const LedgerState& state,
                            const OrderedBlock& block, const VerifySignature& verify_signature) {
  if (auto follows = check_follows(state.head, block); !follows) return fail(follows.error());
  if (auto right = check_epoch(view, state.head, block); !right) return fail(right.error());
  BlockInProgress progress(view, state, block, verify_signature);
  for (const Bytes& statement : block.statements) {
    if (auto added = progress.add(statement); !added) return fail(added.error());
  }
  std::optional<ValidatorsRecord> begun;
  if (block.boundary) {
    auto set = progress.end_epoch(block.height);
    if (!set) return fail(set.error());
    begun = std::move(*set);
  }
  auto next = next_validators(progress.view());
  if (!next) return fail(next.error());
  StateChanges changes = progress.changes();
  BlockResult result = close_block(state, block, std::move(progress.items),
                                   std::move(progress.outcomes), std::move(changes));
  result.next = std::move(*next);
  result.begun = std::move(begun);
  return result;
}

}  // namespace footproof::ledger
