#include "node/core_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/data_folder.h"
#include "node/log.h"

namespace footproof::node {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::uint64_t kTicksPerSecond = 10;
constexpr std::uint32_t kChainBlocksServed = 64;
constexpr std::size_t kEventsPerTurnMax = 256;  // then links and timers get their turn

std::uint64_t to_ms(MonoTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

FrameKind frame_kind(const consensus::Message& message) {
  if (std::holds_alternative<consensus::Propose>(message) ||
      std::holds_alternative<consensus::BlockAnswer>(message) ||
      std::holds_alternative<consensus::EndOfEpoch>(message)) {
    return FrameKind::proposal;
  }
  return std::holds_alternative<consensus::Chain>(message) ? FrameKind::chain : FrameKind::control;
}

bool holds(const consensus::Certificate& certificate, const consensus::Signature& signature) {
  return std::ranges::find(certificate.signatures, signature) != certificate.signatures.end();
}

// Whether a signature stands in a message, rather than in one that came earlier.
struct Carries {
  const consensus::Signature& signature;

  bool operator()(const consensus::Vote& vote) const { return vote.signature == signature; }
  bool operator()(const consensus::Certificate& certificate) const {
    return holds(certificate, signature);
  }
  bool operator()(const consensus::Propose& propose) const {
    return propose.signature == signature ||
           std::ranges::any_of(propose.justification,
                               [this](const auto& one) { return holds(one, signature); }) ||
           (*this)(propose.block);
  }
  bool operator()(const consensus::Block& block) const {
    return std::ranges::any_of(block.evidence, [this](const auto& one) { return (*this)(one); });
  }
  bool operator()(const consensus::BlockAnswer& answer) const { return (*this)(answer.block); }
  bool operator()(const consensus::Chain& chain) const {
    return holds(chain.finalization, signature);
  }
  bool operator()(const consensus::EndOfEpoch& end) const {
    return holds(end.finalization, signature);
  }
  bool operator()(const consensus::Status& status) const {
    return (status.finalization && holds(*status.finalization, signature)) ||
           (status.entry && holds(*status.entry, signature));
  }
  bool operator()(const consensus::Evidence& evidence) const {
    return evidence.first.signature == signature || evidence.second.signature == signature;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

void CoreLoop::stop() {
  stopped_ = true;
  replica_timer_->cancel();
  tick_timer_->cancel();
  cut_timer_->cancel();
  outside_.links.stop();
}

void CoreLoop::stop_storage() { storage_.stop(); }

void CoreLoop::push(EventBody what) {
  const consensus::Now at{outside_.reactor.wall_ms(), to_ms(now())};
  events_.push_back({at, std::move(what)});
}

// An event is never handed in from inside the handling of an effect: effects push, this loop steps.
void CoreLoop::turn() {
  if (turning_ || stopped_) return;
  turning_ = true;
  std::size_t stepped = 0;
  while (!events_.empty() || sync_wanted_ || next_is_due()) {
    if (next_is_due()) {
      begin_next();
      if (stopped_) return;
      continue;
    }
    if (events_.empty()) {
      const auto synced = wal_->sync();
      if (!synced) return fail_for_good(synced.error().detail);
      sync_wanted_ = false;
      reach_synced_ = reach_;
      if (!cut_hashes_.empty()) parts_.mempool.set_durable(std::exchange(cut_hashes_, {}));
      push(consensus::Durable{last_lsn_});
      continue;
    }
    if (++stepped > kEventsPerTurnMax && !sync_wanted_) {
      post([this] { turn(); });
      break;
    }
    const consensus::Event event = std::move(events_.front());
    events_.pop_front();
    auto effects = replica_->step(event);
    if (outside_.trace != nullptr) outside_.trace->stepped(event, effects);
    settle_signatures(event);
    for (auto& effect : effects) {
      perform(effect);
      if (stopped_) return;
    }
  }
  turning_ = false;
}

// A bad signature closes the link that it came by. An honest validator passes on certificates that
// it has verified and votes of its own: so what fails is the sender's doing where it stands in the
// message at hand, and else the signer's, whose vote was kept unverified until a quorum needed it.
void CoreLoop::settle_signatures(const consensus::Event& event) {
  const auto found = verifier_->take();
  const auto* received = std::get_if<consensus::Received>(&event.what);
  if (received != nullptr && found.checked > 0)
    outside_.links.charge(received->from, found.checked);
  for (const auto& failure : found.failures) {
    const bool at_hand =
        received != nullptr && std::visit(Carries{failure.signature}, received->message);
    const ValidatorIndex guilty = at_hand ? received->from : failure.signer;
    if (set_.self != guilty) drop_peer(guilty, "a signature that does not verify");
  }
}

void CoreLoop::perform(consensus::Effect& effect) {
  if (const auto* send = std::get_if<consensus::Send>(&effect)) return perform_send(*send);
  if (const auto* persist = std::get_if<consensus::Persist>(&effect)) {
    const auto appended = wal_->append(persist->epoch, persist->view, kWalReplica, persist->record);
    if (!appended) return fail_for_good(appended.error().detail);
    last_lsn_ = persist->lsn;
    sync_wanted_ = sync_wanted_ || persist->sync;
    return;
  }
  if (const auto* timer = std::get_if<consensus::SetTimer>(&effect)) {
    return arm_replica_timer(timer->mono_ms);
  }
  if (const auto* wanted = std::get_if<consensus::Fetch>(&effect)) return fetch(*wanted);
  if (auto* deliver = std::get_if<consensus::Deliver>(&effect)) return perform_deliver(*deliver);
  if (const auto* request = std::get_if<consensus::ServeChain>(&effect)) {
    return serve_chain(*request);
  }
  if (const auto* found = std::get_if<consensus::EvidenceFound>(&effect)) {
    const auto& vote = found->evidence.first;
    log(LogLevel::warning, "evidence",
        {{"signer", set_.member(vote.signer).id}, {"view", vote.proposal.view}});
    return;
  }
  if (const auto* request = std::get_if<consensus::ServeEpochEnd>(&effect)) {
    return serve_epoch_end(*request);
  }
  if (const auto* end = std::get_if<consensus::EpochEnded>(&effect)) return epoch_ended(*end);
  raise_alarm(std::get<consensus::Alarm>(effect));
}

void CoreLoop::raise_alarm(const consensus::Alarm& alarm) {
  const std::string& what = alarm.detail;
  alarm_ = what;
  alarm_is_of_key_ = alarm.kind == consensus::AlarmKind::own_key;
  if (alarm_is_of_key_) {
    storage_.cosign_as(std::nullopt);
  } else {
    storage_.forbid_cosigning();
  }
  // A restart changes nothing: the other one may go on voting, and the chain may have gone on to
  // an epoch whose records say nothing of this one's.
  const auto marked = alarm_is_of_key_
                          ? replace_file(parts_.config.data / kObserverFile,
                                         as_bytes(observer_text(what, parts_.keys)))
                          : replace_file(parts_.config.data / kAlarmFile, as_bytes(what + "\n"));
  if (!marked) return fail_for_good(marked.error().detail);
  log(LogLevel::error, "alarm",
      {{"what", what}, {"effect", "this node votes and cosigns no more; compare it with others"}});
}

void CoreLoop::perform_send(const consensus::Send& send) {
  const FrameKind kind = frame_kind(send.message);
  const Bytes bytes = consensus::encode(send.message);
  if (bytes.size() + 32 > frame_size_max(static_cast<std::uint8_t>(kind))) {
    log(LogLevel::warning, "message_too_long",
        {{"kind", consensus::name(send.message)}, {"bytes", bytes.size()}});
    return;
  }
  const Frame frame = encode_frame(kind, 0, bytes);
  if (send.to) {
    outside_.links.send(*send.to, frame);
  } else {
    outside_.links.broadcast(frame);
  }
}

// False after a failed write.
bool CoreLoop::log_reaches(std::uint64_t height) {
  if (height + kWalReachAhead / 2 > reach_) {
    reach_ = height + kWalReachAhead;
    const WalRecord record = reach_record();
    if (!wal_->append(record.epoch, record.view, record.type, record.body)) return false;
  }
  if (height <= reach_synced_) return true;  // the rest goes with the next sync
  if (!wal_->sync()) return false;
  reach_synced_ = reach_;
  return true;
}

WalRecord CoreLoop::reach_record() const {
  return {.epoch = set_.epoch(),
          .view = 0,
          .type = kWalReach,
          .body = ByteWriter().u64(reach_).bytes()};
}

void CoreLoop::perform_deliver(consensus::Deliver& deliver) {
  DeliveredBlock block{
      std::move(deliver.block), deliver.block_id, std::move(deliver.finalization), {}};
  for (const auto& ref : block.block.batch_refs) {
    if (const auto* held = batches_.find(ref.digest)) {
      block.batches.push_back(held->batch);
      batches_.set_delivered(ref.digest, block.block.header.height);
      continue;
    }
    auto stored = chain_.batch(ref.digest);
    auto held = stored ? hold_batch(*std::move(stored)) : fail(Errc::not_found, "");
    if (!held) return fail_for_good("a finalised batch is missing: " + ref.digest.hex());
    block.batches.push_back(*std::move(held));
  }
  if (!log_reaches(block.block.header.height)) return fail_for_good("write-ahead log");
  storage_.deliver(std::move(block));
  cut_batches();  // a place in the window may be free
}

void CoreLoop::serve_chain(const consensus::ServeChain& request) {
  auto chain = consensus::make_chain(chain_, request.epoch, request.from_height,
                                     std::min(request.max, kChainBlocksServed));
  if (chain) perform_send({request.to, *std::move(chain)});
}

void CoreLoop::arm_replica_timer(std::uint64_t mono_ms) {
  replica_timer_->start(MonoTime(std::chrono::milliseconds(mono_ms)), [this] {
    if (stopped_) return;
    push(consensus::TimerFired{});
    turn();
  });
}

void CoreLoop::arm_tick() {
  tick_timer_->start(now() + kTick, [this] {
    if (stopped_) return;
    tick();
    if (!stopped_) arm_tick();
  });
}

void CoreLoop::tick() {
  ++ticks_;
  send_batch_requests();
  if (ticks_ % kTicksPerSecond == 0) {
    // Nothing is assumed to arrive: the latest cosignature is said again.
    if (own_cosignature_) {
      outside_.links.broadcast(
          encode_frame(FrameKind::cosignature, 0, encode_cosignature(*own_cosignature_)));
    }
    watch_links();
    drop_unused_batches();
    collect_garbage();
    watch_disk();
  }
  turn();
  publish_facts();
}

void CoreLoop::collect_garbage() {
  // What is executed and synced stands in the database.
  for (const auto& digest : batches_.delivered_up_to(synced_height_)) {
    if (replica_->needs_batch(digest)) continue;
    push(consensus::PayloadDropped{digest});
    batches_.erase(digest);
  }
  turn();
  if (stopped_ || !wal_->wants_rewrite()) return;
  std::vector<WalRecord> live = {reach_record()};
  // Batches first: a block's record must not come before its bodies.
  for (const auto& batch : batches_.all()) {
    live.push_back({set_.epoch(), 0, kWalBatch, *batch.bytes});
  }
  for (auto& record : replica_->live_records(synced_height_)) {
    live.push_back({set_.epoch(), 0, kWalReplica, std::move(record)});
  }
  const auto rewritten = wal_->rewrite(live);
  if (!rewritten) return fail_for_good(rewritten.error().detail);
  reach_synced_ = reach_;
  log(LogLevel::debug, "log_rewritten", {{"records", live.size()}});
}

void CoreLoop::watch_disk() {
  const auto space = outside_.disk_space();
  if (stopped_ || !space || space->grade() == disk_) return;
  disk_ = space->grade();
  if (disk_ == DiskGrade::plenty) return;
  log(disk_ == DiskGrade::scarce ? LogLevel::warning : LogLevel::error, "disk_space",
      {{"free_mib", space->free_bytes >> 20U}, {"what", to_text(disk_)}});
  // While there is still room for what must be written.
  if (disk_ == DiskGrade::exhausted) fail_for_good(std::string(to_text(disk_)));
}

void CoreLoop::publish_facts() {
  CoreFacts facts;
  facts.replica = replica_->info();
  facts.set = set_facts();
  facts.batches_held = batches_.size();
  facts.wal_segments = wal_->segment_count();
  if (set_.keys != nullptr) facts.tls_ends_s = set_.keys->tls_ends_s;
  facts.alarm = alarm_;
  facts.follow = follow_;
  if (facts.replica.evidence_held > 0) facts.evidence = replica_->evidence();
  for (const auto& peer : outside_.links.peers()) {
    CoreFacts::Peer out{peer.id, outside_.links.is_connected(peer.index), 0, 0};
    const auto claimed = claimed_heights_.find(peer.index);
    if (claimed != claimed_heights_.end()) out.height = claimed->second;
    if (const auto heard = outside_.links.last_heard(peer.index)) {
      out.last_heard_ms = static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(now() - *heard).count());
    }
    facts.peers.push_back(std::move(out));
  }
  parts_.facts.set(std::move(facts));
}

void CoreLoop::fail_for_good(const std::string& why) {
  log(LogLevel::error, "disk_failed", {{"why", why}});
  stop();
  parts_.fatal(why);
}

// --- from the storage thread --------------------------------------------------------------------

void CoreLoop::block_executed(ExecutedBlock block) {
  bool refused = false;
  std::vector<Digest> done;
  for (const auto& outcome : block.outcomes) {
    done.push_back(outcome.statement_hash);
    const auto* refusal = std::get_if<ledger::Refusal>(&outcome.verdict);
    if (refusal == nullptr) {
      ++parts_.counters.executed;
      continue;
    }
    ++parts_.counters.refused;
    refused = true;
    parts_.refusals.add(outcome.statement_hash, outcome.entry_id, {*refusal, block.head.height},
                        now());
  }
  if (!done.empty()) parts_.mempool.remove(done);
  if (refused) parts_.waiters.notify();
  block.outcomes.clear();
  post([this, block = std::move(block)]() mutable { executed(std::move(block)); });
}

void CoreLoop::store_synced(std::uint64_t height) {
  post([this, height] { synced_height_ = std::max(synced_height_, height); });
}

void CoreLoop::checkpoint_published(std::uint64_t) { parts_.waiters.notify(); }

void CoreLoop::must_not_cosign(const std::string& why) {
  post([this, why] {
    if (stopped_) return;
    push(consensus::Contradicted{why});  // its alarm comes back as an effect
    turn();
  });
}

void CoreLoop::storage_failed(const std::string& why) {
  post([this, why] {
    if (!stopped_) fail_for_good(why);
  });
}

}  // namespace footproof::node
