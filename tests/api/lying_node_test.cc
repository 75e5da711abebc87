// What footproof ballot shows is the network's state and not a node's word: a node that changes,
// hides or invents something, or shows an old state for today's, is found out and the lie is named.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/routes.h"
#include "api/server.h"
#include "attest/governance_record.h"
#include "tests/api/run_footproof.h"
#include "tests/api/sequencer_node.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

using nlohmann::json;

constexpr std::uint64_t kHour = 3600;

std::string association(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

// Answers as it must, and then lets the test change the answer.
class LyingNode final : public SequencerNode {
 public:
  using SequencerNode::SequencerNode;
  using StateLie = std::function<void(const std::vector<Digest>& keys, StateReceipt& answer)>;
  using ReceiptLie = std::function<Result<Receipt>(const Digest& entry_id)>;

  void lie(StateLie lie) { state_lie_ = std::move(lie); }
  void lie_about_receipts(ReceiptLie lie) { receipt_lie_ = std::move(lie); }

  Result<StateReceipt> state_receipt(const std::vector<Digest>& keys) const override {
    auto answer = SequencerNode::state_receipt(keys);
    if (answer && state_lie_) state_lie_(keys, *answer);
    return answer;
  }
  Result<Receipt> receipt(const Digest& entry_id,
                          const std::optional<Digest>& declaration) const override {
    return receipt_lie_ ? receipt_lie_(entry_id) : SequencerNode::receipt(entry_id, declaration);
  }

 private:
  StateLie state_lie_;
  ReceiptLie receipt_lie_;
};

class LyingNodeTest : public ::testing::Test {
 protected:
  LyingNodeTest() : node_((std::filesystem::create_directory(folder_ / "n"), folder_ / "n")) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    network().advance(static_cast<std::uint64_t>(seconds) - network().now().seconds() - 3 * kHour);
    made_ = proposal(0xab, SetParameter{"anchoring-days-max", 60});
    vote(0, made_, true);
    vote(1, made_, false);
    at_first_ = node_.SequencerNode::state_receipt(keys_of(made_.nonce)).value();
    network().advance(3 * kHour);
    vote(2, made_, true);
    vote(3, proposal(0xcd, SetParameter{"issued-ahead-max-s", 200}), true);
    server_ = std::move(Server::start(ServerConfig{}, make_routes({}, node_, node_)).value());
    write("policy", as_bytes(encode(network().policy())));
  }

  [[nodiscard]] testing::Sequencer& network() { return node_.sequencer(); }
  [[nodiscard]] Proposal proposal(std::uint8_t nonce, Change change) {
    Proposal made{{}, std::move(change), utc_day(network().now()).plus(10)};
    made.nonce.fill(nonce);
    return made;
  }
  void vote(std::size_t number, const Proposal& proposal, bool approve) {
    network().accept(network().sign(association(number), Ballot{proposal, approve}));
  }
  [[nodiscard]] static std::vector<Digest> keys_of(const ProposalNonce& nonce) {
    return {state_key::associations(), state_key::open_proposals(), state_key::proposal(nonce)};
  }
  void write(const std::string& name, ByteView bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  Ran ballot(std::vector<std::string> words, bool with_policy = true) {
    words.insert(words.begin(),
                 {"--node", "http://127.0.0.1:" + std::to_string(server_->port()), "ballot"});
    if (with_policy) words.insert(words.end(), {"--policy", path("policy")});
    return run_footproof(std::move(words));
  }
  Ran show() { return ballot({"show", to_hex(made_.nonce)}); }

  // Changes the proposal's record wherever it is shown.
  void lie_about(std::function<void(ProposalRecord&)> change) {
    node_.lie([this, change](const std::vector<Digest>& keys, StateReceipt& answer) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] != state_key::proposal(made_.nonce)) continue;
        auto record = parse_proposal_record(*answer.records[i]).value();
        change(record);
        answer.records[i] = encode(record);
      }
    });
  }
  void lie_about(const Digest& key, std::optional<Bytes> record) {
    node_.lie([key, record](const std::vector<Digest>& keys, StateReceipt& answer) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] == key) answer.records[i] = record;
      }
    });
  }
  // Found out, in these words; nothing of the lie is shown.
  static void expect_named(const Ran& ran, const std::vector<std::string>& words) {
    EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
    EXPECT_EQ(ran.out, "");
    for (const std::string& word : words) {
      EXPECT_NE(ran.err.find(word), std::string::npos) << word << " in " << ran.err;
    }
  }
  void expect_both_name(const std::vector<std::string>& words) {
    expect_named(show(), words);
    expect_named(ballot({"list"}), words);
  }

  const test::TempFolder folder_;
  LyingNode node_;
  Proposal made_{{}, SetParameter{"anchoring-days-max", 60}, {}};
  StateReceipt at_first_;  // of made_, three hours ago
  std::unique_ptr<Server> server_;
};

TEST_F(LyingNodeTest, AnHonestAnswerIsProven) {
  const Ran shown = show();
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("2 for, 1 against; 3 of 4"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("proven       against the policy, as of "), std::string::npos);
  EXPECT_EQ(shown.out.find("not checked"), std::string::npos);
  const Ran listed = ballot({"list", "--json"});
  const json body = json::parse(listed.out);
  EXPECT_EQ(body["ballots"].size(), 2U);
  EXPECT_EQ(body["verified"], true);
  EXPECT_EQ(body["stale"], false);
  EXPECT_EQ(ballot({"parameters"}).code, 0);
}

TEST_F(LyingNodeTest, WithoutAPolicyNothingIsSaidToBeChecked) {
  const Ran shown = ballot({"show", to_hex(made_.nonce)}, false);
  EXPECT_EQ(shown.code, 0);
  EXPECT_NE(shown.out.find("not checked  this is a node's word"), std::string::npos) << shown.out;
  EXPECT_EQ(json::parse(ballot({"list", "--json"}, false).out)["verified"], false);
}

TEST_F(LyingNodeTest, AChangedVoteIsFound) {
  lie_about([](ProposalRecord& record) { record.ballots[1].approve = true; });
  expect_both_name({"proposal abababab", "does not hold", "state proof"});
}

TEST_F(LyingNodeTest, AHiddenVoteIsFound) {
  lie_about([](ProposalRecord& record) { record.ballots.pop_back(); });
  expect_both_name({"proposal abababab", "does not hold", "state proof"});
}

TEST_F(LyingNodeTest, AnotherChangeUnderTheSameNameIsFound) {
  lie_about([](ProposalRecord& record) {
    record.proposal.change = SetParameter{"anchoring-days-max", 6};
  });
  expect_both_name({"proposal abababab", "does not hold", "state proof"});
}

TEST_F(LyingNodeTest, AnInventedProposalIsFound) {
  const Proposal invented = proposal(0xee, RemoveParty{association(0)});
  ProposalRecord record{invented, association(1), network().now(), {}, {}};
  record.ballots.push_back({association(1), true, network().now(), Digest{}});
  lie_about(state_key::proposal(invented.nonce), encode(record));
  const std::vector<std::string> words = {"proposal eeeeeeee", "does not hold", "state proof"};
  expect_named(ballot({"show", to_hex(invented.nonce)}), words);
  // Nobody signs a ballot for it either.
  write("key", as_bytes(testing::party_key(association(0), KeyUsage::sign).to_pem(std::nullopt)));
  const Ran voted = ballot({"vote", to_hex(invented.nonce), "--approve", "--key", path("key"),
                            "--issuer", association(0), "-o", path("ballot.statement")});
  expect_named(voted, words);
  EXPECT_FALSE(std::filesystem::exists(path("ballot.statement")));
}

TEST_F(LyingNodeTest, AHiddenProposalIsFound) {
  lie_about(state_key::proposal(made_.nonce), std::nullopt);
  expect_both_name({"proposal abababab", "does not hold", "state proof"});
  // In the list: all of them, or one.
  lie_about(state_key::open_proposals(), std::nullopt);
  expect_named(ballot({"list"}), {"the open proposals", "does not hold", "state proof"});
  const auto all = node_.SequencerNode::state_receipt({state_key::open_proposals()}).value();
  auto fewer = parse_open_proposals_record(*all.records[0]).value();
  fewer.proposers.pop_back();
  lie_about(state_key::open_proposals(), encode(fewer));
  expect_named(ballot({"list"}), {"the open proposals", "does not hold", "state proof"});
}

TEST_F(LyingNodeTest, OtherAssociationsAndParametersAreFound) {
  const auto all = node_.SequencerNode::state_receipt({state_key::associations()}).value();
  auto fewer = parse_associations_record(*all.records[0]).value();
  fewer.seats.pop_back();
  lie_about(state_key::associations(), encode(fewer));
  expect_named(show(), {"proposal abababab", "does not hold", "state proof"});
  Parameters parameters;
  parameters.anchoring_days_max = 1;
  lie_about(state_key::parameters(), encode(parameters));
  expect_named(ballot({"parameters"}), {"the parameters", "does not hold", "state proof"});
}

TEST_F(LyingNodeTest, AnOldHeadIsCalledStale) {
  node_.lie([this](const std::vector<Digest>& keys, StateReceipt& answer) {
    if (keys == keys_of(made_.nonce)) answer = at_first_;
  });
  const Ran shown = show();
  EXPECT_EQ(shown.code, 1);
  EXPECT_NE(shown.out.find("1 for, 1 against"), std::string::npos) << shown.out;
  EXPECT_NE(
      shown.out.find("STALE        older than the 60 minutes allowed: the node may be hiding"),
      std::string::npos)
      << shown.out;
  EXPECT_EQ(json::parse(ballot({"show", to_hex(made_.nonce), "--json"}).out)["stale"], true);
  EXPECT_EQ(ballot({"show", to_hex(made_.nonce), "--max-age", "1d"}).code, 0);
}

TEST_F(LyingNodeTest, AHeadWithoutItsQuorumIsFound) {
  node_.lie([](const std::vector<Digest>&, StateReceipt& answer) {
    const std::size_t last = answer.checkpoint.rfind('\n', answer.checkpoint.size() - 2);
    answer.checkpoint.erase(last + 1);
  });
  expect_named(show(), {"proposal abababab", "does not hold", "2 of 3 cosignatures"});
  // A state of the node's own making, under a head that is real.
  node_.lie([](const std::vector<Digest>&, StateReceipt& answer) {
    auto record = parse_block_record(answer.last_record.record).value();
    record.state_root = sha256(as_bytes("of its own making"));
    answer.last_record.record = encode(record);
  });
  expect_named(show(), {"proposal abababab", "does not hold", "last record"});
}

TEST_F(LyingNodeTest, AnotherNetworkIsNamed) {
  std::filesystem::create_directory(folder_ / "o");
  const testing::Sequencer other(folder_ / "o", 4, "other");
  write("policy", as_bytes(encode(other.policy())));
  expect_named(show(), {"does not hold", "get the policy of that network"});
}

TEST_F(LyingNodeTest, TheBallotsThemselvesAreSeenOrNamed) {
  const auto record = parse_proposal_record(*at_first_.records[2]).value();
  // Another's ballot in the place of this one.
  node_.lie_about_receipts([&](const Digest&) {
    return node_.SequencerNode::receipt(record.ballots[0].entry, std::nullopt);
  });
  expect_named(show(), {"ballot of https://association-1.example", "something else"});
  // Withheld: said to be not checked, and the rest is shown.
  node_.lie_about_receipts(
      [](const Digest&) -> Result<Receipt> { return fail(Errc::not_found, "no such entry"); });
  const Ran shown = show();
  EXPECT_EQ(shown.code, 0);
  EXPECT_NE(shown.out.find("its signed ballot: not checked, the node does not show it"),
            std::string::npos)
      << shown.out;
  const json body = json::parse(ballot({"show", to_hex(made_.nonce), "--json"}).out);
  EXPECT_EQ(body["ballots"][0]["signed"], false);
}

}  // namespace
}  // namespace footproof::api
