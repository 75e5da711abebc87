// A validator that breaks the protocol, played by hand against real nodes: its link is closed, and
// the others go on.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "consensus/messages.h"
#include "node/batch.h"
#include "node/log.h"
#include "node/mesh.h"
#include "tests/node/node_cluster.h"

namespace footproof::node {
namespace {

struct LinkCounter final : LinkEvents {
  void peer_connected(ValidatorIndex) override { ++connected; }
  void peer_disconnected(ValidatorIndex) override { ++disconnected; }
  void peer_message(ValidatorIndex, Envelope&&) override {}
  int connected = 0;
  int disconnected = 0;
};

// Validator 3 is ours; 0 to 2 are a quorum without it.
class BadPeer : public ::testing::Test {
 protected:
  static constexpr ValidatorIndex kSelf = 3;

  void SetUp() override {
    set_log_level(LogLevel::error);
    cluster_.init_all();
    for (std::size_t i = 0; i < kSelf; ++i) ASSERT_TRUE(cluster_.start(i)) << i;
    mesh_ = std::make_unique<Mesh>(
        io_, cluster_.identity(kSelf),
        std::vector<PeerAddress>{{cluster_.config(0).validator, cluster_.config(0).mesh_listen}},
        Endpoint{"127.0.0.1", 0});
    ASSERT_TRUE(mesh_->start(links_));
    ASSERT_TRUE(until([this] { return links_.connected == 1; }));
  }
  void TearDown() override {
    if (mesh_) mesh_->stop();
    io_.run_for(std::chrono::seconds(1));
    EXPECT_EQ(cluster_.fatal(), 0);
  }

  bool until(const std::function<bool()>& done) {
    return test::NodeCluster::until([&] {
      io_.run_one_for(std::chrono::milliseconds(20));
      io_.restart();
      return done();
    });
  }
  void send(const consensus::Message& message, FrameKind kind = FrameKind::control) {
    ASSERT_TRUE(mesh_->send(0, encode_frame(kind, 0, consensus::encode(message))));
  }
  void expect_dropped_by(const consensus::Message& message, FrameKind kind = FrameKind::control) {
    expect_dropped_by(encode_frame(kind, 0, consensus::encode(message)));
  }
  void expect_dropped_by(const Frame& frame) {
    ASSERT_TRUE(mesh_->send(0, frame));
    EXPECT_TRUE(until([this] { return links_.disconnected == 1; }));
    // Not for good: the link comes back.
    EXPECT_TRUE(until([this] { return links_.connected == 2; }));
    const auto metrics = cluster_.client(0).get("/metrics", 65'536);
    ASSERT_TRUE(metrics) << metrics.error().detail;
    EXPECT_NE(metrics->body.find("footproof_links_dropped_total 1\n"), std::string::npos)
        << metrics->body;
  }

  test::NodeCluster cluster_;
  boost::asio::io_context io_;
  LinkCounter links_;
  std::unique_ptr<Mesh> mesh_;
};

consensus::Certificate junk_certificate() {
  consensus::Certificate certificate{consensus::VoteType::nullify, {}, 0b111, {}};
  certificate.proposal.view = 1000;
  certificate.signatures.resize(3);
  certificate.signatures[0].fill(7);
  return certificate;
}

TEST_F(BadPeer, LosesItsLinkForACertificateThatDoesNotVerify) {
  expect_dropped_by(junk_certificate());
}

TEST_F(BadPeer, LosesItsLinkForAStatusThatDoesNotVerify) {
  consensus::Status status;
  status.view = 1001;
  status.entry = junk_certificate();
  expect_dropped_by(status);
}

TEST_F(BadPeer, LosesItsLinkForTheVoteOfAnother) {
  consensus::Vote vote{consensus::VoteType::nullify, {}, 1, {}};
  vote.proposal.view = 1;
  expect_dropped_by(vote);
}

TEST_F(BadPeer, LosesItsLinkForTheBatchOfAnother) {
  const Bytes batch = encode_batch({0, 1, 1, {cluster_.add_key("of another").bytes()}}).value();
  expect_dropped_by(encode_frame(FrameKind::batch, 0, batch));
}

// The NOTARIZE comes alone first, and twice so that it is verified: the proposal after it, of a
// view that others will enter, is a repetition. What it says of validator 1 is its own doing.
TEST_F(BadPeer, LosesItsLinkForFalseEvidenceWheneverItComes) {
  const auto& members = cluster_.network().membership;
  consensus::Vote framed{consensus::VoteType::finalize, {0, 1, 0, {}}, 1, {}};
  consensus::Vote other{consensus::VoteType::nullify, {0, 1, 0, {}}, 1, {}};
  consensus::Propose propose;
  consensus::BlockHeader& header = propose.block.header;
  header.view = 2;
  while (members.leader(header.view) != kSelf) ++header.view;
  propose.block.evidence = {{framed, other}};
  header.evidence_root = consensus::evidence_root(propose.block.evidence);
  header.batch_root = consensus::batch_root({});
  propose.proposal = {0, header.view, 0, consensus::block_id(header)};
  const Bytes signature =
      cluster_.key_of(kSelf, "", role::kVote)
          .sign(consensus::sign_bytes(cluster_.network().chain_id, consensus::VoteType::notarize,
                                      propose.proposal));
  std::ranges::copy(signature, propose.signature.begin());
  consensus::Vote vote{consensus::VoteType::notarize, propose.proposal, kSelf, propose.signature};
  send(vote);
  vote.signature[3] ^= 1U;
  send(vote);
  expect_dropped_by(propose, FrameKind::proposal);
}

// Answers to nobody's question, and more than it has room for, cost no signature check.
TEST_F(BadPeer, CannotHaveBatchesCheckedThatNobodyWaitsFor) {
  std::uint64_t sequence = 1;
  const auto send_batch = [&](std::uint64_t request) {
    const Bytes statement = cluster_.add_key(fmt::format("key {}", sequence)).bytes();
    const Bytes batch = encode_batch({0, kSelf, sequence++, {statement}}).value();
    ASSERT_TRUE(mesh_->send(0, encode_frame(FrameKind::batch, request, batch)));
  };
  for (int i = 0; i < 40; ++i) send_batch(1);
  send_batch(0);  // its own, shown unasked: that is the one with room
  const auto checked = [this] {
    const auto metrics = cluster_.client(0).get("/metrics", 65'536);
    const std::string name = "\nfootproof_batches_checked_total ";
    const auto at = metrics ? metrics->body.find(name) : std::string::npos;
    return at == std::string::npos ? -1 : std::stoi(metrics->body.substr(at + name.size()));
  };
  EXPECT_TRUE(until([&] { return checked() >= 1; }));
  EXPECT_EQ(checked(), 1);
  EXPECT_EQ(links_.disconnected, 0);
}

TEST_F(BadPeer, TheOthersGoOn) {
  send(junk_certificate());
  const auto statement = cluster_.add_key("meanwhile");
  const auto submitted =
      cluster_.client(0).submit(statement.bytes(), std::chrono::milliseconds(15'000));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, api::Submitted::What::logged);
}

}  // namespace
}  // namespace footproof::node
