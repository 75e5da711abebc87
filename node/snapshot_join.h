// Makes the store of a node that begins with a snapshot, from what any nodes serve over HTTP: the
// state at a checkpoint part by part, the whole log bundle by bundle, the block at its end. The
// tail is then followed like any chain (node/follower.h).
//
// Every part is verified before it is written: the checkpoint by the quorum of the genesis set, the
// record at its end by its path, each part of the state by the hash that the part above gave
// (ledger/state_part.h), each bundle of the log by the tile hashes that lead to the root. So a
// source that lies is found out at its part, and left with the reason; what others gave stays.
// Saved is execution: signatures and rules of the past, which q validators vouch for. The log is
// fetched whole, because rules look at any earlier statement.
// After kill -9 it goes on where it stood. Where a source keeps the state no more, another state is
// begun with; the log stays.
// A checkpoint of a later epoch than the first is not taken yet: hops to it are not fetched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/reader.h"
#include "attest/block_record.h"
#include "attest/policy.h"
#include "ledger/store.h"
#include "ledger/store_builder.h"
#include "node/network.h"
#include "node/ports.h"
#include "node/snapshot_offer.h"
#include "node/source_book.h"

namespace footproof::node {

class SnapshotJoin {
 public:
  static constexpr std::chrono::seconds kTellEvery{5};

  // Builds beside `paths`, whose database and anchor are there when is_done(). All outlives it.
  [[nodiscard]] static Result<std::unique_ptr<SnapshotJoin>> begin(
      const Network& network, const Clock& clock, ledger::StorePaths paths,
      std::vector<std::unique_ptr<Source>> sources);
  ~SnapshotJoin();
  SnapshotJoin(const SnapshotJoin&) = delete;
  SnapshotJoin& operator=(const SnapshotJoin&) = delete;
  // Whether one was begun on these paths and is not done.
  [[nodiscard]] static bool is_begun(const ledger::StorePaths& paths);

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
  struct Trouble {
    Fault fault;
    std::string why;
  };
  using Asked = Result<std::optional<Trouble>>;

  SnapshotJoin(const Network& network, const Clock& clock, ledger::StorePaths paths,
               std::filesystem::path folder, std::unique_ptr<ledger::StoreBuilder> builder,
               std::vector<std::unique_ptr<Source>> sources);
  [[nodiscard]] Asked ask(Source& source);
  [[nodiscard]] Asked ask_offer(Source& source);
  [[nodiscard]] Asked ask_part(Source& source);
  [[nodiscard]] Asked ask_hashes(Source& source);
  [[nodiscard]] Asked ask_bundle(Source& source);
  [[nodiscard]] Asked ask_block(Source& source);
  [[nodiscard]] Result<Target> judge_offer(SnapshotOffer offer) const;
  [[nodiscard]] Result<void> finish(std::vector<ledger::OrderingBlob> ordering);
  void take_up();
  void aim(Target target);
  [[nodiscard]] Bytes note(std::string_view done) const;
  void tell();

  const Network& network_;
  const Clock& clock_;
  ledger::StorePaths paths_;
  std::filesystem::path folder_;  // where the builder works
  std::unique_ptr<ledger::StoreBuilder> builder_;
  SourceBook sources_;
  Policy policy_;
  Phase phase_ = Phase::state;
  std::optional<Target> target_;
  const Source* offered_by_ = nullptr;  // of this process' life
  std::vector<Part> parts_;             // of the state, to be asked for; the next one last
  std::string done_;                    // the last prefix whose records are here; empty: none
  std::unique_ptr<Hashes> hashes_;
  const Source* hashes_by_ = nullptr;
  MonoTime told_at_;

  mutable std::mutex mutex_;
  api::FollowFacts facts_;  // guarded by mutex_
};

}  // namespace footproof::node
