// Keys and self-signed certificates for links on loopback, made for one test.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "node/data_folder.h"
#include "node/peer_session.h"
#include "tests/support/temp_folder.h"

namespace footproof::node::test {

struct TlsFiles {
  std::filesystem::path key;
  std::filesystem::path certificate;
  Digest pin;
};

// `days`: of validity from yesterday on; negative for one that has expired.
inline TlsFiles make_tls_files(const std::filesystem::path& folder, const std::string& name,
                               int days = 30) {
  TlsFiles out{folder / (name + ".pem"), folder / (name + ".crt"), {}};
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3L * 86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86400L);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_sign(certificate, key, nullptr);
  FILE* key_file = std::fopen(out.key.c_str(), "w");
  PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(key_file);
  ::chmod(out.key.c_str(), 0600);
  FILE* certificate_file = std::fopen(out.certificate.c_str(), "w");
  PEM_write_X509(certificate_file, certificate);
  std::fclose(certificate_file);
  EVP_PKEY_free(key);
  X509_free(certificate);
  out.pin = *certificate_pin(as_text(*read_file(out.certificate, 1 << 16)));
  return out;
}

// n validators with everything that their links need.
class LinkFixture {
 public:
  explicit LinkFixture(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::string id(1, static_cast<char>('a' + i));
      keys_.push_back(std::make_shared<SigningKey>(SigningKey::generate(Algorithm::eddsa)));
      files_.push_back(make_tls_files(temp_.path(), id));
      registry_.push_back(
          {static_cast<ValidatorIndex>(i), id, keys_.back()->public_key(), files_.back().pin});
    }
  }

  // What validator `i` knows, if all goes well.
  [[nodiscard]] LinkIdentity identity(std::size_t i) const {
    LinkIdentity out{sha256(as_bytes("a chain")), registry_[i], {}, {}};
    for (const auto& peer : registry_) {
      if (peer.index != i) out.peers.push_back(peer);
    }
    out.keys.sign = [key = keys_[i]](ByteView message) { return key->sign(message); };
    use_files(out, files_[i]);
    return out;
  }

  static void use_files(LinkIdentity& identity, const TlsFiles& files) {
    identity.keys.client_context = *make_tls_context(TlsRole::client, files.key, files.certificate);
    identity.keys.server_context = *make_tls_context(TlsRole::server, files.key, files.certificate);
  }

  [[nodiscard]] const std::filesystem::path& folder() const { return temp_.path(); }
  [[nodiscard]] const TlsFiles& files(std::size_t i) const { return files_[i]; }

 private:
  footproof::test::TempFolder temp_;
  std::vector<std::shared_ptr<SigningKey>> keys_;
  std::vector<TlsFiles> files_;
  std::vector<PeerIdentity> registry_;
};

}  // namespace footproof::node::test
