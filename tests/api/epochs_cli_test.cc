// Epochs over HTTP and on the command line: what is served of them, an old policy that walks to
// today's, a presentation that takes its hops along, and a validator that comes by ballot.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/cli/validator_request.h"
#include "api/client/client.h"
#include "attest/attested.h"
#include "attest/ready.h"
#include "ledger/next_set.h"
#include "tests/api/cli_stage.h"
#include "tests/support/fixture_presentation.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kVerifierUri;

std::string association(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

class EpochsCliTest : public CliStage {
 protected:
  EpochsCliTest() {
    network().admit_verifier();
    write("old.policy", as_bytes(encode(network().policy())));
  }

  // 4 → 5 → 6 validators.
  void grow(std::size_t from, std::size_t to) {
    for (std::size_t number = from; number < to; ++number) {
      network().decide(AdmitValidator{network().validator(number)});
      network().end_epoch();
      network().run({});
    }
  }
  [[nodiscard]] json get(const std::string& path, int status = 200) {
    const Handler handler = make_routes(RoutesConfig{}, node_, node_);
    const Response response = handler(Request{"GET", path, {}, {}, {}, {}});
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body, nullptr, false);
  }
  [[nodiscard]] Policy policy_in(const std::string& name) const {
    return parse_policy(contents(name)).value();
  }

  int ballots_ = 0;
};

TEST_F(EpochsCliTest, EpochsAreListedAndTheirHopsServed) {
  EXPECT_EQ(get("/v1/epochs")["epochs"].size(), 1U);
  EXPECT_TRUE(get("/v1/epochs")["epochs"][0]["last_size"].is_null());
  EXPECT_EQ(get("/v1/epochs/0", 404)["type"], "urn:footproof:problem:not-found");
  grow(4, 6);
  const json epochs = get("/v1/epochs")["epochs"];
  ASSERT_EQ(epochs.size(), 3U);
  EXPECT_EQ(epochs[0]["quorum"], 3);
  EXPECT_EQ(epochs[2]["validators"].size(), 6U);
  EXPECT_EQ(epochs[0]["last_size"].get<std::uint64_t>() + 1, epochs[1]["first_size"]);
  Client client = Client::make({url_}).value();
  std::vector<Hop> hops = {client.hop(0).value(), client.hop(1).value()};
  EXPECT_EQ(walk_hops(policy_in("old.policy"), hops).value().epochs, network().policy().epochs);
  EXPECT_EQ(client.hop(2).error().code, Errc::not_found);
  for (const char* name : {"", "x", "01", "-1", "1/", "99999999999999999999"}) {
    EXPECT_EQ(get(std::string("/v1/epochs/") + name, 400)["type"],
              "urn:footproof:problem:bad-request");
  }
}

TEST_F(EpochsCliTest, AnOldPolicyWalksToTodays) {
  const Ran none = run({"trust", "walk", path("old.policy"), "-o", path("same.policy")});
  EXPECT_EQ(none.code, 0) << none.err;
  EXPECT_NE(none.out.find("nothing has changed since epoch 0"), std::string::npos) << none.out;
  grow(4, 6);
  const Ran walked =
      run({"--json", "trust", "walk", path("old.policy"), "-o", path("today.policy")});
  EXPECT_EQ(walked.code, 0) << walked.err;
  EXPECT_EQ(json_of(walked)["hops"], 2);
  EXPECT_EQ(policy_in("today.policy").epochs, network().policy().epochs);
  // The policy that a node exports holds all epochs, too.
  EXPECT_EQ(
      run({"trust", "export", "-o", path("exported.policy"), "--genesis", path("node/genesis")})
          .code,
      0);
  EXPECT_EQ(policy_in("exported.policy").epochs, policy_in("today.policy").epochs);
  // A policy of other first validators does not get there, and nothing is written.
  Policy other = policy_in("old.policy");
  for (const std::size_t at : {0U, 1U}) {
    NoteKey& key = other.epochs[0].members[at].cosign_key;
    const SigningKey strange = testing::key_from("stranger " + key.name(), Algorithm::eddsa);
    key = NoteKey::make(key.name(), NoteKeyType::cosignature, strange.public_key()).value();
  }
  write("other.policy", as_bytes(encode(other)));
  const Ran refused = run({"trust", "walk", path("other.policy"), "-o", path("no.policy")});
  EXPECT_NE(refused.code, 0);
  EXPECT_NE(refused.err.find("hop 0"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("no.policy")));
}

TEST_F(EpochsCliTest, APresentationTakesItsHopsAlong) {
  const SealedDeclaration& sealed = testing::fixture_declaration();
  Attestation attestation = network().attestation();
  attestation.root = testing::subject_of(sealed).root;
  const Statement statement = network().sign(kVerifierUri, attestation);
  network().accept(statement);
  Attested attested;
  attested.statement = statement.bytes();
  attested.tree_root = sealed.root();
  attested.nodes = {url_};
  write("coil.sealed", sealed.encode());
  write("coil.attested", encode_attested(attested));
  grow(4, 6);
  const auto disclose = [&](const std::string& to, std::vector<std::string> more) {
    std::vector<std::string> words = {
        "--json", "disclose", path("coil.sealed"), path("coil.attested"), "-o", path(to)};
    words.insert(words.end(), more.begin(), more.end());
    return run(std::move(words));
  };
  const auto verify = [&](const std::string& file) {
    return run_footproof({"verify", path(file), "--policy", path("old.policy")});
  };
  const Ran bare = disclose("bare.footproof", {});
  ASSERT_EQ(bare.code, 0) << bare.err;
  EXPECT_EQ(verify("bare.footproof").code, 3);
  const Ran with = disclose("with.footproof", {"--hops", "--policy", path("old.policy")});
  ASSERT_EQ(with.code, 0) << with.err;
  EXPECT_EQ(json_of(with)["hops"], 2);
  const Ran good = verify("with.footproof");
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_NE(good.out.find("by 2 hops"), std::string::npos) << good.out;
  const Ran late = disclose("late.footproof", {"--hops", "--hops-from", "1"});
  ASSERT_EQ(late.code, 0) << late.err;
  EXPECT_EQ(verify("late.footproof").code, 3);
}

TEST_F(EpochsCliTest, AValidatorComesByBallot) {
  ASSERT_EQ(run({"validator", "new", path("textile"), "--id", "textile", "--party", association(1),
                 "--domain", network().genesis().domain, "--network", network().genesis().network})
                .code,
            0);
  const Ran asked = run({"validator", "request", path("textile"), "--policy", path("old.policy"),
                         "-o", path("textile.request")});
  ASSERT_EQ(asked.code, 0) << asked.err;
  EXPECT_EQ(parse_validator_request(contents("textile.request")).value().validator.id, "textile");
  const auto vote = [&](std::size_t by, std::vector<std::string> words) {
    words.insert(words.end(), {"-o", path("ballot-" + std::to_string(++ballots_))});
    return as(association(by), KeyUsage::sign, std::move(words));
  };
  EXPECT_EQ(vote(0, {"ballot", "propose", "validator-remove", "nobody"}).code, 2);
  EXPECT_EQ(vote(0, {"ballot", "propose", "validator-replace", "nobody", "--request",
                     path("textile.request")})
                .code,
            2);
  const Ran proposed =
      vote(0, {"ballot", "propose", "validator-admit", "--request", path("textile.request")});
  ASSERT_EQ(proposed.code, 0) << proposed.err;
  const std::string id = json_of(run({"--json", "ballot", "list"}))["ballots"][0]["proposal"];
  EXPECT_EQ(vote(1, {"ballot", "vote", id, "--approve"}).code, 0);
  const Ran unready = vote(2, {"ballot", "vote", id, "--approve"});
  EXPECT_EQ(unready.code, 2);
  EXPECT_NE((unready.out + unready.err).find("not-ready"), std::string::npos) << unready.err;

  const Ran word = run({"validator", "ready", path("textile"), "--proposal", id, "--policy",
                        path("old.policy"), "-o", path("textile.ready")});
  ASSERT_EQ(word.code, 0) << word.err;
  const Ran request = run({"inspect", path("textile.request")});
  EXPECT_EQ(request.code, 0) << request.err;
  EXPECT_NE(request.out.find("validator request"), std::string::npos) << request.out;
  EXPECT_NE(request.out.find(network().chain_id().hex()), std::string::npos) << request.out;
  const Ran ready = run({"inspect", path("textile.ready")});
  EXPECT_EQ(ready.code, 0) << ready.err;
  EXPECT_NE(ready.out.find("keeps up"), std::string::npos) << ready.out;
  // The word of another, for another.
  const auto other = network().validator(7);
  const Ready foreign =
      make_ready(testing::Sequencer::secret_of(other.vote_key), network().chain_id(),
                 Proposal{{}, AdmitValidator{other}, utc_day(network().now())}, Digest{})
          .value();
  write("foreign.ready", encode(foreign));
  EXPECT_NE(vote(2, {"ballot", "vote", id, "--approve", "--ready", path("foreign.ready")}).code, 0);
  EXPECT_EQ(vote(2, {"ballot", "vote", id, "--reject", "--ready", path("textile.ready")}).code, 4);
  const Ran decided =
      vote(2, {"ballot", "vote", id, "--approve", "--ready", path("textile.ready")});
  ASSERT_EQ(decided.code, 0) << decided.err;
  const Ran shown = run({"ballot", "show", id, "--policy", path("old.policy")});
  EXPECT_NE(shown.out.find("accepted"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("admit validator textile of"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("the new validator is ready"), std::string::npos) << shown.out;
  const auto waiting = ledger::pending_set(*network().store().snapshot()).value();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->next.members.front().id, "textile");
}

}  // namespace
}  // namespace footproof::api
