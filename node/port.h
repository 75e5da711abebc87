// What HTTP asks of this node (api/reader.h): submissions and reads. Called from many HTTP threads;
// reads come from published snapshots and never wait for the core thread.
//
// A statement is judged early on the executed state (not final: a node that lags must not veto),
// and taken in once its batch is in the write-ahead log. Only execution refuses finally.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/reader.h"
#include "attest/accusation.h"
#include "consensus/messages.h"
#include "ledger/store.h"
#include "node/config.h"
#include "node/counters.h"
#include "node/disk_guard.h"
#include "node/evidence_book.h"
#include "node/health.h"
#include "node/mempool.h"
#include "node/network.h"
#include "node/ports.h"
#include "node/refusals.h"
#include "node/snapshot_shelf.h"
#include "node/verdict_cache.h"
#include "node/waiters.h"

namespace footproof::node {

// All of it outlives the port.
struct PortParts {
  const Outside& outside;
  const Config& config;
  const Network& network;
  ledger::Store& store;
  const EvidenceBook& evidence;
  Mempool& mempool;
  Refusals& refusals;
  Waiters& waiters;
  FactBoard& facts;
  VerdictCache& verdicts;
  Counters& counters;
  std::function<void()> submitted;             // statements wait in the mempool
  std::function<api::FollowFacts()> follow{};  // of a node that follows; null: it does not
};

// The same vote in the words of those who verify it without running the protocol.
[[nodiscard]] SignedVote signed_vote(const consensus::Vote& vote);

class Port final : public api::Reader, public api::Submissions {
 public:
  explicit Port(PortParts parts);

  // submit() in two steps, for those who cannot wait: what was judged and handed to the mempool,
  // and then what may be said of it. A deadline that has passed does not wait.
  struct Taken {
    std::vector<api::Answer> answers;
    std::vector<Digest> hashes;       // of the statements that wait to be durable
    std::vector<std::size_t> places;  // where their answers stand
  };
  [[nodiscard]] Taken take_in(const std::vector<Bytes>& statements);
  [[nodiscard]] std::vector<api::Answer> settle(Taken taken, MonoTime deadline);

  std::vector<api::Answer> submit(const std::vector<Bytes>& statements) override;
  std::vector<api::Answer> await(const std::vector<Digest>& entry_ids,
                                 std::chrono::steady_clock::time_point deadline) override;
  std::string elsewhere() const override;
  api::Answer poll(const Digest& entry_id) override;
  Result<api::DryRun> dry_run(const Bytes& statement) override;

  Result<Receipt> receipt(const Digest& entry_id,
                          const std::optional<Digest>& declaration_root) const override;
  Result<api::StateReceipt> state_receipt(const std::vector<Digest>& keys) const override;
  Result<std::vector<Digest>> inclusion(std::uint64_t index, std::uint64_t size) const override;
  Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t to) const override;
  Result<std::string> checkpoint() const override;
  Result<Bytes> tile(std::uint32_t level, std::uint64_t index, std::uint32_t width) const override;
  Result<Bytes> entry_bundle(std::uint64_t index, std::uint32_t width) const override;
  Result<Bytes> statement_bundle(std::uint64_t index, std::uint32_t width) const override;
  Result<ledger::HistoryPage> history(const ledger::HistoryFilter& filter, std::uint64_t from,
                                      std::size_t limit) const override;
  Result<Accusation> accusation() const override;
  Result<std::string> trust_policy() const override;
  Result<Hop> hop(std::uint64_t epoch) const override;
  Result<Bytes> genesis() const override;
  Result<Bytes> chain(std::uint64_t from) const override;
  Result<Bytes> snapshot_offer() const override;
  Result<Bytes> snapshot_state(std::uint64_t size, const std::string& prefix) const override;
  api::Health health() const override;

 private:
  // Of an answer of some MiB: a few at a time, whoever asks.
  [[nodiscard]] Result<Bytes> large_answer(const std::function<Result<Bytes>()>& make) const;
  // What is known of one submitted statement before it enters the mempool.
  struct Judged {
    std::optional<api::Answer> answer;  // none: it may enter
    PendingStatement pending;
  };

  [[nodiscard]] Judged judge(const Bytes& bytes) const;
  // None where it is not in the published log; an error where that cannot be read.
  [[nodiscard]] Result<std::optional<api::Logged>> logged(const Digest& entry_id) const;
  void tell_set(const CoreFacts& facts, api::Health& out) const;
  // Of that epoch: what the chain holds, in its order, then what this node alone has seen so far.
  [[nodiscard]] std::vector<consensus::Evidence> evidence_of(std::uint64_t epoch) const;
  [[nodiscard]] std::string why_not_ready(const CoreFacts& facts, DiskGrade disk) const;
  [[nodiscard]] std::string why_not_following(const std::string& alarm,
                                              const api::FollowFacts& follow, DiskGrade disk) const;
  // Nothing free where the disk cannot be asked.
  [[nodiscard]] DiskSpace disk() const;
  [[nodiscard]] const Clock& clock() const { return parts_.outside.reactor; }
  // not_found: nothing is published yet; too_busy: less than before a power cut.
  [[nodiscard]] Result<std::shared_ptr<const ledger::Snapshot>> published() const;
  // Why nothing is said of the log yet; empty: it may be.
  [[nodiscard]] std::string why_less_than_shown() const;

  PortParts parts_;
  // The log may have been shown up to this size before a power cut took its end; 0: nothing is
  // lost. Who has shown an entry must not deny it, so nothing is said before it is there again.
  const std::uint64_t shown_size_;
  mutable SnapshotShelf shelf_;
  mutable std::atomic<unsigned> large_answers_ = 0;  // being made now
};

}  // namespace footproof::node
