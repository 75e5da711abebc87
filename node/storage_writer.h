// What the storage thread does, step by step: executes delivered blocks in height order, writes
// each in one LevelDB batch together with its consensus blocks and batches, keeps the anchor, and
// makes this node's cosignatures. The only writer of the store.
//
// Invariants: a cosignature is made only of a head that was read back (ledger/store.h) and after
// the anchor holds it durably; heads are synced at most every kSyncEvery, a crash before that
// replays from the write-ahead log. After a failed write it does nothing more and says so once.
//
// deliver(), publish() and stop() are called from the core thread; events come from the runner's,
// and out of stop().
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/hop.h"
#include "consensus/replica.h"
#include "ledger/store.h"
#include "node/batch.h"
#include "node/cosignatures.h"
#include "node/evidence_book.h"
#include "node/ports.h"
#include "node/verdict_cache.h"

namespace footproof::node {

constexpr std::chrono::milliseconds kSyncEvery{50};
// A node this far behind does not cosign what all others have long left: it only catches up.
constexpr std::size_t kCosignBacklogMax = 64;

struct DeliveredBlock {
  consensus::Block block;
  Digest block_id;
  consensus::Certificate finalization;
  std::vector<HeldBatch> batches;  // in the order of the block's references
};

// What came of one.
struct ExecutedBlock {
  ledger::Head head;
  std::vector<ledger::Outcome> outcomes;
  std::optional<Cosignature> mine;
  std::optional<NextValidatorsRecord> next;  // what the state after it holds for the next epoch
  bool ends_epoch = false;                   // the boundary block
};

// Whose cosignatures this node makes: heads of this epoch alone.
struct EpochCosigner {
  std::uint64_t epoch = 0;
  const SigningKey* key = nullptr;  // outlives the writer
};

class StorageEvents {
 public:
  virtual ~StorageEvents() = default;
  virtual void block_executed(ExecutedBlock block) = 0;
  virtual void store_synced(std::uint64_t height) = 0;
  virtual void checkpoint_published(std::uint64_t size) = 0;
  // Execution contradicts what this node has cosigned.
  virtual void must_not_cosign(const std::string& why) = 0;
  // The hop that ends this epoch is in the store, and all below it: durable.
  virtual void hop_kept(std::uint64_t epoch) = 0;
  // It does not hold. `from`: as keep_hop() was told.
  virtual void hop_refused(consensus::ValidatorIndex from, const std::string& why) = 0;
  // The disk failed: the process must end.
  virtual void storage_failed(const std::string& why) = 0;
};

class StorageWriter {
 public:
  // All references outlive the writer.
  StorageWriter(ledger::Store& store, EvidenceBook& evidence, const std::string& origin,
                VerdictCache& verdicts, const Clock& clock, Runner& runner, StorageEvents& events);
  // What was delivered and not executed is left for the next start.
  ~StorageWriter();
  StorageWriter(const StorageWriter&) = delete;
  StorageWriter& operator=(const StorageWriter&) = delete;

  void start();
  void deliver(DeliveredBlock block);
  void publish(CosignedHead head, std::string note);
  // The hop that ends the epoch of the current head: made of a checkpoint note with q cosignatures,
  // or as a peer has it.
  void keep_hop(std::variant<std::string, Hop> what, consensus::ValidatorIndex from);
  // The current head once more: after a restart, and never by an observer.
  void cosign_current();
  // Until this is called, and after none, nothing is cosigned.
  void cosign_as(std::optional<EpochCosigner> cosigner);
  // For the rest of this process's life.
  void forbid_cosigning();
  // Finishes what was delivered, and syncs.
  void stop();

 private:
  struct Publish {
    CosignedHead head;
    std::string note;
  };
  struct CosignCurrent {};
  struct KeepHop {
    std::variant<std::string, Hop> what;
    consensus::ValidatorIndex from = 0;
  };
  using Task = std::variant<DeliveredBlock, Publish, CosignCurrent, KeepHop>;

  // One task, and the sync if it is due; when to come again.
  MonoTime step();
  // False after a failure that ends the process.
  bool run(Task& task, std::size_t backlog);
  bool execute(const DeliveredBlock& delivered, bool cosign);
  bool keep(KeepHop& task);
  bool sync();
  Result<std::optional<Cosignature>> cosign(const ledger::Head& head);
  void push(Task task);
  [[nodiscard]] bool has_tasks();

  ledger::Store& store_;
  EvidenceBook& evidence_;
  const std::string& origin_;
  VerdictCache& verdicts_;
  const Clock& clock_;
  Runner& runner_;
  StorageEvents& events_;

  std::mutex mutex_;
  std::deque<Task> tasks_;                 // guarded by mutex_
  bool stopping_ = false;                  // guarded by mutex_
  bool may_cosign_ = true;                 // guarded by mutex_
  std::optional<EpochCosigner> cosigner_;  // guarded by mutex_
  bool failed_ = false;                    // within a step only, as are those below
  bool dirty_ = false;                     // something is applied and not synced
  MonoTime synced_at_;
};

}  // namespace footproof::node
