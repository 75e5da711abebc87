// Follows a network over the public HTTP interface of its nodes, without a vote and without a key:
// fetches finalised blocks from any source, verifies, executes and keeps them, so that whoever has
// this store can serve all that a validator serves, to further followers too.
//
// What proves a block: certificates by the set of its epoch, which is in the state executed before
// it; hashes down to our own head; batches by their digests. What proves the execution: the log
// heads that headers name, and checkpoints with q cosignatures; where one of them differs from what
// was executed here, this node's execution is not the network's: an alarm, and no step further.
// A source can only be useless. Nothing unproven is written; one that lies, stalls, goes back or
// sends garbage is left with the reason (source_book.h), so one honest source is enough. So is one
// that gives little for the time it takes, or less than it says that it has; and one that gives as
// fast as it can is changed now and then, because it may hide the newest blocks.
// At the end of an epoch it stops until the hop to the next one is kept: fetched, or made of the
// checkpoint at its end.
// Every stretch is synced before the next: after kill -9 it goes on where the store stands.
//
// step() is the whole of it, for a runner of its own; the store has no other writer meanwhile. It
// can run before an Engine on the same store (a member that is still to catch up), or for ever.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "ledger/store.h"
#include "node/chain_answer.h"
#include "node/counters.h"
#include "node/evidence_book.h"
#include "node/follow_meter.h"
#include "node/judging_set.h"
#include "node/ports.h"
#include "node/source_book.h"
#include "node/storage_writer.h"
#include "node/verdict_cache.h"

namespace footproof::node {

// All of it outlives the follower.
struct FollowerParts {
  ledger::Store& store;
  EvidenceBook& evidence;
  const Clock& clock;
  VerdictCache& verdicts;
  Counters& counters;
  Workers* workers = nullptr;              // for signatures; null: all on the runner's thread
  std::function<void()> published;         // a newer checkpoint is served
  std::function<void(std::string)> fatal;  // once: the disk failed, the process must end
};

class Follower {
 public:
  static constexpr std::chrono::milliseconds kAskEvery{500};  // where nothing was new

  Follower(FollowerParts parts, std::vector<std::unique_ptr<Source>> sources);

  // Asks one source once and takes up what is good; when to come again.
  [[nodiscard]] MonoTime step();

  // Any thread.
  [[nodiscard]] api::FollowFacts facts() const;
  // Why it goes no further; empty: all is well.
  [[nodiscard]] std::string alarm() const;
  // All sources that are not in trouble have answered, and none shows more than this store has.
  [[nodiscard]] bool is_caught_up() const;

 private:
  // Of one answer: what it gave, and the fault of its source.
  struct Taken {
    std::size_t blocks = 0;
    bool is_all = true;       // up to what the source says that it has
    bool sourceless = false;  // our own trouble: alarm or fatal has been raised
    std::optional<Trouble> trouble{};
  };
  [[nodiscard]] bool load_set();
  [[nodiscard]] bool make_hop(const ledger::Snapshot& ended, const std::string& note);
  [[nodiscard]] bool keep_hop(const Hop& hop, std::uint64_t epoch);
  [[nodiscard]] Taken ask(Source& source);
  [[nodiscard]] Taken ask_hop(Source& source);
  [[nodiscard]] Taken take_boundary(const ChainAnswer& answer);
  [[nodiscard]] Taken take(ByteView bytes);
  [[nodiscard]] Taken execute(const std::vector<DeliveredBlock>& blocks);
  [[nodiscard]] bool execute_one(const DeliveredBlock& block);
  [[nodiscard]] bool names_our_log(const consensus::Checkpoint& named);
  void check_signatures(const std::vector<DeliveredBlock>& blocks);
  [[nodiscard]] Taken take_checkpoint(const std::string& note);
  void raise_alarm(std::string why);
  void fail_for_good(const std::string& why);
  void note_progress(bool answered);
  [[nodiscard]] bool is_stopped() const;

  FollowerParts parts_;
  SourceBook sources_;
  std::shared_ptr<const JudgingSet> set_;
  bool owes_hop_ = false;  // the head ends an epoch, and its hop is not kept yet
  std::uint64_t published_as_of_ = 0;
  bool failed_ = false;
  FollowMeter progress_;

  mutable std::mutex mutex_;
  api::FollowFacts facts_;     // guarded by mutex_
  std::string alarm_;          // guarded by mutex_
  bool is_caught_up_ = false;  // guarded by mutex_
};

}  // namespace footproof::node
