// A server behind TLS on loopback, as a reverse proxy is one, with a certificate made for one test.
#pragma once

#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "attest/check.h"

namespace footproof::testing {

struct Certified {
  std::string key;
  std::string certificate;
};

// Self-signed, for this subject alternative name, from some days ago until `days` from now.
inline Certified make_certificate(const std::filesystem::path& folder, const std::string& name,
                                  int days) {
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

// Answers GET; stopped when it goes.
class TestServer {
 public:
  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;

  TestServer(std::unique_ptr<httplib::Server> server, Answer answer) : server_(std::move(server)) {
    server_->Get(".*", std::move(answer));
    port_ = server_->bind_to_any_port("127.0.0.1");
    CHECK(port_ > 0);
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~TestServer() {
    server_->stop();
    thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

inline std::unique_ptr<TestServer> serve_tls(const Certified& files, TestServer::Answer answer) {
  return std::make_unique<TestServer>(
      std::make_unique<httplib::SSLServer>(files.certificate.c_str(), files.key.c_str()),
      std::move(answer));
}

// What an operator does for an authority of their own, while it lives.
class TrustedFile {
 public:
  explicit TrustedFile(const std::string& certificate) {
    ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  }
  ~TrustedFile() { ::unsetenv("SSL_CERT_FILE"); }
  TrustedFile(const TrustedFile&) = delete;
  TrustedFile& operator=(const TrustedFile&) = delete;
};

}  // namespace footproof::testing
