// A store made from a snapshot: the same as one that executed everything, whoever lied meanwhile.
#include "node/snapshot_join.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "ledger/epochs.h"
#include "ledger/state_part.h"
#include "node/follower.h"
#include "tests/node/chain_maker.h"
#include "tests/node/store_source.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using test::StoreSource;

class SnapshotJoinTest : public ::testing::Test {
 protected:
  using Sources = std::vector<std::unique_ptr<Source>>;

  std::unique_ptr<Source> honest() const {
    return std::make_unique<StoreSource>("honest", chain_.store());
  }
  void begin(std::unique_ptr<Source> first, std::unique_ptr<Source> second = nullptr) {
    Sources sources;
    sources.push_back(std::move(first));
    if (second) sources.push_back(std::move(second));
    auto begun = SnapshotJoin::begin(chain_.network(), clock_, paths_, std::move(sources));
    ASSERT_TRUE(begun) << begun.error().detail;
    join_ = *std::move(begun);
  }
  void step() {
    const auto due = join_->step();
    ASSERT_TRUE(due) << due.error().detail;
    clock_.advance_to(*due);
  }
  void run(int steps = 2000) {
    while (!join_->is_done() && steps-- > 0) step();
    ASSERT_TRUE(join_->is_done()) << join_->facts().doing << " " << trouble();
  }
  [[nodiscard]] std::string trouble() const { return join_->facts().sources.front().trouble; }
  // The store that came of it, against the one that executed everything.
  void expect_same(std::uint64_t height) {
    join_.reset();
    auto opened = ledger::Store::open(paths_, chain_.network().chain_id);
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = *std::move(opened);
    const auto head = store_->snapshot()->head();
    const auto then = chain_.store().head_at(height).value().value();
    EXPECT_EQ(head, then);
    EXPECT_TRUE(store_->published());
  }
  void follow() {
    Sources sources;
    sources.push_back(honest());
    EvidenceBook evidence;
    Follower follower({*store_, evidence, clock_, verdicts_, counters_, nullptr, [] {},
                       [](const std::string& why) { FAIL() << why; }},
                      std::move(sources));
    for (int i = 0; i < 20; ++i) clock_.advance_to(follower.step());
    EXPECT_EQ(follower.alarm(), "");
    EXPECT_EQ(store_->snapshot()->head(), chain_.head());
  }

  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
  ledger::StorePaths paths_{folder_.path() / "ledger", folder_.path() / "anchor"};
  test::ManualClock clock_;
  VerdictCache verdicts_;
  Counters counters_;
  std::unique_ptr<SnapshotJoin> join_;
  std::unique_ptr<ledger::Store> store_;
};

TEST_F(SnapshotJoinTest, MakesTheStoreThatExecutionMakesAndFollowsOn) {
  chain_.grow(6, 100);  // more than two bundles
  const auto height = chain_.head().height;
  begin(honest());
  run();
  expect_same(height);
  const auto snapshot = store_->snapshot();
  const auto whole = chain_.store().snapshot();
  const auto item = whole->item(300).value();
  EXPECT_EQ(snapshot->item(300)->bytes, item.bytes);
  const auto id = parse_statement(item.bytes)->entry_id();
  EXPECT_EQ(snapshot->logged(id).value()->recorded_ms, whole->logged(id).value()->recorded_ms);
  EXPECT_TRUE(snapshot->inclusion(300, snapshot->head().log_size));
  EXPECT_TRUE(store_->published()->make_receipt(id, std::nullopt));
  // The same statement once more is known here, too.
  chain_.grow(3, 5);
  chain_.add({item.bytes});
  follow();
}

TEST_F(SnapshotJoinTest, ServesTheChainFromItsHeightOnAndSaysSo) {
  chain_.grow(3);
  const auto height = chain_.head().height;
  begin(honest());
  run();
  expect_same(height);
  EXPECT_EQ(serve_chain(*store_, height)->blocks.size(), 1U);
  const auto below = serve_chain(*store_, height - 1);
  ASSERT_FALSE(below);
  EXPECT_EQ(below.error().code, Errc::not_found);
  EXPECT_NE(below.error().detail.find(std::to_string(height)), std::string::npos);
}

// After every step, as if the process were killed.
TEST_F(SnapshotJoinTest, GoesOnWhereItStood) {
  chain_.grow(5, 120);
  const auto height = chain_.head().height;
  auto source = std::make_unique<StoreSource>("honest", chain_.store());
  int lives = 0;
  for (; lives < 100; ++lives) {
    begin(std::make_unique<StoreSource>("honest", chain_.store()));
    for (int steps = 0; steps < 4 && !join_->is_done(); ++steps) step();
    if (join_->is_done()) break;
    join_.reset();
    EXPECT_TRUE(SnapshotJoin::is_begun(paths_));
    EXPECT_TRUE(SnapshotJoin::check_cut_off(paths_, CatchUp::snapshot));
    const auto replay = SnapshotJoin::check_cut_off(paths_, CatchUp::replay);
    ASSERT_FALSE(replay);  // who asked to believe nobody gets no state on anybody's word
    EXPECT_NE(replay.error().detail.find("catch_up"), std::string::npos);
  }
  EXPECT_LT(lives, 100);
  EXPECT_FALSE(SnapshotJoin::is_begun(paths_));
  expect_same(height);
}

// The network goes on meanwhile: what was begun with is finished, and the rest followed.
TEST_F(SnapshotJoinTest, KeepsItsTargetOnceItsStateIsHere) {
  chain_.grow(3, 100);
  const auto height = chain_.head().height;
  begin(honest());
  step();  // the offer
  step();  // the state, which is one part
  join_.reset();
  chain_.grow(3, 100);
  begin(honest());
  run();
  expect_same(height);
  follow();
}

TEST_F(SnapshotJoinTest, TakesANewerTargetBefore) {
  chain_.grow(3, 100);
  begin(honest());
  step();
  join_.reset();
  chain_.grow(3, 100);
  begin(honest());
  run();
  expect_same(chain_.head().height);
}

// --- from one set of validators to the next ---

class SnapshotOfALaterEpoch : public SnapshotJoinTest {
 protected:
  SnapshotOfALaterEpoch() {
    auto& sequencer = chain_.sequencer();
    chain_.grow(2);
    sequencer.decide(AdmitValidator{sequencer.validator(7)});
    sequencer.end_epoch();
    chain_.grow(2);
    sequencer.decide(RemoveValidator{"validator-0"});
    sequencer.end_epoch();
    boundary_ = chain_.head().height;
  }
  void expect_hops() {
    for (const std::uint64_t epoch : {0U, 1U}) {
      EXPECT_EQ(store_->hop(epoch).value(), chain_.store().hop(epoch).value());
    }
    EXPECT_EQ(ledger::trust_policy_of(*store_->published()).value(),
              ledger::trust_policy_of(*chain_.store().published()).value());
  }

  std::uint64_t boundary_ = 0;
};

TEST_F(SnapshotOfALaterEpoch, IsProvenByHopsFromGenesisAndKeepsThem) {
  chain_.grow(3, 100);
  const auto height = chain_.head().height;
  begin(honest());
  run();
  expect_same(height);
  expect_hops();
  chain_.grow(2);
  follow();
}

// Its last block is of the set that ends, and what follows of the next.
TEST_F(SnapshotOfALaterEpoch, MayEndWithABoundaryBlock) {
  begin(honest());
  run();
  expect_same(boundary_);
  chain_.grow(2);
  follow();
  expect_hops();
}

TEST_F(SnapshotOfALaterEpoch, GoesOnWhereItStoodAfterEveryKill) {
  chain_.grow(3, 120);
  const auto height = chain_.head().height;
  int lives = 0;
  for (; lives < 100; ++lives) {
    begin(honest());
    for (int steps = 0; steps < 4 && !join_->is_done(); ++steps) step();
    if (join_->is_done()) break;
    join_.reset();
  }
  EXPECT_LT(lives, 100);
  expect_same(height);
  expect_hops();
}

TEST_F(SnapshotOfALaterEpoch, AForgedHopIsLeftWithItsSource) {
  chain_.grow(1);
  begin(std::make_unique<StoreSource>("liar", chain_.store(),
                                      [](const std::string& path, Bytes answer) -> Result<Bytes> {
                                        if (path == "/v1/epochs/1") answer[answer.size() / 2] ^= 1U;
                                        return answer;
                                      }),
        honest());
  run();
  EXPECT_NE(trouble(), "");
  expect_same(chain_.head().height);
}

TEST_F(SnapshotOfALaterEpoch, WhoeverHasNotTheHopsToItIsLeft) {
  chain_.grow(1);
  begin(std::make_unique<StoreSource>("without", chain_.store(),
                                      [](const std::string& path, Bytes answer) -> Result<Bytes> {
                                        if (!path.starts_with("/v1/epochs")) return answer;
                                        return fail(Errc::not_found, "has no hop here");
                                      }),
        honest());
  run();
  EXPECT_NE(trouble().find("no hop"), std::string::npos) << trouble();
  expect_same(chain_.head().height);
}

// --- sources that are slow, busy, or began later ---

// What the offering node has of the state is its own: another one's would begin anew.
TEST_F(SnapshotJoinTest, WhoeverHasOurStateIsWaitedForWhileItIsBusy) {
  chain_.grow(3, 100);
  const auto height = chain_.head().height;
  int busy = 0;
  begin(std::make_unique<StoreSource>("busy", chain_.store(),
                                      [&](const std::string& path, Bytes answer) -> Result<Bytes> {
                                        if (!path.starts_with("/v1/snapshot/")) return answer;
                                        if (++busy == 1) return fail(Errc::too_busy, "busy");
                                        if (busy == 2) return fail(Errc::io, "cut");
                                        return answer;
                                      }),
        honest());
  step();
  chain_.grow(1, 10);
  run();
  EXPECT_EQ(busy, 3);
  expect_same(height);
}

TEST_F(SnapshotJoinTest, WhoeverStaysBusyIsLeftInTheEnd) {
  chain_.grow(3, 100);
  const auto begun = clock_.now();
  begin(std::make_unique<StoreSource>("busy", chain_.store(),
                                      [](const std::string& path, Bytes answer) -> Result<Bytes> {
                                        if (!path.starts_with("/v1/snapshot/")) return answer;
                                        return fail(Errc::too_busy, "busy");
                                      }),
        honest());
  run();
  expect_same(chain_.head().height);
  EXPECT_LT(clock_.now() - begun, std::chrono::minutes(5));
}

// Its state comes in sixteen parts, and this before each of them.
class SnapshotInParts : public SnapshotJoinTest {
 protected:
  using Before = std::function<Result<void>()>;
  std::unique_ptr<Source> in_parts(Before before) {
    return std::make_unique<StoreSource>(
        "in parts", chain_.store(),
        [this, before = std::move(before)](const std::string& path, Bytes answer) -> Result<Bytes> {
          if (!path.starts_with("/v1/snapshot/")) return answer;
          if (auto said = before(); !said) return fail(said.error());
          if (!path.ends_with("=")) return ++parts_, answer;
          const auto& tree = chain_.store().snapshot()->ledger().tree;
          ledger::StatePart all;
          for (std::uint8_t digit = 0; digit < ledger::kStateBranches; ++digit) {
            const Digest prefix{{static_cast<std::uint8_t>(digit << 4U)}};
            const auto subtree = tree.subtree(prefix, 4);
            all.branches.push_back({subtree.kind, subtree.hash});
          }
          return ledger::encode(all);
        });
  }

  std::size_t parts_ = 0;  // that it gave
};

// Each of the two by itself would be found.
TEST_F(SnapshotInParts, OneThatIsSlowAndNowAndThenBusyIsLeftForOthers) {
  chain_.grow(3, 100);
  int asked = 0;
  begin(in_parts([&]() -> Result<void> {
          if (++asked % 2 == 0) return fail(Errc::too_busy, "busy");
          clock_.advance_to(clock_.now() + std::chrono::seconds(14));
          return {};
        }),
        honest());
  run();
  EXPECT_LT(parts_, 5U);
  expect_same(chain_.head().height);
}

TEST_F(SnapshotInParts, OneThatIsQuickAndOftenBusyIsWaitedFor) {
  chain_.grow(3, 100);
  int asked = 0;
  begin(in_parts([&]() -> Result<void> {
          if (++asked % 4 != 0) return fail(Errc::too_busy, "busy");
          return {};
        }),
        honest());
  run();
  EXPECT_EQ(parts_, ledger::kStateBranches);
  expect_same(chain_.head().height);
}

TEST_F(SnapshotJoinTest, WhoeverIsSlowIsLeftForOthers) {
  chain_.grow(8, 200);
  int asked = 0;
  begin(std::make_unique<StoreSource>("slow", chain_.store(),
                                      [&](const std::string&, Bytes answer) -> Result<Bytes> {
                                        ++asked;
                                        clock_.advance_to(clock_.now() + std::chrono::seconds(14));
                                        return answer;
                                      }),
        honest());
  run();
  EXPECT_NE(trouble().find("slow"), std::string::npos) << trouble();
  EXPECT_LT(asked, 8);
  expect_same(chain_.head().height);
}

TEST_F(SnapshotJoinTest, ASlowLineBringsItAllTheSame) {
  chain_.grow(8, 200);
  const auto slow = [&](const std::string&, Bytes answer) -> Result<Bytes> {
    clock_.advance_to(clock_.now() + std::chrono::seconds(14));
    return answer;
  };
  begin(std::make_unique<StoreSource>("slow", chain_.store(), slow),
        std::make_unique<StoreSource>("slow, too", chain_.store(), slow));
  run();
  expect_same(chain_.head().height);
}

TEST_F(SnapshotJoinTest, BeginsWithANewerOneWhereNobodyHasTheBlockAtItsEnd) {
  chain_.grow(3, 100);
  const auto before = chain_.head().height;
  bool has_grown = false;
  const auto began_above = [&](const std::string& path, Bytes answer) -> Result<Bytes> {
    if (path != "/v1/chain?from=" + std::to_string(before)) return answer;
    if (!std::exchange(has_grown, true)) chain_.grow(2, 100);
    return fail(Errc::not_found, "began with a snapshot above it");
  };
  begin(std::make_unique<StoreSource>("first", chain_.store(), began_above),
        std::make_unique<StoreSource>("second", chain_.store(), began_above));
  run();
  ASSERT_GT(chain_.head().height, before);
  expect_same(chain_.head().height);
}

// Between the last write and the folder's new name; nothing is fetched again.
TEST_F(SnapshotJoinTest, AKillBeforeTheRenameCostsNothing) {
  chain_.grow(3, 100);
  begin(honest());
  run();
  join_.reset();
  auto building = paths_.database;
  building += ".building";
  for (const bool has_anchor : {true, false}) {
    std::filesystem::rename(paths_.database, building);
    if (!has_anchor) std::filesystem::remove(paths_.anchor);
    int asked = 0;
    begin(std::make_unique<StoreSource>("honest", chain_.store(),
                                        [&](const std::string&, Bytes answer) -> Result<Bytes> {
                                          ++asked;
                                          return answer;
                                        }));
    run();
    EXPECT_EQ(asked, 0);
    EXPECT_FALSE(SnapshotJoin::is_begun(paths_));
    expect_same(chain_.head().height);
    store_.reset();
  }
}

struct Lie {
  const char* name;
  const char* path;  // that it lies about
  std::function<void(Bytes&)> tell;
};
class SnapshotLies : public SnapshotJoinTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(SnapshotLies, AreFoundAtTheirPart) {
  chain_.grow(4, 100);
  const auto height = chain_.head().height;
  int told = 0;
  begin(std::make_unique<StoreSource>(
            "liar", chain_.store(),
            [&told](const std::string& path, Bytes answer) -> Result<Bytes> {
              if (path.find(GetParam().path) != std::string::npos) ++told, GetParam().tell(answer);
              return answer;
            }),
        honest());
  // Hash tiles lead to a root together; every other part proves itself.
  for (int more = 0; trouble().empty() && more < 2; more += told) step();
  EXPECT_NE(trouble(), "");
  EXPECT_EQ(told, 1);
  run();
  expect_same(height);
}

void flip_last(Bytes& bytes) { bytes.back() ^= 1U; }
void flip_middle(Bytes& bytes) { bytes[bytes.size() / 2] ^= 1U; }
void cut(Bytes& bytes) { bytes.resize(bytes.size() - 5); }

INSTANTIATE_TEST_SUITE_P(
    All, SnapshotLies,
    ::testing::Values(Lie{"Checkpoint", "/v1/snapshot", flip_middle},
                      Lie{"OfferCut", "/v1/snapshot", cut},
                      Lie{"Record", "/v1/snapshot", flip_last}, Lie{"State", "/state", flip_last},
                      Lie{"StateCut", "/state", cut},
                      Lie{"StateEmpty", "/state",
                          [](Bytes& bytes) { bytes = ledger::encode(ledger::StatePart{}); }},
                      Lie{"Hashes", "/tile/1/", flip_last}, Lie{"Leaves", "/tile/0/", flip_last},
                      Lie{"Statement", "/tile/statements/", flip_last},
                      Lie{"StatementsCut", "/tile/statements/", cut},
                      Lie{"Block", "/v1/chain", flip_last}, Lie{"BlockCut", "/v1/chain", cut}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace footproof::node
