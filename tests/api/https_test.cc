// The client against a node behind TLS, as a reverse proxy offers it: a certificate is believed
// only if its issuer is trusted on this machine and it is for the host asked, and now.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "api/client/client.h"
#include "tests/support/https_server.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

class HttpsTest : public ::testing::Test {
 protected:
  void serve(const std::string& name = "IP:127.0.0.1", int days = 30) {
    const auto files = testing::make_certificate(folder_.path(), name, days);
    certificate_ = files.certificate;
    server_ = testing::serve_tls(files, note);
  }
  static void note(const httplib::Request&, httplib::Response& to) {
    to.set_content("a note", "text/plain");
  }
  void trust() { trusted_.emplace(certificate_); }

  Result<std::string> ask(const std::string& host = "127.0.0.1") const {
    auto client = Client::make({"https://" + host + ":" + std::to_string(server_->port())});
    if (!client) return fail(client.error());
    return client->checkpoint();
  }
  void expect_untrusted(const Result<std::string>& answer) const {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::io);
    EXPECT_NE(answer.error().detail.find("certificate"), std::string::npos)
        << answer.error().detail;
    EXPECT_NE(answer.error().detail.find("SSL_CERT_FILE"), std::string::npos)
        << answer.error().detail;
  }

  const test::TempFolder folder_;
  std::string certificate_;
  std::optional<testing::TrustedFile> trusted_;
  std::unique_ptr<testing::TestServer> server_;
};

TEST_F(HttpsTest, AsksANodeWhoseCertificateIsTrusted) {
  serve();
  trust();
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(*answer, "a note");
}

TEST_F(HttpsTest, RefusesACertificateOfAnUnknownIssuer) {
  serve();
  expect_untrusted(ask());
}

TEST_F(HttpsTest, RefusesACertificateForAnotherHost) {
  serve("IP:127.0.0.9,DNS:elsewhere.example");
  trust();
  expect_untrusted(ask());
}

TEST_F(HttpsTest, RefusesACertificateThatHasExpired) {
  serve("IP:127.0.0.1", -1);
  trust();
  expect_untrusted(ask());
}

TEST_F(HttpsTest, SaysThatAPlainServerSpeaksNoTls) {
  server_ = std::make_unique<testing::TestServer>(std::make_unique<httplib::Server>(), note);
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("http://"), std::string::npos) << answer.error().detail;
}

}  // namespace
}  // namespace footproof::api
