#include "node/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "attest/receipt_check.h"
#include "ledger/anchor.h"
#include "node/core_loop.h"
#include "node/log.h"
#include "tests/node/node_cluster.h"

namespace footproof::node {
namespace {

using std::chrono::milliseconds;
using What = api::Submitted::What;

class NodeTest : public ::testing::Test {
 protected:
  NodeTest() { set_log_level(LogLevel::error); }
  void start_all() {
    cluster_.init_all();
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      const auto started = cluster_.start(i);
      ASSERT_TRUE(started) << started.error().detail;
    }
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      ASSERT_TRUE(test::NodeCluster::until([&] { return cluster_.is_ready(i); })) << i;
    }
  }
  api::Submitted log_one(std::size_t node, const std::string& name) {
    const auto statement = cluster_.add_key(name);
    const auto submitted = cluster_.client(node).submit(statement.bytes(), milliseconds(15'000));
    EXPECT_TRUE(submitted) << submitted.error().detail;
    EXPECT_EQ(submitted->what, What::logged) << submitted->refusal.reason;
    EXPECT_EQ(submitted->entry_id, statement.entry_id());
    return *submitted;
  }
  // The receipt can be had at this node, and an outsider believes it.
  void expect_receipt(std::size_t node, const api::Submitted& logged) {
    ASSERT_TRUE(test::NodeCluster::until(
        [&] { return cluster_.client(node).receipt(logged.entry_id, std::nullopt).has_value(); }));
    const auto receipt = cluster_.client(node).receipt(logged.entry_id, std::nullopt);
    EXPECT_EQ(receipt->index, logged.index);
    const auto good = check_receipt(*receipt, cluster_.policy());
    EXPECT_TRUE(good) << good.error().detail;
  }
  void TearDown() override { EXPECT_EQ(cluster_.fatal(), 0); }

  test::NodeCluster cluster_;
};

TEST_F(NodeTest, StatementsAreLoggedAndEveryNodeServesTheirReceipts) {
  start_all();
  std::uint64_t index = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto logged = log_one(i % 4, "key-" + std::to_string(i));
    EXPECT_GT(logged.index, index);
    index = logged.index;
    for (std::size_t node = 0; node < 4; ++node) expect_receipt(node, logged);
  }
  // What it measured meanwhile; no honest peer's link was closed for breaking the protocol.
  const auto metrics = cluster_.client(0).get("/metrics", 65'536);
  ASSERT_TRUE(metrics) << metrics.error().detail;
  for (const char* line : {"footproof_ready 1\n", "footproof_links_dropped_total 0\n",
                           "footproof_evidence_total{validator=\"validator-3\"} 0\n",
                           "footproof_statements_submitted_total{answer=\"taken\"} 2\n",
                           "footproof_statements_executed_total{verdict=\"accepted\"} 8\n",
                           "footproof_http_open_connections 1\n"}) {
    EXPECT_NE(metrics->body.find(line), std::string::npos) << line << metrics->body;
  }
}

TEST_F(NodeTest, TheSameBytesAgainGetTheFirstPlace) {
  start_all();
  const auto statement = cluster_.add_key("twice");
  const auto first = cluster_.client(0).submit(statement.bytes(), milliseconds(15'000));
  const auto again = cluster_.client(0).submit(statement.bytes(), milliseconds(15'000));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->what, What::logged);
  EXPECT_EQ(again->index, first->index);
}

TEST_F(NodeTest, EarlyRefusalIsNotFinal) {
  start_all();
  // Signed by a key that nobody has registered.
  const std::string party = cluster_.network().genesis.parties[0].uri;
  KeyChange change;
  change.action = KeyAction::add;
  change.party = party;
  const auto key = testing::key_from("unregistered", Algorithm::eddsa);
  change.added = NewKey{key.public_key(), KeyUsage::sign,
                        testing::possession(key, cluster_.network().chain_id, party, role::kSign)};
  const auto statement = sign_statement(
      {party, random_subject(), cluster_.network().chain_id, 1'790'000'000, change}, key);
  ASSERT_TRUE(statement);
  const auto submitted = cluster_.client(0).submit(statement->bytes(), milliseconds(15'000));
  ASSERT_TRUE(submitted);
  EXPECT_EQ(submitted->what, What::refused);
  EXPECT_FALSE(submitted->refusal.final);
}

TEST_F(NodeTest, ANodeThatWasAwayCatchesUpAndVerifiesAll) {
  start_all();
  cluster_.stop(3);
  std::vector<api::Submitted> logged;
  for (int i = 0; i < 30; ++i) logged.push_back(log_one(0, "away-" + std::to_string(i)));
  ASSERT_TRUE(cluster_.start(3));
  for (const auto& one : logged) expect_receipt(3, one);
  expect_receipt(0, log_one(3, "back"));
}

TEST_F(NodeTest, ManySubmittersWhileANodeComesAndGoes) {
  start_all();
  constexpr std::size_t kSubmitters = 12;
  constexpr int kEach = 12;
  std::vector<std::vector<api::Submitted>> logged(kSubmitters);
  std::vector<std::thread> submitters;
  for (std::size_t me = 0; me < kSubmitters; ++me) {
    submitters.emplace_back([&, me] {
      auto client = cluster_.client(me % 3);
      for (int i = 0; i < kEach; ++i) {
        const auto name = "many-" + std::to_string(me) + '-' + std::to_string(i);
        const auto statement = cluster_.add_key(name);
        const auto submitted = client.submit(statement.bytes(), milliseconds(15'000));
        if (submitted && submitted->what == What::logged) logged[me].push_back(*submitted);
      }
    });
  }
  cluster_.stop(3);
  EXPECT_TRUE(cluster_.start(3));
  for (auto& submitter : submitters) submitter.join();
  std::set<std::uint64_t> indexes;
  for (const auto& of_one : logged) {
    EXPECT_EQ(of_one.size(), static_cast<std::size_t>(kEach));
    for (const auto& one : of_one) EXPECT_TRUE(indexes.insert(one.index).second);
    for (std::size_t node = 0; node < 4; ++node) expect_receipt(node, of_one.back());
  }
}

TEST_F(NodeTest, AllStoppedAtOnceGoOnWhereTheyWere) {
  start_all();
  const auto before = log_one(1, "before");
  for (std::size_t i = 0; i < 4; ++i) cluster_.stop(i);
  for (std::size_t i = 0; i < 4; ++i) ASSERT_TRUE(cluster_.start(i));
  ASSERT_TRUE(test::NodeCluster::until([&] { return cluster_.is_ready(2); }));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(std::filesystem::exists(cluster_.config(i).data / "observer"));
  }
  expect_receipt(2, before);
  EXPECT_GT(log_one(2, "after").index, before.index);
}

TEST_F(NodeTest, WithoutAQuorumNothingIsLoggedUntilOneReturns) {
  start_all();
  cluster_.stop(2);
  cluster_.stop(3);
  const auto statement = cluster_.add_key("waits");
  const auto submitted = cluster_.client(0).submit(statement.bytes(), milliseconds(500));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, What::pending);
  ASSERT_TRUE(cluster_.start(2));
  ASSERT_TRUE(test::NodeCluster::until([&] {
    const auto answer = cluster_.client(0).poll(statement.entry_id());
    return answer && answer->what == What::logged;
  }));
}

// 202 means that the statement survives this node's own crash.
TEST_F(NodeTest, WhatWasTakenInIsOfferedAgainAfterARestart) {
  start_all();
  for (std::size_t i = 1; i < 4; ++i) cluster_.stop(i);
  const auto statement = cluster_.add_key("kept");
  const auto submitted = cluster_.client(0).submit(statement.bytes(), milliseconds(300));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, What::pending);
  cluster_.stop(0);
  for (std::size_t i = 0; i < 4; ++i) ASSERT_TRUE(cluster_.start(i));
  ASSERT_TRUE(test::NodeCluster::until([&] {
    const auto answer = cluster_.client(1).poll(statement.entry_id());
    return answer && answer->what == What::logged;
  }));
}

TEST_F(NodeTest, ADamagedLogMakesAnObserverThatFollows) {
  start_all();
  for (int i = 0; i < 5; ++i) log_one(0, "early-" + std::to_string(i));
  cluster_.stop(3);
  const auto file = cluster_.config(3).data / "wal" / "0000000000000001.wal";
  Bytes bytes = *read_file(file, 1 << 26);
  bytes[60] ^= 1;  // in the first record, with many good ones behind it
  test::write_private(file, bytes);
  ASSERT_TRUE(cluster_.start(3));
  EXPECT_TRUE(std::filesystem::exists(cluster_.config(3).data / "observer"));
  EXPECT_TRUE(std::filesystem::exists(cluster_.config(3).data / "wal.damaged"));
  expect_receipt(3, log_one(0, "later"));
  // It does not count: with two others stopped, or even one, nothing is ordered by it.
  cluster_.stop(2);
  const auto statement = cluster_.add_key("no quorum");
  const auto submitted = cluster_.client(0).submit(statement.bytes(), milliseconds(500));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, What::pending);
}

TEST_F(NodeTest, AnOlderCopyOfTheLogMakesAnObserver) {
  start_all();
  const auto& data = cluster_.config(3).data;
  cluster_.stop(3);
  footproof::test::TempFolder kept;
  std::filesystem::copy(data / "wal", kept / "wal", std::filesystem::copy_options::recursive);
  ASSERT_TRUE(cluster_.start(3));
  for (int i = 0; i < 20; ++i) log_one(0, "since-" + std::to_string(i));
  expect_receipt(3, log_one(0, "since"));
  cluster_.stop(3);
  std::filesystem::remove_all(data / "wal");
  std::filesystem::copy(kept / "wal", data / "wal", std::filesystem::copy_options::recursive);
  ASSERT_TRUE(cluster_.start(3));
  EXPECT_TRUE(std::filesystem::exists(data / "observer"));
  EXPECT_TRUE(std::filesystem::exists(data / "wal.damaged"));
  expect_receipt(3, log_one(0, "later"));
}

// A hole in the database says nothing against the log: its votes stay where they are.
TEST_F(NodeTest, ADamagedDatabaseDoesNotCostTheLog) {
  cluster_.init_all();
  const auto& data = cluster_.config(0).data;
  {
    auto store =
        ledger::Store::open({data / "ledger", data / "anchor"}, cluster_.network().chain_id);
    ASSERT_TRUE(store) << store.error().detail;
    // A block without the bytes of consensus that stand beside every block.
    const auto before = (*store)->snapshot();
    ledger::OrderedBlock block;
    block.height = 1;
    block.time_ms = before->head().time_ms + 1;
    const auto result = ledger::execute(*before, before->ledger(), block,
                                        [](const PublicKey&, const Statement&) { return true; });
    ASSERT_TRUE(result && (*store)->apply(*result, ledger::Durability::synced));
    auto opened = Wal::open(data / "wal", kWalSegmentSizeDefault, [](WalRecord&&) {});
    ASSERT_TRUE(opened && opened->wal->append(0, 0, kWalReach, ByteWriter().u64(1).bytes()));
    ASSERT_TRUE(opened->wal->sync());
  }
  const auto started = cluster_.start(0);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("database"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(data / "wal"));
  EXPECT_FALSE(std::filesystem::exists(data / "wal.damaged"));
  EXPECT_FALSE(std::filesystem::exists(data / "observer"));
}

// Found by chaos K4 (a node without file descriptors): what cannot be read was denied, 404 or 202.
TEST_F(NodeTest, AReadThatFailsIsNoDenial) {
  start_all();
  std::vector<Digest> entries;
  for (int i = 0; i < 40; ++i) entries.push_back(log_one(1, "key-" + std::to_string(i)).entry_id);
  cluster_.stop(0);
  ASSERT_TRUE(cluster_.start(0));  // it makes tables of its log
  ASSERT_TRUE(test::NodeCluster::until([&] { return cluster_.is_ready(0); }));
  for (std::size_t i = 1; i < cluster_.size(); ++i) cluster_.stop(i);  // no more blocks
  for (const auto& file : std::filesystem::directory_iterator(cluster_.config(0).data / "ledger")) {
    if (file.path().extension() != ".ldb") continue;
    std::fstream table(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    table << std::string(file.file_size() / 2, '\0');  // rows; not the filter and index behind them
  }
  api::ClientConfig config;
  config.busy_patience = milliseconds(0);
  auto client = api::Client::make(cluster_.client(0).nodes(), config).value();
  int failed = 0;
  for (const Digest& entry : entries) {
    const auto answer = client.poll(entry);
    if (answer) {
      EXPECT_EQ(answer->what, What::logged);
    } else {
      EXPECT_EQ(answer.error().code, Errc::too_busy) << answer.error().detail;
      ++failed;
    }
  }
  EXPECT_GT(failed, 0) << "nothing had to be read";
}

// Alone it can publish nothing: what it published last is whole in its store.
TEST_F(NodeTest, AfterARestartTheLastCheckpointIsServedAtOnce) {
  start_all();
  const auto kept = log_one(1, "kept");
  expect_receipt(0, kept);
  for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.stop(i);
  ASSERT_TRUE(cluster_.start(0));
  const auto poll = cluster_.client(0).poll(kept.entry_id);
  ASSERT_TRUE(poll) << poll.error().detail;
  EXPECT_EQ(poll->what, What::logged);
  EXPECT_EQ(poll->index, kept.index);
  const auto receipt = cluster_.client(0).receipt(kept.entry_id, std::nullopt);
  ASSERT_TRUE(receipt) << receipt.error().detail;
  EXPECT_TRUE(check_receipt(*receipt, cluster_.policy()));
}

// Found by chaos D5: a node showed size 1800, lost its newest blocks with its file system, and
// showed 1798 until the others had given it the rest.
TEST_F(NodeTest, WhatAPowerCutTookIsNotDenied) {
  start_all();
  (void)log_one(1, "kept");
  cluster_.stop(0);
  const auto data = cluster_.config(0).data;
  const auto before = data.parent_path() / "before";
  std::filesystem::copy(data, before, std::filesystem::copy_options::recursive);
  ASSERT_TRUE(cluster_.start(0));
  const auto lost = log_one(1, "lost");
  expect_receipt(0, lost);
  for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.stop(i);
  // What was not synced is gone, and what was cosigned is not: the anchor is synced each time.
  std::filesystem::remove_all(data / "ledger");
  std::filesystem::rename(before / "ledger", data / "ledger");
  auto anchored = ledger::Anchor::open(before / "anchor").value().state();
  const auto after = ledger::Anchor::open(data / "anchor").value().state();
  anchored.cosigned_size = after.cosigned_size;
  anchored.cosigned_root = after.cosigned_root;
  anchored.cosigned_time_s = after.cosigned_time_s;
  std::filesystem::remove(data / "anchor");
  ASSERT_TRUE(ledger::Anchor::create(data / "anchor", anchored));

  ASSERT_TRUE(cluster_.start(0));
  api::ClientConfig config;
  config.busy_patience = milliseconds(0);
  auto client = api::Client::make(cluster_.client(0).nodes(), config).value();
  const auto poll = client.poll(lost.entry_id);
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error().code, Errc::too_busy) << poll.error().detail;
  const auto checkpoint = client.checkpoint();
  ASSERT_FALSE(checkpoint);
  EXPECT_EQ(checkpoint.error().code, Errc::too_busy) << checkpoint.error().detail;
  for (std::size_t i = 1; i < cluster_.size(); ++i) ASSERT_TRUE(cluster_.start(i));
  expect_receipt(0, lost);
}

// Wherever a power cut ended an --init, the same command again makes the folder.
TEST_F(NodeTest, AnInitThatWasCutOffIsRepeated) {
  const Config& config = cluster_.config(0);
  const std::vector<std::vector<std::string>> left_over = {
      {}, {"ledger"}, {"ledger", "anchor"}, {"ledger", "anchor", "wal"}, {"wal"}};
  for (const auto& names : left_over) {
    std::filesystem::remove_all(config.data);
    ASSERT_TRUE(init_data(config, false));
    EXPECT_FALSE(std::filesystem::exists(config.data / "initialising"));
    std::filesystem::remove(config.data / "identity");
    for (const std::string name : {"ledger", "anchor", "wal"}) {
      if (std::ranges::find(names, name) == names.end()) {
        std::filesystem::remove_all(config.data / name);
      }
    }
    if (!names.empty()) std::filesystem::remove(config.data / "ledger" / "CURRENT");
    const std::string note = "validator\n";
    test::write_private(config.data / "initialising", as_bytes(note));
    EXPECT_FALSE(cluster_.start(0));
    EXPECT_FALSE(init_data(config, true));  // not what was begun
    const auto again = init_data(config, false);
    ASSERT_TRUE(again) << again.error().detail;
    const auto started = cluster_.start(0);
    EXPECT_TRUE(started) << started.error().detail;
    cluster_.stop(0);
  }
  // Cut off between the marker and the end: it is whole.
  const std::string note = "validator\n";
  test::write_private(config.data / "initialising", as_bytes(note));
  EXPECT_FALSE(init_data(config, false));
  EXPECT_TRUE(cluster_.start(0));
}

// Files without a marker and without an interrupted --init are a validator's that has voted.
TEST_F(NodeTest, ALostMarkerIsNoReasonToInitialiseAgain) {
  cluster_.init_all();
  const auto& data = cluster_.config(0).data;
  std::filesystem::remove(data / "identity");
  const auto again = init_data(cluster_.config(0), false);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find("may have voted"), std::string::npos) << again.error().detail;
  EXPECT_TRUE(std::filesystem::exists(data / "wal" / "first"));
  EXPECT_TRUE(std::filesystem::exists(data / "anchor"));
}

TEST_F(NodeTest, StartIsRefusedWhereItCouldSpeakTwice) {
  const auto uninitialised = cluster_.start(0);
  ASSERT_FALSE(uninitialised);
  EXPECT_NE(uninitialised.error().detail.find("--init"), std::string::npos);
  cluster_.init_all();
  EXPECT_FALSE(init_data(cluster_.config(0), false));  // once in a life

  ASSERT_TRUE(cluster_.start(0));
  const auto second = Node::start(cluster_.config(0), [](const std::string&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::too_busy);
  cluster_.stop(0);

  Config foreign = cluster_.config(0);
  foreign.data = cluster_.config(1).data;  // of another vote key
  EXPECT_FALSE(Node::start(foreign, [](const std::string&) {}));
  foreign = cluster_.config(0);
  foreign.vote_key = cluster_.config(1).vote_key;
  EXPECT_FALSE(Node::start(foreign, [](const std::string&) {}));
  foreign = cluster_.config(0);
  foreign.tls_key = cluster_.config(1).tls_key;
  foreign.tls_certificate = cluster_.config(1).tls_certificate;
  EXPECT_FALSE(Node::start(foreign, [](const std::string&) {}));

  std::filesystem::remove_all(cluster_.config(0).data / "ledger");
  EXPECT_FALSE(cluster_.start(0));  // behind its anchor
}

}  // namespace
}  // namespace footproof::node
