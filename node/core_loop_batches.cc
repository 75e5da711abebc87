// The core loop's batches: cut from the mempool, taken from others, fetched, served, dropped.
#include <algorithm>
#include <utility>

#include "attest/statement.h"
#include "node/core_loop.h"
#include "node/log.h"

namespace footproof::node {
namespace {

constexpr std::size_t kChecksInFlightMax = kOwnWindowMax;                   // of one peer
constexpr std::size_t kBatchBytesServedMax = std::size_t{4} * 1024 * 1024;  // for one request
constexpr std::size_t kLeftShownMax = kUnorderedMax - kOwnWindowMax;  // the room of who shows them

// Epoch and producer, as its first bytes have them.
std::optional<Batch> maker_of(ByteView batch) {
  Batch maker;
  ByteReader in(batch);
  in.u8();
  maker.epoch = in.u64();
  maker.producer = in.u8();
  return in.failed() ? std::nullopt : std::optional(std::move(maker));
}

struct Checked {
  bool well_formed = true;
  bool proposable = true;
  std::size_t verifications = 0;
};

// A worker thread: form, and the signatures of known keys. Only the bytes make a batch bad; a bad
// signature keeps it out of this node's own proposals.
Checked check_statements(const HeldBatch& held, const ledger::StateView& view,
                         VerdictCache& verdicts) {
  Checked out;
  const auto batch = parse_batch(*held.bytes);
  if (!batch) return {false, false, 0};
  for (const auto& bytes : batch->statements) {
    const auto statement = parse_statement(bytes);
    if (!statement) return {false, false, out.verifications};
    const auto record = view.record(state_key::key(statement->kid()));
    if (!record || !*record) continue;  // an unknown key is no bad signature
    const auto key = parse_key_record(**record);
    if (!key) continue;
    ++out.verifications;
    if (!verdicts.verify(key->key, *statement)) out.proposable = false;
  }
  return out;
}

}  // namespace

void CoreLoop::submitted() {
  if (cut_posted_.exchange(true)) return;
  post([this] {
    cut_posted_ = false;
    if (stopped_) return;
    cut_batches();
    turn();
  });
}

// At once when none of ours is on its way; else when a batch is full or the oldest statement has
// waited long enough for company.
void CoreLoop::cut_batches() {
  if (!set_.self) return;  // nobody takes batches of one who is in no set
  while (parts_.mempool.waiting() > 0) {
    const std::size_t on_the_way = batches_.undelivered(*set_.self);
    if (on_the_way >= kOwnWindowMax) return;  // tried again when a block is delivered
    const bool full = parts_.mempool.waiting() >= parts_.config.batch_statements_max ||
                      parts_.mempool.waiting_bytes() >= parts_.config.batch_bytes_max;
    if (on_the_way == 0 || full) {
      cut_one();
      continue;
    }
    if (cut_timer_armed_) return;
    cut_timer_armed_ = true;
    cut_timer_->start(now() + parts_.config.batch_delay, [this] {
      cut_timer_armed_ = false;
      if (stopped_ || !set_.self) return;
      if (batches_.undelivered(*set_.self) < kOwnWindowMax) cut_one();
      cut_batches();
      turn();
    });
    return;
  }
}

void CoreLoop::cut_one() {
  auto statements =
      parts_.mempool.take(parts_.config.batch_statements_max, parts_.config.batch_bytes_max);
  if (statements.empty()) return;
  Batch batch;
  batch.epoch = set_.epoch();
  batch.producer = *set_.self;
  batch.sequence = next_sequence_++;
  for (auto& statement : statements) {
    cut_hashes_.push_back(statement.statement_hash);
    batch.statements.push_back(std::move(statement.bytes));
  }
  auto bytes = encode_batch(batch);
  auto held = bytes ? hold_batch(*std::move(bytes)) : fail(bytes.error());
  if (!held) return fail_for_good("own batch: " + held.error().detail);
  outside_.links.broadcast(encode_frame(FrameKind::batch, 0, *held->bytes));
  take_batch(*std::move(held), true);
  sync_wanted_ = true;  // 202 waits for it
}

// In the log before consensus hears of it.
void CoreLoop::take_batch(HeldBatch batch, bool proposable) {
  const auto ref = batch.ref;
  const auto producer = batch.producer;
  const auto bytes = batch.bytes;
  if (!batches_.put(std::move(batch), now())) return;
  const auto appended = wal_->append(set_.epoch(), 0, kWalBatch, *bytes);
  if (!appended) return fail_for_good(appended.error().detail);
  push(consensus::PayloadReady{ref, producer, proposable});
}

// Of the set in force.
ValidatorIndex CoreLoop::place_of_producer(ByteView batch) const {
  const auto maker = maker_of(batch);
  if (!maker) return kNoProducer;
  return producer_in(set_, parts_.store, *maker).value_or(kNoProducer);
}

// A batch of an earlier epoch whose producer has no place in the set in force.
bool CoreLoop::is_of_one_who_left(ByteView batch) const {
  const auto maker = maker_of(batch);
  return maker && maker->epoch < set_.epoch() && !producer_in(set_, parts_.store, *maker);
}

// What nobody here waits for, or has room for, costs no signature.
bool CoreLoop::is_worth_a_check(ValidatorIndex peer, const Digest& digest, ValidatorIndex producer,
                                bool asked_for) const {
  if (batches_.is_wanted(digest)) return true;
  if (asked_for) return false;        // it was not, or has come meanwhile
  if (producer != peer) return true;  // a breach, to be told so
  return batches_.find(digest) == nullptr && batches_.has_room(peer) && !chain_.batch(digest);
}

void CoreLoop::check_batch(ValidatorIndex peer, Bytes body, bool asked_for) {
  // Its epoch says whose number it bears.
  const auto maker = maker_of(body);
  if (maker && !asked_for && maker->epoch > set_.epoch()) {
    return keep_early(peer, std::move(body), maker->epoch);
  }
  auto producer = place_of_producer(body);
  if (maker && !asked_for && maker->epoch < set_.epoch() && producer != peer) {
    // Another member's, shown when that one had no place yet.
    if (producer != kNoProducer || peer >= set_.membership.n()) return;
    producer =
        peer;  // one who left: anybody can make such a batch, so it takes up the shower's room
  }
  if (!is_worth_a_check(peer, consensus::batch_digest(body), producer, asked_for)) return;
  auto& in_flight = checks_in_flight_[peer];
  // Consensus asks again for what it needs.
  if (in_flight >= kChecksInFlightMax) return;
  ++in_flight;
  auto task = [this, peer, epoch = set_.epoch(), producer, asked_for, body = std::move(body),
               view = parts_.store.snapshot()]() mutable {
    auto held = hold_batch(std::move(body));
    Checked checked{false, false, 0};
    std::optional<HeldBatch> batch;
    if (held) held->producer = producer;
    if (held && (asked_for || producer == peer)) {
      checked = check_statements(*held, *view, parts_.verdicts);
      batch = *std::move(held);
    }
    post([this, peer, epoch, asked_for, batch = std::move(batch), checked]() mutable {
      --checks_in_flight_[peer];
      // Places in the set of another epoch say nothing now; what is wanted is fetched again.
      if (stopped_ || epoch != set_.epoch()) return;
      if (!asked_for) outside_.links.charge(peer, checked.verifications);
      batch_checked(peer, std::move(batch), checked.well_formed, checked.proposable);
    });
  };
  if (outside_.workers.post(std::move(task))) {
    ++parts_.counters.batches_checked;
  } else {
    --in_flight;
  }
}

void CoreLoop::batch_checked(ValidatorIndex peer, std::optional<HeldBatch> batch, bool well_formed,
                             bool proposable) {
  if (!batch) return drop_peer(peer, "a batch that does not parse or is not the sender's");
  const Digest digest = batch->ref.digest;
  const bool wanted = batches_.is_wanted(digest);
  if (!well_formed) {
    log(LogLevel::warning, "batch_refused", {{"digest", digest.hex()}});
    if (wanted) push(consensus::PayloadInvalid{digest});
    batches_.no_longer_wanted(digest);
  } else if (wanted ||
             (batch->producer == peer && batches_.has_room(peer) && !chain_.batch(digest))) {
    take_batch(*std::move(batch), proposable);
  }
  turn();
}

void CoreLoop::fetch(const consensus::Fetch& fetch) {
  for (const auto& ref : fetch.batches) {
    // It was told of before it was needed, when it held too many that nobody needed.
    if (const auto* here = batches_.find(ref.digest); here != nullptr) {
      push(consensus::PayloadReady{here->batch.ref, here->batch.producer, false});
      continue;
    }
    // A block may name what an executed one has named before.
    auto stored = chain_.batch(ref.digest);
    auto held = stored ? hold_batch(*std::move(stored)) : fail(Errc::not_found, "");
    if (held) {
      take_batch(*std::move(held), false);
    } else {
      batches_.want(ref, fetch.ask_first, now());
    }
  }
  send_batch_requests();
}

void CoreLoop::send_batch_requests() {
  std::vector<ValidatorIndex> connected;
  for (const auto& peer : outside_.links.peers()) {
    if (outside_.links.is_connected(peer.index)) connected.push_back(peer.index);
  }
  const auto patience =
      std::max<std::chrono::milliseconds>(2 * parts_.config.delta, std::chrono::milliseconds(200));
  for (const auto& request : batches_.due(connected, now(), patience)) {
    outside_.links.send(request.to,
                        encode_frame(FrameKind::get_batch, 1, encode_get_batch(request.digests)));
  }
}

void CoreLoop::serve_batches(ValidatorIndex peer, const Envelope& envelope) {
  const auto digests = parse_get_batch(envelope.body);
  if (!digests || envelope.request_id == 0) return drop_peer(peer, "a malformed batch request");
  std::size_t served = 0;
  for (const auto& digest : *digests) {
    if (served > kBatchBytesServedMax) return;  // the rest is asked for again
    if (const auto* held = batches_.find(digest)) {
      outside_.links.send(peer,
                          encode_frame(FrameKind::batch, envelope.request_id, *held->batch.bytes));
      served += held->batch.bytes->size();
    } else if (const auto stored = chain_.batch(digest)) {
      outside_.links.send(peer, encode_frame(FrameKind::batch, envelope.request_id, *stored));
      served += stored->size();
    }
  }
}

void CoreLoop::send_own_batches(ValidatorIndex peer) {
  for (const auto& batch : batches_.all()) {
    const auto* held = batches_.find(batch.ref.digest);
    if (set_.self != batch.producer || held->delivered) continue;
    outside_.links.send(peer, encode_frame(FrameKind::batch, 0, *batch.bytes));
  }
}

// Nobody else shows what one has made who has gone: whoever holds it does. Only to a peer that is
// in this epoch: in an earlier one it is the batch of another member.
void CoreLoop::send_batches_of_those_who_left(ValidatorIndex peer) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const auto& batch : batches_.all()) {
    if (batches_.find(batch.ref.digest)->delivered || !is_of_one_who_left(*batch.bytes)) continue;
    bytes += batch.bytes->size();
    if (++count > kLeftShownMax || bytes > kBatchBytesServedMax) return;
    outside_.links.send(peer, encode_frame(FrameKind::batch, 0, *batch.bytes));
  }
}

void CoreLoop::drop_unused_batches() {
  for (const auto& digest : batches_.unused_since(now())) {
    // An event that waits may make the replica need it: a batch goes only when the replica hears of
    // that next.
    if (stopped_ || !events_.empty()) return;
    if (replica_->needs_batch(digest)) continue;
    const HeldBatch batch = batches_.find(digest)->batch;
    push(consensus::PayloadDropped{digest});
    batches_.erase(digest);
    turn();
    if (set_.self != batch.producer) continue;
    std::vector<PendingStatement> again;
    const auto parsed = parse_batch(*batch.bytes);
    for (const auto& bytes : parsed->statements) {
      const auto statement = parse_statement(bytes);
      if (statement) again.push_back({statement->statement_hash(), statement->entry_id(), bytes});
    }
    parts_.mempool.offer_again(std::move(again));
    cut_batches();
  }
}

}  // namespace footproof::node
