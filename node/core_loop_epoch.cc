// The core loop and the validators in force: what a replica of an epoch is made from.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/next_set.h"
#include "node/core_loop.h"
#include "node/log.h"

namespace footproof::node {
namespace {

consensus::Parameters parameters_of(const Config& config, bool observer) {
  consensus::Parameters out;
  out.delta_ms = static_cast<std::uint64_t>(config.delta.count());
  out.idle_ms = static_cast<std::uint64_t>(config.idle_block.count());
  out.drift_ms = static_cast<std::uint64_t>(config.drift.count());
  out.observer = observer;
  return out;
}

consensus::Checkpoint checkpoint_of(const ledger::Head& head) {
  return {head.height, head.log_size, head.log_root};
}

}  // namespace

CoreLoop::CoreLoop(CoreParts parts, EpochSet set)
    : parts_(std::move(parts)),
      set_(std::move(set)),
      outside_(parts_.outside),
      chain_(parts_.store),
      storage_(parts_.store, parts_.evidence, parts_.network.origin, parts_.verdicts,
               outside_.reactor, outside_.storage, *this),
      replica_timer_(outside_.reactor.make_timer()),
      tick_timer_(outside_.reactor.make_timer()),
      cut_timer_(outside_.reactor.make_timer()),
      next_sequence_(outside_.reactor.wall_ms() * 1000),
      book_(parts_.network.origin, set_.validators) {}

CoreLoop::~CoreLoop() = default;

// From what the store holds of this epoch, and `records` of the log.
Result<void> CoreLoop::make_replica(std::vector<Bytes> records) {
  const ledger::Head head = parts_.store.snapshot()->head();
  const std::uint64_t root = set_.root.height;
  consensus::Recovery start;
  start.records = std::move(records);
  if (head.height > root) {
    start.applied = chain_.applied_at(head.height);
    if (!start.applied) return fail(Errc::io, "database: the last block is missing or damaged");
    auto end = recover_end(*start.applied, start);
    if (!end) return end;
  }
  const std::uint64_t oldest =
      head.height - std::min<std::uint64_t>(head.height, consensus::Replica::kHeadsMax - 1);
  for (std::uint64_t height = std::max(oldest, root + 1); height <= head.height; ++height) {
    auto known = parts_.store.head_at(height);
    if (!known) return fail(Errc::io, "database: " + known.error().detail);
    if (*known) start.heads.push_back(checkpoint_of(**known));
  }
  for (const auto& ordered : parts_.evidence.all()) {
    if (ordered.evidence.first.proposal.epoch != set_.epoch()) continue;
    start.evidence.push_back(consensus::key_of(ordered.evidence));
  }
  verifier_ = std::make_unique<VoteVerifier>(set_.validators);
  signer_ = may_vote() ? std::make_unique<VoteSigner>(set_.keys->vote) : nullptr;
  const auto parameters = parameters_of(parts_.config, !may_vote());
  const auto self = may_vote() ? set_.self : std::nullopt;
  auto replica = consensus::Replica::make(parameters, set_.membership, set_.root, self,
                                          signer_.get(), *verifier_, start);
  if (!replica) return fail(Errc::corrupt, "write-ahead log: " + replica.error().detail);
  replica_ = *std::move(replica);
  if (outside_.trace != nullptr) {
    outside_.trace->made(parameters, set_.membership, set_.root, self, start);
  }
  return {};
}

// Where the epoch ends, as far as the stored chain has fixed it (consensus/README.md §10).
Result<void> CoreLoop::recover_end(const consensus::Applied& applied, consensus::Recovery& out) {
  const auto pending = ledger::pending_set(*parts_.store.snapshot());
  if (!pending) return fail("database", pending.error());
  if (!*pending) return {};
  const auto set = next_set_of((*pending)->next.members);
  out.next_sets.emplace_back((*pending)->height, set);
  const std::uint32_t delay = consensus::Parameters{}.boundary_delay;
  for (std::uint64_t height = (*pending)->height + 1; height <= applied.block.header.height;
       ++height) {
    const auto block = chain_.block_at(height);
    if (!block) return fail(Errc::io, fmt::format("database: block {} is missing", height));
    const bool held = block->header.checkpoint.height >= (*pending)->height;
    out.end = consensus::end_after(out.end, block->header, held ? &set : nullptr, delay);
  }
  return {};
}

Result<std::uint16_t> CoreLoop::start(CoreRecovery recovery) {
  wal_ = std::move(recovery.wal);
  observer_ = recovery.observer;
  alarm_ = recovery.alarm;
  reach_ = reach_synced_ = recovery.reach;
  const ledger::Head head = parts_.store.snapshot()->head();
  if (auto made = make_replica(std::move(recovery.replica_records)); !made) {
    return fail(made.error());
  }
  synced_height_ = head.height;
  executed_roots_[head.log_size] = head.log_root;
  for (auto& batch : recovery.batches) take_back(std::move(batch), true);
  if (!log_reaches(head.height)) return fail(Errc::io, "write-ahead log: a write failed");
  push(consensus::Started{});
  storage_.start();
  if (may_vote()) {
    storage_.cosign_as(EpochCosigner{set_.epoch(), &set_.keys->cosign});
    storage_.cosign_current();
  }
  outside_.links.set_links(links_of(set_, parts_.config.validator));
  if (const auto newest = ledger::newest_validators(*parts_.store.snapshot(), set_.epoch());
      newest && newest->epoch > set_.epoch()) {
    end_epoch(head);
    if (stopped_) return fail(Errc::io, "the next set cannot be read");
  }
  auto port = outside_.links.start(*this);
  if (!port) return port;
  turn();
  arm_tick();
  watch_links();
  publish_facts();
  return port;
}

// A batch of an earlier life, or of an earlier epoch: what it holds is still to be
// ordered.
void CoreLoop::take_back(HeldBatch batch, bool from_log) {
  const auto parsed = parse_batch(*batch.bytes);
  const auto producer = parsed ? producer_in(set_, parts_.store, *parsed) : std::nullopt;
  batch.producer = producer.value_or(kNoProducer);
  if (from_log && producer && producer == set_.self) {
    for (const auto& bytes : parsed->statements) {
      const auto statement = parse_statement(bytes);
      if (statement) {
        parts_.mempool.restore({statement->statement_hash(), statement->entry_id(), {}});
      }
    }
    next_sequence_ = std::max(next_sequence_, batch.sequence + 1);
  }
  const auto ref = batch.ref;
  const auto place = batch.producer;
  if (batches_.put(std::move(batch), now())) push(consensus::PayloadReady{ref, place, true});
}

}  // namespace footproof::node
