// Which set is in force by what the store holds, and this node's place and keys in it.
#include "node/epoch_set.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/epochs.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using testing::Sequencer;

OwnKeys keys_of(const ValidatorProposal& validator) {
  return {Sequencer::secret_of(validator.vote_key), Sequencer::secret_of(validator.cosign_key),
          Sequencer::secret_of(validator.log_key), validator.tls_pin};
}

class EpochSetTest : public ::testing::Test {
 protected:
  [[nodiscard]] EpochSet set_of(const std::string& id, KeyRing& keys) {
    return epoch_set(chain_, network_.store(), epoch_in_force(network_.store()), id, keys).value();
  }

  test::TempFolder folder_;
  Sequencer network_{folder_.path()};
  Network chain_ = make_network(ledger::encode_genesis(network_.genesis())).value();
};

TEST_F(EpochSetTest, TheNextEpochIsInForceOnceItsHopIsKept) {
  KeyRing keys(keys_of(network_.validator(4)));
  EXPECT_FALSE(set_of("validator-4", keys).self);
  network_.decide(AdmitValidator{network_.validator(4)});
  const auto boundary = network_.execute({}, true);
  ASSERT_TRUE(network_.store().apply(boundary, ledger::Durability::synced));
  // What a crash here leaves: the next set in the state, and nobody's word for it.
  EXPECT_EQ(epoch_in_force(network_.store()), 0U);
  EXPECT_FALSE(set_of("validator-4", keys).self);
  const auto hop = ledger::make_hop(*network_.store().snapshot(), network_.checkpoint());
  ASSERT_TRUE(hop) << hop.error().detail;
  ASSERT_TRUE(network_.store().keep_hop(*hop));
  EXPECT_EQ(epoch_in_force(network_.store()), 1U);
  const auto set = set_of("validator-4", keys);
  EXPECT_EQ(set.self, 4U);
  EXPECT_EQ(set.root.height, boundary.after.head.height);
  EXPECT_EQ(set.root.block_id, boundary.after.head.block_id);
  EXPECT_EQ(set.root.checkpoint.log_size, boundary.after.head.log_size);
  network_.reopen();
  EXPECT_EQ(epoch_in_force(network_.store()), 1U);
}

TEST_F(EpochSetTest, TheSetSaysWithWhichKeysANodeSpeaks) {
  const auto first = network_.genesis().validators[2];
  KeyRing old_keys(keys_of(first));
  EXPECT_EQ(set_of("validator-2", old_keys).self, 2U);
  const auto renewed = network_.validator(2, "renewed");
  KeyRing new_keys(keys_of(renewed));
  const auto early = set_of("validator-2", new_keys);
  EXPECT_FALSE(early.self);
  EXPECT_NE(early.why_none.find("names other keys"), std::string::npos) << early.why_none;
  network_.decide(ReplaceValidator{"validator-2", renewed});
  network_.end_epoch();
  const auto set = set_of("validator-2", new_keys);
  EXPECT_EQ(set.self, 2U);
  EXPECT_EQ(set.keys->vote.public_key(), renewed.vote_key);
  const auto late = set_of("validator-2", old_keys);
  EXPECT_FALSE(late.self);
  EXPECT_TRUE(late.left);
}

TEST_F(EpochSetTest, WhoLeavesWaitsToBeDialledAndIndicesAreOfOneSet) {
  network_.decide(AdmitValidator{network_.validator(4)});
  network_.end_epoch();
  KeyRing keys(keys_of(network_.genesis().validators[0]));
  const auto before = set_of("validator-0", keys);
  network_.decide(RemoveValidator{"validator-0"});
  network_.end_epoch();
  const auto set = set_of("validator-0", keys);
  EXPECT_FALSE(set.self);
  EXPECT_TRUE(set.left);
  EXPECT_FALSE(links_of(set, "validator-0").dials);
  // Behind the four of the set nobody new: all of the one before but itself are in it.
  EXPECT_EQ(links_of(set, "validator-0", &before).peers.size(), 4U);
  Batch batch;
  batch.epoch = 1;
  batch.producer = 3;  // validator-3, which is place 2 now
  EXPECT_EQ(producer_in(set, network_.store(), batch), 2U);
  batch.producer = 0;
  EXPECT_EQ(producer_in(set, network_.store(), batch), std::nullopt);
  batch.epoch = 9;
  EXPECT_EQ(producer_in(set, network_.store(), batch), std::nullopt);
}

// The one that votes from now on is marked; what kept its earlier key silent says nothing of it.
TEST_F(EpochSetTest, ANewKeyIsMarkedBeforeItVotesAndEndsTheSilenceOfTheOldOne) {
  const auto renewed = network_.validator(2, "renewed");
  KeyRing old_keys(keys_of(network_.genesis().validators[2]));
  const auto data = folder_.path() / "data";
  {
    const auto folder = DataFolder::open(data);
    ASSERT_TRUE(folder->write_marker(chain_.chain_id, old_keys.first().vote.public_key().raw()));
  }
  const std::string why = observer_text("lost its disk", old_keys);
  ASSERT_TRUE(replace_file(data / kObserverFile, as_bytes(why)));
  ASSERT_TRUE(speak_as(data, chain_, set_of("validator-2", old_keys)));
  EXPECT_TRUE(std::filesystem::exists(data / kObserverFile));
  network_.decide(ReplaceValidator{"validator-2", renewed});
  network_.end_epoch();
  KeyRing new_keys(keys_of(renewed));
  ASSERT_TRUE(speak_as(data, chain_, set_of("validator-2", new_keys)));
  EXPECT_FALSE(std::filesystem::exists(data / kObserverFile));
  const auto folder = DataFolder::open(data);
  EXPECT_TRUE(is_marked(*folder, chain_.chain_id, new_keys).value());
  EXPECT_FALSE(is_marked(*folder, chain_.chain_id, old_keys));
  // A key that may have voted itself stays silent, under whatever set.
  const std::string again = observer_text("lost its disk again", new_keys);
  ASSERT_TRUE(replace_file(data / kObserverFile, as_bytes(again)));
  ASSERT_TRUE(folder->write_marker(chain_.chain_id, old_keys.first().vote.public_key().raw()));
  ASSERT_TRUE(speak_as(data, chain_, set_of("validator-2", new_keys)));
  EXPECT_TRUE(std::filesystem::exists(data / kObserverFile));
}

}  // namespace
}  // namespace footproof::node
