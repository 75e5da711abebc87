#include "tests/api/sequencer_node.h"

#include <variant>

#include "attest/block_record.h"
#include "attest/statement.h"
#include "ledger/rules.h"

namespace footproof::api {
namespace {

Refusal to_port(const ledger::Refusal& refusal, bool final, std::uint64_t height) {
  return {std::string(refusal.code()),
          std::string(refusal.rule()),
          refusal.detail,
          std::string(refusal.remedy()),
          final,
          height};
}

}  // namespace

std::shared_ptr<const ledger::Snapshot> SequencerNode::snapshot() const {
  const std::lock_guard lock(mutex_);
  return sequencer_.store().published();
}

void SequencerNode::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void SequencerNode::release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  if (!pending_.empty()) run(pending_);
  pending_.clear();
  pending_ids_.clear();
  changed_.notify_all();
}

void SequencerNode::await_waiting(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ >= count; });
}

void SequencerNode::run(const std::vector<Bytes>& statements) {
  const auto block = sequencer_.run(statements);
  for (const auto& outcome : block.outcomes) {
    if (const auto* refusal = std::get_if<ledger::Refusal>(&outcome.verdict)) {
      refused_[outcome.entry_id] = to_port(*refusal, true, block.after.head.height);
    }
  }
}

std::vector<Answer> SequencerNode::submit(const std::vector<Bytes>& statements) {
  const std::lock_guard lock(mutex_);
  std::vector<Answer> answers;
  for (const Bytes& bytes : statements) answers.push_back(take_in(bytes));
  if (!held_ && !pending_.empty()) {
    run(pending_);
    pending_.clear();
    pending_ids_.clear();
  }
  return answers;
}

Answer SequencerNode::take_in(const Bytes& bytes) {
  if (busy_) return TooBusy{3};
  const auto statement = parse_statement(bytes);
  if (!statement) return Refusal{"malformed", "envelope", statement.error().detail, "", false, 0};
  const auto known = poll_locked(statement->entry_id());
  if (!std::holds_alternative<Unknown>(known)) return known;
  const auto snapshot = sequencer_.store().snapshot();
  const auto judged = ledger::judge(
      *snapshot, *statement, {sequencer_.chain_id(), sequencer_.epoch(), sequencer_.now().ms},
      [](const PublicKey& key, const Statement& one) { return one.verify(key).has_value(); });
  if (const auto* refusal = std::get_if<ledger::Refusal>(&*judged)) {
    return to_port(*refusal, false, snapshot->head().height);
  }
  pending_ids_[statement->entry_id()] = pending_.size();
  pending_.push_back(bytes);
  return Accepted{statement->entry_id()};
}

Answer SequencerNode::poll_locked(const Digest& entry_id) {
  const auto snapshot = sequencer_.store().published();
  const auto logged = snapshot->logged(entry_id);
  if (logged && *logged) {
    const auto record = snapshot->own_record((*logged)->index);
    const auto parsed = parse_block_record(record->bytes);
    return Logged{entry_id, (*logged)->index, parsed->height, (*logged)->recorded_ms};
  }
  if (pending_ids_.contains(entry_id)) return Accepted{entry_id};
  if (const auto found = refused_.find(entry_id); found != refused_.end()) return found->second;
  return Unknown{};
}

Answer SequencerNode::poll(const Digest& entry_id) {
  const std::lock_guard lock(mutex_);
  return poll_locked(entry_id);
}

std::vector<Answer> SequencerNode::await(const std::vector<Digest>& entry_ids,
                                         std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait_until(lock, deadline, [&] { return !held_; });
  --waiting_;
  std::vector<Answer> answers;
  for (const Digest& id : entry_ids) {
    Answer answer = poll_locked(id);
    if (std::holds_alternative<Unknown>(answer)) answer = Accepted{id};
    answers.push_back(std::move(answer));
  }
  return answers;
}

Result<DryRun> SequencerNode::dry_run(const Bytes& bytes) {
  const std::lock_guard lock(mutex_);
  const auto statement = parse_statement(bytes);
  if (!statement) return fail(statement.error());
  const auto snapshot = sequencer_.store().snapshot();
  DryRun result;
  result.height = snapshot->head().height;
  const auto judged = ledger::judge(
      *snapshot, *statement, {sequencer_.chain_id(), sequencer_.epoch(), sequencer_.now().ms},
      [&](const PublicKey& key, const Statement& one) {
        result.signature_verifies = one.verify(key).has_value();
        return true;
      });
  if (const auto* refusal = std::get_if<ledger::Refusal>(&*judged)) {
    result.refusal = to_port(*refusal, false, result.height);
  }
  return result;
}

Result<Receipt> SequencerNode::receipt(const Digest& entry_id,
                                       const std::optional<Digest>& declaration_root) const {
  return snapshot()->make_receipt(entry_id, declaration_root);
}

Result<StateReceipt> SequencerNode::state_receipt(const std::vector<Digest>& keys) const {
  const auto view = snapshot();
  auto answer = view->prove_state(keys);
  if (!answer) return fail(answer.error());
  auto last = view->last_record();
  if (!last) return fail(last.error());
  return StateReceipt{view->checkpoint(), std::move(*last), std::move(answer->proof),
                      std::move(answer->records)};
}

Result<std::vector<Digest>> SequencerNode::inclusion(std::uint64_t index,
                                                     std::uint64_t size) const {
  return snapshot()->inclusion(index, size);
}
Result<std::vector<Digest>> SequencerNode::consistency(std::uint64_t from, std::uint64_t to) const {
  return snapshot()->consistency(from, to);
}
Result<std::string> SequencerNode::checkpoint() const { return snapshot()->checkpoint(); }
Result<Bytes> SequencerNode::tile(std::uint32_t level, std::uint64_t index,
                                  std::uint32_t width) const {
  return snapshot()->tile(level, index, width);
}
Result<Bytes> SequencerNode::entry_bundle(std::uint64_t index, std::uint32_t width) const {
  return snapshot()->entry_bundle(index, width);
}
Result<Bytes> SequencerNode::statement_bundle(std::uint64_t index, std::uint32_t width) const {
  return snapshot()->statement_bundle(index, width);
}
Result<ledger::HistoryPage> SequencerNode::history(const ledger::HistoryFilter& filter,
                                                   std::uint64_t from, std::size_t limit) const {
  return ledger::history(*snapshot(), filter, from, limit);
}
Result<Accusation> SequencerNode::accusation() const {
  if (!accusation_) return fail(Errc::not_found, "nothing was seen");
  return *accusation_;
}
Result<std::string> SequencerNode::trust_policy() const { return encode(sequencer_.policy()); }
Result<Hop> SequencerNode::hop(std::uint64_t epoch) const {
  auto hop = sequencer_.store().hop(epoch);
  if (!hop) return fail(hop.error());
  if (!*hop) return fail(Errc::not_found, "no such hop");
  return std::move(**hop);
}
Result<Bytes> SequencerNode::genesis() const {
  return ledger::encode_genesis(sequencer_.genesis());
}

Health SequencerNode::health() const {
  const auto view = snapshot();
  Health health;
  health.chain_id = sequencer_.chain_id();
  health.origin = sequencer_.origin();
  health.validator_id = "one-process";
  health.version = "test";
  health.height = view->head().height;
  health.published_size = view->head().log_size;
  health.block_time_ms = view->head().time_ms;
  health.node_time_ms = sequencer_.now().ms;
  health.validators = 4;
  health.quorum = 3;
  health.peers = {{"other", true, 7, 12}};
  health.follow = follow_;
  if (follow_) health.validator_id.clear(), health.peers.clear();
  health.disk_free_bytes = 1;
  health.ready = !busy_;
  health.evidence = {{"other", 0}};
  health.not_ready_reason = busy_ ? "told to be busy" : "";
  return health;
}

Result<Bytes> SequencerNode::chain(std::uint64_t) const {
  return fail(Errc::not_found, "no blocks here");
}
Result<Bytes> SequencerNode::snapshot_offer() const {
  return fail(Errc::not_found, "no snapshot here");
}
Result<Bytes> SequencerNode::snapshot_state(std::uint64_t, const std::string&) const {
  return fail(Errc::not_found, "no snapshot here");
}

}  // namespace footproof::api
