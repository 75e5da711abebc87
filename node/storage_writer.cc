#include "node/storage_writer.h"

#include <fmt/format.h>

#include <utility>

#include "attest/note.h"
#include "ledger/epochs.h"
#include "ledger/executor.h"
#include "node/chain_store.h"

namespace footproof::node {

StorageWriter::StorageWriter(ledger::Store& store, EvidenceBook& evidence,
                             const std::string& origin, VerdictCache& verdicts, const Clock& clock,
                             Runner& runner, StorageEvents& events)
    : store_(store),
      evidence_(evidence),
      origin_(origin),
      verdicts_(verdicts),
      clock_(clock),
      runner_(runner),
      events_(events),
      synced_at_(clock.now()) {}

StorageWriter::~StorageWriter() { runner_.stop(); }

void StorageWriter::start() {
  runner_.start([this] { return step(); });
}

void StorageWriter::push(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  runner_.wake();
}

void StorageWriter::deliver(DeliveredBlock block) { push(std::move(block)); }

void StorageWriter::publish(CosignedHead head, std::string note) {
  push(Publish{head, std::move(note)});
}

void StorageWriter::keep_hop(std::variant<std::string, Hop> what, consensus::ValidatorIndex from) {
  push(KeepHop{std::move(what), from});
}

void StorageWriter::cosign_current() { push(CosignCurrent{}); }

void StorageWriter::cosign_as(std::optional<EpochCosigner> cosigner) {
  const std::lock_guard lock(mutex_);
  cosigner_ = cosigner;
}

void StorageWriter::forbid_cosigning() {
  const std::lock_guard lock(mutex_);
  may_cosign_ = false;
}

void StorageWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  runner_.stop();
  while (has_tasks()) step();
  if (!failed_ && dirty_) failed_ = !sync();
}

bool StorageWriter::has_tasks() {
  const std::lock_guard lock(mutex_);
  return !tasks_.empty();
}

MonoTime StorageWriter::step() {
  std::optional<Task> task;
  std::size_t backlog = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
      backlog = tasks_.size();
    }
  }
  if (!failed_ && task && !run(*task, backlog)) failed_ = true;
  if (!failed_ && dirty_ && clock_.now() - synced_at_ >= kSyncEvery) failed_ = !sync();
  if (backlog > 0) return clock_.now();
  return dirty_ && !failed_ ? synced_at_ + kSyncEvery : kNever;
}

bool StorageWriter::run(Task& task, std::size_t backlog) {
  if (const auto* block = std::get_if<DeliveredBlock>(&task)) {
    return execute(*block, backlog <= kCosignBacklogMax);
  }
  if (auto* publication = std::get_if<Publish>(&task)) {
    const auto& head = publication->head;
    // What is shown is not denied after a power cut: the anchor tells of what was cosigned here,
    // and who cosigns nothing shows what is on the disk.
    if (dirty_ && store_.anchor().cosigned_size < head.size && !sync()) return false;
    const auto done = store_.publish(head.size, head.root, std::move(publication->note));
    if (!done && done.error().code == Errc::not_found) return true;  // too old by now
    if (!done) {
      events_.storage_failed("publish: " + done.error().detail);
      return false;
    }
    events_.checkpoint_published(head.size);
    return true;
  }
  if (auto* hop = std::get_if<KeepHop>(&task)) return keep(*hop);
  const auto head = store_.snapshot()->head();
  auto mine = cosign(head);
  if (!mine) return false;
  ExecutedBlock out;
  out.head = head;
  out.mine = *std::move(mine);
  events_.block_executed(std::move(out));
  return true;
}

bool StorageWriter::execute(const DeliveredBlock& delivered, bool may_cosign) {
  const auto& header = delivered.block.header;
  const auto before = store_.snapshot();
  if (header.height <= before->head().height) {  // executed in an earlier life
    const auto then = store_.head_at(header.height);
    if (then && *then && (*then)->block_id == delivered.block_id) return true;
    events_.must_not_cosign(
        fmt::format("height {} was executed before as another block", header.height));
    return false;
  }
  ledger::OrderedBlock block{.height = header.height,
                             .epoch = header.epoch,
                             .time_ms = header.time_ms,
                             .block_id = delivered.block_id,
                             .first_of_epoch = header.epoch != before->head().epoch,
                             .boundary = header.boundary != 0,
                             .statements = {}};
  for (const auto& held : delivered.batches) {
    auto batch = parse_batch(*held.bytes);
    if (!batch) {
      events_.storage_failed("a delivered batch does not parse: " + batch.error().detail);
      return false;
    }
    for (auto& statement : batch->statements) block.statements.push_back(std::move(statement));
  }
  const auto verify = [this](const PublicKey& key, const Statement& statement) {
    return verdicts_.verify(key, statement);
  };
  auto result = ledger::execute(*before, before->ledger(), block, verify);
  if (!result) {
    events_.storage_failed(
        fmt::format("executing height {}: {}", header.height, result.error().detail));
    return false;
  }
  result->ordering.push_back(block_blob(delivered.block, delivered.finalization));
  for (const auto& held : delivered.batches) result->ordering.push_back(batch_blob(held));
  for (auto& blob : evidence_.add(delivered.block)) result->ordering.push_back(std::move(blob));
  const auto applied = store_.apply(*result, ledger::Durability::buffered);
  if (!applied && applied.error().code == Errc::mismatch) {
    events_.must_not_cosign(applied.error().detail);
    return false;
  }
  if (!applied) {
    events_.storage_failed(
        fmt::format("writing height {}: {}", header.height, applied.error().detail));
    return false;
  }
  dirty_ = true;
  const ledger::Head& head = result->after.head;
  std::optional<Cosignature> mine;
  if (may_cosign) {
    auto signed_head = cosign(head);
    if (!signed_head) return false;
    mine = *std::move(signed_head);
  }
  events_.block_executed({head, std::move(result->outcomes), std::move(mine),
                          std::move(result->next), result->begun.has_value()});
  return true;
}

// None where this node must not, or need not, cosign. An error ends the process.
Result<std::optional<Cosignature>> StorageWriter::cosign(const ledger::Head& head) {
  std::optional<EpochCosigner> cosigner;
  {
    const std::lock_guard lock(mutex_);
    if (may_cosign_) cosigner = cosigner_;
  }
  if (!cosigner || cosigner->epoch != head.epoch) return std::optional<Cosignature>();
  // The time of the block, never of a clock: "at that block the head was this".
  const std::uint64_t time_s = head.time_ms / 1000;
  const auto& anchor = store_.anchor();
  if (anchor.cosigned_size > head.log_size || anchor.cosigned_time_s > time_s) {
    return std::optional<Cosignature>();  // replaying towards what was cosigned before the crash
  }
  const auto recorded = store_.record_cosigned(head.log_size, head.log_root, time_s);
  if (!recorded && recorded.error().code == Errc::mismatch) {
    forbid_cosigning();  // the core thread hears of it too late for the next block
    events_.must_not_cosign(recorded.error().detail);
    return std::optional<Cosignature>();
  }
  if (!recorded) {
    events_.storage_failed("anchor: " + recorded.error().detail);
    return fail(recorded.error());
  }
  const std::string text = encode(Checkpoint{origin_, head.log_size, head.log_root, {}});
  return std::optional<Cosignature>(
      Cosignature{head.epoch, head.log_size, head.log_root, time_s,
                  cosigner->key->sign(cosignature_message(time_s, text))});
}

// Durable before anybody hears of it, and nothing that it covers is less so.
bool StorageWriter::keep(KeepHop& task) {
  const auto snapshot = store_.snapshot();
  Result<Hop> hop = fail(Errc::malformed, "");
  if (auto* given = std::get_if<Hop>(&task.what)) {
    hop = std::move(*given);
  } else {
    hop = ledger::make_hop(*snapshot, std::get<std::string>(task.what));
  }
  if (!hop) {
    events_.hop_refused(task.from, hop.error().detail);
    return true;
  }
  if (dirty_ && !sync()) return false;
  const auto kept = store_.keep_hop(*hop);
  if (!kept && kept.error().code == Errc::io) {
    events_.storage_failed("hop: " + kept.error().detail);
    return false;
  }
  const std::uint64_t epoch = snapshot->head().epoch;
  const auto known = store_.hop(epoch);
  if (kept && known && *known) {
    events_.hop_kept(epoch);
  } else {
    events_.hop_refused(task.from, kept ? "it is of another epoch" : kept.error().detail);
  }
  return true;
}

bool StorageWriter::sync() {
  const std::uint64_t height = store_.snapshot()->head().height;
  const auto synced = store_.sync();
  synced_at_ = clock_.now();
  if (!synced) {
    events_.storage_failed("sync: " + synced.error().detail);
    return false;
  }
  dirty_ = false;
  events_.store_synced(height);
  return true;
}

}  // namespace footproof::node
