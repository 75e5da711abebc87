// The port implemented by a network in one process: what is submitted becomes the next block at
// once, unless a test holds the blocks back. Real rules, store, proofs and cosignatures; no node
// code.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "tests/support/sequencer.h"

namespace footproof::api {

class SequencerNode : public Reader, public Submissions {
 public:
  explicit SequencerNode(const std::filesystem::path& folder)
      : own_(std::make_unique<testing::Sequencer>(folder)), sequencer_(*own_) {}
  // Serves a network that somebody else holds and that outlives it.
  explicit SequencerNode(testing::Sequencer& sequencer) : sequencer_(sequencer) {}

  [[nodiscard]] testing::Sequencer& sequencer() { return sequencer_; }
  // What accusation() answers; none: nothing was seen.
  void accuse(Accusation accusation) { accusation_ = std::move(accusation); }
  // While held, statements are taken in and stay pending; release() makes one block of them.
  void hold();
  void release();
  // What submit answers instead of anything else.
  void be_busy(bool busy) { busy_ = busy; }
  // Its health is that of a node that follows others from now on.
  void say_it_follows(std::uint64_t behind) {
    follow_ = FollowFacts{{{"http://127.0.0.1:1", 7, ""}}, behind, 0, "following"};
  }
  void await_waiting(std::size_t count);

  std::vector<Answer> submit(const std::vector<Bytes>& statements) override;
  std::vector<Answer> await(const std::vector<Digest>& entry_ids,
                            std::chrono::steady_clock::time_point deadline) override;
  Answer poll(const Digest& entry_id) override;
  Result<DryRun> dry_run(const Bytes& statement) override;

  Result<Receipt> receipt(const Digest& entry_id,
                          const std::optional<Digest>& declaration_root) const override;
  Result<StateReceipt> state_receipt(const std::vector<Digest>& keys) const override;
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
  // No chain: nothing orders here.
  Result<Bytes> chain(std::uint64_t from) const override;
  Result<Bytes> snapshot_offer() const override;
  Result<Bytes> snapshot_state(std::uint64_t size, const std::string& prefix) const override;
  Health health() const override;

 private:
  std::shared_ptr<const ledger::Snapshot> snapshot() const;
  Answer take_in(const Bytes& bytes);
  Answer poll_locked(const Digest& entry_id);
  void run(const std::vector<Bytes>& statements);

  mutable std::mutex mutex_;
  std::unique_ptr<testing::Sequencer> own_;
  testing::Sequencer& sequencer_;
  std::condition_variable changed_;
  bool held_ = false;
  bool busy_ = false;
  std::optional<FollowFacts> follow_;
  std::size_t waiting_ = 0;
  std::vector<Bytes> pending_;
  std::map<Digest, std::size_t> pending_ids_;
  std::map<Digest, Refusal> refused_;
  std::optional<Accusation> accusation_;
};

}  // namespace footproof::api
