// What the core loop does of its own, beside the replica: over links that bring what a test says,
// and with what other nodes show over HTTP.
#include "node/core_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "consensus/payload.h"
#include "node/asio_reactor.h"
#include "node/engine.h"
#include "node/log.h"
#include "node/serve_chain.h"
#include "node/thread_runner.h"
#include "node/verifier_pool.h"
#include "tests/node/chain_maker.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

class NoLinks final : public Links {
 public:
  [[nodiscard]] Result<std::uint16_t> start(LinkEvents& events) override {
    events_ = &events;
    return std::uint16_t{0};
  }
  void stop() override {}
  void set_links(LinkSet links) override { peers_ = std::move(links.peers); }
  bool send(ValidatorIndex, const Frame&) override { return false; }
  void broadcast(const Frame&) override {}
  void drop(ValidatorIndex, const std::string&) override {}
  void charge(ValidatorIndex, std::size_t) override {}
  [[nodiscard]] bool is_connected(ValidatorIndex) const override { return false; }
  [[nodiscard]] std::optional<MonoTime> last_heard(ValidatorIndex) const override { return {}; }
  [[nodiscard]] const std::vector<PeerIdentity>& peers() const override { return peers_; }

  // As if it came over a link.
  void bring(ValidatorIndex peer, const consensus::Message& message) {
    events_->peer_message(peer, {FrameKind::control, 0, consensus::encode(message)});
  }

 private:
  LinkEvents* events_ = nullptr;
  std::vector<PeerIdentity> peers_;
};

// Validator 3 of a chain that others make.
class CoreLoopTest : public ::testing::Test {
 protected:
  static constexpr ValidatorIndex kSelf = 3;

  void SetUp() override {
    set_log_level(LogLevel::error);
    config_.validator = "validator-3";
    config_.data = folder_.path() / "data";
    const auto& member = chain_.network().validators.members[kSelf];
    keys_.emplace(keys_of(member.vote_key, member.cosign_key, member.log_key, member.tls_pin));
    data_.emplace(DataFolder::open(config_.data).value());
    ASSERT_TRUE(make_data(*data_, chain_.network(), *keys_, false));
    auto started = Engine::start({outside_, config_, chain_.network(), *keys_,
                                  [](const std::string& why) { ADD_FAILURE() << why; }});
    ASSERT_TRUE(started) << started.error().detail;
    engine_ = *std::move(started);
  }
  void TearDown() override {
    engine_->stop();
    io_.poll();
    engine_->finish();
    pool_.stop();
  }
  static OwnKeys keys_of(const PublicKey& vote, const PublicKey& cosign, const PublicKey& log,
                         const Digest& tls_pin) {
    const auto secret = [](const PublicKey& key) { return testing::Sequencer::secret_of(key); };
    return {secret(vote), secret(cosign), secret(log), tls_pin};
  }
  bool until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      io_.run_for(std::chrono::milliseconds(5));
      io_.restart();
    }
    return true;
  }
  bool reach(std::uint64_t height) {
    return until([&] { return engine_->store().snapshot()->head().height == height; });
  }
  // What a source would show of the next blocks, up to the end of their epoch.
  Feed shown() const {
    const auto answer =
        serve_chain(chain_.store(), engine_->store().snapshot()->head().height + 1).value();
    Feed out;
    out.chain.emplace();
    for (const auto& block : answer.blocks) {
      out.chain->blocks.push_back(block.applied.block);
      out.chain->finalization = block.applied.finalization;
      for (const auto& batch : block.batches) out.batches.push_back(hold_batch(batch).value());
    }
    return out;
  }
  [[nodiscard]] CoreFacts facts() const { return engine_->facts().get(); }
  // A second machine with the key of this one has voted.
  void meet_own_key() {
    consensus::Vote vote{consensus::VoteType::nullify, {0, 50, 0, {}}, kSelf, {}};
    std::ranges::copy(keys_->first().vote.sign(consensus::sign_bytes(chain_.network().chain_id,
                                                                     vote.type, vote.proposal)),
                      vote.signature.begin());
    links_.bring(0, vote);
    ASSERT_TRUE(until([&] { return facts().alarm.find("vote key") != std::string::npos; }));
    // Whatever becomes of the file that says so.
    std::filesystem::remove(config_.data / kObserverFile);
  }
  // The next epoch, in which this change is in force.
  void enter_next_epoch(const Change& change) {
    chain_.grow(1);
    chain_.sequencer().decide(change);
    chain_.sequencer().end_epoch();
    engine_->fed().feed(shown());
    ASSERT_TRUE(reach(chain_.head().height));
    Feed out;
    out.hop = chain_.store().hop(0).value();
    engine_->fed().feed(std::move(out));
    ASSERT_TRUE(until([&] { return facts().set.epoch == 1; }));
  }

  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
  Config config_;
  std::optional<KeyRing> keys_;
  std::optional<DataFolder> data_;
  boost::asio::io_context io_;
  AsioReactor reactor_{io_};
  NoLinks links_;
  VerifierPool pool_{1};
  ThreadRunner storage_{"storage"};
  Outside outside_{reactor_, links_, pool_, storage_, [] { return std::nullopt; }};
  std::unique_ptr<Engine> engine_;
};

// The replica has let it go, because it held as many as it may that no block named.
TEST_F(CoreLoopTest, ABatchThatIsHereAlreadyIsToldOfWhenItsBlockComes) {
  chain_.grow(1);
  Feed last = shown();
  Feed batches;
  const Bytes statement = chain_.attestation();
  for (std::uint64_t i = 0; i < consensus::Payload::kHeldMax; ++i) {
    batches.batches.push_back(
        hold_batch(encode_batch({0, 0, 1000 + i, {statement}}).value()).value());
  }
  std::ranges::move(std::exchange(last.batches, {}), std::back_inserter(batches.batches));
  engine_->fed().feed(std::move(batches));
  engine_->fed().feed(std::move(last));
  EXPECT_TRUE(reach(chain_.head().height));
}

TEST_F(CoreLoopTest, AnAlarmAboutItsOwnKeyOutlivesTheEpochWhileTheKeyIsTheSame) {
  meet_own_key();
  enter_next_epoch(AdmitValidator{chain_.sequencer().validator(7)});
  EXPECT_NE(facts().alarm.find("vote key"), std::string::npos) << facts().alarm;
  EXPECT_FALSE(facts().set.votes);
}

TEST_F(CoreLoopTest, AnAlarmAboutItsOwnKeyEndsWithAnotherKey) {
  const auto by = chain_.sequencer().validator(kSelf, "new");
  keys_->add(keys_of(by.vote_key, by.cosign_key, by.log_key, by.tls_pin));
  meet_own_key();
  enter_next_epoch(ReplaceValidator{"validator-3", by});
  EXPECT_EQ(facts().alarm, "");
}

}  // namespace
}  // namespace footproof::node
