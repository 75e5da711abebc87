// Feeds a validator that its links do not: over HTTP, from the nodes in [node] follow.
//
// A validator whose key no set in force names has no links, and one that was away while the set
// changed may have none left: those who vote refuse it. What it lacks any node shows to anybody
// (GET /v1/chain): blocks with what finalises them, checkpoints, and with them the hop out of an
// epoch that is over. That is judged here, as a node that follows judges it (follower.h), and
// handed to the core loop, which executes it like what came over a link: so there is one writer,
// one log and one way from an epoch to the next, and a node begins or ends to validate without a
// restart. Sources are left and come back as for a node that follows (source_book.h).
//
// step() is the whole of it, for a runner of its own. It asks nobody while the links suffice.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "attest/hop.h"
#include "consensus/replica.h"
#include "ledger/store.h"
#include "node/batch.h"
#include "node/cosignatures.h"
#include "node/follow_meter.h"
#include "node/judging_set.h"
#include "node/ports.h"
#include "node/source_book.h"
#include "node/storage_writer.h"

namespace footproof::node {

// What one answer has proved. Empty but for `facts` where it was nothing new.
struct Feed {
  std::uint64_t epoch = 0;                 // whose set it was judged by
  std::optional<consensus::Chain> chain;   // follows the executed head
  std::vector<HeldBatch> batches;          // that its blocks name
  std::optional<Hop> hop;                  // out of the epoch that the executed head ends
  std::optional<CosignedHead> checkpoint;  // this node's own log at that size
  std::string note;                        // of the checkpoint
  std::uint64_t as_of = 0;                 // of the checkpoint, in seconds
  std::string contradiction;               // a quorum vouches for another log than this node's
  api::FollowFacts facts;
};

// The core loop, as the feed sees it.
class Fed {
 public:
  virtual ~Fed() = default;
  // The epoch in force while its links do not suffice. Any thread.
  [[nodiscard]] virtual std::optional<std::uint64_t> hungry() const = 0;
  virtual void feed(Feed feed) = 0;  // any thread
};

class SourceFeed {
 public:
  static constexpr std::chrono::milliseconds kAskEvery{500};  // where nothing was new
  // Of blocks that wait for the one that their certificate names: as many as may be open.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{128} << 20U;

  // All of it outlives the feed.
  SourceFeed(const ledger::Store& store, const Clock& clock, Fed& fed,
             std::vector<std::unique_ptr<Source>> sources,
             std::size_t waiting_bytes_max = kWaitingBytesMax);

  // Asks one source once, if that is due; when to come again.
  [[nodiscard]] MonoTime step();

 private:
  struct Judged {
    Feed feed;
    std::optional<Trouble> trouble;  // of its source; what is wrong has fed nothing
    std::uint64_t height = 0;        // of the last block of the chain
    std::uint64_t shown = 0;         // that the source says it has
    std::string note;                // for the head after that block
  };
  [[nodiscard]] std::optional<MonoTime> settle(const ledger::Snapshot& snapshot, bool owes_hop,
                                               MonoTime now);
  [[nodiscard]] MonoTime ask(const ledger::Snapshot& snapshot, bool owes_hop, MonoTime begun);
  [[nodiscard]] Judged judge(ByteView bytes, const ledger::Snapshot& snapshot);
  [[nodiscard]] static Judged judge_hop_of(ByteView bytes, const ledger::Snapshot& snapshot);
  [[nodiscard]] static std::optional<Trouble> judge_note(const std::string& note, Feed& feed,
                                                         const ledger::Snapshot& snapshot,
                                                         bool owes_hop);
  void take_waiting(Judged& out, std::string note);
  void hand_in(Feed feed, std::uint64_t height, MonoTime now);

  const ledger::Store& store_;
  const Clock& clock_;
  Fed& fed_;
  SourceBook sources_;
  const std::size_t waiting_bytes_max_;
  std::shared_ptr<const JudgingSet> set_;
  std::vector<DeliveredBlock> waiting_;  // checked; what their certificate names is above them
  std::uint64_t handed_in_ = 0;          // the height up to which the core loop has all
  std::string note_;                     // that came with it; judged once it is executed
  const Source* note_from_ = nullptr;
  MonoTime patience_;  // until when that is waited for
  FollowMeter progress_;
};

}  // namespace footproof::node
