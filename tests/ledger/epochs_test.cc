// Epochs in the ledger: a decided set waits, a boundary block puts it in force, and every end of an
// epoch leaves a hop that holds without the ledger that made it.
#include "ledger/epochs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "attest/block_record.h"
#include "attest/retired_key.h"
#include "ledger/database.h"
#include "ledger/fsck.h"
#include "ledger/next_set.h"
#include "ledger/replay.h"
#include "ledger/store_format.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

namespace fs = std::filesystem;

class Epochs : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  std::unique_ptr<Sequencer> network_ = std::make_unique<Sequencer>(folder_.path());

  Epochs() { network_->admit_verifier(); }

  [[nodiscard]] const ledger::Store& store() const { return network_->store(); }
  [[nodiscard]] std::optional<Hop> hop(std::uint64_t epoch) const {
    return store().hop(epoch).value();
  }
  [[nodiscard]] std::vector<Hop> hops() const {
    std::vector<Hop> all;
    while (auto one = hop(all.size())) all.push_back(std::move(*one));
    return all;
  }
  Bytes attested() {
    return network_->sign(kVerifierUri, network_->attestation(number_++)).bytes();
  }
  void admit(std::size_t number) { network_->decide(AdmitValidator{network_->validator(number)}); }
  [[nodiscard]] Bytes genesis_file() const {
    std::ifstream in(folder_ / "genesis", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return to_bytes(as_bytes(text));
  }
  // "" where all is well, else the first finding.
  [[nodiscard]] std::string fsck() {
    network_->close();
    test::TempFolder work;
    const auto done = ledger::fsck(network_->paths(), genesis_file(), work / "fsck", {}).value();
    network_->reopen();
    if (done.findings.empty()) return done.complete ? "" : "not complete";
    return done.findings.front().what;
  }
  // Writes, or without bytes removes, the row of a hop, past the store.
  void put_hop(std::uint64_t epoch, const std::optional<Bytes>& bytes) {
    network_->close();
    {
      const auto database = ledger::Database::open(network_->paths().database, false).value();
      ledger::Batch batch;
      const auto key = ledger::store_format::number_key(ledger::store_format::Kind::hop, epoch);
      bytes ? batch.put(key, *bytes) : batch.erase(key);
      ASSERT_TRUE(database->write(batch, true));
    }
    network_->reopen();
  }

 private:
  std::uint64_t number_ = 0;
};

TEST_F(Epochs, ADecidedSetWaitsForItsBoundaryBlock) {
  EXPECT_FALSE(network_->run({}).next);
  admit(4);
  const auto waits = network_->run({attested()});
  ASSERT_TRUE(waits.next);
  EXPECT_EQ(waits.next->members.size(), 5U);
  EXPECT_FALSE(waits.begun);
  const auto pending = ledger::pending_set(*store().snapshot()).value();
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->next, *waits.next);
  EXPECT_EQ(pending->height, waits.after.head.height - 1);
  EXPECT_EQ(network_->set_in_force().members.size(), 4U);

  const auto ends = network_->end_epoch({attested()});
  ASSERT_TRUE(ends.begun);
  EXPECT_EQ(ends.begun->members, waits.next->members);
  EXPECT_EQ(ends.begun->from_height, ends.after.head.height + 1);
  EXPECT_EQ(ends.begun->from_size, ends.after.head.log_size);
  EXPECT_FALSE(ends.next);
  EXPECT_FALSE(ledger::pending_set(*store().snapshot()).value());
  // The first block of the new epoch appends a record whatever it holds; the second does not.
  EXPECT_EQ(network_->run({}).items.size(), 1U);
  EXPECT_EQ(network_->run({}).items.size(), 0U);
}

TEST_F(Epochs, ABoundaryBlockNeedsASet) {
  const auto snapshot = store().snapshot();
  ledger::OrderedBlock block;
  block.height = snapshot->head().height + 1;
  block.time_ms = snapshot->head().time_ms + 1;
  const auto verify = [](const PublicKey&, const Statement&) { return true; };
  const auto run = [&] {
    return ledger::execute(*store().snapshot(), store().snapshot()->ledger(), block, verify);
  };
  EXPECT_TRUE(run());
  block.boundary = true;
  EXPECT_EQ(run().error().code, Errc::mismatch);
  block.boundary = false;
  block.epoch = 1;
  block.first_of_epoch = true;
  EXPECT_EQ(run().error().code, Errc::mismatch);
  // And once a set is in force, nothing of the old epoch follows.
  admit(4);
  network_->end_epoch();
  block.height = store().snapshot()->head().height + 1;
  block.time_ms = store().snapshot()->head().time_ms + 1;
  EXPECT_TRUE(run());
  block.first_of_epoch = false;
  EXPECT_EQ(run().error().code, Errc::mismatch);
  block.epoch = 0;
  EXPECT_EQ(run().error().code, Errc::mismatch);
}

TEST_F(Epochs, KeysThatLeaveAreRetired) {
  const Member before = network_->set_in_force().members[1];
  network_->decide(ReplaceValidator{before.id, network_->validator(1, "second")});
  network_->end_epoch();
  EXPECT_NE(network_->set_in_force().members[1].vote_key, before.vote_key);
  const auto bytes =
      store().snapshot()->record(state_key::retired_key(before.cosign_key.kid())).value();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(parse_retired_key_record(*bytes).value(),
            (RetiredKeyRecord{before.id, ValidatorKeyRole::cosign, 0}));
}

TEST_F(Epochs, EveryEndLeavesAHopThatHolds) {
  const Policy first = network_->policy();
  EXPECT_FALSE(hop(0));
  for (std::size_t number = 4; number < 7; ++number) {
    admit(number);
    network_->advance(86400);
    network_->end_epoch();
  }
  ASSERT_EQ(hops().size(), 3U);
  const auto walked = walk_hops(first, hops());
  ASSERT_TRUE(walked) << walked.error().detail;
  const Policy today = ledger::trust_policy_of(*store().snapshot()).value();
  EXPECT_EQ(walked->epochs, today.epochs);
  EXPECT_EQ(today.newest().members.size(), 7U);
  EXPECT_TRUE(check(today));
  // What the newest set cosigns is judged by it.
  network_->run({attested()});
  EXPECT_TRUE(judge_live_checkpoint(today, as_bytes(network_->checkpoint())));
}

TEST_F(Epochs, HopsAreThereAfterARestart) {
  admit(4);
  network_->end_epoch();
  const auto kept = hop(0);
  network_->run({attested()});
  network_->reopen();
  EXPECT_EQ(hop(0), kept);
  // Another node that was away takes it, and once only.
  EXPECT_TRUE(network_->store().keep_hop(*kept));
  EXPECT_FALSE(hop(1));
}

TEST_F(Epochs, OnlyTheEndOfAnEpochMakesAHop) {
  EXPECT_EQ(ledger::make_hop(*store().snapshot(), network_->checkpoint()).error().code,
            Errc::mismatch);
  admit(4);
  network_->end_epoch();
  const auto ended = store().snapshot();
  const std::string note = network_->checkpoint();
  EXPECT_TRUE(ledger::make_hop(*ended, note));
  Note fewer = parse_note(as_bytes(note)).value();
  fewer.signatures.pop_back();
  EXPECT_EQ(ledger::make_hop(*ended, encode(fewer)).error().code, Errc::bad_signature);
  network_->run({});
  EXPECT_EQ(ledger::make_hop(*store().snapshot(), network_->checkpoint()).error().code,
            Errc::mismatch);
}

TEST_F(Epochs, AHopOfAnotherLedgerIsNotKept) {
  admit(4);
  network_->end_epoch();
  const Hop good = hop(0).value();
  test::TempFolder elsewhere;
  fs::copy_file(folder_ / "genesis", elsewhere / "genesis");
  Sequencer other(elsewhere.path());
  EXPECT_FALSE(other.store().keep_hop(good));  // its epoch 0 has not ended
  other.decide(AdmitValidator{other.validator(5)});
  other.end_epoch();
  EXPECT_EQ(other.store().keep_hop(good).error().code, Errc::mismatch);
  Hop forged = good;
  forged.checkpoint = other.store().hop(0).value()->checkpoint;
  EXPECT_FALSE(network_->store().keep_hop(forged));
}

TEST_F(Epochs, ReplayAndFsckWalkAcrossThem) {
  network_->run({attested()});
  admit(4);
  network_->end_epoch({attested()});  // with statements: the record does not say what it is
  network_->run({});                  // without: the first block of its epoch
  network_->decide(RemoveValidator{"validator-1"});
  network_->end_epoch();
  network_->run({attested()});
  EXPECT_EQ(fsck(), "");
}

TEST_F(Epochs, FsckMissesAHopAndNamesAFalseOne) {
  for (const std::size_t number : {4U, 5U}) {
    admit(number);
    network_->end_epoch();
    network_->run({});
  }
  EXPECT_EQ(fsck(), "");
  const Bytes first = encode_hop(hop(0).value());
  put_hop(0, std::nullopt);
  EXPECT_EQ(fsck(), "the hop of epoch 0 is missing");
  put_hop(0, encode_hop(hop(1).value()));
  EXPECT_EQ(fsck(), "the hop of epoch 1 in the place of another");
  Hop forged = parse_hop(first).value();
  forged.state_proof.back() ^= 1;
  put_hop(0, encode_hop(forged));
  EXPECT_NE(fsck(), "");
  put_hop(0, first);
  EXPECT_EQ(fsck(), "");
}

}  // namespace
}  // namespace footproof::testing
