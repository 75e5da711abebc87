// The core thread of a node: drives consensus::Replica and does what its effects say.
//
// One turn: step every event that has come in, append what must be remembered, sync once, hand in
// Durable, go on until nothing is left. The replica holds votes back until Durable, so every Send
// leaves at once (consensus/replica.h has the contract). Batches, their fetching and the
// cosignatures are this class's own part of the protocol (consensus/README.md §3, formats.md §7).
//
// Everything runs on the reactor's thread, but for start(), submitted() and the Storage
// events, which may come from any. A failed write ends the process through `fatal`.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "consensus/replica.h"
#include "node/batch_store.h"
#include "node/chain_store.h"
#include "node/config.h"
#include "node/cosignatures.h"
#include "node/counters.h"
#include "node/disk_guard.h"
#include "node/epoch_set.h"
#include "node/evidence_book.h"
#include "node/health.h"
#include "node/mempool.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/ports.h"
#include "node/refusals.h"
#include "node/source_feed.h"
#include "node/storage_writer.h"
#include "node/verdict_cache.h"
#include "node/vote_keys.h"
#include "node/waiters.h"
#include "node/wal.h"

namespace footproof::node {

// Record types of the write-ahead log.
constexpr std::uint8_t kWalReplica = 1;  // a record of the replica's own
constexpr std::uint8_t kWalBatch = 2;    // canonical bytes of a batch
// u64 height: the store holds no block above it. Written, and synced, a few heights ahead of what
// is delivered, so that a store above it tells of a log that is an older copy of itself.
constexpr std::uint8_t kWalReach = 3;
constexpr std::uint64_t kWalReachAhead = 8;

// In place of a batch's producer where that is no member of the set in force.
constexpr ValidatorIndex kNoProducer = 255;
constexpr std::size_t kEarlyBatchesMax = 64;

// What the core loop works with; all of it outlives the loop.
struct CoreParts {
  const Outside& outside;
  const Config& config;
  const Network& network;
  KeyRing& keys;
  ledger::Store& store;
  EvidenceBook& evidence;
  Mempool& mempool;
  Refusals& refusals;
  Waiters& waiters;
  FactBoard& facts;
  Counters& counters;
  VerdictCache& verdicts;
  std::function<void(const std::string&)> fatal;
};

// What the write-ahead log gave back.
struct CoreRecovery {
  std::unique_ptr<Wal> wal;
  std::vector<Bytes> replica_records;  // of earlier epochs, too
  std::vector<HeldBatch> batches;
  std::uint64_t reach = 0;  // the highest of kWalReach
  bool observer = false;    // follow, never vote or cosign
  std::string alarm;        // about the chain, of an earlier life
};

class CoreLoop final : public StorageEvents, public Fed, private LinkEvents {
 public:
  // `set`: in force, as the store says.
  CoreLoop(CoreParts parts, EpochSet set);
  ~CoreLoop() override;

  // Rebuilds the replica, starts storage, links and timers. The port that the links listen on.
  // corrupt: the log holds records that no replica of this chain has written.
  [[nodiscard]] Result<std::uint16_t> start(CoreRecovery recovery);
  // On the core thread: closes links and timers. stop_storage() afterwards executes and syncs what
  // was delivered; without it that is left for the next start.
  void stop();
  void stop_storage();

  // Any thread: statements wait in the mempool.
  void submitted();

  // Fed, any thread.
  [[nodiscard]] std::optional<std::uint64_t> hungry() const override;
  void feed(Feed feed) override;

  // StorageEvents, on the storage thread, or out of stop_storage().
  void block_executed(ExecutedBlock block) override;
  void store_synced(std::uint64_t height) override;
  void checkpoint_published(std::uint64_t size) override;
  void must_not_cosign(const std::string& why) override;
  void hop_kept(std::uint64_t epoch) override;
  void hop_refused(ValidatorIndex from, const std::string& why) override;
  void storage_failed(const std::string& why) override;

 private:
  using EventBody = decltype(consensus::Event::what);

  // core_loop.cc: events and effects.
  [[nodiscard]] MonoTime now() const { return outside_.reactor.now(); }
  void post(std::function<void()> task) { outside_.reactor.post(std::move(task)); }
  void push(EventBody what);
  void turn();
  void perform(consensus::Effect& effect);
  void perform_send(const consensus::Send& send);
  void perform_deliver(consensus::Deliver& deliver);
  bool log_reaches(std::uint64_t height);
  [[nodiscard]] WalRecord reach_record() const;
  void serve_chain(const consensus::ServeChain& request);
  void raise_alarm(const consensus::Alarm& alarm);
  void arm_replica_timer(std::uint64_t mono_ms);
  void arm_tick();
  void tick();
  void collect_garbage();
  void publish_facts();
  void watch_disk();
  void fail_for_good(const std::string& why);

  // core_loop_epoch.cc: replica and set.
  [[nodiscard]] bool may_vote() const {
    return set_.self.has_value() && !observer_ && alarm_.empty();
  }
  [[nodiscard]] Result<void> make_replica(std::vector<Bytes> records);
  [[nodiscard]] Result<void> recover_end(const consensus::Applied& applied,
                                         consensus::Recovery& out);
  void take_back(HeldBatch batch, bool from_log);

  // core_loop_switch.cc: from one set to the next.
  void end_epoch(const ledger::Head& head);
  void epoch_ended(const consensus::EpochEnded& end);
  [[nodiscard]] bool next_is_due() const;
  void keep_hop_of(const CosignedHead& head);
  void publish_end();
  void hop_message(ValidatorIndex peer, const Envelope& envelope);
  void serve_epoch_end(const consensus::ServeEpochEnd& request);
  void begin_next();
  void tell_begun(const EpochSet& before) const;
  [[nodiscard]] CoreFacts::Set set_facts() const;
  void take_over_batches();
  void keep_early(ValidatorIndex peer, Bytes batch, std::uint64_t epoch);

  // core_loop_batches.cc: own batches, those of others, fetching.
  void cut_batches();
  void cut_one();
  void take_batch(HeldBatch batch, bool proposable);
  void check_batch(ValidatorIndex peer, Bytes body, bool asked_for);
  [[nodiscard]] bool is_worth_a_check(ValidatorIndex peer, const Digest& digest,
                                      ValidatorIndex producer, bool asked_for) const;
  [[nodiscard]] ValidatorIndex place_of_producer(ByteView batch) const;
  [[nodiscard]] bool is_of_one_who_left(ByteView batch) const;
  void batch_checked(ValidatorIndex peer, std::optional<HeldBatch> batch, bool well_formed,
                     bool proposable);
  void fetch(const consensus::Fetch& fetch);
  void send_batch_requests();
  void serve_batches(ValidatorIndex peer, const Envelope& envelope);
  void send_own_batches(ValidatorIndex peer);
  void send_batches_of_those_who_left(ValidatorIndex peer);
  void drop_unused_batches();

  // core_loop_feed.cc: what came over no link.
  void watch_links();
  void take_feed(Feed& feed);
  void take_checkpoint(const CosignedHead& head, std::uint64_t as_of, std::string note);

  // core_loop_peers.cc: links and cosignatures.
  void drop_peer(ValidatorIndex peer, const std::string& reason);
  void settle_signatures(const consensus::Event& event);
  void peer_connected(ValidatorIndex peer) override;
  void peer_disconnected(ValidatorIndex peer) override;
  void peer_message(ValidatorIndex peer, Envelope&& envelope) override;
  void consensus_message(ValidatorIndex peer, const Envelope& envelope);
  void cosignature_message(ValidatorIndex peer, const Envelope& envelope);
  void executed(ExecutedBlock block);
  void consider_head(const CosignedHead& head);

  CoreParts parts_;
  EpochSet set_;  // in force
  const Outside& outside_;
  ChainStore chain_;
  std::unique_ptr<VoteSigner> signer_;
  std::unique_ptr<VoteVerifier> verifier_;
  StorageWriter storage_;
  std::unique_ptr<Wal> wal_;
  std::unique_ptr<consensus::Replica> replica_;
  bool observer_ = false;
  bool stopped_ = false;
  std::string alarm_;
  bool alarm_is_of_key_ = false;  // of the vote key, and of nothing else
  DiskGrade disk_ = DiskGrade::plenty;

  std::deque<consensus::Event> events_;
  bool turning_ = false;
  bool sync_wanted_ = false;
  std::uint64_t last_lsn_ = 0;
  std::uint64_t reach_ = 0;         // of the newest kWalReach
  std::uint64_t reach_synced_ = 0;  // and of the newest on the disk

  std::unique_ptr<Timer> replica_timer_;
  std::unique_ptr<Timer> tick_timer_;
  std::unique_ptr<Timer> cut_timer_;
  std::uint64_t ticks_ = 0;

  BatchStore batches_;
  std::uint64_t next_sequence_;
  std::vector<Digest> cut_hashes_;  // statements to call durable after the next sync
  std::map<ValidatorIndex, std::size_t> checks_in_flight_;  // by who sent the batch
  std::atomic<bool> cut_posted_ = false;
  bool cut_timer_armed_ = false;

  // The epoch in force has its last block here, and the next one is not begun.
  struct Ending {
    CosignedHead head;  // after the boundary block
    EpochSet next;
    bool said = false;      // by the replica
    bool hop_kept = false;  // and all below it synced
  };
  std::optional<Ending> ending_;
  bool hop_asked_ = false;  // storage has one to keep
  // Batches of the next epoch from peers that are there already: by validator id.
  std::deque<std::pair<std::string, Bytes>> early_batches_;
  // Peers that spoke of an older epoch: what was sent to them since then, they have not taken.
  std::set<ValidatorIndex> stragglers_;
  // Whose link is older than this epoch and who has not spoken in it: at its first word it is shown
  // its votes, as at a new link (consensus/README.md §13).
  std::set<ValidatorIndex> unheard_;
  // Who has not spoken in this epoch over the link it has: at its first word it is shown the
  // batches of those who have left the set (consensus/README.md §3).
  std::set<ValidatorIndex> unshown_;

  static constexpr std::uint64_t kNotHungry = UINT64_MAX;
  std::atomic<std::uint64_t> hungry_ = kNotHungry;  // or the epoch
  std::optional<MonoTime> lonely_since_;
  std::optional<api::FollowFacts> follow_;  // since then

  CosignatureBook book_;
  std::map<std::uint64_t, Digest> executed_roots_;  // log size → root, the newest of them
  std::optional<Cosignature> own_cosignature_;      // the latest
  std::optional<CosignedHead> checkpointed_;        // last told to the replica
  std::optional<CosignedHead> published_;           // last handed to storage
  std::uint64_t published_as_of_ = 0;
  std::uint64_t synced_height_ = 0;
  std::map<ValidatorIndex, std::uint64_t> claimed_heights_;  // by STATUS; for people only
};

}  // namespace footproof::node
