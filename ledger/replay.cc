#include "ledger/replay.h"

#include <utility>

#include "attest/statement.h"
#include "ledger/rules.h"

namespace footproof::ledger {
namespace {

using Difference = std::optional<ReplayDifference>;

Difference differs(std::uint64_t height, std::string what) {
  return ReplayDifference{height, std::move(what)};
}

bool verify(const PublicKey& key, const Statement& statement) {
  return statement.verify(key).has_value();
}

// Everything that the log holds was accepted once; execution must accept it again, in its place.
Difference judge_outcomes(const BlockRecord& record, const BlockResult& result) {
  for (std::size_t at = 0; at < result.outcomes.size(); ++at) {
    const auto& verdict = result.outcomes[at].verdict;
    const std::string entry = "the statement at index " + std::to_string(record.first_index + at);
    if (const auto* refusal = std::get_if<Refusal>(&verdict)) {
      return differs(record.height, entry + " is in the log, but the rules refuse it: " +
                                        std::string(refusal->code()) + ": " + refusal->detail);
    }
    if (const auto* known = std::get_if<KnownEntry>(&verdict)) {
      return differs(record.height,
                     entry + " was logged before, at index " + std::to_string(known->index));
    }
  }
  return std::nullopt;
}

Difference judge_record(const BlockRecord& record, ByteView bytes, const LogItem& made) {
  if (equal(made.bytes, bytes)) return std::nullopt;
  const auto ours = parse_block_record(made.bytes);
  std::string what = "execution gives another block record";
  if (ours && ours->state_root != record.state_root) {
    what = "execution gives the state root " + ours->state_root.hex() + ", recorded is " +
           record.state_root.hex();
  }
  return differs(record.height, std::move(what));
}

// A record does not say whether its block ended an epoch. One without statements that does not
// begin one did; of others the state root tells, where a set was waiting.
Result<BlockResult> execute_as_recorded(const Snapshot& snapshot, const LedgerState& before,
                                        OrderedBlock block, ByteView record) {
  block.boundary = block.statements.empty() && !block.first_of_epoch;
  auto result = execute(snapshot, before, block, verify);
  if (!result || block.boundary || !result->next) return result;
  if (!result->items.empty() && equal(result->items.back().bytes, record)) return result;
  block.boundary = true;
  return execute(snapshot, before, block, verify);
}

}  // namespace

Result<Replay> Replay::begin(const std::filesystem::path& folder, ByteView genesis_file) {
  auto genesis = parse_genesis(genesis_file);
  if (!genesis) return fail(genesis.error());
  Replay replay;
  replay.paths_ = {folder / "database", folder / "anchor"};
  replay.genesis_ = std::move(*genesis);
  replay.chain_id_ = chain_id_of(genesis_file);
  return replay;
}

Result<Difference> Replay::add_record(ByteView bytes) {
  const auto record = parse_block_record(bytes);
  if (!record) {
    const std::uint64_t height = store_ ? store_->snapshot()->head().height + 1 : 0;
    return differs(height, "malformed block record: " + record.error().detail);
  }
  if (record->chain_id != chain_id_) {
    return differs(record->height, "the block record is of another network");
  }
  return store_ ? execute_block(*record, bytes) : add_genesis(*record, bytes);
}

Result<Difference> Replay::add_genesis(const BlockRecord& record, ByteView bytes) {
  if (!statements_.empty()) return differs(0, "statements stand before the genesis record");
  const auto block = genesis_block(genesis_, chain_id_, record.block_id);
  if (!block) return fail(block.error());
  if (auto difference = judge_record(record, bytes, block->items.back())) return difference;
  auto store = Store::create(paths_, *block);
  if (!store) return fail(store.error());
  store_ = std::move(*store);
  changes_ = block->changes;
  growth_ = block->growth;
  return Difference();
}

Result<Difference> Replay::execute_block(const BlockRecord& record, ByteView bytes) {
  const auto snapshot = store_->snapshot();
  const Head& head = snapshot->head();
  if (record.height <= head.height || record.time.ms <= head.time_ms || record.epoch < head.epoch) {
    return differs(record.height, "height, time or epoch do not follow those of height " +
                                      std::to_string(head.height));
  }
  if (record.first_index != head.log_size || record.count != statements_.size()) {
    return differs(record.height, "the record counts other statements than stand before it");
  }
  // Blocks that append nothing change nothing: the state before this one is that after the last.
  LedgerState before = snapshot->ledger();
  before.head.height = record.height - 1;
  OrderedBlock block{record.height, record.epoch, record.time.ms, record.block_id, {}, {}, {}};
  block.first_of_epoch = record.epoch != head.epoch;
  block.statements = std::move(statements_);
  statements_.clear();
  auto result = execute_as_recorded(*snapshot, before, std::move(block), bytes);
  if (!result && result.error().code == Errc::mismatch) {
    return differs(record.height, result.error().detail);
  }
  if (!result) return fail(result.error());
  if (auto difference = judge_outcomes(record, *result)) return difference;
  if (result->items.empty()) return differs(record.height, "execution gives no block record");
  if (auto difference = judge_record(record, bytes, result->items.back())) return difference;
  executed_ += record.count;
  result->before = head;
  if (auto applied = store_->apply(*result, Durability::buffered); !applied) {
    return fail(applied.error());
  }
  changes_ = std::move(result->changes);
  growth_ = std::move(result->growth);
  return Difference();
}

}  // namespace footproof::ledger
