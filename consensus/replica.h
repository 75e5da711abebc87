// One validator's part in ordering: a pure state machine, step(event) -> effects (README.md).
//
// No clock, random, thread, socket or file: time, bytes and verdicts come in as events; everything
// that must happen goes out as effects. The simulator and the node drive the same object code.
//
// The contract with the host (node/ or the simulator):
//
// * One thread calls step(). Effects are carried out in order. An event is never handed in from
//   inside the handling of an effect of the same step.
// * Persist: append `record` to the WAL. After the last effect of the turn, if any Persist asked
//   for `sync`, sync once and then hand in Durable(highest lsn appended). Durable says: this
//   record and all before it survive a power cut. Records without `sync` may ride along later.
//   lsn counts from 1 in each life of a Replica; the WAL need not store it.
// * Votes never leave before they are durable: the replica holds them back until Durable. So every
//   Send may be sent at once, and the host needs no queue of its own.
// * Send to nobody in particular goes to every other validator. Sends may be lost; the replica
//   repeats. The bytes on the wire are encode(message); Received takes what parse_message gave,
//   with `from` = the validator at the other end of the (authenticated) link.
// * SetTimer: one wake-up, at this monotonic time; it replaces the one before. A TimerFired that
//   comes early or twice does no harm.
// * Batch bodies belong to the host: it makes, stores, serves (GET_BATCH) and fetches them. When
//   it holds a well-formed batch AND has appended it to the same WAL (before any later Persist;
//   sync not needed), it hands in PayloadReady. A body whose digest fits but whose form is bad is
//   PayloadInvalid. On Fetch it asks `ask_first`, then others, until each batch is in; Fetch is
//   repeated while the batch is still wanted. A batch may be deleted only after PayloadDropped was
//   handed in, and that only when replica.needs_batch(digest) is false.
// * Deliver: finalized blocks, in height order, each once in a life, bodies all held. The host
//   stores the block with its finalization, executes it, and answers Executed in height order. It
//   must keep delivered blocks for ever (or until it can say so): it answers ServeChain from them
//   with make_chain() below.
// * Checkpointed: the host verified q cosignatures over this log size and root, of whatever height.
// * EpochEnded: the boundary block is final, delivered and executed; once in a life, so after a
//   restart again. This replica does not vote any more; it is stepped on, for others, until the
//   head after that block has q cosignatures of its set and these, the block and all below it are
//   synced (the hop, docs/formats.md §7). Only then may the host make the Replica of the next
//   epoch: from an EpochRoot, with the membership that the boundary block carries, self by its
//   place in that one, and Started.
// * Every ValidatorIndex in an event or effect is the place in this replica's own membership,
//   whatever epoch a message is of. The host maps links to it by validator id, and hands in nothing
//   that comes from somebody who has no place there.
// * ServeEpochEnd: a peer speaks of an older epoch. The host answers with make_end_of_epoch().
//   ServeChain may name an older epoch too.
// * Shown: for who has too few links: a CHAIN that the host has from elsewhere, taken for what it
//   proves. Its batches may come before or after; one that came before may be let go: Fetch asks.
// * Contradicted: what was delivered contradicts what the host has executed or cosigned before. The
//   answer is an Alarm.
// * Cosignatures, GET_BATCH/BATCH, and everything about statements are the host's own messages.
// * EvidenceFound and Alarm are for people: log, metric, health page. Alarm means that this node
//   has stopped voting and must stop cosigning, in every later life, too: the host notes it durably
//   and starts as observer. AlarmKind::own_key is of the key alone: until the validator has another
//   one; the chain is followed, the epoch ends here, and an alarm about the chain may still come.
//   After one about the chain no other comes and no epoch ends in this life.
// * After a restart: build a new Replica, of the epoch that follows the last hop in the store, from
//   every WAL record in order (Recovery), hand in PayloadReady for every batch still held, then
//   Started. Nothing else may come before Started.
// * WAL space: live_records() gives what must survive, given what the store has synced. Write it to
//   a new segment, sync, then delete the old ones. Of an epoch whose boundary block is synced
//   nothing needs to survive but evidence, and that only for people: once the next replica is made,
//   its live_records() are all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "consensus/epoch_end.h"
#include "consensus/messages.h"
#include "consensus/quorum.h"

namespace footproof::consensus {

struct Now {
  std::uint64_t wall_ms = 0;  // since 1970, UTC; may jump. Used for block times only
  std::uint64_t mono_ms = 0;  // never goes back within one life. Used for timers only
};

// ---- events

struct Started {};  // once, after Recovery and the held batches
struct Connected {
  ValidatorIndex peer = 0;
};
struct Disconnected {
  ValidatorIndex peer = 0;
};
struct Received {
  ValidatorIndex from = 0;  // whose link it came over; votes are judged by signature alone
  Message message;
};
struct TimerFired {};
struct Durable {
  std::uint64_t lsn = 0;
};
struct PayloadReady {
  BatchRef ref;
  ValidatorIndex producer = 0;
  bool proposable = true;  // false: keep it out of own proposals (a bad signature in it)
};
struct PayloadInvalid {
  Digest digest;
};
struct PayloadDropped {
  Digest digest;
};
struct Executed {
  Checkpoint head;  // height: of the executed block; size and root after it
  // The set that the state after it holds for the next epoch, where it differs from this epoch's.
  std::optional<NextSet> next{};
};
struct Checkpointed {
  std::uint64_t log_size = 0;
  Digest log_root;
};
struct Contradicted {
  std::string why;
};
struct Shown {  // a stretch of this epoch's chain that came over no link
  Chain chain;
};

struct Event {
  Now now;
  std::variant<Started, Connected, Disconnected, Received, TimerFired, Durable, PayloadReady,
               PayloadInvalid, PayloadDropped, Executed, Checkpointed, Contradicted, Shown>
      what;
};

// ---- effects

struct Send {
  std::optional<ValidatorIndex> to;  // none: every other validator
  Message message;
};
struct Persist {
  std::uint64_t lsn = 0;
  Epoch epoch = 0;
  View view = 0;
  bool sync = false;
  Bytes record;
};
struct SetTimer {
  std::uint64_t mono_ms = 0;
};
struct Fetch {
  std::vector<BatchRef> batches;
  ValidatorIndex ask_first = 0;
};
struct Deliver {
  Block block;
  Digest block_id;
  Certificate finalization;  // of this block or of a descendant
};
struct ServeChain {
  ValidatorIndex to = 0;
  Epoch epoch = 0;  // this one, or an older one
  Height from_height = 0;
  std::uint32_t max = 0;
};
struct ServeEpochEnd {  // at most one a peer in 2 delta_ms
  ValidatorIndex to = 0;
  Epoch epoch = 0;  // older than this one
};
struct EpochEnded {
  Epoch epoch = 0;
  Block boundary;
  Digest block_id;
  Certificate finalization;  // names the block itself
};
struct EvidenceFound {
  Evidence evidence;
};
enum class AlarmKind : std::uint8_t {
  execution_differs,     // a quorum executed to another root than this node
  conflicting_finality,  // more than f validators are faulty
  own_key,               // somebody else signs with this node's vote key
};
struct Alarm {
  AlarmKind kind = AlarmKind::execution_differs;
  std::string detail;
  std::uint32_t signers = 0;  // conflicting_finality: who signed both sides, bit i = validator i
};

using Effect = std::variant<Send, Persist, SetTimer, Fetch, Deliver, ServeChain, EvidenceFound,
                            Alarm, ServeEpochEnd, EpochEnded>;
using Effects = std::vector<Effect>;

// ---- what a replica is made from

// Rules broken on purpose, to show that the simulator notices. Never set outside tests.
enum class Mutation : std::uint8_t {
  none,
  finalize_after_nullify,
  parent_without_nullifications,
  send_before_durable,
  notarize_without_bodies,
  no_repetition,
  quorum_too_small,
  signer_counted_twice,
  vote_in_closed_epoch,
  child_of_boundary,
  // Of the host: it makes the next replica before the hop is durable; with the keys that members
  // had before.
  next_epoch_without_hop,
  old_keys_in_next_epoch,
};
inline constexpr std::size_t kMutations = 12;  // none included

struct Parameters {
  std::uint64_t delta_ms = 150;    // bound on one message delay, repeated ones included
  std::uint64_t idle_ms = 60'000;  // an idle leader proposes an empty block after this
  std::uint64_t status_ms = 1'000;
  std::uint64_t drift_ms = 2'000;  // how far ahead of my clock a block time may be
  std::uint64_t backdate_ms = 60'000;
  std::uint32_t checkpoint_lag = 8;  // heights between a block and the head that it names
  std::uint32_t boundary_delay = 8;  // heights from the block that fixes an epoch's end to the end
  std::uint32_t unfinalized_payload_max = 32;  // blocks of a branch; above it leaders propose empty
  bool observer = false;                       // follow, never vote
  // README.md §13. Off for validators that are meant to break it, in tests.
  bool guard_own_key = true;  // stop at a vote of the own key that is not the own one
  bool listen_first = true;   // no vote before q - 1 others said where they stand
  Mutation mutation = Mutation::none;
};

// The block that the epoch builds on, the genesis block or the boundary block of the epoch before:
// notarized and finalized at view 0, and a checkpoint without further proof.
struct EpochRoot {
  Digest block_id;
  Height height = 0;
  std::uint64_t time_ms = 0;
  Checkpoint checkpoint;  // the head after it, of this very height; genesis: (0, 1, root)
};

// The last block that the store has executed and synced.
struct Applied {
  Block block;
  Certificate finalization;  // as it came with Deliver
};

struct Recovery {
  // Every Persist record the WAL gave back, in order. Those of older epochs are passed over.
  std::vector<Bytes> records;
  std::optional<Applied> applied;  // none: nothing above the epoch root
  // Executed heads, ascending, the last one `applied`'s; the more (up to kHeadsMax) the better.
  // The epoch root counts by itself, and nothing at or below it does.
  std::vector<Checkpoint> heads;
  // The sets for the next epoch that their states hold: the heights where that changed, ascending,
  // from the epoch root's on: its state may hold one already, decided after this epoch's was fixed.
  // What is given for a lower height is passed over.
  std::vector<std::pair<Height, std::optional<NextSet>>> next_sets{};
  // end_after(`applied`), as the host kept it (epoch_end.h).
  std::optional<EpochEnd> end{};
  // Of this epoch, in the chain up to `applied`: it is not proposed again.
  std::vector<EvidenceKey> evidence{};
};

class Replica {
 public:
  static constexpr std::size_t kHeadsMax = 4096;

  // `self` none: observer. Fails when a record does not parse, belongs to another chain or to a
  // later epoch (the store is an older copy): the host then starts without records as observer
  // (README.md §13). usage: no such validator; a root whose checkpoint is of another height.
  [[nodiscard]] static Result<std::unique_ptr<Replica>> make(Parameters parameters,
                                                             Membership membership, EpochRoot root,
                                                             std::optional<ValidatorIndex> self,
                                                             Signer* signer,
                                                             const Verifier& verifier,
                                                             const Recovery& recovery);
  ~Replica();

  [[nodiscard]] Effects step(const Event& event);

  // True while a held block that is not executed yet names this batch.
  [[nodiscard]] bool needs_batch(const Digest& digest) const;
  // What a fresh WAL must hold so that nothing is lost, when the store has synced everything up to
  // `synced_height`.
  [[nodiscard]] std::vector<Bytes> live_records(Height synced_height) const;

  struct Info {
    Epoch epoch = 0;
    View view = 0;
    View finalized_view = 0;
    Height finalized_height = 0;  // of the highest finalized block that is held with its ancestors
    Height delivered_height = 0;
    Height executed_height = 0;
    Height peers_height = 0;      // the highest finalized height that f+1 others claim: a hint
    bool voting = false;          // false also while it listens
    bool listening = false;       // will vote when enough others were heard
    std::optional<EpochEnd> end;  // fixed by the finalized chain, as far as it is executed
    bool closed = false;          // the boundary block is finalized: no vote in this epoch any more
    std::uint64_t proposals_mine = 0;
    std::uint64_t views_nullified = 0;
    std::uint64_t messages_refused = 0;  // bad signatures, blocks that do not fit their hash
    std::size_t views_held = 0;
    std::size_t blocks_held = 0;
    std::size_t batches_held = 0;
    std::size_t evidence_held = 0;
  };
  [[nodiscard]] Info info() const;
  // Every offence that was seen, also before a restart; at most kSignerEvidenceMax of a signer.
  [[nodiscard]] std::vector<Evidence> evidence() const;

 private:
  class Core;
  explicit Replica(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// ---- GET_CHAIN, answered from the host's store

class ChainReader {
 public:
  virtual ~ChainReader() = default;
  [[nodiscard]] virtual std::optional<Block> block_at(Height height) const = 0;
  // The certificate that came with Deliver for this height.
  [[nodiscard]] virtual std::optional<Certificate> finalization_at(Height height) const = 0;
};

// Blocks of `epoch` from `from_height` that end with one that a certificate names directly; none if
// the store has no such stretch within the limits. It ends with the epoch's boundary block.
[[nodiscard]] std::optional<Chain> make_chain(const ChainReader& reader, Epoch epoch,
                                              Height from_height, std::uint32_t max);
// The answer to ServeEpochEnd, from the height at which the store says that `epoch` ended; none if
// it does not hold the boundary block of that epoch there.
[[nodiscard]] std::optional<EndOfEpoch> make_end_of_epoch(const ChainReader& reader, Epoch epoch,
                                                          Height boundary_height);

}  // namespace footproof::consensus
