// Ballots over HTTP and on the command line: what is shown of them, and that a refusal says why.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/ballot_view.h"
#include "api/cli/key_request.h"
#include "api/routes.h"
#include "api/server.h"
#include "attest/parameters.h"
#include "tests/api/run_footproof.h"
#include "tests/api/sequencer_node.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::party_key;

constexpr std::string_view kNewBody = "https://new-body.example";

std::string association(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

class GovernanceTest : public ::testing::Test {
 protected:
  GovernanceTest() : node_(folder_.path()) {}

  [[nodiscard]] json get(const std::string& path, int status = 200) {
    if (!handler_) handler_ = make_routes(RoutesConfig{}, node_, node_);
    const Response response = handler_(Request{"GET", path, {}, {}, {}, {}});
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }
  [[nodiscard]] testing::Sequencer& network() { return node_.sequencer(); }

  [[nodiscard]] Proposal proposal(std::uint8_t nonce, Change change) {
    Proposal made{{}, std::move(change), utc_day(network().now()).plus(10)};
    made.nonce.fill(nonce);
    return made;
  }
  void vote(std::size_t number, const Proposal& proposal, bool approve = true) {
    network().accept(network().sign(association(number), Ballot{proposal, approve}));
  }

  // The command, in this process, against a real server over the same network.
  Ran footproof(std::vector<std::string> arguments) {
    if (!server_) {
      auto server = Server::start(ServerConfig{}, make_routes(RoutesConfig{}, node_, node_));
      server_ = std::move(server.value());
    }
    arguments.insert(arguments.begin(),
                     {"--node", "http://127.0.0.1:" + std::to_string(server_->port())});
    return run_footproof(std::move(arguments));
  }
  [[nodiscard]] std::string write(const std::string& name, ByteView bytes) const {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << as_text(bytes);
    return path.string();
  }
  // The options with which an association signs; the network's clock is not the machine's, so the
  // command only checks (the rules would call its statements too old).
  [[nodiscard]] std::vector<std::string> signed_by(std::size_t number) const {
    const std::string pem = party_key(association(number), KeyUsage::sign).to_pem(std::nullopt);
    return {"--key", write("association.pem", as_bytes(pem)), "--issuer", association(number)};
  }

  const test::TempFolder folder_;
  SequencerNode node_;
  Handler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(GovernanceTest, NothingIsOpenAtFirst) {
  const json body = get("/v1/ballots");
  EXPECT_EQ(body["associations"].size(), 4U);
  EXPECT_EQ(body["associations"][0]["party"], association(0));
  EXPECT_EQ(body["needed"], 3);
  EXPECT_TRUE(body["ballots"].empty());
}

TEST_F(GovernanceTest, AProposalIsShownWithItsVotesUntilItIsDecidedAndForEver) {
  const Proposal made = proposal(0xab, SetParameter{"anchoring-days-max", 60});
  const std::string path = "/v1/ballots/" + to_hex(made.nonce);
  EXPECT_EQ(get(path, 404)["type"], "urn:footproof:problem:not-found");
  vote(0, made);
  vote(1, made, false);
  const json listed = get("/v1/ballots");
  ASSERT_EQ(listed["ballots"].size(), 1U);
  EXPECT_EQ(listed["ballots"][0], get(path));
  const json open = get(path);
  EXPECT_EQ(open["proposal"], to_hex(made.nonce));
  EXPECT_EQ(open["state"], "open");
  EXPECT_EQ(open["summary"], "set anchoring-days-max to 60");
  EXPECT_EQ(open["change"]["what"], "set-parameter");
  EXPECT_EQ(open["change"]["value"], 60);
  EXPECT_EQ(open["approve"], 1);
  EXPECT_EQ(open["reject"], 1);
  EXPECT_EQ(open["proposer"], association(0));
  EXPECT_EQ(open["ballots"].size(), 2U);
  EXPECT_EQ(open["ballots"][1]["approve"], false);
  EXPECT_TRUE(open["decided"].is_null());
  vote(1, made);
  vote(2, made);
  EXPECT_TRUE(get("/v1/ballots")["ballots"].empty());
  EXPECT_EQ(get(path)["state"], "accepted");
  EXPECT_EQ(get(path)["decided"]["entry_id"], get(path)["ballots"][2]["entry_id"]);
}

TEST_F(GovernanceTest, WhatHasLapsedSaysSo) {
  const Proposal made = proposal(0xab, SetParameter{"anchoring-days-max", 60});
  vote(0, made);
  network().advance(11 * 86400);
  vote(1, proposal(0xac, SetParameter{"anchoring-days-max", 61}));
  EXPECT_EQ(get("/v1/ballots/" + to_hex(made.nonce))["state"], "lapsed");
  EXPECT_EQ(get("/v1/ballots")["ballots"].size(), 1U);
}

TEST_F(GovernanceTest, BadNamesAreRefusedWithTheFormThatIsNeeded) {
  for (const char* name : {"", "abc", "ABABABABABABABABABABABABABABABAB", "ab/cd"}) {
    const json body = get(std::string("/v1/ballots/") + name, 400);
    EXPECT_NE(body["detail"].get<std::string>().find("32 lower-case hex digits"),
              std::string::npos);
  }
  EXPECT_EQ(get("/v1/ballotsx", 404)["type"], "urn:footproof:problem:no-such-path");
}

TEST_F(GovernanceTest, ParametersAreListedWithRangeAndPresentValue) {
  json listed = get("/v1/parameters")["parameters"];
  // Beside the table: what the genesis file says of one scheme.
  ASSERT_EQ(listed.size(), parameter_table().size() + 1);
  EXPECT_EQ(listed.back()["id"], "late-days.cbam");
  EXPECT_EQ(listed.back()["value"], 120);
  for (std::size_t at = 0; at < parameter_table().size(); ++at) {
    const ParameterEntry& entry = parameter_table()[at];
    EXPECT_EQ(listed[at]["id"], entry.id);
    EXPECT_EQ(listed[at]["value"], entry.initial());
    EXPECT_EQ(listed[at]["max"], entry.max);
  }
  const Proposal made = proposal(0xab, SetParameter{"anchoring-days-max", 60});
  for (const std::size_t voter : {0U, 1U, 2U}) vote(voter, made);
  listed = get("/v1/parameters")["parameters"];
  EXPECT_EQ(listed[2]["value"], 60);
  EXPECT_EQ(listed[2]["initial"], 90);
  const Proposal late = proposal(0xac, SetParameter{"late-days.cbam", 30});
  for (const std::size_t voter : {0U, 1U, 2U}) vote(voter, late);
  listed = get("/v1/parameters")["parameters"];
  ASSERT_EQ(listed.size(), parameter_table().size() + 1);
  EXPECT_EQ(listed.back()["id"], "late-days.cbam");
  EXPECT_EQ(listed.back()["value"], 30);
}

TEST_F(GovernanceTest, ManyProposalsAreListedWhole) {
  for (std::size_t number = 0; number < 4; ++number) {
    for (std::size_t one = 0; one < kOpenProposalsMax; ++one) {
      const auto at = static_cast<std::uint8_t>(number * kOpenProposalsMax + one);
      vote(number, proposal(at, SetParameter{"anchoring-days-max", 100U + at}));
    }
  }
  EXPECT_EQ(get("/v1/ballots")["ballots"].size(), 4 * kOpenProposalsMax);
}

TEST(PartyRole, OnACommandLineHasTheWordsThatItsHelpShows) {
  EXPECT_EQ(parse_party_role("accreditation-body").value(), PartyRole::accreditation_body);
  EXPECT_EQ(parse_party_role("association").value(), PartyRole::association);
  EXPECT_EQ(parse_party_role("scheme-owner").value(), PartyRole::scheme_owner);
  EXPECT_EQ(parse_party_role("dataset-operator").value(), PartyRole::dataset_operator);
  EXPECT_FALSE(parse_party_role("accreditation body"));
  EXPECT_FALSE(parse_party_role("verifier"));
}

// Every change has a word, a line and its fields.
TEST(BallotView, ShowsEveryChange) {
  const AdmitParty party{std::string(kNewBody),
                         PartyRole::accreditation_body,
                         "Körper",
                         {"cbam", "pact"},
                         {"eu-nab"},
                         {}};
  const std::vector<std::pair<Change, std::string>> changes = {
      {RemoveValidator{"v1"}, "remove validator v1"},
      {party,
       "admit https://new-body.example (Körper) as accreditation body, schemes cbam, pact, "
       "regimes eu-nab"},
      {RemoveParty{std::string(kNewBody)}, "remove https://new-body.example"},
      {ReplaceParty{"urn:old", party},
       "replace urn:old by https://new-body.example (Körper) as accreditation body, schemes cbam, "
       "pact, regimes eu-nab"},
      {RenewPartyKeys{"urn:old", {}}, "give urn:old 0 new first key(s)"},
      {AllowParty{"urn:old", {}, {"x"}}, "allow urn:old schemes none; regimes x"},
      {SetRegistrar{"urn:v", "urn:b"}, "let urn:b register the keys of urn:v"},
      {SetParameter{"p", 1}, "set p to 1"},
  };
  for (const auto& [change, text] : changes) {
    EXPECT_EQ(describe(change), text);
    const auto shown = change_json(change);
    EXPECT_EQ(shown["what"], kind_of(change));
    EXPECT_GT(shown.size(), 1U) << text;
  }
  EXPECT_EQ(change_json(RemoveParty{"urn:old"})["party"], "urn:old");
  EXPECT_EQ(change_json(ReplaceParty{"urn:old", party})["by"]["party"], kNewBody);
}

TEST_F(GovernanceTest, TheCommandListsShowsAndTellsParameters) {
  EXPECT_NE(footproof({"ballot", "list"}).out.find("no open proposals; 4 associations"),
            std::string::npos);
  const Proposal made = proposal(0xab, SetParameter{"anchoring-days-max", 60});
  vote(0, made);
  const Ran listed = footproof({"ballot", "list"});
  EXPECT_EQ(listed.code, 0);
  EXPECT_NE(listed.out.find("1 for, 0 against; 3 of 4 associations"), std::string::npos)
      << listed.out;
  const Ran shown = footproof({"ballot", "show", to_hex(made.nonce)});
  EXPECT_NE(shown.out.find("proposed by https://association-0.example"), std::string::npos);
  EXPECT_EQ(json::parse(footproof({"--json", "ballot", "show", to_hex(made.nonce)}).out)["approve"],
            1);
  EXPECT_EQ(footproof({"ballot", "show", "xyz"}).code, 4);
  EXPECT_EQ(footproof({"ballot", "show", std::string(32, '0')}).code, 3);
  const Ran parameters = footproof({"ballot", "parameters"});
  EXPECT_NE(parameters.out.find("anchoring-days-max  90 days (at first 90, 1 to 3650)"),
            std::string::npos)
      << parameters.out;
}

TEST_F(GovernanceTest, TheCommandSaysWhatItWouldSignAndWhyItIsRefused) {
  const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const Ran wrong =
      footproof(with({"ballot", "propose", "parameter", "no-such", "1", "--check"}, signed_by(0)));
  EXPECT_NE(wrong.err.find("set no-such to 1"), std::string::npos) << wrong.err;
  // The machine's clock is ahead of this network's.
  EXPECT_EQ(wrong.code, 2) << wrong.err;
  EXPECT_NE(wrong.out.find("remedy:"), std::string::npos) << wrong.out;
  EXPECT_EQ(footproof(with({"ballot", "vote", std::string(32, 'a'), "--approve", "--check"},
                           signed_by(0)))
                .code,
            3);
  EXPECT_EQ(footproof(with({"ballot", "vote", std::string(32, 'a'), "--check"}, signed_by(0))).code,
            4);
  // A key request of another party, or for another network, is found before anything is signed.
  const SigningKey key = party_key(kNewBody, KeyUsage::status);
  const auto request = [&](const Digest& chain_id) {
    return write("request", encode_key_request(*make_key_request(
                                key, chain_id, std::string(kNewBody), KeyUsage::status)));
  };
  const auto admit = [&](const std::string& uri, const std::string& file) {
    return footproof(with({"ballot", "propose", "admit", uri, "--role", "association", "--name",
                           "New", "--key-request", file, "--check"},
                          signed_by(0)));
  };
  EXPECT_EQ(admit("https://other.example", request(network().chain_id())).code, 4);
  const Ran foreign = admit(std::string(kNewBody), request(Digest{}));
  EXPECT_EQ(foreign.code, 2);
  EXPECT_NE(foreign.err.find("not for this network"), std::string::npos) << foreign.err;
}

}  // namespace
}  // namespace footproof::api
