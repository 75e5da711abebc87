// Makes the store of a node that begins with a snapshot, from what any nodes serve over HTTP: the
// state at a checkpoint part by part, the whole log bundle by bundle, the block at its end. The
// tail is then followed like any chain (node/follower.h).
//
// Every part is verified before it is written: the checkpoint by the quorum of its set, which hops
// lead to from the genesis set (attest/hop.h), the record at its end by its path, each part of the
// state by the hash that the part above gave (ledger/state_part.h), each bundle of the log by the
// tile hashes that lead to the root. So a source that lies is found out at its part, and left with
// the reason; what others gave stays. Saved is execution: signatures and rules of the past, which q
// validators vouch for. The log is fetched whole, because rules look at any earlier statement.
// After kill -9 it goes on where it stood. A state is of the node that offered it, so that one is
// waited for while it is busy or gone for a moment. Where it keeps the state no more, gives it too
// slowly, or nobody has the block at its end, another state is begun with; the log stays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/reader.h"
#include "attest/block_record.h"
#include "attest/policy.h"
#include "ledger/store.h"
#include "ledger/store_builder.h"
#include "node/config.h"
#include "node/network.h"
#include "node/ports.h"
#include "node/snapshot_offer.h"
#include "node/source_book.h"

namespace footproof::node {

class SnapshotJoin {
 public:
  static constexpr std::chrono::seconds kTellEvery{5};
  static constexpr unsigned kWaitsMax = 8;  // in a row, for whoever has our state
  static constexpr std::chrono::seconds kWaitMax{30};
  static constexpr std::chrono::seconds kTurn{5};  // of the log, with one source; then the next
  // Fewer useful bytes a second than this for so long are slow. Twice as long after each time, so
  // that over a line on which all are slow it comes to an end.
  static constexpr std::size_t kBytesPerSecondMin = std::size_t{16} * 1024;
  static constexpr std::chrono::seconds kMeasuredFor{30};
  // Of that, not counted: a node may be started again. More makes whoever is busy now and then
  // slow.
  static constexpr std::chrono::minutes kWaitedMax{5};

  // Builds beside `paths`, whose database and anchor are there when is_done(). All outlives it.
  [[nodiscard]] static Result<std::unique_ptr<SnapshotJoin>> begin(
      const Network& network, const Clock& clock, ledger::StorePaths paths,
      std::vector<std::unique_ptr<Source>> sources);
  ~SnapshotJoin();
  SnapshotJoin(const SnapshotJoin&) = delete;
  SnapshotJoin& operator=(const SnapshotJoin&) = delete;
  // Whether one was begun on these paths and is not done.
  [[nodiscard]] static bool is_begun(const ledger::StorePaths& paths);
  // usage: one was cut off here, and the node is not to begin with a snapshot any more.
  [[nodiscard]] static Result<void> check_cut_off(const ledger::StorePaths& paths,
                                                  CatchUp catch_up);

  // Asks one source for one thing; when to come again. An error is our own trouble: the disk.
  [[nodiscard]] Result<MonoTime> step();
  [[nodiscard]] bool is_done() const { return phase_ == Phase::done; }
  // Any thread.
  [[nodiscard]] api::FollowFacts facts() const;

 private:
  enum class Phase : std::uint8_t { state, hashes, log, block, done };
  // A checkpoint that a quorum vouches for, and its last record.
  struct Target {
    SnapshotOffer offer;
    std::uint64_t size = 0;
    Digest root;
    BlockRecord record;
  };
  struct Part {
    std::string prefix;
    Digest hash;
  };
  // Hashes of the log at the target's size, from level 0 of its last partial tile up.
  class Hashes;
  // What came of asking: nothing, or why the source is left. Errors are of our own disk.
  using Asked = Result<std::optional<Trouble>>;

  SnapshotJoin(const Network& network, const Clock& clock, ledger::StorePaths paths,
               std::filesystem::path folder, std::unique_ptr<ledger::StoreBuilder> builder,
               std::vector<std::unique_ptr<Source>> sources);
  [[nodiscard]] Asked ask(Source& source);
  [[nodiscard]] Asked ask_offer(Source& source);
  [[nodiscard]] Asked ask_hop(Source& source);
  [[nodiscard]] Asked ask_part(Source& source);
  [[nodiscard]] Asked ask_hashes(Source& source);
  [[nodiscard]] Asked ask_bundle(Source& source);
  [[nodiscard]] Asked ask_block(Source& source);
  [[nodiscard]] Result<Target> judge_offer(SnapshotOffer offer) const;
  [[nodiscard]] Result<ValidatorsRecord> set_of(std::uint64_t epoch) const;
  [[nodiscard]] Result<void> abandon();
  [[nodiscard]] Result<void> finish(std::vector<ledger::OrderingBlob> ordering);
  [[nodiscard]] Result<void> put_in_place(const ledger::Head& head);
  [[nodiscard]] Result<void> take_hops();
  void take_up();
  // After trouble of a request that began then: when to ask the same one again; none: it is left.
  [[nodiscard]] std::optional<MonoTime> wait_for(const Source& source, const Trouble& trouble,
                                                 MonoTime begun, MonoTime now);
  // After an answer that was good: whether the source is left as slow, or for the next one's turn.
  void measure(const Source& source, MonoTime now);
  void aim(Target target);
  [[nodiscard]] Bytes note(std::string_view done) const;
  void tell();

  const Network& network_;
  const Clock& clock_;
  ledger::StorePaths paths_;
  std::filesystem::path folder_;  // where the builder works
  std::unique_ptr<ledger::StoreBuilder> builder_;
  SourceBook sources_;
  Policy policy_;  // from genesis, by hops
  Phase phase_ = Phase::state;
  std::optional<Target> target_;
  const Source* offered_by_ = nullptr;  // of this process' life
  std::vector<Part> parts_;             // of the state, to be asked for; the next one last
  std::string done_;                    // the last prefix whose records are here; empty: none
  std::unique_ptr<Hashes> hashes_;
  const Source* hashes_by_ = nullptr;
  // Hops are wanted up to the set of this epoch, because this source offers a snapshot of it.
  std::uint64_t hops_to_ = 0;
  const Source* hops_by_ = nullptr;
  unsigned waits_ = 0;                  // in a row
  std::set<const Source*> lack_block_;  // the block at the target's end
  unsigned block_misses_ = 0;           // whatever the reason
  std::uint64_t blockless_ = 0;         // height of a target that nobody had the block of
  const Source* measured_ = nullptr;    // since then, with so many useful bytes
  MonoTime measured_since_;
  MonoTime::duration waited_{};  // of the time since then
  std::size_t gained_ = 0;
  std::chrono::seconds measured_for_ = kMeasuredFor;
  MonoTime told_at_;

  mutable std::mutex mutex_;
  api::FollowFacts facts_;  // guarded by mutex_
};

}  // namespace footproof::node
