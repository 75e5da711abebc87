#include "node/storage_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "attest/note.h"
#include "node/asio_reactor.h"
#include "node/thread_runner.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using testing::Sequencer;

// Written by the storage thread, read after stop().
struct Recorder final : StorageEvents {
  void block_executed(ExecutedBlock block) override {
    heads.push_back(block.head);
    for (auto& outcome : block.outcomes) all_outcomes.push_back(std::move(outcome));
    if (block.mine) cosignatures.push_back(*std::move(block.mine));
  }
  void store_synced(std::uint64_t height) override { synced = height; }
  void checkpoint_published(std::uint64_t) override { synced_when_published = synced; }
  void must_not_cosign(const std::string& why) override { alarms.push_back(why); }
  void hop_kept(std::uint64_t epoch) override { hops.push_back(epoch); }
  void hop_refused(consensus::ValidatorIndex, const std::string& why) override {
    failures.push_back(why);
  }
  void storage_failed(const std::string& why) override { failures.push_back(why); }

  std::vector<ledger::Head> heads;
  std::vector<ledger::Outcome> all_outcomes;
  std::vector<Cosignature> cosignatures;
  std::vector<std::uint64_t> hops;
  std::vector<std::string> alarms;
  std::vector<std::string> failures;
  std::uint64_t synced = 0;
  std::optional<std::uint64_t> synced_when_published;
};

class StorageWriterTest : public ::testing::Test {
 protected:
  StorageWriterTest() {
    network_.admit_verifier();
    writer_.cosign_as(EpochCosigner{0, &cosign_key_});
  }

  // The block after `height`, with one attestation.
  [[nodiscard]] DeliveredBlock block_after(std::uint64_t height, std::string_view id) {
    DeliveredBlock out;
    out.block.header.chain_id = network_.chain_id();
    out.block.header.height = height + 1;
    out.block.header.time_ms = network_.now().ms + height;
    out.block_id = sha256(as_bytes(id));
    Batch batch;
    batch.sequence = height;
    batch.statements = {network_.sign(testing::kVerifierUri, network_.attestation(height)).bytes()};
    out.batches = {*hold_batch(*encode_batch(batch))};
    out.block.batch_refs = {out.batches[0].ref};
    return out;
  }
  [[nodiscard]] ledger::Head head() const { return network_.store().snapshot()->head(); }

  test::TempFolder folder_;
  Sequencer network_{folder_.path()};
  const SigningKey cosign_key_ =
      testing::key_from("sequencer/validator-0/cosign", Algorithm::eddsa);
  VerdictCache verdicts_;
  Recorder events_;
  boost::asio::io_context io_;
  AsioReactor clock_{io_};
  ThreadRunner runner_{"fp-storage"};
  EvidenceBook evidence_;
  StorageWriter writer_{network_.store(), evidence_, network_.origin(), verdicts_, clock_,
                        runner_,          events_};
};

TEST_F(StorageWriterTest, CosignsWhatItHasExecutedAndAnchored) {
  const std::uint64_t height = head().height;
  writer_.start();
  for (std::uint64_t at = height; at < height + 3; ++at) {
    writer_.deliver(block_after(at, std::to_string(at)));
  }
  writer_.stop();
  ASSERT_EQ(events_.cosignatures.size(), 3U);
  EXPECT_TRUE(events_.failures.empty() && events_.alarms.empty());
  EXPECT_EQ(events_.synced, height + 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::holds_alternative<ledger::Accepted>(events_.all_outcomes[i].verdict));
    const Cosignature& mine = events_.cosignatures[i];
    EXPECT_EQ(mine.size, events_.heads[i].log_size);
    EXPECT_EQ(mine.time_s, events_.heads[i].time_ms / 1000);
    const std::string text =
        encode(Checkpoint{network_.origin(), mine.size, events_.heads[i].log_root, {}});
    EXPECT_TRUE(
        verify(cosign_key_.public_key(), cosignature_message(mine.time_s, text), mine.signature));
  }
  EXPECT_EQ(network_.store().anchor().cosigned_size, head().log_size);
  EXPECT_EQ(network_.store().anchor().height, head().height);
}

// Steps when told, at a time that does not go on.
struct ByHand final : Runner, Clock {
  void start(Step next) override { step = std::move(next); }
  void wake() override {}
  void stop() override {}
  [[nodiscard]] MonoTime now() const override { return {}; }
  [[nodiscard]] std::uint64_t wall_ms() const override { return 0; }
  Step step;
};

// No anchor would tell after a power cut that it was shown.
TEST_F(StorageWriterTest, WhoDoesNotCosignShowsWhatIsSynced) {
  const std::uint64_t height = head().height;
  ByHand hand;
  StorageWriter writer(network_.store(), evidence_, network_.origin(), verdicts_, hand, hand,
                       events_);
  writer.start();
  writer.deliver(block_after(height, "block"));
  hand.step();
  EXPECT_EQ(events_.synced, 0U);
  writer.publish({head().log_size, head().log_root}, network_.checkpoint());
  hand.step();
  EXPECT_EQ(events_.synced_when_published, height + 1);
  writer.cosign_as(EpochCosigner{0, &cosign_key_});
  writer.deliver(block_after(height + 1, "anchored"));
  hand.step();
  writer.publish({head().log_size, head().log_root}, network_.checkpoint());
  hand.step();
  EXPECT_EQ(events_.synced_when_published, height + 1);
}

TEST_F(StorageWriterTest, WhatWasExecutedBeforeChangesNothing) {
  const std::uint64_t height = head().height;
  const auto block = block_after(height, "block");
  writer_.start();
  writer_.deliver(block);
  writer_.deliver(block);
  writer_.stop();
  EXPECT_EQ(events_.heads.size(), 1U);
  EXPECT_TRUE(events_.failures.empty() && events_.alarms.empty());
}

// Another block at an executed height is a fork: it must be heard of, not passed over.
TEST_F(StorageWriterTest, AnotherBlockAtAnExecutedHeightIsAnAlarm) {
  const std::uint64_t height = head().height;
  writer_.start();
  writer_.deliver(block_after(height, "block"));
  writer_.deliver(block_after(height, "rival"));
  writer_.deliver(block_after(height + 1, "child of the rival"));
  writer_.stop();
  EXPECT_EQ(events_.heads.size(), 1U);
  EXPECT_EQ(events_.alarms.size(), 1U);
  EXPECT_EQ(head().height, height + 1);
}

}  // namespace
}  // namespace footproof::node
