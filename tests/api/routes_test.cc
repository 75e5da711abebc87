#include "api/routes.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/client/client.h"
#include "api/server.h"
#include "api/submit.h"
#include "attest/cose.h"
#include "attest/merkle.h"
#include "attest/receipt_check.h"
#include "attest/state_proof.h"
#include "tests/api/raw_http.h"
#include "tests/api/sequencer_node.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kVerifierUri;

// A real server on a free port over a network in one process.
class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() : node_(folder_.path()) {
    node_.sequencer().admit_verifier();
    routes_.wait_max = std::chrono::seconds(20);
  }
  void TearDown() override { node_.release(); }

  void start() {
    ServerConfig config;
    config.connections_per_address_max = 200;
    auto server = Server::start(config, make_routes(routes_, node_, node_));
    ASSERT_TRUE(server) << server.error().detail;
    server_ = std::move(*server);
    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  [[nodiscard]] Client client() const { return *Client::make({url_}); }
  [[nodiscard]] Statement attestation(std::uint64_t number = 0) {
    auto& sequencer = node_.sequencer();
    return sequencer.sign(kVerifierUri, sequencer.attestation(number));
  }

  [[nodiscard]] std::string ask(const std::string& request) const {
    return RawHttp(server_->port()).ask(request);
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: n\r\n\r\n");
  }
  [[nodiscard]] std::string post(const std::string& path, const std::string& type,
                                 ByteView body) const {
    return ask("POST " + path + " HTTP/1.1\r\nHost: n\r\nContent-Type: " + type +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string(as_text(body)));
  }
  static json body_of(const std::string& answer) {
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
  }
  static std::string header_of(const std::string& answer, const std::string& name) {
    const auto found = answer.find("\r\n" + name + ": ");
    if (found == std::string::npos) return "";
    const auto begin = found + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }

  const test::TempFolder folder_;
  SequencerNode node_;
  RoutesConfig routes_;
  std::unique_ptr<Server> server_;
  std::string url_;
};

TEST_F(RoutesTest, WhoGot201ReadsAReceiptThatVerifiesAtOnce) {
  start();
  const Statement statement = attestation();
  const std::string answer = post("/v1/statements", "application/cose", statement.bytes());
  ASSERT_EQ(status_of(answer), 201) << answer;
  EXPECT_EQ(header_of(answer, "Location"), "/v1/entries/" + statement.entry_id().hex());
  EXPECT_EQ(body_of(answer)["entry_id"], statement.entry_id().hex());

  const auto receipt = client().receipt(statement.entry_id(), std::nullopt);
  ASSERT_TRUE(receipt) << receipt.error().detail;
  EXPECT_EQ(receipt->index, body_of(answer)["index"].get<std::uint64_t>());
  const auto held = check_receipt(*receipt, node_.sequencer().policy());
  EXPECT_TRUE(held) << held.error().detail;
}

TEST_F(RoutesTest, TheSameBytesAgainAreTheSameEntry) {
  start();
  const Statement statement = attestation();
  const std::string first = post("/v1/statements", "application/cose", statement.bytes());
  const std::string again = post("/v1/statements", "application/cose", statement.bytes());
  EXPECT_EQ(status_of(again), 201);
  EXPECT_EQ(body_of(first), body_of(again));
}

TEST_F(RoutesTest, AnUnprotectedHeaderIsEmptiedBeforeAnythingIsComputed) {
  start();
  const Statement statement = attestation();
  // The empty map behind the protected header becomes { 99: h'00' }.
  Bytes dressed = statement.bytes();
  const auto sign1 = cose::Sign1::parse(dressed);
  const std::size_t at = 2 + 3 + sign1->protected_header().size();
  std::size_t map = 0;
  for (std::size_t i = at - 2; i < at + 3; ++i) {
    if (dressed[i] == 0xa0) map = i;
  }
  ASSERT_NE(map, 0U);
  const Bytes more{0xa1, 0x18, 0x63, 0x41, 0x00};
  dressed.erase(dressed.begin() + static_cast<std::ptrdiff_t>(map));
  dressed.insert(dressed.begin() + static_cast<std::ptrdiff_t>(map), more.begin(), more.end());
  const std::string answer = post("/v1/statements", "application/cose", dressed);
  ASSERT_EQ(status_of(answer), 201) << answer;
  EXPECT_EQ(body_of(answer)["entry_id"], statement.entry_id().hex());
  EXPECT_EQ(client().receipt(statement.entry_id(), std::nullopt)->statement, statement.bytes());
}

TEST_F(RoutesTest, AnUnknownKeyIsRefusedAtOnceAndNotForGood) {
  start();
  const auto stranger = SigningKey::generate(Algorithm::es256);
  auto& sequencer = node_.sequencer();
  const Statement statement = sequencer.sign(kVerifierUri, stranger, sequencer.attestation());
  const std::string answer = post("/v1/statements", "application/cose", statement.bytes());
  ASSERT_EQ(status_of(answer), 422);
  const json body = body_of(answer);
  EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json");
  EXPECT_EQ(body["type"], "urn:footproof:refusal:unknown-key");
  EXPECT_EQ(body["reason"], "unknown-key");
  EXPECT_EQ(body["final"], false);
  EXPECT_FALSE(body["remedy"].get<std::string>().empty());
  EXPECT_FALSE(body["rule"].get<std::string>().empty());
  EXPECT_EQ(body["height"].get<std::uint64_t>(), sequencer.store().snapshot()->head().height);
}

TEST_F(RoutesTest, WhatExecutionRefusedIsFinalAndFoundByAPoll) {
  start();
  node_.hold();
  auto& sequencer = node_.sequencer();
  // Both pass the rules alone; in one block the second finds its subject used.
  StatementDraft draft{std::string(kVerifierUri), random_subject(), sequencer.chain_id(),
                       sequencer.now().seconds(), sequencer.attestation(1)};
  const auto key = testing::party_key(kVerifierUri, KeyUsage::sign);
  const Statement first = *sign_statement(draft, key);
  draft.payload = sequencer.attestation(2);
  const Statement second = *sign_statement(draft, key);
  EXPECT_EQ(status_of(post("/v1/statements?wait=no", "application/cose", first.bytes())), 202);
  const std::string answer = post("/v1/statements?wait=no", "application/cose", second.bytes());
  ASSERT_EQ(status_of(answer), 202);
  EXPECT_EQ(header_of(answer, "Retry-After"), "1");
  const std::string location = header_of(answer, "Location");
  EXPECT_EQ(status_of(get(location)), 202);
  node_.release();
  const std::string later = get(location);
  ASSERT_EQ(status_of(later), 422) << later;
  EXPECT_EQ(body_of(later)["final"], true);
  EXPECT_EQ(body_of(later)["reason"], "subject-used");
  EXPECT_EQ(status_of(get("/v1/entries/" + first.entry_id().hex())), 200);
}

TEST_F(RoutesTest, AtMostSoManyWaitAndTheRestGet202AtOnce) {
  routes_.waiters_max = 2;
  start();
  node_.hold();
  std::vector<std::thread> waiters;
  std::atomic<int> logged = 0;
  for (std::uint64_t i = 0; i < 2; ++i) {
    const Statement statement = attestation(i);
    waiters.emplace_back([this, statement, &logged] {
      if (status_of(post("/v1/statements", "application/cose", statement.bytes())) == 201) ++logged;
    });
  }
  node_.await_waiting(2);
  const Statement third = attestation(3);
  EXPECT_EQ(status_of(post("/v1/statements", "application/cose", third.bytes())), 202);
  node_.release();
  for (auto& waiter : waiters) waiter.join();
  EXPECT_EQ(logged, 2);
  EXPECT_EQ(status_of(get("/v1/entries/" + third.entry_id().hex())), 200);
}

TEST_F(RoutesTest, WaitingEndsWith202) {
  routes_.wait_max = std::chrono::milliseconds(50);
  start();
  node_.hold();
  EXPECT_EQ(status_of(post("/v1/statements", "application/cose", attestation().bytes())), 202);
}

TEST_F(RoutesTest, BusyIsA503WithRetryAfter) {
  start();
  node_.be_busy(true);
  const std::string answer = post("/v1/statements", "application/cose", attestation().bytes());
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(header_of(answer, "Retry-After"), "3");
  EXPECT_EQ(status_of(get("/v1/ready")), 503);
  EXPECT_EQ(status_of(get("/v1/health")), 200);
  node_.be_busy(false);
  EXPECT_EQ(status_of(get("/v1/ready")), 200);
}

TEST_F(RoutesTest, ASequenceIsAnsweredItemByItem) {
  start();
  const Statement good = attestation(1);
  const Statement stranger = node_.sequencer().sign(
      kVerifierUri, SigningKey::generate(Algorithm::es256), node_.sequencer().attestation(2));
  // A COSE_Sign1 whose payload is no payload of ours.
  Bytes odd = good.bytes();
  odd[odd.size() - 2 - 64 - 1] ^= 0xffU;
  const Statement last = attestation(3);
  const auto items = client().submit_sequence({good.bytes(), stranger.bytes(), odd, last.bytes()});
  ASSERT_TRUE(items) << items.error().detail;
  ASSERT_EQ(items->size(), 4U);
  EXPECT_EQ((*items)[0].what, Submitted::What::logged);
  EXPECT_EQ((*items)[0].entry_id, good.entry_id());
  EXPECT_EQ((*items)[1].what, Submitted::What::refused);
  EXPECT_EQ((*items)[1].refusal.reason, "unknown-key");
  EXPECT_FALSE((*items)[1].refusal.final);
  EXPECT_EQ((*items)[2].what, Submitted::What::refused);
  EXPECT_EQ((*items)[3].what, Submitted::What::logged);
  EXPECT_EQ((*items)[3].index, (*items)[0].index + 1);
}

TEST_F(RoutesTest, ASequenceThatCannotBeCutIsRefusedWholeAndNothingTaken) {
  start();
  const Statement good = attestation();
  Bytes body = good.bytes();
  body.push_back(0xff);
  const std::string answer = post("/v1/statements", "application/cbor-seq", body);
  EXPECT_EQ(status_of(answer), 400);
  EXPECT_NE(body_of(answer)["detail"].get<std::string>().find("statement 2"), std::string::npos);
  EXPECT_EQ(status_of(get("/v1/entries/" + good.entry_id().hex())), 404);
  EXPECT_EQ(status_of(post("/v1/statements", "application/cbor-seq", {})), 400);
}

TEST(SplitStatements, LimitFromBothSides) {
  // The shortest thing that can be cut out: 18([h'', {}, h'', h'']).
  const Bytes one{0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40};
  Bytes body;
  for (std::size_t i = 0; i < kSequenceItemsMax; ++i) append(body, one);
  const auto items = split_statements(body);
  ASSERT_TRUE(items) << items.error().detail;
  EXPECT_EQ(items->size(), kSequenceItemsMax);
  append(body, one);
  EXPECT_FALSE(split_statements(body));
}

TEST_F(RoutesTest, DryRunJudgesAndRemembersNothing) {
  start();
  const Statement statement = attestation();
  Bytes unsigned_bytes = statement.bytes();
  std::fill(unsigned_bytes.end() - 64, unsigned_bytes.end(), 0);
  const auto bare = client().dry_run(unsigned_bytes);
  ASSERT_TRUE(bare) << bare.error().detail;
  EXPECT_FALSE(bare->refusal);
  EXPECT_FALSE(bare->signature_verifies);
  EXPECT_TRUE(client().dry_run(statement.bytes())->signature_verifies);
  EXPECT_EQ(status_of(get("/v1/entries/" + statement.entry_id().hex())), 404);

  auto uncovered = node_.sequencer().attestation();
  uncovered.scope = "battery.other";
  const auto refused = client().dry_run(node_.sequencer().sign(kVerifierUri, uncovered).bytes());
  ASSERT_TRUE(refused);
  ASSERT_TRUE(refused->refusal);
  EXPECT_EQ(refused->refusal->reason, "scope-not-covered");
}

TEST_F(RoutesTest, InclusionAndConsistencyProofsVerify) {
  start();
  const Statement statement = attestation();
  ASSERT_EQ(status_of(post("/v1/statements", "application/cose", statement.bytes())), 201);
  const auto& head = node_.sequencer().store().snapshot()->head();
  const std::string size = std::to_string(head.log_size);
  const auto path_of = [](const json& body) {
    std::vector<Digest> path;
    for (const auto& item : body["path"])
      path.push_back(*to_digest(*from_base64(item.get<std::string>())));
    return path;
  };
  const json found = body_of(get("/v1/entries/" + statement.entry_id().hex()));
  const auto index = found["index"].get<std::uint64_t>();
  const json inclusion =
      body_of(get("/v1/proofs/inclusion?index=" + std::to_string(index) + "&size=" + size));
  const Digest leaf = leaf_hash(statement.statement_hash().view());
  EXPECT_TRUE(verify_inclusion(leaf, index, head.log_size, path_of(inclusion), head.log_root));
  const json consistency = body_of(get("/v1/proofs/consistency?from=1&to=" + size));
  const auto genesis_root = leaf_hash(node_.sequencer().store().snapshot()->item(0)->entry.view());
  EXPECT_TRUE(
      verify_consistency(1, head.log_size, path_of(consistency), genesis_root, head.log_root));
  for (const char* bad :
       {"/v1/proofs/inclusion?index=5000&size=6000", "/v1/proofs/inclusion",
        "/v1/proofs/inclusion?index=01&size=2", "/v1/proofs/consistency?from=0&to=1",
        "/v1/proofs/inclusion?index=-1&size=2", "/v1/proofs/inclusion?index=1&index=1&size=2"}) {
    EXPECT_EQ(status_of(get(bad)), 400) << bad;
  }
}

TEST_F(RoutesTest, StateProofVerifiesPresenceAndAbsence) {
  start();
  const auto there = state_key::party(kVerifierUri);
  const auto absent = state_key::party("https://nobody.example");
  const auto state = client().state({there, absent});
  ASSERT_TRUE(state) << state.error().detail;
  ASSERT_TRUE(state->records[0]);
  EXPECT_FALSE(state->records[1]);
  const auto root = node_.sequencer().store().snapshot()->head().state_root;
  const std::vector<StateClaim> claims = {{there, state_value_hash(*state->records[0])},
                                          {absent, std::nullopt}};
  EXPECT_TRUE(verify_state_proof(*parse_state_proof(state->proof), root, claims));
  EXPECT_EQ(status_of(get("/v1/proofs/state")), 400);
  EXPECT_EQ(status_of(get("/v1/proofs/state?key=00")), 400);
  EXPECT_EQ(status_of(get("/v1/proofs/state?key=" + there.hex() + "&key=" + there.hex())), 400);
}

TEST_F(RoutesTest, CheckpointPolicyAndGenesisBelongTogether) {
  start();
  const auto policy = parse_policy(as_bytes(*client().trust_policy()));
  ASSERT_TRUE(policy) << policy.error().detail;
  const auto note = client().checkpoint();
  EXPECT_TRUE(judge_live_checkpoint(*policy, as_bytes(*note)));
  EXPECT_EQ(ledger::chain_id_of(*client().genesis()), policy->chain_id);
  const auto health = client().health();
  ASSERT_TRUE(health) << health.error().detail;
  EXPECT_EQ(health->chain_id, policy->chain_id);
  ASSERT_EQ(health->peers.size(), 1U);
  EXPECT_EQ(health->peers[0].validator_id, "other");
}

TEST_F(RoutesTest, TilesAndBundlesAreServedByTheirPathsAlone) {
  start();
  const auto size = node_.sequencer().store().snapshot()->head().log_size;
  const std::string width = std::to_string(size);
  const std::string tile = get("/tile/0/000.p/" + width);
  EXPECT_EQ(status_of(tile), 200);
  EXPECT_EQ(header_of(tile, "Content-Length"), std::to_string(size * 32));
  EXPECT_NE(header_of(tile, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(header_of(get("/tile/entries/000.p/" + width), "Content-Length"),
            std::to_string(size * 34));
  EXPECT_EQ(status_of(get("/tile/statements/000.p/" + width)), 200);
  for (const char* bad : {"/tile/0/000", "/tile/0/001", "/tile/0/0", "/tile/64/000", "/tile/x",
                          "/tile/0/000.p/0", "/tile/0/000.p/257", "/tile/../v1/genesis"}) {
    EXPECT_EQ(status_of(get(bad)), 404) << bad;
  }
}

TEST_F(RoutesTest, EveryOtherPathMethodAndTypeIsRefusedPlainly) {
  start();
  EXPECT_EQ(status_of(get("/")), 404);
  EXPECT_EQ(status_of(get("/v1/statements")), 405);
  EXPECT_EQ(status_of(post("/checkpoint", "application/cose", {})), 405);
  EXPECT_EQ(status_of(post("/v1/statements", "application/json", as_bytes("{}"))), 415);
  EXPECT_EQ(status_of(post("/v1/statements?wait=maybe", "application/cose", as_bytes("x"))), 400);
  EXPECT_EQ(status_of(get("/v1/entries/xyz")), 400);
  EXPECT_EQ(status_of(get("/v1/entries/" + Digest{}.hex() + "/other")), 404);
  const std::string malformed = post("/v1/statements", "application/cose", as_bytes("{}"));
  EXPECT_EQ(status_of(malformed), 400);
  EXPECT_EQ(body_of(malformed)["type"], "urn:footproof:problem:malformed-statement");
  EXPECT_EQ(status_of(get("/v1/entries/" + Digest{}.hex())), 404);
  EXPECT_EQ(status_of(get("/v1/entries/" + Digest{}.hex() + "/receipt")), 404);
}

TEST_F(RoutesTest, EveryCutAndManyFlipsOfAStatementGiveAClearAnswer) {
  start();
  const Bytes bytes = attestation().bytes();
  const RawHttp connection(server_->port());
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    const std::string answer =
        post("/v1/statements?wait=no", "application/cose", ByteView(bytes).first(size));
    EXPECT_EQ(status_of(answer), 400) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    Bytes flipped = bytes;
    flipped[at] ^= 1U;
    const int status = status_of(post("/v1/statements", "application/cose", flipped));
    EXPECT_TRUE(status == 400 || status == 422) << at << ": " << status;
  }
}

TEST_F(RoutesTest, NothingInvitesAPageOfAnotherOrigin) {
  start();
  const std::string origin = " HTTP/1.1\r\nHost: n\r\nOrigin: https://page.example\r\n\r\n";
  const std::string read = ask("GET /checkpoint" + origin);
  EXPECT_EQ(read.find("HTTP/1.1 200"), 0U) << read;
  EXPECT_EQ(read.find("Access-Control"), std::string::npos) << read;
  const std::string preflight = ask("OPTIONS /v1/statements" + origin);
  EXPECT_EQ(preflight.find("HTTP/1.1 405"), 0U) << preflight;
  EXPECT_EQ(preflight.find("Access-Control"), std::string::npos) << preflight;
}

TEST_F(RoutesTest, MetricsCountWhatTheServerRead) {
  ServerConfig config;
  routes_.meter = config.meter;
  routes_.counters = [] { return NodeCounters{.taken = 5}; };
  auto server = Server::start(config, make_routes(routes_, node_, node_));
  ASSERT_TRUE(server);
  server_ = std::move(*server);
  for (int i = 0; i < 3; ++i) (void)get("/v1/health");
  (void)ask("GARBAGE\r\n\r\n");
  const std::string metrics = get("/metrics");
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\nfootproof_http_requests_total 5\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\nfootproof_http_refused_total 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("{answer=\"taken\"} 5\n"), std::string::npos) << metrics;
}

TEST_F(RoutesTest, ClientGoesToTheNextNodeAndSaysWhyNoneAnswered) {
  start();
  // A port that was free a moment ago: nobody listens there.
  std::uint16_t dead = 0;
  {
    const auto gone = Server::start({}, [](const Request&) { return Response{}; });
    dead = (*gone)->port();
  }
  const std::string dead_url = "http://127.0.0.1:" + std::to_string(dead);
  auto failing_over = *Client::make({dead_url, url_});
  const Statement statement = attestation();
  const auto submitted = failing_over.submit(statement.bytes(), std::chrono::seconds(5));
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_EQ(submitted->what, Submitted::What::logged);
  EXPECT_EQ(submitted->node, url_);

  const auto none = Client::make({dead_url})->health();
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().detail.find(dead_url), std::string::npos);
  EXPECT_FALSE(Client::make({}));
  EXPECT_FALSE(Client::make({"ftp://127.0.0.1"}));
  EXPECT_FALSE(Client::make({"http://host/path"}));
}

}  // namespace
}  // namespace footproof::api
