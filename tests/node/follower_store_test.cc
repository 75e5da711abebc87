// What a node that follows holds on its disk: whole by fsck's judgement, and worth a backup.
#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "api/client/client.h"
#include "attest/note.h"
#include "node/adopt.h"
#include "node/backup.h"
#include "node/data_folder.h"
#include "node/engine.h"
#include "node/follower_node.h"
#include "node/fsck.h"
#include "node/log.h"
#include "tests/node/chain_maker.h"
#include "tests/node/node_cluster.h"
#include "tests/node/store_source.h"
#include "tests/support/https_server.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

class FollowerStoreTest : public ::testing::TestWithParam<CatchUp> {
 protected:
  FollowerStoreTest() {
    set_log_level(LogLevel::error);
    config_.follow = {"http://127.0.0.1:" + std::to_string(server_.port())};
    config_.catch_up = GetParam();
    config_.genesis = folder_.path() / "chain/genesis";
    config_.data = folder_.path() / "data";
    config_.http_listen = {"127.0.0.1", 0};
  }
  // Two epochs, an empty block among others, and what comes after.
  void grow() {
    const std::lock_guard lock(mutex_);
    auto& sequencer = chain_.sequencer();
    chain_.grow(2);
    chain_.add({});
    sequencer.decide(AdmitValidator{sequencer.validator(7)});
    sequencer.end_epoch();
    chain_.grow(3, 20);
    chain_.add({});
    chain_.grow(1);
  }
  static api::Client client_of(const FollowerNode& node) {
    return api::Client::make({"http://127.0.0.1:" + std::to_string(node.http_port())}).value();
  }
  // Its /v1/health, once these words stand in it.
  static std::string health_with(api::Client& client, const std::string& words) {
    std::string health;
    EXPECT_TRUE(test::NodeCluster::until([&] {
      const auto answer = client.get("/v1/health", 65'536);
      health = answer ? answer->body : "";
      return health.find(words) != std::string::npos;
    })) << health;
    return health;
  }
  // A life of the node, until it stands where the chain does.
  void follow() {
    auto started = FollowerNode::start(config_, [](const std::string& why) { FAIL() << why; });
    ASSERT_TRUE(started) << started.error().detail;
    auto client = client_of(**started);
    const auto height = chain_.head().height;
    EXPECT_TRUE(test::NodeCluster::until([&] {
      const auto health = client.health();
      return health && health->height == height && client.checkpoint();
    }));
  }
  void expect_whole() {
    const auto done = fsck_home(config_, folder_.path() / "work");
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_TRUE(done->store.complete);
    EXPECT_EQ(done->store.found, 0U)
        << done->store.findings.front().file << " height " << done->store.findings.front().height
        << ": " << done->store.findings.front().what;
  }

  footproof::test::TempFolder folder_;
  std::mutex mutex_;  // between the chain's growth and its server
  test::ChainMaker chain_{folder_.path() / "chain"};
  test::StoreSource source_{"chain", chain_.store()};
  testing::TestServer server_{std::make_unique<httplib::Server>(),
                              [this](const httplib::Request& request, httplib::Response& to) {
                                const std::lock_guard lock(mutex_);
                                const auto body = source_.get(request.target, kChainAnswerBytesMax);
                                to.status = body ? 200 : 404;
                                if (!body) return;
                                to.set_content(std::string(as_text(*body)),
                                               "application/octet-stream");
                              }};
  Config config_;
};

TEST_P(FollowerStoreTest, IsWholeAndADamagedOneIsNot) {
  grow();
  follow();
  expect_whole();
  Bytes anchor = read_file(config_.data / kAnchorFile, 1 << 20).value();
  anchor[100] ^= 1U;
  ASSERT_TRUE(replace_file(config_.data / kAnchorFile, anchor));
  const auto damaged = fsck_home(config_, folder_.path() / "work");
  ASSERT_TRUE(damaged) << damaged.error().detail;
  EXPECT_GT(damaged->store.found, 0U);
}

// Hops are kept with it, and it goes on where the copy ends.
TEST_P(FollowerStoreTest, ComesBackFromABackup) {
  grow();
  follow();
  const auto hop = chain_.store().hop(0).value();
  ASSERT_TRUE(hop);
  const auto copy = folder_.path() / "copy";
  const auto copied = back_up(config_, copy);
  ASSERT_TRUE(copied) << copied.error().detail;
  std::filesystem::rename(config_.data, folder_.path() / "lost");
  const auto restored = restore(config_, copy);
  ASSERT_TRUE(restored) << restored.error().detail;
  EXPECT_EQ(restored->height, chain_.head().height);
  EXPECT_FALSE(std::filesystem::exists(config_.data / kObserverFile));
  expect_whole();
  {
    const auto store = ledger::Store::open(
        {config_.data / kDatabaseFolder, config_.data / kAnchorFile}, chain_.network().chain_id);
    ASSERT_TRUE(store) << store.error().detail;
    EXPECT_EQ((*store)->hop(0).value(), hop);
  }
  {
    const std::lock_guard lock(mutex_);
    chain_.grow(2);
  }
  follow();
  expect_whole();
}

// A copy knows nothing of it, and would vote again where it is restored.
TEST_P(FollowerStoreTest, IsNotCopiedWhileItsChainIsInDoubt) {
  grow();
  follow();
  ASSERT_TRUE(replace_file(config_.data / kAlarmFile, as_bytes("a quorum differs\n")));
  const auto copied = back_up(config_, folder_.path() / "copy");
  ASSERT_FALSE(copied);
  EXPECT_NE(copied.error().detail.find("alarm"), std::string::npos) << copied.error().detail;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "copy"));
}

TEST_P(FollowerStoreTest, BecomesAValidatorsOnlyIfAQuorumVouchesForIt) {
  grow();
  follow();
  const auto adopt = [&] {
    const auto folder = DataFolder::open(config_.data).value();
    const auto key = [] { return testing::key_from("newcomer", Algorithm::eddsa); };
    KeyRing keys(OwnKeys{key(), key(), key()});
    return adopt_followed(folder, chain_.network(), keys, "validator-9", false);
  };
  const auto publish = [&](std::size_t lines) {
    auto note = parse_note(as_bytes(chain_.store().published()->checkpoint())).value();
    note.signatures.resize(std::min(note.signatures.size(), lines));
    const auto store =
        ledger::Store::open(store_paths(config_.data), chain_.network().chain_id).value();
    const auto head = store->snapshot()->head();
    ASSERT_TRUE(store->publish(head.log_size, head.log_root, encode(note)));
  };
  publish(2);
  const auto refused = adopt();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("not proven from the genesis file"), std::string::npos)
      << refused.error().detail;
  publish(99);
  const auto adopted = adopt();
  EXPECT_TRUE(adopted) << adopted.error().detail;
}

// As validators do: who is in force and what this node is among them.
TEST_P(FollowerStoreTest, NamesTheSetInForceInItsHealth) {
  grow();
  auto started = FollowerNode::start(config_, [](const std::string& why) { FAIL() << why; });
  ASSERT_TRUE(started) << started.error().detail;
  auto client = client_of(**started);
  const std::string health = health_with(
      client, R"("set":{"epoch":1,"members":["validator-0","validator-1","validator-2",)"
              R"("validator-3","validator-7"],"member":false)");
  EXPECT_NE(health.find("only follows"), std::string::npos) << health;
  const auto metrics = client.get("/metrics", 65'536);
  ASSERT_TRUE(metrics) << metrics.error().detail;
  EXPECT_NE(metrics->body.find("footproof_set_members 5\n"), std::string::npos) << metrics->body;
}

TEST_P(FollowerStoreTest, SaysWhichSourceFailsHow) {
  config_.follow = {"http://127.0.0.1:1"};
  auto started = FollowerNode::start(config_, [](const std::string& why) { FAIL() << why; });
  ASSERT_TRUE(started) << started.error().detail;
  auto client = client_of(**started);
  const std::string health = health_with(client, "serves it: http://127.0.0.1:1: ");
  EXPECT_NE(health.find("cannot connect"), std::string::npos) << health;
  EXPECT_EQ(health.find(R"("disk_free_bytes":0})"), std::string::npos) << health;
}

INSTANTIATE_TEST_SUITE_P(Both, FollowerStoreTest,
                         ::testing::Values(CatchUp::replay, CatchUp::snapshot),
                         [](const auto& tested) {
                           return tested.param == CatchUp::replay ? "Replay" : "Snapshot";
                         });

}  // namespace
}  // namespace footproof::node
