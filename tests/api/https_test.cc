// The client against a node behind TLS, as a reverse proxy offers it: a certificate is believed
// only if its issuer is trusted on this machine and it is for the host asked, and now.
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "api/client/client.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

struct Certified {
  std::string key;
  std::string certificate;
};

// Self-signed, for this subject alternative name, from yesterday until `days` from now.
Certified make_certificate(const std::filesystem::path& folder, const std::string& name, int days) {
  Certified files{(folder / "server.pem").string(), (folder / "server.crt").string()};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L * 3);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * days);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("node"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  FILE* key_file = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(key_file);
  FILE* certificate_file = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(certificate_file, certificate);
  std::fclose(certificate_file);
  EVP_PKEY_free(key);
  X509_free(certificate);
  return files;
}

class HttpsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (server_) server_->stop();
    if (thread_.joinable()) thread_.join();
    ::unsetenv("SSL_CERT_FILE");
  }

  void serve(const std::string& name = "IP:127.0.0.1", int days = 30) {
    const Certified files = make_certificate(folder_.path(), name, days);
    certificate_ = files.certificate;
    run(std::make_unique<httplib::SSLServer>(files.certificate.c_str(), files.key.c_str()));
  }
  void run(std::unique_ptr<httplib::Server> server) {
    server_ = std::move(server);
    server_->Get("/checkpoint", [](const httplib::Request&, httplib::Response& to) {
      to.set_content("a note", "text/plain");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    ASSERT_GT(port_, 0);
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  // What an operator does for an authority of their own.
  void trust() const { ::setenv("SSL_CERT_FILE", certificate_.c_str(), 1); }

  Result<std::string> ask(const std::string& host = "127.0.0.1") const {
    auto client = Client::make({"https://" + host + ":" + std::to_string(port_)});
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
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
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
  run(std::make_unique<httplib::Server>());
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("http://"), std::string::npos) << answer.error().detail;
}

}  // namespace
}  // namespace footproof::api
