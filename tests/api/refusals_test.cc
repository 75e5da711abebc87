// Every reason to refuse, through the HTTP interface: the cases of tests/ledger/rules_cases.h offer
// their statements over loopback to a real server. Whatever the rules say of one, the answers to
// a dry run and to its submission must say too: status, stable reason, the field, the remedy; what
// is accepted is logged with 201.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/routes.h"
#include "api/server.h"
#include "attest/cbor.h"
#include "tests/api/raw_http.h"
#include "tests/api/sequencer_node.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::R;
using testing::RulesStage;
using testing::Sequencer;

struct HttpAnswer {
  int status = 0;
  std::string body;
  [[nodiscard]] json read() const { return json::parse(body, nullptr, false); }
};

// A network with a server before it.
struct Served {
  explicit Served(Sequencer& network) : node(network) {
    ServerConfig config;
    config.workers = 4;
    config.connections_per_address_max = 100;
    server = std::move(Server::start(config, make_routes({}, node, node)).value());
  }

  [[nodiscard]] HttpAnswer post(const char* path, const char* type, ByteView body) const {
    const RawHttp connection(server->port());
    connection.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: n\r\nContent-Type: " + type +
                    "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + std::string(as_text(body)));
    const std::string whole = connection.read_to_end();
    const auto head = whole.find("\r\n\r\n");
    return {status_of(whole), head == std::string::npos ? "" : whole.substr(head + 4)};
  }
  [[nodiscard]] HttpAnswer submit(const Bytes& statement) const {
    return post("/v1/statements", "application/cose", statement);
  }
  [[nodiscard]] HttpAnswer dry_run(const Bytes& statement) const {
    return post("/v1/dry-run", "application/cose", statement);
  }

  SequencerNode node;
  std::unique_ptr<Server> server;
};

void expect_refusal(const json& answer, const ledger::Refusal& refusal) {
  EXPECT_EQ(answer.value("type", ""), "urn:footproof:refusal:" + std::string(refusal.code()));
  EXPECT_EQ(answer.value("reason", ""), refusal.code());
  EXPECT_EQ(answer.value("rule", ""), refusal.rule());
  EXPECT_EQ(answer.value("remedy", ""), refusal.remedy());
  EXPECT_EQ(answer.value("detail", ""), refusal.detail);
  EXPECT_FALSE(refusal.detail.empty()) << refusal.code() << ": the field is not named";
  EXPECT_EQ(answer.value("final", true), false) << "one node's early view";
}

class RuleThroughApi : public ::testing::TestWithParam<R> {
 protected:
  void offer(Sequencer& network, const Bytes& statement, const ledger::Verdict& verdict) {
    auto& served = served_[&network];
    if (!served) served = std::make_unique<Served>(network);
    const auto before = network.store().snapshot()->head();
    const auto* refusal = std::get_if<ledger::Refusal>(&verdict);
    if (refusal == nullptr) {
      expect_accepted(*served, statement);
      EXPECT_EQ(network.store().snapshot()->head().height, before.height + 1);
      return;
    }
    if (refusal->reason == R::malformed) {
      expect_malformed(*served, statement);
    } else {
      expect_refused(*served, statement, *refusal);
    }
    EXPECT_EQ(network.store().snapshot()->head(), before) << "a refusal left a trace";
  }

  std::set<R> refused_;
  std::size_t passed_ = 0;

 private:
  void expect_accepted(const Served& served, const Bytes& statement) {
    EXPECT_EQ(served.dry_run(statement).read().value("accepted", false), true);
    const HttpAnswer answer = served.submit(statement);
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.read().value("entry_id", ""),
              parse_statement(statement).value().entry_id().hex());
    if (answer.status == 201) ++passed_;
  }

  void expect_refused(const Served& served, const Bytes& statement,
                      const ledger::Refusal& refusal) {
    const HttpAnswer dry = served.dry_run(statement);
    EXPECT_EQ(dry.status, 200) << dry.body;
    const json said = dry.read();
    if (refusal.reason == R::bad_signature) {
      // It is asked before signing too: what a dry run says of a signature stands apart.
      EXPECT_EQ(said.value("accepted", false), true);
      EXPECT_EQ(said.value("signature_verifies", true), false);
    } else {
      EXPECT_EQ(said.value("accepted", true), false);
      expect_refusal(said.value("refusal", json::object()), refusal);
    }
    const HttpAnswer answer = served.submit(statement);
    EXPECT_EQ(answer.status, 422) << answer.body;
    expect_refusal(answer.read(), refusal);
    EXPECT_EQ(answer.read().value("entry_id", ""),
              parse_statement(statement).value().entry_id().hex());
    if (answer.status == 422 && answer.read().value("reason", "") == refusal.code()) {
      refused_.insert(refusal.reason);
    }
  }

  // What is no statement has no entry id: 400 alone, an item with the reason in a sequence.
  void expect_malformed(const Served& served, const Bytes& statement) {
    for (const HttpAnswer& answer : {served.submit(statement), served.dry_run(statement)}) {
      EXPECT_EQ(answer.status, 400) << answer.body;
      EXPECT_EQ(answer.read().value("type", ""), "urn:footproof:problem:malformed-statement");
      EXPECT_FALSE(answer.read().value("detail", "").empty());
    }
    const HttpAnswer sequence = served.post("/v1/statements", "application/cbor-seq", statement);
    if (sequence.status == 400) return;  // where it ends cannot be told
    EXPECT_EQ(sequence.status, 200);
    cbor::Reader in(as_bytes(sequence.body), "answer");
    in.array_of(7);
    EXPECT_EQ(in.uint(), 400U);
    in.skip();
    in.skip();
    const auto reason = in.text(100);
    EXPECT_EQ(reason, "malformed");
    EXPECT_FALSE(in.text(1000).empty());
    EXPECT_EQ(in.text(1000), ledger::entry_of(R::malformed).remedy);
    EXPECT_FALSE(in.failed());
    if (reason == "malformed") refused_.insert(R::malformed);
  }

  std::map<const Sequencer*, std::unique_ptr<Served>> served_;
};

TEST_P(RuleThroughApi, Refuses) {
  const auto cases = testing::all_cases();
  ASSERT_TRUE(cases.contains(GetParam())) << "no case provokes this reason";
  RulesStage stage([this](Sequencer& network, const Bytes& statement,
                          const ledger::Verdict& verdict) { offer(network, statement, verdict); });
  cases.at(GetParam())(stage);
  EXPECT_TRUE(refused_.contains(GetParam())) << "no answer over HTTP gave this reason";
  EXPECT_GT(passed_, 0U) << "no neighbour was logged over HTTP";
  EXPECT_EQ(passed_, stage.passed);
}

INSTANTIATE_TEST_SUITE_P(All, RuleThroughApi, ::testing::ValuesIn(testing::all_reasons()),
                         [](const auto& reason) { return testing::test_name_of(reason.param); });

// docs/rules.md names the test against the rules; each has its twin here, for every reason.
TEST(RulesDoc, EveryReasonOfTheTableHasItsTestOverHttp) {
  const std::string doc = testing::rules_doc();
  EXPECT_NE(doc.find("`All/RuleThroughApi.Refuses/"), std::string::npos);
  const auto exist = testing::tests_of_suite("All/RuleThroughApi");
  EXPECT_EQ(testing::tests_named(doc), exist);
  EXPECT_EQ(exist.size(), ledger::reason_table().size());
}

}  // namespace
}  // namespace footproof::api
