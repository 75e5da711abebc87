// Pacemaker, heads and payload by themselves.
#include "consensus/heads.h"
#include "consensus/pacemaker.h"
#include "consensus/payload.h"
#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

TEST(Pacemaker, GrowsWithViewsThatAreNotFinalAndStopsGrowing) {
  Parameters parameters;
  parameters.delta_ms = 100;
  const Pacemaker pacemaker(parameters, 4);
  EXPECT_EQ(pacemaker.grown(1000, 1), 1000U);
  EXPECT_EQ(pacemaker.grown(1000, 6), 1000U);
  EXPECT_EQ(pacemaker.grown(1000, 7), 1500U);
  EXPECT_EQ(pacemaker.grown(1000, 8), 2250U);
  EXPECT_EQ(pacemaker.grown(1000, 18), pacemaker.grown(1000, 1'000'000));
}

TEST(Pacemaker, LeadTimerRunsFromEntryOrFromTheFirstWork) {
  Parameters parameters;
  parameters.delta_ms = 100;
  parameters.idle_ms = 60'000;
  Pacemaker pacemaker(parameters, 4);
  pacemaker.enter(1'000);
  EXPECT_EQ(pacemaker.lead_deadline(1, false), 1'000U + 60'000U + 225U);
  pacemaker.work(true, 5'000);
  EXPECT_EQ(pacemaker.lead_deadline(1, false), 5'000U + 225U + 100U);
  EXPECT_EQ(pacemaker.cert_deadline(1), 5'000U + 225U + 100U + 100U);
  EXPECT_EQ(pacemaker.lead_deadline(1, true), 5'000U);
  pacemaker.enter(6'000);
  EXPECT_EQ(pacemaker.lead_deadline(1, false), 6'000U + 225U);
  pacemaker.needs_fetch();
  EXPECT_EQ(pacemaker.cert_deadline(1), 6'000U + 225U + 100U + 100U);
  pacemaker.work(false, 6'100);
  EXPECT_EQ(pacemaker.lead_deadline(1, false), 6'000U + 60'000U + 225U);
}

struct HeadsTest : testing::Test {
  HeadsTest() {
    Checkpoint head = root;
    for (Height height = 1; height <= 40; ++height) {
      head.height = height;
      if (height % 2 == 0) {  // odd ones are empty
        head.log_size += 3;
        head.log_root = digest_of(static_cast<std::uint8_t>(height));
      }
      EXPECT_TRUE(heads.executed(head));
    }
  }
  Checkpoint at(Height height) const {
    return {height, 1 + 3 * (height / 2), digest_of(static_cast<std::uint8_t>(height / 2 * 2))};
  }
  Checkpoint root{0, 1, digest_of(1)};
  Heads heads{EpochRoot{digest_of(0), 0, 0, root}};
};

TEST_F(HeadsTest, NamesTheHighestCosignedHeadThatIsOldEnough) {
  EXPECT_EQ(heads.choose(root, 41, 8), root);
  heads.checkpointed(at(10).log_size, at(10).log_root);
  heads.checkpointed(at(32).log_size, at(32).log_root);
  heads.checkpointed(at(34).log_size, at(34).log_root);
  EXPECT_EQ(heads.choose(root, 41, 8), at(32));
  EXPECT_EQ(heads.choose(root, 39, 8), at(10));
  EXPECT_EQ(heads.choose(at(20), 39, 8), at(20));  // never back
}

TEST_F(HeadsTest, Judges) {
  using V = Heads::Verdict;
  EXPECT_EQ(heads.judge(at(32), root, 41, 8), V::right);
  EXPECT_EQ(heads.judge(at(33), root, 41, 8), V::wrong);    // an empty block: no record there
  EXPECT_EQ(heads.judge(at(34), root, 41, 8), V::wrong);    // too young
  EXPECT_EQ(heads.judge(at(10), at(12), 41, 8), V::wrong);  // back
  EXPECT_EQ(heads.judge(root, root, 41, 8), V::right);
  Checkpoint forged = at(32);
  forged.log_root = digest_of(0xee);
  EXPECT_EQ(heads.judge(forged, root, 41, 8), V::wrong);
  EXPECT_TRUE(heads.contradicts(forged));
  EXPECT_EQ(heads.judge(at(42), root, 60, 8), V::not_executed);
}

TEST_F(HeadsTest, SeesAQuorumThatDisagrees) {
  heads.checkpointed(at(32).log_size, digest_of(0xee));
  EXPECT_TRUE(heads.contradicted());
}

TEST_F(HeadsTest, WorksWithTheRecentHeadsOnly) {
  Heads restored{EpochRoot{digest_of(0), 0, 0, root}};
  std::vector<Checkpoint> recent;
  for (Height height = 20; height <= 40; ++height) recent.push_back(at(height));
  restored.restore(recent);
  EXPECT_EQ(restored.executed_height(), 40U);
  EXPECT_EQ(restored.judge(at(32), at(6), 41, 8), Heads::Verdict::right);
  EXPECT_EQ(restored.judge(at(6), at(6), 41, 8), Heads::Verdict::right);  // the parent's
  EXPECT_EQ(restored.judge(at(8), at(6), 41, 8), Heads::Verdict::wrong);
  restored.checkpointed(at(32).log_size, at(32).log_root);
  EXPECT_EQ(restored.choose(at(6), 41, 8), at(32));
}

// Else every leader names what every voter refuses, and no view ever ends with a block again.
TEST_F(HeadsTest, AfterALongIdleTimeWhatIsNamedIsWhatIsAccepted) {
  const Checkpoint last{5, 9, digest_of(9)};  // the last block with a record
  std::vector<Checkpoint> idle;
  for (Height height = 1000; height <= 1020; ++height) idle.push_back({height, 9, digest_of(9)});
  Heads restored{EpochRoot{digest_of(0), 0, 0, root}};
  restored.restore(idle);
  restored.checkpointed(9, digest_of(9));
  const Checkpoint named = restored.choose(last, 1021, 8);
  EXPECT_EQ(named, last);
  EXPECT_EQ(restored.judge(named, last, 1021, 8), Heads::Verdict::right);
  EXPECT_FALSE(restored.contradicted());
  restored = Heads{EpochRoot{digest_of(0), 0, 0, root}};
  restored.restore(idle);
  restored.checkpointed(9, digest_of(0xee));
  EXPECT_TRUE(restored.contradicted());
}

TEST(Payload, PicksOldestFirstInTurnsOfProducers) {
  Payload payload;
  for (std::uint8_t i = 0; i < 6; ++i)
    payload.add({digest_of(i), 1, 10}, i < 4 ? 1 : 2, true, false);
  const auto picked = payload.pick({digest_of(1)});
  std::vector<std::uint8_t> order;
  for (const BatchRef& ref : picked) order.push_back(ref.digest.bytes[0]);
  EXPECT_EQ(order, (std::vector<std::uint8_t>{0, 4, 2, 5, 3}));
}

TEST(Payload, KeepsTheLimitsOfABlock) {
  Payload payload;
  for (std::uint32_t i = 0; i < 40; ++i) {
    payload.add({digest_of(static_cast<std::uint8_t>(i)), 1, kBatchBytesMax}, 0, true, false);
  }
  EXPECT_EQ(payload.pick({}).size(), kBlockPayloadBytesMax / kBatchBytesMax);
}

TEST(Payload, OrderedBadAndUnwantedBatchesAreNotProposed) {
  Payload payload;
  payload.add({digest_of(1), 1, 10}, 0, false, false);  // a bad signature in it
  payload.add({digest_of(2), 1, 10}, 0, true, false);
  payload.ordered(digest_of(2));
  EXPECT_FALSE(payload.any({}));
  EXPECT_TRUE(payload.pick({}).empty());
  payload.add({digest_of(3), 1, 10}, 0, true, false);
  EXPECT_TRUE(payload.any({}));
  EXPECT_FALSE(payload.any({digest_of(3)}));
}

}  // namespace
}  // namespace footproof::consensus
