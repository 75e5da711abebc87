// A source over HTTPS, as it really is one: what follows from it, and what is refused.
#include "node/http_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "node/follower.h"
#include "tests/node/chain_maker.h"
#include "tests/node/store_source.h"
#include "tests/support/https_server.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

class HttpsSourceTest : public ::testing::Test {
 protected:
  HttpsSourceTest() {
    chain_.grow(4, 2);
    std::filesystem::create_directories(folder_.path() / "follower");
    store_ = ledger::Store::create({folder_.path() / "follower/ledger", folder_.path() / "anchor"},
                                   chain_.network().genesis_result)
                 .value();
  }
  // What the chain's node serves, behind a certificate for this name.
  void serve(const std::string& name = "IP:127.0.0.1") {
    files_ = testing::make_certificate(folder_.path(), name, 30);
    server_ =
        testing::serve_tls(files_, [this](const httplib::Request& request, httplib::Response& to) {
          const auto body = source_.get(request.target, kChainAnswerBytesMax);
          to.status = body ? 200 : 404;
          if (body) to.set_content(std::string(as_text(*body)), "application/octet-stream");
        });
  }
  // Some steps; the trouble of its only source.
  std::string follow() {
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(
        make_http_source("https://127.0.0.1:" + std::to_string(server_->port())).value());
    Follower follower({*store_, evidence_, clock_, verdicts_, counters_, nullptr, [] {},
                       [](const std::string& why) { FAIL() << why; }},
                      std::move(sources));
    for (int i = 0; i < 3; ++i) clock_.advance_to(follower.step());
    EXPECT_EQ(follower.alarm(), "");
    return follower.facts().sources.front().trouble;
  }

  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
  test::StoreSource source_{"chain", chain_.store()};
  test::ManualClock clock_;
  VerdictCache verdicts_;
  Counters counters_;
  EvidenceBook evidence_;
  std::unique_ptr<ledger::Store> store_;
  testing::Certified files_;
  std::unique_ptr<testing::TestServer> server_;
};

TEST_F(HttpsSourceTest, IsFollowedWhereItsCertificateIsTrusted) {
  serve();
  const testing::TrustedFile trusted(files_.certificate);
  EXPECT_EQ(follow(), "");
  EXPECT_EQ(store_->snapshot()->head(), chain_.head());
  EXPECT_TRUE(store_->published());
}

TEST_F(HttpsSourceTest, OfAnUnknownIssuerIsLeft) {
  serve();
  EXPECT_NE(follow().find("certificate"), std::string::npos);
  EXPECT_EQ(store_->snapshot()->head().height, 0U);
}

TEST_F(HttpsSourceTest, ForAnotherHostIsLeft) {
  serve("DNS:elsewhere.example");
  const testing::TrustedFile trusted(files_.certificate);
  EXPECT_NE(follow().find("certificate"), std::string::npos);
  EXPECT_EQ(store_->snapshot()->head().height, 0U);
}

}  // namespace
}  // namespace footproof::node
