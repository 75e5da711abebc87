// A log executed again: the same where it is honest, and the first height named where it is not.
#include "ledger/replay.h"

#include <gtest/gtest.h>

#include "attest/statement.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::ledger {
namespace {

using testing::kBodyUri;
using testing::kVerifierUri;
using testing::RulesStage;

struct Item {
  bool is_record = false;
  Bytes bytes;
};

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    for (int i = 0; i < 3; ++i) first_ = stage_.logged(kVerifierUri, stage_.attestation());
    // Blocks without a record stand between those that have one.
    stage_.network.run({});
    stage_.network.run({});
    stage_.logged(kVerifierUri, stage_.status(first_, StatusAction::revoke));
    stage_.network.run({stage_.network.sign(kVerifierUri, stage_.attestation()).bytes(),
                        stage_.network.sign(kVerifierUri, stage_.attestation()).bytes()});
    const auto snapshot = stage_.network.store().snapshot();
    for (std::uint64_t index = 0; index < snapshot->head().log_size; ++index) {
      auto item = snapshot->item(index).value();
      log_.push_back({item.kind == ItemKind::record, std::move(item.bytes)});
    }
  }

  [[nodiscard]] Replay begin(const std::filesystem::path& folder) const {
    return Replay::begin(folder, encode_genesis(stage_.network.genesis())).value();
  }

  // The first difference of this log, or none.
  [[nodiscard]] static std::optional<ReplayDifference> replay(Replay& replay,
                                                              const std::vector<Item>& log) {
    for (const Item& item : log) {
      if (!item.is_record) {
        replay.add_statement(item.bytes);
        continue;
      }
      const auto difference = replay.add_record(item.bytes);
      EXPECT_TRUE(difference) << difference.error().detail;
      if (!difference || *difference) return difference ? *difference : std::nullopt;
    }
    return std::nullopt;
  }
  // Of a log that was changed.
  [[nodiscard]] ReplayDifference differs(const std::vector<Item>& log) const {
    const test::TempFolder folder;
    Replay fresh = begin(folder.path());
    const auto difference = replay(fresh, log);
    EXPECT_TRUE(difference.has_value()) << "the change was not noticed";
    return difference.value_or(ReplayDifference{});
  }

  // The record that closes the block of the item at `at`, changed.
  template <class Change>
  void change_record(std::vector<Item>& log, std::size_t at, const Change& change) const {
    while (!log[at].is_record) ++at;
    BlockRecord record = parse_block_record(log[at].bytes).value();
    change(record);
    log[at].bytes = encode(record);
  }
  [[nodiscard]] std::size_t last_statement() const { return log_.size() - 2; }

  RulesStage stage_;
  Digest first_;
  std::vector<Item> log_;
};

TEST_F(ReplayTest, AnHonestLogComesOutTheSame) {
  const test::TempFolder folder;
  Replay fresh = begin(folder.path());
  const auto difference = replay(fresh, log_);
  ASSERT_FALSE(difference.has_value()) << difference->what;
  const Head& ours = fresh.snapshot()->head();
  const Head theirs = stage_.network.store().snapshot()->head();
  EXPECT_EQ(ours.state_root, theirs.state_root);
  EXPECT_EQ(ours.log_root, theirs.log_root);
  EXPECT_EQ(ours.height, theirs.height);
  EXPECT_EQ(fresh.statements(), 3U + 3 + 1 + 2);
}

TEST_F(ReplayTest, AnotherStateRootIsNamedByItsHeight) {
  auto log = log_;
  std::uint64_t height = 0;
  change_record(log, 6, [&](BlockRecord& record) {
    record.state_root.bytes[3] ^= 1;
    height = record.height;
  });
  const auto difference = differs(log);
  EXPECT_EQ(difference.height, height);
  EXPECT_NE(difference.what.find("state root"), std::string::npos) << difference.what;
}

TEST_F(ReplayTest, AStatementThatTheRulesRefuseIsNamed) {
  auto log = log_;
  // An attestation of a verifier that nobody accredited, counted by its record.
  Attestation stray = stage_.network.attestation(99);
  stray.accreditation.id = "NONE";
  const Statement refused = stage_.network.sign(kVerifierUri, stray);
  log[last_statement()].bytes = refused.bytes();
  EXPECT_NE(differs(log).what.find("unknown-accreditation"), std::string::npos);
  // One with a signature of somebody else.
  Bytes forged = log_[last_statement()].bytes;
  forged[forged.size() - 3] ^= 1;
  log[last_statement()].bytes = forged;
  EXPECT_NE(differs(log).what.find("bad-signature"), std::string::npos);
  // The same entry a second time.
  log[last_statement()].bytes = log_[last_statement() - 1].bytes;
  EXPECT_NE(differs(log).what.find("logged before"), std::string::npos);
}

TEST_F(ReplayTest, ARecordThatCountsOtherwiseIsNamed) {
  auto log = log_;
  log.erase(log.begin() + static_cast<std::ptrdiff_t>(last_statement()));
  EXPECT_NE(differs(log).what.find("counts"), std::string::npos);
  log = log_;
  change_record(log, last_statement(), [](BlockRecord& record) { record.height = 1; });
  EXPECT_NE(differs(log).what.find("follow"), std::string::npos);
  log = log_;
  change_record(log, last_statement(), [](BlockRecord& record) { record.time.ms = 5; });
  EXPECT_NE(differs(log).what.find("follow"), std::string::npos);
  log = log_;
  change_record(log, last_statement(), [](BlockRecord& record) { record.chain_id.bytes[0] ^= 1; });
  EXPECT_NE(differs(log).what.find("network"), std::string::npos);
}

TEST_F(ReplayTest, AnotherGenesisIsNoticedAtHeightZero) {
  auto log = log_;
  change_record(log, 0, [](BlockRecord& record) { record.state_root.bytes[0] ^= 1; });
  EXPECT_EQ(differs(log).height, 0U);
}

}  // namespace
}  // namespace footproof::ledger
