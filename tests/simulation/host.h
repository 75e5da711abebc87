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
#include "tests/simulation/epochs.h"
#include "tests/simulation/keys.h"
#include "tests/simulation/plan.h"

namespace footproof::simulation {

class World;

// What travels on a link.
struct Wire {
  // get_more and more stand for what is read over HTTP, by anybody from anybody.
  enum class Kind : std::uint8_t { consensus, batch, get_batch, cosignature, get_more, more };
  Kind kind = Kind::consensus;
  std::optional<consensus::Message> message;
  Bytes bytes;                       // consensus: encoded; batch: the body
  Digest digest;                     // get_batch: the batch; cosignature: the root
  std::uint64_t size = 0;            // cosignature: of the log; get_more: height
  consensus::Epoch epoch = 0;        // cosignature, get_more, more: of the asker
  consensus::Signature signature{};  // cosignature
  // more: blocks of that epoch from the height on, their bodies, its end and its hop.
  std::optional<consensus::Chain> chain{};
  std::vector<Bytes> bodies{};
  std::optional<consensus::EndOfEpoch> end{};
  std::optional<Hop> hop{};
  std::uint64_t hash = 0;  // for the trace
};

// The head that a host has cosigned last, written and synced before the signature leaves.
struct Cosigned {
  std::uint64_t size = 0;
  Digest root;
  std::uint64_t time_ms = 0;  // of the block
};

// Where a vote is on its way out (consensus/README.md §13).
enum class VoteStep : std::uint8_t { decided, appended, synced, leaving, half_sent, sent };
inline constexpr std::size_t kVoteSteps = 6;

// Where a host is on its way from one epoch to the next (§10).
enum class EpochStep : std::uint8_t {
  delivered,  // the boundary block, not executed
  executed,   // and not told to the replica
  announced,  // EpochEnded
  hop_made,   // written, not synced
  hop_synced,
  made,     // the next replica, not started
  started,  // and before anything that it did is synced
};
inline constexpr std::size_t kEpochSteps = 7;

class Host final : public consensus::ChainReader {
 public:
  Host(World& world, std::size_t place, Person who, std::unique_ptr<Adversary> adversary);

  // Life.
  void start();
  void crash();
  void crash_at_persist(std::uint64_t count) { crash_countdown_ = count; }
  // Once, with vote `number` (from 1) at that step; it comes back within 2 s.
  void crash_at_vote(std::uint64_t number, VoteStep step) { doomed_ = {number, step, {}, 0}; }
  // Once, on its way out of that epoch.
  void crash_at_epoch(consensus::Epoch epoch, EpochStep step) { doomed_end_ = {epoch, step}; }
  [[nodiscard]] std::uint64_t votes_made() const { return votes_made_; }
  // Of a crashed adversary.
  void lose_disk();
  // From that height on this host executes to roots of its own: a bug, or a bad disk.
  void execute_wrongly_from(consensus::Height height) { wrong_from_ = height; }
  void set_clock_offset(std::int64_t ms) { clock_offset_ = ms; }
  [[nodiscard]] bool up() const { return up_; }
  // Has a place in the set of its epoch, and a replica. Who has none follows.
  [[nodiscard]] bool member() const { return replica_ != nullptr; }
  [[nodiscard]] std::uint64_t life() const { return life_; }
  [[nodiscard]] bool honest() const { return adversary_ == nullptr; }
  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] Person who() const { return who_; }
  [[nodiscard]] consensus::Epoch epoch() const { return epoch_; }
  [[nodiscard]] const EpochFacts& facts() const;                            // of its epoch
  [[nodiscard]] consensus::ValidatorIndex index() const { return index_; }  // there, of a member

  // Events of the world. Those of an earlier life were filtered out.
  void step(const decltype(consensus::Event::what)& what);
  void receive(Person from, const Wire& wire);
  void synced(std::uint64_t target);
  void timer_fired(std::uint64_t at_mono_ms);
  void executed();
  void hop_synced();
  void poll();
  void link(Person peer, bool up);
  // A client's batch.
  void offer(const Bytes& body);

  // For adversaries.
  void transmit(const consensus::Send& send);
  [[nodiscard]] consensus::Vote sign(consensus::VoteType type, const consensus::Proposal& proposal);
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Person person_at(consensus::ValidatorIndex index) const;

  // For checkers.
  [[nodiscard]] const consensus::Replica& replica() const { return *replica_; }
  [[nodiscard]] std::uint64_t wall_ms() const { return now().wall_ms; }
  [[nodiscard]] std::uint64_t durable_lsn() const { return durable_lsn_; }
  [[nodiscard]] bool body_on_disk(const Digest& digest) const;  // synced
  [[nodiscard]] bool block_on_disk(const Digest& id) const;     // synced
  [[nodiscard]] bool holds_body(const Digest& digest) const { return bodies_.contains(digest); }
  [[nodiscard]] std::vector<Digest> unordered_bodies() const;  // in no block that is executed
  [[nodiscard]] Person maker_of(const Digest& body) const { return bodies_.at(body)[0]; }
  [[nodiscard]] std::vector<consensus::Record> disk_records() const;  // all that survived or stands
  [[nodiscard]] consensus::Height store_height() const { return store_.size(); }
  [[nodiscard]] Digest root_at(consensus::Height height) const;
  // The set that the state after it holds for the epoch after `epoch`.
  [[nodiscard]] std::optional<Bytes> pending_at(consensus::Height height,
                                                consensus::Epoch epoch) const;
  [[nodiscard]] bool change_pending() const;
  // The hop of that epoch and all below it are on the disk, synced.
  [[nodiscard]] bool hop_on_disk(consensus::Epoch epoch) const;
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
    std::size_t decided = 0;  // changes of the set
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
  void perform(const consensus::EpochEnded& effect);
  void perform(const consensus::ServeEpochEnd& effect);
  // True: the doomed vote is at this step, and the host is down.
  bool dies(VoteStep step);
  bool dies(EpochStep step);
  void die();
  [[nodiscard]] bool carries_doomed(const consensus::Message& message) const;
  void start_sync();
  void start_execution();
  void cosign();
  bool may_cosign(const Cosigned& now);
  void sync_store();
  void compact();
  bool keep_batch(const Bytes& body);
  void ready(const Digest& digest, const Bytes& body);
  void show_batches_of_those_who_left(Person peer);
  void count_cosignature(Person from, const Wire& wire);
  void keep(const consensus::Block& block, const consensus::Certificate& finalization);
  [[nodiscard]] std::size_t decided_at(consensus::Height height) const;
  [[nodiscard]] std::optional<consensus::NextSet> pending(consensus::Height height,
                                                          consensus::Epoch epoch) const;
  // host_epochs.cc
  void enter_epoch();
  bool make_replica();
  [[nodiscard]] consensus::Recovery recovery() const;
  void try_hop();
  void adopt(const Hop& hop);
  void serve(Person to, const Wire& request);
  void take(const Wire& more);
  bool follow(const Wire& more);
  void ask_more();
  [[nodiscard]] bool proves(const consensus::Chain& chain) const;
  [[nodiscard]] consensus::Now now() const;
  [[nodiscard]] consensus::Checkpoint head() const;

  World& world_;
  std::size_t place_;
  Person who_;
  std::unique_ptr<Adversary> adversary_;
  std::optional<KeySigner> signer_;
  std::size_t key_slot_ = 0;  // of the key that it votes with
  std::int64_t clock_offset_ = 0;
  consensus::Height wrong_from_ = UINT64_MAX;
  std::uint64_t life_ = 0;
  std::uint64_t crash_countdown_ = 0;  // 0: none
  std::uint64_t votes_made_ = 0;
  Doomed doomed_;
  std::optional<std::pair<consensus::Epoch, EpochStep>> doomed_end_;
  bool up_ = false;
  consensus::Epoch epoch_ = 0;
  consensus::ValidatorIndex index_ = 0;
  std::unique_ptr<consensus::Replica> replica_;

  // Disk.
  std::vector<DiskRecord> wal_;
  std::size_t wal_synced_ = 0;
  std::vector<Stored> store_;  // height 1 first
  std::size_t store_synced_ = 0;
  std::vector<Hop> hops_;  // of epoch 0 first; in the store, behind the boundary block of each
  std::size_t hops_synced_ = 0;
  Cosigned cosigned_;             // the anchor
  std::set<Digest> disk_bodies_;  // synced in the WAL, or of a block in the synced store
  std::set<Digest> disk_blocks_;

  // Memory.
  std::uint64_t timer_at_ = 0;
  bool sync_running_ = false;
  bool sync_wanted_ = false;
  std::uint64_t last_lsn_ = 0;
  std::uint64_t durable_lsn_ = 0;
  std::map<Digest, Bytes> bodies_;
  std::map<Digest, std::uint64_t> handed_in_;  // again, when last
  std::set<Person>
      shown_;  // who spoke in this epoch over the link it has: the batches of those gone
  std::deque<consensus::Deliver> to_execute_;
  bool executing_ = false;
  std::map<std::pair<std::uint64_t, Digest>, std::map<Person, consensus::Signature>> cosigners_;
  std::optional<consensus::EpochEnded> ending_;  // announced, the hop is not durable yet
  std::size_t height_looked_at_ = 0;  // when it last heard elsewhere that its epoch is over
  std::size_t looks_in_vain_ = 0;     // since it is there
  std::size_t rotation_ = 0;
};

}  // namespace footproof::simulation
