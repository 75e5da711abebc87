// The validators change while the network runs: real nodes, links, files and ballots.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attest/governance_record.h"
#include "attest/hop.h"
#include "attest/note.h"
#include "attest/ready.h"
#include "attest/receipt_check.h"
#include "node/batch.h"
#include "node/core_loop.h"
#include "node/cosignatures.h"
#include "node/data_folder.h"
#include "node/follower_node.h"
#include "node/log.h"
#include "node/mesh.h"
#include "tests/api/raw_http.h"
#include "tests/node/node_cluster.h"

namespace footproof::node {
namespace {

using std::chrono::milliseconds;
using What = api::Submitted::What;

// A validator whose node does not run, played by hand over a link to one other.
class HandPlayed final : private LinkEvents {
 public:
  HandPlayed(const test::NodeCluster& cluster, std::size_t self, std::size_t other)
      : other_(static_cast<ValidatorIndex>(other)),
        mesh_(io_, cluster.identity(self),
              {{cluster.config(other).validator, cluster.config(other).mesh_listen}},
              Endpoint{"127.0.0.1", 0}) {
    EXPECT_TRUE(mesh_.start(*this));
  }
  ~HandPlayed() override {
    mesh_.stop();
    io_.run_for(milliseconds(100));
  }

  // Once the link is up.
  void send(FrameKind kind, const Bytes& body, std::uint64_t request_id = 0) {
    EXPECT_TRUE(until(
        [&] { return connected_ && mesh_.send(other_, encode_frame(kind, request_id, body)); }));
  }
  bool until(const std::function<bool()>& done) {
    return test::NodeCluster::until([&] {
      io_.run_one_for(milliseconds(20));
      io_.restart();
      return done();
    });
  }
  [[nodiscard]] bool has_got_batch(const Bytes& body, std::uint64_t request_id = 0) const {
    return std::ranges::any_of(got_, [&](const Envelope& one) {
      return one.kind == FrameKind::batch && one.request_id == request_id && one.body == body;
    });
  }
  [[nodiscard]] int lost() const { return lost_; }

 private:
  void peer_connected(ValidatorIndex) override { connected_ = true; }
  void peer_disconnected(ValidatorIndex) override {
    connected_ = false;
    ++lost_;
  }
  void peer_message(ValidatorIndex, Envelope&& envelope) override {
    got_.push_back(std::move(envelope));
  }

  ValidatorIndex other_;
  boost::asio::io_context io_;
  Mesh mesh_;
  bool connected_ = false;
  int lost_ = 0;
  std::vector<Envelope> got_;
};

class MembershipTest : public ::testing::Test {
 protected:
  MembershipTest() { set_log_level(LogLevel::error); }
  void TearDown() override { EXPECT_EQ(cluster_.fatal(), 0); }

  void start_all() {
    cluster_.init_all();
    for (std::size_t i = 0; i < cluster_.size(); ++i) start(i);
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(test::NodeCluster::until([&] { return cluster_.is_ready(i); })) << i;
    }
  }
  void start(std::size_t i) {
    const auto started = cluster_.start(i);
    ASSERT_TRUE(started) << i << started.error().detail;
  }
  // Until it is logged; a node that is just changing sets may ask to come again.
  Digest log(std::size_t node, const Statement& statement) {
    api::Submitted last;
    const bool logged = test::NodeCluster::until([&] {
      const auto submitted = cluster_.client(node).submit(statement.bytes(), milliseconds(5'000));
      if (submitted) last = *submitted;
      return submitted && submitted->what == What::logged;
    });
    EXPECT_TRUE(logged) << last.refusal.reason << ' ' << last.refusal.detail << where_all_are();
    return statement.entry_id();
  }
  [[nodiscard]] std::string where_all_are() const {
    std::string out;
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      out += "\nnode " + std::to_string(i);
      const auto health = cluster_.client(i).health();
      if (!health) continue;
      out += ": epoch " + std::to_string(health->epoch) + " height " +
             std::to_string(health->height) + " view " + std::to_string(health->view) + ' ' +
             health->not_ready_reason;
    }
    return out;
  }
  Digest log_one(std::size_t node, const std::string& name) {
    return log(node, cluster_.add_key(name));
  }
  // Proposed by the first association, and voted for by as many as it takes.
  void decide(const Change& change, std::size_t node, const std::vector<std::size_t>& voters) {
    Proposal proposal{{}, change, utc_day(Instant{now_ms()}).plus(30)};
    std::ranges::copy(random_bytes(proposal.nonce.size()), proposal.nonce.begin());
    Ballot ballot{proposal, true, std::nullopt};
    Digest last;
    for (std::size_t at = 0; at < voters.size(); ++at) {
      const auto* newcomer = new_validator_of(change);
      if (at + 1 == voters.size() && newcomer != nullptr) {
        const auto key = key_of(newcomer->vote_key);
        ballot.ready = make_ready(key, cluster_.network().chain_id, proposal, last).value();
      }
      last = log(node, cluster_.ballot(voters[at], ballot));
    }
  }
  static std::uint64_t now_ms() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  }
  [[nodiscard]] SigningKey key_of(const PublicKey& vote_key) const {
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      for (const std::string generation : {"", "new"}) {
        auto key = cluster_.key_of(i, generation, role::kVote);
        if (key.public_key() == vote_key) return key;
      }
    }
    std::abort();
  }
  // The first block of an epoch comes with the first statement of it.
  void enter_epoch(std::uint64_t epoch, std::size_t node) {
    ASSERT_TRUE(test::NodeCluster::until([&] {
      log_one(node, "epoch-" + std::to_string(epoch) + '-' + std::to_string(++made_));
      const auto health = cluster_.client(node).health();
      return health && health->epoch >= epoch;
    })) << "epoch "
        << epoch;
  }
  // Whoever is stopped, the others are a bare quorum: each of them votes.
  void expect_all_vote_but(std::size_t stopped, std::size_t node) {
    cluster_.stop(stopped);
    log_one(node, "without-" + std::to_string(stopped) + '-' + std::to_string(++made_));
    start(stopped);
  }

  // Node 4, which follows: admitted, it is needed for a quorum and votes.
  void expect_it_may_join() {
    decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 2});
    enter_epoch(1, 1);
    expect_all_vote_but(0, 1);
    EXPECT_FALSE(std::filesystem::exists(cluster_.config(4).data / kObserverFile));
  }

  // The same folder and port, without a key, until it has this.
  void follow_with_folder_of(std::size_t node, const Digest& logged) {
    Config config = cluster_.config(node);
    config.validator.clear();
    config.mesh_listen = {};
    config.peers.clear();
    const auto follower = FollowerNode::start(config, [](const std::string&) {});
    ASSERT_TRUE(follower) << follower.error().detail;
    expect_follows(node, logged);
  }
  // As its health page has it.
  void expect_says(std::size_t node, const std::string& why) {
    EXPECT_TRUE(test::NodeCluster::until([&] {
      const auto health = cluster_.client(node).health();
      return health && health->not_ready_reason.find(why) != std::string::npos;
    })) << why
        << where_all_are();
  }
  // Of statements, before it looks at them.
  void expect_sends_elsewhere(std::size_t node, const std::string& where) {
    const api::RawHttp connection(cluster_.config(node).http_listen.port);
    const auto answer = connection.ask(
        "POST /v1/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"
        "Content-Length: 1\r\n\r\n\xd2");
    EXPECT_EQ(api::status_of(answer), 421) << answer;
    EXPECT_NE(answer.find(where), std::string::npos) << answer;
  }
  // It serves what others logged.
  void expect_follows(std::size_t node, const Digest& logged) {
    EXPECT_TRUE(test::NodeCluster::until([&] {
      return cluster_.client(node).receipt(logged, std::nullopt).has_value();
    })) << where_all_are();
  }

  test::NodeCluster cluster_{4, 1};
  int made_ = 0;
};

TEST_F(MembershipTest, OneJoinsAndVotesThenOneLeaves) {
  start_all();
  const Digest first = log_one(0, "before");
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 2});
  enter_epoch(1, 1);
  // 5 validators, 4 are a quorum: without one, the new one's vote is needed.
  expect_all_vote_but(0, 1);
  decide(RemoveValidator{"validator-1"}, 2, {0, 2, 3});
  enter_epoch(2, 3);
  expect_all_vote_but(2, 4);
  for (const std::size_t node : {0U, 3U, 4U}) {
    ASSERT_TRUE(test::NodeCluster::until([&] {
      return cluster_.client(node).receipt(first, std::nullopt).has_value();
    })) << node;
  }
}

TEST_F(MembershipTest, NewKeysOfAValidatorSpeakFromTheirEpochOn) {
  start_all();
  const auto old = cluster_.key_of(3, "", role::kVote).public_key();
  cluster_.make_next_keys(3, "new");
  decide(ReplaceValidator{"validator-3", cluster_.proposal(3, "new")}, 0, {0, 1, 2});
  enter_epoch(1, 0);
  expect_all_vote_but(1, 0);
  // It knows its keys again after a restart, too.
  cluster_.stop(3);
  start(3);
  expect_all_vote_but(2, 3);
}

// Another machine has its key: it says so and follows, and goes on with a new key by itself.
TEST_F(MembershipTest, AKeyThatSomebodyElseUsesIsReplacedWithoutARestart) {
  start_all();
  cluster_.stop(0);
  {
    HandPlayed other(cluster_, 0, 3);
    consensus::Vote vote{consensus::VoteType::nullify, {0, 1'000, 0, {}}, 3, {}};
    const auto signature =
        cluster_.key_of(3, "", role::kVote)
            .sign(consensus::sign_bytes(cluster_.network().chain_id, vote.type, vote.proposal));
    std::ranges::copy(signature, vote.signature.begin());
    other.send(FrameKind::control, consensus::encode(vote));
    ASSERT_TRUE(other.until(
        [&] { return std::filesystem::exists(cluster_.config(3).data / kObserverFile); }));
  }
  start(0);
  cluster_.make_next_keys(3, "new");
  decide(ReplaceValidator{"validator-3", cluster_.proposal(3, "new")}, 0, {0, 1, 2});
  enter_epoch(1, 0);
  expect_all_vote_but(1, 0);
  EXPECT_FALSE(std::filesystem::exists(cluster_.config(3).data / kObserverFile));
}

// Who made it has gone and shows it to nobody. Node 0 alone can order nothing meanwhile.
TEST_F(MembershipTest, ABatchOfOneWhoHasLeftIsShownByWhoeverHoldsIt) {
  cluster_.init_all();
  for (std::size_t i = 0; i < 3; ++i) start(i);
  decide(ReplaceValidator{"validator-3", cluster_.proposal(4)}, 0, {0, 1, 2});
  enter_epoch(1, 0);
  cluster_.stop(1);
  cluster_.stop(2);
  const Statement statement = cluster_.add_key("of one who has left");
  const Bytes left = encode_batch({0, 3, 1, {statement.bytes()}}).value();
  const Bytes of_a_member = encode_batch({0, 2, 1, {statement.bytes()}}).value();
  consensus::Status status;
  status.epoch = 1;
  status.view = 1;
  {
    HandPlayed newcomer(cluster_, 4, 0);
    newcomer.send(FrameKind::batch, of_a_member);
    newcomer.send(FrameKind::batch, left);
    EXPECT_TRUE(newcomer.until([&] {
      newcomer.send(FrameKind::get_batch, encode_get_batch({consensus::batch_digest(left)}), 1);
      return newcomer.has_got_batch(left, 1);
    }));
    HandPlayed another(cluster_, 1, 0);
    another.send(FrameKind::control, consensus::encode(status));
    EXPECT_TRUE(another.until([&] { return another.has_got_batch(left); }));
    EXPECT_FALSE(another.has_got_batch(of_a_member));
    newcomer.until([] { return true; });
    EXPECT_EQ(newcomer.lost(), 0);
  }
  start(1);
  start(2);
  expect_follows(1, statement.entry_id());
}

// Three of four have cosigned another log than its own. Its write-ahead log says nothing of that.
TEST_F(MembershipTest, AnAlarmAboutTheChainOutlivesARestart) {
  start_all();
  log_one(0, "before");
  const auto health = cluster_.client(0).health();
  const auto checkpoint = cluster_.client(0).get("/checkpoint", 65'536);
  ASSERT_TRUE(health && checkpoint);
  for (std::size_t i = 0; i < 4; ++i) cluster_.stop(i);
  start(0);
  Checkpoint other = parse_checkpoint(parse_note(as_bytes(checkpoint->body)).value().text).value();
  other.root = sha256(as_bytes("another log"));
  {
    std::vector<std::unique_ptr<HandPlayed>> others;
    for (std::size_t i = 1; i < 4; ++i) {
      const std::uint64_t time_s = health->block_time_ms / 1000;
      const auto key = cluster_.key_of(i, "", role::kCosign);
      const Cosignature cosignature{0, other.size, other.root, time_s,
                                    key.sign(cosignature_message(time_s, encode(other)))};
      others.push_back(std::make_unique<HandPlayed>(cluster_, i, 0));
      others.back()->send(FrameKind::cosignature, encode_cosignature(cosignature));
    }
    expect_says(0, "alarm: a quorum cosigned another log root");
  }
  for (std::size_t i = 1; i < 4; ++i) start(i);
  cluster_.stop(0);
  start(0);
  expect_says(0, "alarm: a quorum cosigned another log root");
  expect_follows(0, log_one(1, "without it"));
}

TEST_F(MembershipTest, WhoSleptThroughAChangeIsShownTheWayOut) {
  start_all();
  cluster_.stop(2);
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 3});
  // 4 of 5 are a quorum, the new one among them, which the others have brought up to date.
  enter_epoch(1, 0);
  start(2);
  expect_all_vote_but(3, 2);
}

// Without a set that names it, a validator has no links: it asks the nodes that it may follow.
TEST_F(MembershipTest, WhoFollowsOverHttpVotesWithoutARestartOnceItsKeyIsInForce) {
  cluster_.follow(4, {0, 1});
  start_all();
  const Digest first = log_one(0, "before");
  expect_follows(4, first);
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 2});
  enter_epoch(1, 1);
  expect_all_vote_but(0, 1);
}

TEST_F(MembershipTest, WhoWasRemovedFollowsOn) {
  cluster_.follow(1, {0, 2});
  start_all();
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 2});
  enter_epoch(1, 0);
  decide(RemoveValidator{"validator-1"}, 0, {0, 2, 3});
  enter_epoch(2, 0);
  expect_says(1, "validator-1 is no validator of epoch 2");
  expect_follows(1, log_one(0, "without it"));
  expect_sends_elsewhere(1, cluster_.config(1).follow.front());
}

TEST_F(MembershipTest, WhoIsNoValidatorAndFollowsNobodySendsToThem) {
  start_all();
  expect_sends_elsewhere(4, "validator-0, validator-1, validator-2, validator-3");
}

TEST_F(MembershipTest, WhoWasRemovedWhileItWasAwayIsToldAndFollows) {
  cluster_.follow(1, {0, 2});
  start_all();
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 1, 2});
  enter_epoch(1, 0);
  log_one(1, "in epoch 1");
  cluster_.stop(1);
  decide(RemoveValidator{"validator-1"}, 0, {0, 2, 3});
  enter_epoch(2, 0);
  start(1);
  expect_says(1, "validator-1 is no validator of epoch 2");
  expect_follows(1, log_one(0, "without it"));
}

// Nobody of the set that votes has a link to it, though the next set that it learns of has a place
// for it.
TEST_F(MembershipTest, AStragglerWithAPlaceInTheNextSetAndNoneAfterFollows) {
  cluster_.follow(1, {0, 2});
  start_all();
  cluster_.stop(1);
  decide(AdmitValidator{cluster_.proposal(4)}, 0, {0, 2, 3});
  enter_epoch(1, 0);
  decide(RemoveValidator{"validator-1"}, 0, {0, 2, 3});
  enter_epoch(2, 0);
  start(1);
  expect_says(1, "validator-1 is no validator of epoch 2");
  expect_follows(1, log_one(0, "without it"));
}

// What was followed without a key is not fetched again, and the log of the validator knows of it.
TEST_F(MembershipTest, AFolderThatFollowedBecomesAValidators) {
  cluster_.follow(4, {0, 1});
  for (std::size_t i = 0; i < 4; ++i) ASSERT_TRUE(init_data(cluster_.config(i), false));
  for (std::size_t i = 0; i < 4; ++i) start(i);
  const Digest first = log_one(0, "before");
  follow_with_folder_of(4, first);
  const auto adopted = init_data(cluster_.config(4), false);
  ASSERT_TRUE(adopted) << adopted.error().detail;
  start(4);
  expect_follows(4, first);
  expect_it_may_join();
}

TEST_F(MembershipTest, ANewValidatorMayBeginWithASnapshot) {
  cluster_.follow(4, {0, 1});
  cluster_.config(4).catch_up = CatchUp::snapshot;
  for (std::size_t i = 0; i < 4; ++i) ASSERT_TRUE(init_data(cluster_.config(i), false));
  for (std::size_t i = 0; i < 4; ++i) start(i);
  const Digest first = log_one(0, "before");
  expect_follows(0, log_one(0, "in a later block"));
  expect_follows(1, first);
  const auto made = init_data(cluster_.config(4), false);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_FALSE(init_data(cluster_.config(4), false));  // once in its life
  start(4);
  expect_follows(4, first);
  EXPECT_FALSE(cluster_.client(4).get("/v1/chain?from=1", 1 << 20));  // it has executed none
  expect_it_may_join();
}

// Before anything is fetched.
TEST_F(MembershipTest, AValidatorOfTheGenesisSetBeginsWithASnapshotOnlyAsObserver) {
  cluster_.follow(3, {0, 1});
  cluster_.config(3).catch_up = CatchUp::snapshot;
  const auto refused = init_data(cluster_.config(3), false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("--init-observer"), std::string::npos);
}

// Its key may have voted before the disk was lost.
TEST_F(MembershipTest, AFolderThatFollowedIsNotTakenOverByAKeyInForce) {
  start_all();
  const Digest first = log_one(0, "before");
  cluster_.stop(3);
  std::filesystem::remove_all(cluster_.config(3).data);
  cluster_.follow(3, {0, 1});
  follow_with_folder_of(3, first);
  const auto refused = init_data(cluster_.config(3), false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("--init-observer"), std::string::npos);
  ASSERT_TRUE(init_data(cluster_.config(3), true));
  start(3);
  expect_follows(3, first);
  EXPECT_TRUE(std::filesystem::exists(cluster_.config(3).data / kObserverFile));
}

}  // namespace
}  // namespace footproof::node
