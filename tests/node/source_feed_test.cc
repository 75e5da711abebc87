// What a validator that lacks links is fed: all that its sources show, whoever of them is of no
// use.
#include "node/source_feed.h"

#include <gtest/gtest.h>

#include <map>

#include "consensus/blocks.h"
#include "node/epoch_set.h"
#include "node/execution.h"
#include "tests/node/chain_maker.h"
#include "tests/node/store_source.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using std::chrono::seconds;
using test::changed_source;
using test::StoreSource;

// A core loop as far as the feed sees it: executes at once what it is fed.
class Eater final : public Fed {
 public:
  Eater(const std::filesystem::path& folder, const Network& network) {
    std::filesystem::create_directories(folder);
    store_ = ledger::Store::create({folder / "ledger", folder / "anchor"}, network.genesis_result)
                 .value();
  }
  [[nodiscard]] std::optional<std::uint64_t> hungry() const override {
    return is_hungry ? std::optional(epoch_in_force(*store_)) : std::nullopt;
  }
  void feed(Feed feed) override {
    facts = feed.facts;
    if (feed.checkpoint) {
      EXPECT_TRUE(store_->publish(feed.checkpoint->size, feed.checkpoint->root, feed.note));
    }
    if (feed.chain && executes) execute(feed);
    if (feed.hop) {
      EXPECT_TRUE(store_->keep_hop(*feed.hop));
    }
  }
  [[nodiscard]] const ledger::Store& store() const { return *store_; }
  [[nodiscard]] ledger::Head head() const { return store_->snapshot()->head(); }

  bool is_hungry = true;
  bool executes = true;
  api::FollowFacts facts;

 private:
  void execute(const Feed& feed) {
    std::map<Digest, HeldBatch> batches;
    for (const auto& held : feed.batches) batches.emplace(held.ref.digest, held);
    const auto verify = [this](const PublicKey& key, const Statement& statement) {
      return verdicts_.verify(key, statement);
    };
    for (const auto& block : feed.chain->blocks) {
      DeliveredBlock delivered{
          block, consensus::block_id(block.header), feed.chain->finalization, {}};
      for (const auto& ref : block.batch_refs) {
        delivered.batches.push_back(batches.at(ref.digest));
      }
      const auto result = execute_delivered(*store_->snapshot(), delivered, verify);
      ASSERT_TRUE(result) << result.error().detail;
      ASSERT_TRUE(store_->apply(*result, ledger::Durability::synced));
    }
  }

  std::unique_ptr<ledger::Store> store_;
  VerdictCache verdicts_;
};

class SourceFeedTest : public ::testing::Test {
 protected:
  std::unique_ptr<Source> honest() const {
    return std::make_unique<StoreSource>("honest", chain_.store());
  }
  // Each answer takes so long; notes its own letter and what it is asked for.
  std::unique_ptr<Source> timed(char letter, seconds time) {
    return std::make_unique<StoreSource>(
        std::string(1, letter), chain_.store(),
        [this, letter, time](const std::string& path, Bytes answer) -> Result<Bytes> {
          asked_ += letter;
          paths_.push_back(path);
          clock_.advance_to(clock_.now() + time);
          return answer;
        });
  }
  void follow(std::unique_ptr<Source> first, std::unique_ptr<Source> second = nullptr,
              std::size_t waiting_bytes_max = SourceFeed::kWaitingBytesMax) {
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(std::move(first));
    if (second) sources.push_back(std::move(second));
    feed_ = std::make_unique<SourceFeed>(eater_.store(), clock_, eater_, std::move(sources),
                                         waiting_bytes_max);
  }
  void step() { clock_.advance_to(feed_->step()); }
  bool reach(std::uint64_t height, int steps = 200) {
    while (eater_.head().height < height && steps-- > 0) step();
    return eater_.head().height == height;
  }
  [[nodiscard]] std::string trouble(std::size_t source = 0) const {
    return eater_.facts.sources[source].trouble;
  }
  // A block of its own, and one that only the certificate of the block above it finalises.
  void make_pair() {
    chain_.grow(1);
    chain_.begin_stretch({chain_.attestation()}, 1);
    chain_.go_on();
    lower_ = chain_.head().height - 1;
  }

  std::uint64_t lower_ = 0;  // height of that one
  std::string asked_;
  std::vector<std::string> paths_;
  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
  test::ManualClock clock_;
  Eater eater_{folder_.path() / "fed", chain_.network()};
  std::unique_ptr<SourceFeed> feed_;
};

TEST_F(SourceFeedTest, BringsItWhereItsSourceStands) {
  chain_.grow(5, 3);
  follow(honest());
  ASSERT_TRUE(reach(chain_.head().height)) << trouble();
  EXPECT_EQ(eater_.head(), chain_.head());
  for (int i = 0; i < 3; ++i) step();
  ASSERT_TRUE(eater_.store().published());
  EXPECT_EQ(eater_.store().published()->checkpoint(), chain_.store().published()->checkpoint());
}

TEST_F(SourceFeedTest, LeadsFromOneSetOfValidatorsToTheNext) {
  auto& sequencer = chain_.sequencer();
  chain_.grow(2);
  sequencer.decide(AdmitValidator{sequencer.validator(7)});
  sequencer.end_epoch();
  chain_.grow(3);
  follow(honest());
  ASSERT_TRUE(reach(chain_.head().height)) << trouble();
  EXPECT_EQ(eater_.head().epoch, 1U);
  EXPECT_TRUE(eater_.store().hop(0).value().has_value());
}

TEST_F(SourceFeedTest, WhoeverLiesIsLeftForOthers) {
  chain_.grow(4);
  follow(changed_source("liar", chain_.store(),
                        [](ChainAnswer& answer) {
                          answer.blocks[0].applied.finalization.signatures[0][0] ^= 1U;
                        }),
         honest());
  step();
  EXPECT_NE(trouble().find("certificate"), std::string::npos) << trouble();
  EXPECT_EQ(eater_.head().height, 0U);
  ASSERT_TRUE(reach(chain_.head().height, 10));
}

TEST_F(SourceFeedTest, WhoeverIsSlowIsLeftForOthersAndWhatItGaveIsTaken) {
  chain_.grow(4);
  follow(timed('a', seconds(14)), honest());
  step();
  EXPECT_NE(trouble().find("slow"), std::string::npos) << trouble();
  EXPECT_EQ(eater_.head(), chain_.head());
  const MonoTime left = clock_.now();
  chain_.grow(1);
  ASSERT_TRUE(reach(chain_.head().height, 10));
  EXPECT_EQ(asked_, "a");
  EXPECT_LT(clock_.now() - left, seconds(5));
}

void drip(ChainAnswer& answer) {
  if (answer.blocks.size() <= 1) return;
  answer.blocks.resize(1);
  answer.checkpoint.clear();
}

TEST_F(SourceFeedTest, WhoeverGivesLessThanItHasIsLeftForOthers) {
  chain_.grow(20);
  follow(changed_source("dripping", chain_.store(), drip), honest());
  step();
  EXPECT_NE(trouble().find("and gives 1 blocks"), std::string::npos) << trouble();
  EXPECT_EQ(eater_.head().height, 1U);
  ASSERT_TRUE(reach(chain_.head().height, 10));
}

// Its note is judged when its block is executed, and another one is asked by then.
TEST_F(SourceFeedTest, WhoGaveAFalseCheckpointIsLeftForItAndNobodyElse) {
  chain_.grow(20);
  follow(changed_source("liar", chain_.store(),
                        [](ChainAnswer& answer) {
                          drip(answer);
                          answer.checkpoint =
                              answer.checkpoint.substr(0, answer.checkpoint.size() - 8) +
                              "AAAAAA=\n";
                        }),
         honest());
  ASSERT_TRUE(reach(chain_.head().height, 10)) << trouble();
  EXPECT_NE(trouble(0), "");
  EXPECT_EQ(trouble(1), "");
  EXPECT_EQ(trouble(0).find("and gives"), std::string::npos) << trouble(0);
}

TEST_F(SourceFeedTest, WhereThereIsNobodyElseALittleIsTaken) {
  chain_.grow(20);
  follow(changed_source("dripping", chain_.store(), drip));
  const MonoTime begun = clock_.now();
  ASSERT_TRUE(reach(chain_.head().height, 80)) << eater_.head().height;
  EXPECT_LT(clock_.now() - begun, seconds(5));
}

// As much as the core loop takes at once comes with each answer.
TEST_F(SourceFeedTest, SourcesTakeTurnsWhileThereIsMuchToFetch) {
  chain_.grow(150);
  follow(timed('a', seconds(3)), timed('b', seconds(3)));
  ASSERT_TRUE(reach(chain_.head().height)) << eater_.head().height;
  EXPECT_TRUE(asked_.starts_with("aab")) << asked_;
}

// It is asked again after a while, because something may have been lost.
TEST_F(SourceFeedTest, WhatIsBeingExecutedIsNotAskedForAtEveryStep) {
  chain_.grow(3);
  eater_.executes = false;
  follow(timed('a', seconds(0)));
  const MonoTime begun = clock_.now();
  while (clock_.now() - begun < seconds(12)) step();
  EXPECT_EQ(asked_, "aaa");
}

// --- blocks that wait for the one that their certificate names ---

// Each block in an answer of its own, with the headers that its certificate needs.
void one_by_one(ChainAnswer& answer) {
  if (answer.blocks.size() <= 1) return;
  const auto& first = answer.blocks.front().applied;
  const bool is_open =
      first.finalization.proposal.block_id != consensus::block_id(first.block.header);
  if (is_open) answer.link = {answer.blocks[1].applied.block.header};
  answer.blocks.resize(1);
  answer.height = answer.blocks.front().applied.block.header.height;
  answer.checkpoint.clear();
}

TEST_F(SourceFeedTest, ABlockWaitsForTheOneThatItsCertificateNames) {
  make_pair();
  follow(changed_source("one by one", chain_.store(), one_by_one));
  ASSERT_TRUE(reach(lower_ - 1));
  ASSERT_TRUE(reach(lower_ + 1)) << trouble();
  EXPECT_EQ(eater_.head(), chain_.head());
}

TEST_F(SourceFeedTest, WhatWaitsIsBoundedInBytes) {
  make_pair();
  follow(changed_source("one by one", chain_.store(), one_by_one), nullptr, 100);
  ASSERT_TRUE(reach(lower_ - 1));
  EXPECT_FALSE(reach(lower_ + 1, 20));
  EXPECT_NE(trouble().find("no block that its certificate names"), std::string::npos) << trouble();
  EXPECT_EQ(eater_.head().height, lower_ - 1);
}

TEST_F(SourceFeedTest, WhatWaitedIsForgottenWhileLinksSuffice) {
  make_pair();
  std::vector<std::string> paths;
  follow(std::make_unique<StoreSource>("one by one", chain_.store(),
                                       [&](const std::string& path, Bytes answer) -> Result<Bytes> {
                                         paths.push_back(path);
                                         auto parsed = parse_chain_answer(answer).value();
                                         one_by_one(parsed);
                                         return encode_chain_answer(parsed);
                                       }));
  const auto lower = "/v1/chain?from=" + std::to_string(lower_);
  while (paths.empty() || paths.back() != lower) step();
  eater_.is_hungry = false;
  step();
  EXPECT_EQ(paths.back(), lower);
  paths.clear();
  eater_.is_hungry = true;
  while (paths.empty()) step();
  EXPECT_EQ(paths.front(), lower);
}

}  // namespace
}  // namespace footproof::node
