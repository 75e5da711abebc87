// A node that follows: one honest source is enough, and none that is not can write anything.
#include "node/follower.h"

#include <gtest/gtest.h>

#include <functional>

#include "node/serve_chain.h"
#include "tests/node/chain_maker.h"
#include "tests/node/store_source.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using test::ManualClock;
using Change = std::function<Result<Bytes>(Bytes answer)>;

// A change of what parses.
Change changed(std::function<void(ChainAnswer&)> change) {
  return [change = std::move(change)](const Bytes& answer) -> Result<Bytes> {
    auto parsed = parse_chain_answer(answer).value();
    change(parsed);
    return encode_chain_answer(parsed);
  };
}

// A follower's own half: store, clock, counters.
class FollowingNode {
 public:
  FollowingNode(const std::filesystem::path& folder, const Network& network)
      : paths_{folder / "ledger", folder / "anchor"}, network_(network) {
    std::filesystem::create_directories(folder);
    store_ = ledger::Store::create(paths_, network.genesis_result).value();
  }
  // As a process does that was killed and is started again.
  void reopen() {
    follower_.reset();
    store_.reset();
    store_ = ledger::Store::open(paths_, network_.chain_id).value();
  }
  void follow(std::vector<std::unique_ptr<Source>> sources) {
    follower_ = std::make_unique<Follower>(
        FollowerParts{*store_, evidence_, clock_, verdicts_, counters_, nullptr, [] {},
                      [this](const std::string& why) { fatal_.push_back(why); }},
        std::move(sources));
  }
  void step() {
    const MonoTime due = follower_->step();
    if (due != kNever) clock_.advance_to(due);
  }
  // Steps until it stands at this height, at most `steps`.
  bool reach(std::uint64_t height, int steps = 200) {
    while (head().height < height && steps-- > 0) step();
    return head().height == height;
  }
  [[nodiscard]] ledger::Head head() const { return store_->snapshot()->head(); }
  [[nodiscard]] const ledger::Store& store() const { return *store_; }
  [[nodiscard]] Follower& follower() { return *follower_; }
  [[nodiscard]] const std::vector<std::string>& fatal() const { return fatal_; }
  [[nodiscard]] std::string trouble(std::size_t source) const {
    return follower_->facts().sources[source].trouble;
  }
  [[nodiscard]] MonoTime now() const { return clock_.now(); }
  void pass(std::chrono::seconds time) { clock_.advance_to(clock_.now() + time); }

 private:
  ledger::StorePaths paths_;
  const Network& network_;
  ManualClock clock_;
  VerdictCache verdicts_;
  Counters counters_;
  std::vector<std::string> fatal_;
  std::unique_ptr<ledger::Store> store_;
  EvidenceBook evidence_;
  std::unique_ptr<Follower> follower_;
};

class FollowerTest : public ::testing::Test {
 protected:
  using Sources = std::vector<std::unique_ptr<Source>>;

  std::unique_ptr<Source> honest() const {
    return std::make_unique<test::StoreSource>("honest", chain_.store());
  }
  std::unique_ptr<Source> liar(Change change) const { return about("/v1/chain", change); }
  // Changes what it says there, and nothing else.
  std::unique_ptr<Source> about(std::string place, Change change) const {
    return std::make_unique<test::StoreSource>(
        "liar", chain_.store(),
        [place = std::move(place), change = std::move(change)](const std::string& path,
                                                               Bytes answer) -> Result<Bytes> {
          if (!path.starts_with(place)) return answer;
          return change(std::move(answer));
        });
  }
  // One that was not there when the epoch ended: it has the hop and no checkpoint of it.
  std::unique_ptr<Source> straggler() const {
    return liar(changed([](ChainAnswer& a) { a.checkpoint.clear(); }));
  }
  // A member more by ballot, in force at the end; blocks before and after.
  void change_set() {
    auto& sequencer = chain_.sequencer();
    chain_.grow(2);
    sequencer.decide(AdmitValidator{sequencer.validator(7)});
    sequencer.end_epoch();
    boundary_ = chain_.head().height;
    chain_.grow(3);
  }
  Sources sources(std::unique_ptr<Source> first, std::unique_ptr<Source> second = nullptr) const {
    Sources out;
    out.push_back(std::move(first));
    if (second) out.push_back(std::move(second));
    return out;
  }

  std::uint64_t boundary_ = 0;
  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
  FollowingNode node_{folder_.path() / "follower", chain_.network()};
};

TEST_F(FollowerTest, StandsWhereItsSourceStandsAndServesTheSame) {
  chain_.grow(5, 3);
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  EXPECT_EQ(node_.head(), chain_.head());
  EXPECT_TRUE(node_.follower().is_caught_up());
  const auto published = node_.store().published();
  ASSERT_TRUE(published);
  EXPECT_EQ(published->checkpoint(), chain_.store().published()->checkpoint());
  EXPECT_EQ(encode_chain_answer(serve_chain(node_.store(), 1).value()), chain_.answer(1));
}

TEST_F(FollowerTest, FollowersFeedEachOther) {
  chain_.grow(kStretchBlocksMax + 20);
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  FollowingNode next(folder_.path() / "next", chain_.network());
  next.follow(sources(std::make_unique<test::StoreSource>("follower", node_.store())));
  ASSERT_TRUE(next.reach(chain_.head().height));
  EXPECT_EQ(next.head(), chain_.head());
  EXPECT_EQ(next.store().published()->checkpoint(), chain_.store().published()->checkpoint());
}

// A member more by ballot: what comes after the boundary block is judged by the new set, and the
// hop to it is kept.
TEST_F(FollowerTest, FollowsFromOneSetOfValidatorsToTheNext) {
  auto& sequencer = chain_.sequencer();
  chain_.grow(2);
  sequencer.decide(AdmitValidator{sequencer.validator(7)});
  sequencer.end_epoch();
  const auto boundary = chain_.head().height;
  chain_.grow(3);
  ASSERT_EQ(sequencer.set_in_force().members.size(), 5U);
  EXPECT_EQ(serve_chain(chain_.store(), 1)->blocks.size(), boundary);
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height)) << node_.trouble(0);
  EXPECT_EQ(node_.head(), chain_.head());
  EXPECT_EQ(node_.head().epoch, 1U);
  EXPECT_TRUE(node_.store().hop(0).value().has_value());
  EXPECT_EQ(node_.store().published()->checkpoint(), chain_.store().published()->checkpoint());
}

TEST_F(FollowerTest, FetchesTheHopWhereNobodyHasTheCheckpointAtTheEndOfAnEpoch) {
  change_set();
  node_.follow(sources(straggler()));
  ASSERT_TRUE(node_.reach(chain_.head().height)) << node_.trouble(0);
  EXPECT_EQ(node_.head(), chain_.head());
  EXPECT_EQ(node_.store().hop(0).value(), chain_.store().hop(0).value());
}

TEST_F(FollowerTest, AForgedHopIsLeftWithItsSource) {
  change_set();
  const auto forge = [](Bytes hop) -> Result<Bytes> {
    hop[hop.size() / 2] ^= 1U;
    return hop;
  };
  node_.follow(sources(about("/v1/epochs", forge)));
  node_.reach(chain_.head().height, 10);
  EXPECT_EQ(node_.head().height, boundary_);
  EXPECT_NE(node_.trouble(0), "");
  EXPECT_EQ(node_.follower().alarm(), "");
  node_.follow(sources(about("/v1/epochs", forge), straggler()));
  ASSERT_TRUE(node_.reach(chain_.head().height, 10)) << node_.trouble(1);
}

TEST_F(FollowerTest, WhoIsBeyondAnEpochWithoutItsHopIsLeft) {
  change_set();
  node_.follow(sources(std::make_unique<test::StoreSource>(
                           "without", chain_.store(),
                           [](const std::string& path, Bytes answer) -> Result<Bytes> {
                             if (path.starts_with("/v1/epochs")) {
                               return fail(Errc::not_found, "no hop");
                             }
                             return changed([](ChainAnswer& a) { a.checkpoint.clear(); })(answer);
                           }),
                       straggler()));
  ASSERT_TRUE(node_.reach(chain_.head().height, 10)) << node_.trouble(0);
  EXPECT_NE(node_.trouble(0).find("has not the hop"), std::string::npos) << node_.trouble(0);
}

// The set that ends vouches for another log: somebody's keys were stolen, or we executed wrongly.
TEST_F(FollowerTest, AHopOfAnotherLogThanOursIsAnAlarm) {
  change_set();
  std::filesystem::create_directories(folder_.path() / "twin");
  std::filesystem::copy(folder_.path() / "chain/genesis", folder_.path() / "twin/genesis");
  test::ChainMaker twin(folder_.path() / "twin");
  ASSERT_EQ(twin.network().chain_id, chain_.network().chain_id);
  twin.grow(4);
  twin.sequencer().decide(AdmitValidator{twin.sequencer().validator(7)});
  twin.sequencer().end_epoch();
  const auto other = encode_hop(twin.store().hop(0).value().value());
  node_.follow(sources(about("/v1/epochs", [other](const Bytes&) { return other; })));
  node_.reach(chain_.head().height, 10);
  EXPECT_EQ(node_.head().height, boundary_);
  EXPECT_NE(node_.follower().alarm().find("another log"), std::string::npos) << node_.trouble(0);
  EXPECT_FALSE(node_.store().hop(0).value().has_value());
}

TEST_F(FollowerTest, GoesOnWhereItStoodAfterAKill) {
  chain_.grow(3);
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  chain_.grow(3);
  node_.reopen();
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  EXPECT_EQ(node_.head(), chain_.head());
}

struct Fraud {
  const char* name;
  Change change;
  const char* says;  // a part of the reason
};
class FollowerLeaves : public FollowerTest, public ::testing::WithParamInterface<Fraud> {};

// Asked first, and left; what it said is nowhere; the honest one brings us there.
TEST_P(FollowerLeaves, WhoeverIsOfNoUseAndIsNotHeldUp) {
  chain_.grow(4, 2);
  node_.follow(sources(liar(GetParam().change), honest()));
  node_.step();
  EXPECT_LT(node_.head().height, chain_.head().height);
  EXPECT_NE(node_.trouble(0).find(GetParam().says), std::string::npos) << node_.trouble(0);
  ASSERT_TRUE(node_.reach(chain_.head().height, 10));
  EXPECT_EQ(node_.head(), chain_.head());
  EXPECT_TRUE(node_.fatal().empty());
  EXPECT_EQ(node_.follower().alarm(), "");
}

INSTANTIATE_TEST_SUITE_P(
    All, FollowerLeaves,
    ::testing::Values(
        Fraud{"Garbage", [](const Bytes&) -> Result<Bytes> { return Bytes(1000, 0x5a); },
              "version"},
        Fraud{"CutOff",
              [](Bytes answer) -> Result<Bytes> {
                answer.resize(answer.size() / 2);
                return answer;
              },
              "cut off"},
        Fraud{"TooMuch",
              [](const Bytes&) -> Result<Bytes> {
                return fail(Errc::io, "the answer is larger than it may be");
              },
              "larger"},
        Fraud{"Nothing",
              [](const Bytes&) -> Result<Bytes> { return fail(Errc::io, "no answer in time"); },
              "no answer"},
        Fraud{"HeightWithoutBlocks", changed([](ChainAnswer& a) {
                a.blocks.clear();
                a.height = 1000;
              }),
              "gives no block"},
        Fraud{"Signature", changed([](ChainAnswer& a) {
                a.blocks[0].applied.finalization.signatures[0][0] ^= 1U;
              }),
              "certificate"},
        Fraud{"Statement", changed([](ChainAnswer& a) { a.blocks[0].batches[0].back() ^= 1U; }),
              "batch"},
        Fraud{"NoSnapshotChain",
              [](const Bytes&) -> Result<Bytes> {
                return fail(Errc::not_found, "began with a snapshot");
              },
              "snapshot"}),
    [](const auto& tested) { return tested.param.name; });

// Blocks that are good beside a checkpoint that is not: they are taken, it is not.
TEST_F(FollowerTest, AForgedCheckpointIsNotPublished) {
  chain_.grow(3);
  const auto forge = changed([](ChainAnswer& a) {
    const auto at = a.checkpoint.rfind("= \n");
    (void)at;
    a.checkpoint[a.checkpoint.size() - 8] ^= 1;
  });
  node_.follow(sources(liar(forge)));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  EXPECT_FALSE(node_.store().published());
  EXPECT_NE(node_.trouble(0).find("checkpoint"), std::string::npos);
}

TEST_F(FollowerTest, WhoeverGoesBackIsLeft) {
  chain_.grow(4);
  int asked = 0;
  node_.follow(sources(liar(changed([&asked](ChainAnswer& a) {
    if (++asked > 1) a.height -= 3, a.blocks.clear();
  }))));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  node_.step();
  EXPECT_NE(node_.trouble(0).find("after a higher one"), std::string::npos) << node_.trouble(0);
}

// A source that is honest and stands still must not keep us from one that goes on.
TEST_F(FollowerTest, AStaleSourceDoesNotHoldItBack) {
  chain_.grow(2);
  FollowingNode stale(folder_.path() / "stale", chain_.network());
  stale.follow(sources(honest()));
  ASSERT_TRUE(stale.reach(chain_.head().height));
  chain_.grow(3);
  node_.follow(sources(std::make_unique<test::StoreSource>("stale", stale.store()), honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height, 10));
}

void drip(ChainAnswer& answer) {
  if (answer.blocks.size() <= 1) return;
  answer.blocks.resize(1);
  answer.checkpoint.clear();
}

// It has them all, by its own word, and gives them one by one.
TEST_F(FollowerTest, WhoeverGivesLessThanItHasIsLeftForOthers) {
  chain_.grow(20);
  node_.follow(sources(liar(changed(drip)), honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height, 4)) << node_.head().height;
  EXPECT_NE(node_.trouble(0).find("and gives 1 blocks"), std::string::npos) << node_.trouble(0);
}

TEST_F(FollowerTest, WhereThereIsNobodyElseALittleIsTaken) {
  chain_.grow(20);
  node_.follow(sources(liar(changed(drip))));
  const MonoTime begun = node_.now();
  ASSERT_TRUE(node_.reach(chain_.head().height, 40)) << node_.head().height;
  EXPECT_LT(node_.now() - begun, std::chrono::seconds(5));
}

// It says that it has no more than it gives.
TEST_F(FollowerTest, OneThatHidesTheNewestBlocksFoolsNobodyWhoAsksAnother) {
  chain_.grow(20);
  const auto hide = changed([](ChainAnswer& a) {
    if (a.blocks.empty()) return;
    a.blocks.resize(1);
    a.height = a.blocks.back().applied.block.header.height;
    a.checkpoint.clear();
  });
  node_.follow(sources(liar(hide), honest()));
  node_.step();
  EXPECT_EQ(node_.head().height, 1U);
  EXPECT_FALSE(node_.follower().is_caught_up());
  ASSERT_TRUE(node_.reach(chain_.head().height, 4)) << node_.head().height;
}

TEST_F(FollowerTest, WhoeverIsSlowIsLeftForOthers) {
  chain_.grow(20);
  node_.follow(sources(liar([this](Bytes answer) -> Result<Bytes> {
                         node_.pass(std::chrono::seconds(14));
                         return answer;
                       }),
                       honest()));
  node_.step();
  EXPECT_NE(node_.trouble(0).find("slow"), std::string::npos) << node_.trouble(0);
  const MonoTime left = node_.now();
  chain_.grow(1);
  ASSERT_TRUE(node_.reach(chain_.head().height, 4)) << node_.head().height;
  EXPECT_LT(node_.now() - left, std::chrono::seconds(5));
}

// One that gives as much as it may has its turn, and the next one its own.
TEST_F(FollowerTest, SourcesTakeTurnsWhileThereIsMuchToFetch) {
  chain_.grow(2 * kStretchBlocksMax);  // and what admits the verifier
  std::string asked;
  const auto source = [&](char letter) {
    return liar([this, &asked, letter](Bytes answer) -> Result<Bytes> {
      asked += letter;
      node_.pass(std::chrono::seconds(3));
      return answer;
    });
  };
  node_.follow(sources(source('a'), source('b')));
  ASSERT_TRUE(node_.reach(chain_.head().height)) << node_.head().height;
  EXPECT_TRUE(asked.starts_with("aab")) << asked;
}

// Each failure costs the liar more of its turns; none is left for ever.
TEST_F(FollowerTest, ALiarIsAskedLessAndLessAndNeverNever) {
  chain_.grow(1);
  int asked = 0;
  node_.follow(sources(liar([&asked](const Bytes&) -> Result<Bytes> {
    ++asked;
    return Bytes{7};
  })));
  const MonoTime begun = node_.now();
  for (int i = 0; i < 30; ++i) node_.step();
  EXPECT_GE(asked, 5);
  EXPECT_LE(asked, 16);
  EXPECT_GT(node_.now() - begun, std::chrono::hours(1));
}

// The network's own word against our execution: no further, and said so.
TEST_F(FollowerTest, AnotherLogThanTheNetworksIsAnAlarm) {
  chain_.grow(2);
  node_.follow(sources(honest()));
  ASSERT_TRUE(node_.reach(chain_.head().height));
  // A block that q validators finalised names a head that is not ours.
  auto block = chain_.make_block(chain_.head(), chain_.head().time_ms + 1, {});
  block.header.checkpoint.log_root.bytes[0] ^= 1U;
  const auto finalization = chain_.certify(block);
  node_.follow(sources(liar(changed([&](ChainAnswer& a) {
    a.height = block.header.height;
    a.blocks = {{{block, finalization}, {}}};
  }))));
  node_.step();
  EXPECT_NE(node_.follower().alarm(), "");
  EXPECT_EQ(node_.head(), chain_.head());
  EXPECT_EQ(node_.follower().step(), kNever);
}

}  // namespace
}  // namespace footproof::node
