// One simulated process: a replica with its disk, its batches and its execution, as
// consensus/replica.h asks of a host. Disk and store lose what was not synced when it crashes.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "consensus/record.h"
#include "consensus/replica.h"
#include "tests/simulation/adversary.h"
#include "tests/simulation/keys.h"
#include "tests/simulation/plan.h"

namespace footproof::simulation {

class World;

// What travels on a link.
struct Wire {
  enum class Kind : std::uint8_t { consensus, batch, get_batch, cosignature };
  Kind kind = Kind::consensus;
  std::optional<consensus::Message> message;
  Bytes bytes;    // consensus: encoded; batch: the body
  Digest digest;  // get_batch: the batch; cosignature: the root
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  // for the trace
};

// Where a vote is on its way out (consensus/README.md §13).
enum class VoteStep : std::uint8_t { decided, appended, synced, leaving, half_sent, sent };
inline constexpr std::size_t kVoteSteps = 6;

class Host final : public consensus::ChainReader {
 public:
  Host(World& world, std::size_t place, consensus::ValidatorIndex validator,
       std::unique_ptr<Adversary> adversary);

  // Life.
  void start();
  void crash();
  void crash_at_persist(std::uint64_t count) { crash_countdown_ = count; }
  // Once, with vote `number` (from 1) at that step; it comes back within 2 s.
  void crash_at_vote(std::uint64_t number, VoteStep step) { doomed_ = {number, step, {}, 0}; }
  [[nodiscard]] std::uint64_t votes_made() const { return votes_made_; }
  // Of a crashed adversary.
  void lose_disk();
  // From that height on this host executes to roots of its own: a bug, or a bad disk.
  void execute_wrongly_from(consensus::Height height) { wrong_from_ = height; }
  void set_clock_offset(std::int64_t ms) { clock_offset_ = ms; }
  [[nodiscard]] bool up() const { return replica_ != nullptr; }
  [[nodiscard]] std::uint64_t life() const { return life_; }
  [[nodiscard]] bool honest() const { return adversary_ == nullptr; }
  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] consensus::ValidatorIndex validator() const { return validator_; }

  // Events of the world. Those of an earlier life were filtered out.
  void step(const decltype(consensus::Event::what)& what);
  void receive(consensus::ValidatorIndex from, const Wire& wire);
  void synced(std::uint64_t target);
  void timer_fired(std::uint64_t at_mono_ms);
  void executed();
  // A client's batch.
  void offer(const Bytes& body);

  // For adversaries.
  void transmit(const consensus::Send& send);
  [[nodiscard]] consensus::Vote sign(consensus::VoteType type, const consensus::Proposal& proposal);
  [[nodiscard]] World& world() { return world_; }

  // For checkers.
  [[nodiscard]] const consensus::Replica& replica() const { return *replica_; }
  [[nodiscard]] std::uint64_t wall_ms() const { return now().wall_ms; }
  [[nodiscard]] std::uint64_t durable_lsn() const { return durable_lsn_; }
  [[nodiscard]] bool body_on_disk(const Digest& digest) const;  // synced
  [[nodiscard]] bool block_on_disk(const Digest& id) const;     // synced
  [[nodiscard]] bool holds_body(const Digest& digest) const { return bodies_.contains(digest); }
  [[nodiscard]] std::vector<consensus::Record> disk_records() const;  // all that survived or stands
  [[nodiscard]] consensus::Height store_height() const { return store_.size(); }
  [[nodiscard]] Digest root_at(consensus::Height height) const;
  [[nodiscard]] std::optional<consensus::Block> block_at(consensus::Height height) const override;
  [[nodiscard]] std::optional<consensus::Certificate> finalization_at(
      consensus::Height height) const override;

 private:
  struct DiskRecord {
    std::uint64_t lsn = 0;  // 0: a batch
    Bytes bytes;
    Digest id;  // of the batch or block; zero for others
  };
  struct Stored {
    consensus::Block block;
    consensus::Certificate finalization;
    consensus::Checkpoint head;
  };

  struct Doomed {
    std::uint64_t number = 0;  // 0: none
    VoteStep step = VoteStep::decided;
    std::optional<consensus::Vote> vote;  // once it is decided on
    std::size_t end = 0;                  // of its record in the log
  };

  void perform(const consensus::Effects& effects);
  void perform(const consensus::Send& effect);
  void perform(const consensus::Persist& effect);
  void perform(const consensus::SetTimer& effect);
  void perform(const consensus::Fetch& effect);
  void perform(const consensus::Deliver& effect);
  void perform(const consensus::ServeChain& effect);
  void perform(const consensus::EvidenceFound& effect);
  void perform(const consensus::Alarm& effect);
  void perform(const consensus::EpochEnded&) {}
  void perform(const consensus::ServeEpochEnd&) {}
  // True: the doomed vote is at this step, and the host is down.
  bool dies(VoteStep step);
  [[nodiscard]] bool carries_doomed(const consensus::Message& message) const;
  void start_sync();
  void start_execution();
  void cosign();
  void sync_store();
  void compact();
  bool keep_batch(const Bytes& body);
  void ready(const Digest& digest, const Bytes& body);
  void count_cosignature(consensus::ValidatorIndex from, std::uint64_t size, const Digest& root);
  [[nodiscard]] consensus::Now now() const;
  [[nodiscard]] consensus::Checkpoint head() const;

  World& world_;
  std::size_t place_;
  consensus::ValidatorIndex validator_;
  std::unique_ptr<Adversary> adversary_;
  KeySigner signer_;
  std::int64_t clock_offset_ = 0;
  consensus::Height wrong_from_ = UINT64_MAX;
  std::uint64_t life_ = 0;
  std::uint64_t crash_countdown_ = 0;  // 0: none
  std::uint64_t votes_made_ = 0;
  Doomed doomed_;
  std::unique_ptr<consensus::Replica> replica_;

  // Disk.
  std::vector<DiskRecord> wal_;
  std::size_t wal_synced_ = 0;
  std::vector<Stored> store_;  // height 1 first
  std::size_t store_synced_ = 0;
  std::set<Digest> disk_bodies_;  // synced in the WAL, or of a block in the synced store
  std::set<Digest> disk_blocks_;

  // Memory.
  std::uint64_t timer_at_ = 0;
  bool sync_running_ = false;
  bool sync_wanted_ = false;
  std::uint64_t last_lsn_ = 0;
  std::uint64_t durable_lsn_ = 0;
  std::map<Digest, Bytes> bodies_;
  std::deque<consensus::Deliver> to_execute_;
  bool executing_ = false;
  std::map<std::pair<std::uint64_t, Digest>, std::set<consensus::ValidatorIndex>> cosigners_;
  std::size_t rotation_ = 0;
};

}  // namespace footproof::simulation
