#include "tests/support/sequencer.h"

#include <gtest/gtest.h>

#include "attest/merkle.h"
#include "attest/receipt_check.h"
#include "ledger/tiles.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

using ledger::Accepted;
using ledger::KnownEntry;
using ledger::Refusal;
using ledger::RefusalReason;

class SequencerTest : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  Sequencer network_{folder_.path()};

  void expect_receipt_holds(const Digest& entry_id) {
    const auto receipt = network_.store().published()->make_receipt(entry_id, std::nullopt);
    ASSERT_TRUE(receipt) << receipt.error().detail;
    const auto checked = check_receipt(*receipt, network_.policy());
    EXPECT_TRUE(checked) << checked.error().detail;
    EXPECT_EQ(parse_receipt(encode_receipt(*receipt)).value(), *receipt);
  }
};

TEST_F(SequencerTest, GenesisIsOneRecordAtIndexZero) {
  const auto snapshot = network_.store().published();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->head().log_size, 1U);
  EXPECT_EQ(snapshot->head().height, 0U);
  const auto record = parse_block_record(snapshot->item(0).value().bytes).value();
  EXPECT_EQ(record.index(), 0U);
  EXPECT_EQ(record.count, 0U);
  EXPECT_EQ(record.epoch, 0U);
  EXPECT_EQ(record.time, kFixtureGenesis);
  EXPECT_EQ(record.chain_id, network_.chain_id());
  EXPECT_EQ(record.state_root, snapshot->ledger().tree.root());
}

TEST_F(SequencerTest, EveryReceiptVerifiesOffline) {
  network_.admit_verifier();
  std::vector<Digest> entries;
  for (std::uint64_t number = 0; number < 20; ++number) {
    entries.push_back(network_.accept(network_.sign(kVerifierUri, network_.attestation(number))));
    expect_receipt_holds(entries.back());
  }
  for (const Digest& entry : entries) expect_receipt_holds(entry);
  network_.reopen();
  for (const Digest& entry : entries) expect_receipt_holds(entry);
}

TEST_F(SequencerTest, AReceiptShowsTheStatusAsOfItsCheckpoint) {
  network_.admit_verifier();
  const Digest entry = network_.accept(network_.sign(kVerifierUri, network_.attestation()));
  const auto before = network_.store().published();
  StatusChange revoke;
  revoke.target = entry;
  revoke.action = StatusAction::revoke;
  revoke.reason = Reason::issued_in_error;
  revoke.effective = utc_day(network_.now());
  network_.accept(network_.sign(kVerifierUri, revoke));
  const Policy policy = network_.policy();
  // The older snapshot still says active, with a proof of its own time.
  const auto then = verify_receipt(before->make_receipt(entry, std::nullopt).value(), policy);
  EXPECT_TRUE(then.holds());
  EXPECT_FALSE(then.status);
  const auto now = verify_receipt(
      network_.store().published()->make_receipt(entry, std::nullopt).value(), policy);
  EXPECT_TRUE(now.holds());
  ASSERT_TRUE(now.status);
  EXPECT_EQ(now.status->events.back().what, StatusEvent::What::revoke);
}

TEST_F(SequencerTest, AnEmptyBlockAppendsNothingAndRenewsTheTime) {
  network_.admit_verifier();
  const auto before = network_.store().snapshot()->head();
  network_.advance(60);
  const auto result = network_.run({});
  EXPECT_TRUE(result.items.empty());
  const auto after = network_.store().snapshot()->head();
  EXPECT_EQ(after.log_size, before.log_size);
  EXPECT_EQ(after.log_root, before.log_root);
  EXPECT_EQ(after.record_height, before.record_height);
  EXPECT_EQ(after.height, before.height + 1);
  const auto trusted = judge_presented_checkpoint(
      network_.policy(), as_bytes(network_.store().published()->checkpoint()));
  EXPECT_EQ(trusted.value().as_of, Instant{after.time_ms}.seconds());
}

TEST_F(SequencerTest, AnAcceptedStatementAgainIsAnsweredWithTheFirst) {
  network_.admit_verifier();
  const Statement statement = network_.sign(kVerifierUri, network_.attestation());
  const auto first = std::get<Accepted>(network_.submit(statement));
  const auto size = network_.store().snapshot()->head().log_size;
  EXPECT_EQ(std::get<KnownEntry>(network_.submit(statement)),
            (KnownEntry{statement.entry_id(), first.index}));
  // Twice in one block is no different.
  const Statement other = network_.sign(kVerifierUri, network_.attestation(1));
  const auto block = network_.run({other.bytes(), other.bytes()});
  EXPECT_TRUE(std::holds_alternative<Accepted>(block.outcomes[0].verdict));
  EXPECT_TRUE(std::holds_alternative<KnownEntry>(block.outcomes[1].verdict));
  EXPECT_EQ(network_.store().snapshot()->head().log_size, size + 2);
}

// docs/formats.md §3: a copy with a junk signature cannot block the real one, before or beside it.
TEST_F(SequencerTest, EntryIsNotBlockedByAJunkSignatureCopy) {
  network_.admit_verifier();
  const Statement real = network_.sign(kVerifierUri, network_.attestation());
  Bytes junk = real.bytes();
  junk.back() ^= 0x01;
  const auto copy = parse_statement(junk);
  ASSERT_TRUE(copy);
  ASSERT_EQ(copy->entry_id(), real.entry_id());
  ASSERT_NE(copy->statement_hash(), real.statement_hash());

  const auto alone = network_.run({junk});
  EXPECT_EQ(std::get<Refusal>(alone.outcomes[0].verdict).reason, RefusalReason::bad_signature);
  EXPECT_TRUE(alone.items.empty());
  const auto together = network_.run({junk, real.bytes(), junk});
  EXPECT_EQ(std::get<Refusal>(together.outcomes[0].verdict).reason, RefusalReason::bad_signature);
  EXPECT_TRUE(std::holds_alternative<Accepted>(together.outcomes[1].verdict));
  EXPECT_TRUE(std::holds_alternative<KnownEntry>(together.outcomes[2].verdict));
  // What was logged is the real one.
  EXPECT_EQ(network_.store().snapshot()->logged(real.entry_id()).value()->statement, real.bytes());
  expect_receipt_holds(real.entry_id());
}

TEST_F(SequencerTest, ARefusedStatementLeavesNoTrace) {
  network_.admit_verifier();
  auto attestation = network_.attestation();
  attestation.scope = "battery.cfb";
  const Statement refused = network_.sign(kVerifierUri, attestation);
  const auto before = network_.store().snapshot()->head();
  const auto result = network_.run({refused.bytes()});
  EXPECT_TRUE(std::holds_alternative<Refusal>(result.outcomes[0].verdict));
  const auto snapshot = network_.store().snapshot();
  EXPECT_EQ(snapshot->head().state_root, before.state_root);
  EXPECT_EQ(snapshot->head().log_size, before.log_size);
  EXPECT_FALSE(*snapshot->logged(refused.entry_id()));
  EXPECT_FALSE(*snapshot->entry_of(refused.issuer(), refused.subject()));
}

TEST_F(SequencerTest, ExecutionIsAFunctionOfTheChainAlone) {
  test::TempFolder other_folder;
  std::filesystem::copy_file(folder_ / "genesis", other_folder / "genesis");
  Sequencer other(other_folder.path());
  network_.admit_verifier();
  std::vector<Bytes> statements;
  for (std::uint64_t number = 0; number < 5; ++number) {
    statements.push_back(network_.sign(kVerifierUri, network_.attestation(number)).bytes());
  }
  network_.run(statements);
  // The other replays what the first one logged.
  const auto snapshot = network_.store().snapshot();
  for (std::uint64_t height = 1; height <= snapshot->head().height; ++height) {
    const auto head = network_.store().head_at(height).value().value();
    const auto before = network_.store().head_at(height - 1).value().value();
    std::vector<Bytes> block;
    for (auto index = before.log_size; index + 1 < head.log_size; ++index) {
      block.push_back(snapshot->item(index).value().bytes);
    }
    other.run(block);
    EXPECT_EQ(other.store().snapshot()->head(), head);
  }
  EXPECT_EQ(other.store().snapshot()->head(), snapshot->head());
}

TEST_F(SequencerTest, TilesAndBundlesRebuildTheLog) {
  network_.admit_verifier();
  std::vector<Bytes> statements;
  for (std::uint64_t number = 0; number < 300; ++number) {
    statements.push_back(network_.sign(kVerifierUri, network_.attestation(number)).bytes());
  }
  network_.run(statements);
  network_.reopen();
  const auto snapshot = network_.store().snapshot();
  const std::uint64_t size = snapshot->head().log_size;
  Frontier rebuilt;
  std::vector<Digest> leaves;
  for (std::uint64_t tile = 0; tile * 256 < size; ++tile) {
    const std::uint32_t width = ledger::tile_width(0, tile, size);
    const Bytes hashes = snapshot->tile(0, tile, width).value();
    const Bytes entries = snapshot->entry_bundle(tile, width).value();
    const Bytes bodies = snapshot->statement_bundle(tile, width).value();
    ByteReader hash_reader(hashes);
    ByteReader entry_reader(entries);
    ByteReader body_reader(bodies);
    for (std::uint32_t at = 0; at < width; ++at) {
      ASSERT_EQ(entry_reader.u16(), 32);
      const Digest entry = to_digest(entry_reader.take(32)).value();
      const ByteView body = body_reader.sized(1 << 20);
      const bool record = parse_block_record(body).has_value();
      EXPECT_EQ(entry, record ? block_record_entry(body) : statement_entry(body));
      const Digest leaf = to_digest(hash_reader.take(32)).value();
      EXPECT_EQ(leaf, leaf_hash(entry.view()));
      rebuilt.append(leaf);
      leaves.push_back(leaf);
    }
    EXPECT_TRUE(hash_reader.exhausted() && entry_reader.exhausted() && body_reader.exhausted());
  }
  EXPECT_EQ(rebuilt.root(), snapshot->head().log_root);
  EXPECT_EQ(snapshot->tile(1, 0, 1).value(), to_bytes(tree_root(Leaves(leaves).first(256)).view()));
  EXPECT_EQ(snapshot->tile(1, 0, 2).error().code, Errc::not_found);
  EXPECT_EQ(snapshot->tile(0, 2, 1).error().code, Errc::not_found);
  EXPECT_EQ(snapshot->tile(0, 0, 257).error().code, Errc::usage);
  EXPECT_EQ(snapshot->tile(63, 0, 1).error().code, Errc::not_found);
}

}  // namespace
}  // namespace footproof::testing
