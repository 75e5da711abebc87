#include "node/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <string>

#include "node/data_folder.h"

namespace footproof::node {
namespace {

constexpr std::array<unsigned char, 12> kAlpn = {11,  'f', 'o', 'o', 't', 'p',
                                                 'r', 'o', 'o', 'f', '/', '1'};
constexpr long kCertificateListMax = 16384;
constexpr std::size_t kPemSizeMax = std::size_t{16} * 1024;

using X509Pointer = std::unique_ptr<X509, decltype(&X509_free)>;

std::string openssl_error() {
  std::array<char, 160> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
  for (unsigned int at = 0; at + 1 < in_size; at += 1U + in[at]) {
    const unsigned int size = in[at];
    if (at + 1 + size > in_size) break;
    if (size == kAlpn[0] && std::memcmp(in + at + 1, kAlpn.data() + 1, size) == 0) {
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool in_validity_period(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
         X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

Result<Digest> pin_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return fail(Errc::malformed, "a certificate without a public key");
  const Digest pin = sha256(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return pin;
}

Result<X509Pointer> read_certificate(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  X509Pointer certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!certificate) {
    ERR_clear_error();
    return fail(Errc::malformed, "is no certificate in PEM");
  }
  return certificate;
}

bool set_limits(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kCertificateListMax);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(
             context,
             "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ed25519:ECDSA+SHA256") == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
}

Result<bool> check_private(const std::filesystem::path& key) {
  struct stat facts {};
  if (::stat(key.c_str(), &facts) != 0) {
    return fail(Errc::io, fmt::format("cannot read {}", key.string()));
  }
  if ((facts.st_mode & 077U) != 0) {
    return fail(Errc::bad_value,
                fmt::format("{} can be read by others; run chmod 600 on it", key.string()));
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    TlsRole role, const std::filesystem::path& key, const std::filesystem::path& certificate) {
  if (auto good = check_private(key); !good) return fail(good.error());
  auto pem = read_file(certificate, kPemSizeMax);
  if (!pem) return fail(pem.error());
  auto parsed = read_certificate(as_text(*pem));
  if (!parsed) return fail(certificate.string(), parsed.error());
  if (!in_validity_period(parsed->get())) {
    return fail(Errc::bad_value, fmt::format("{} is not in its validity period; make a new one for "
                                             "the same key",
                                             certificate.string()));
  }
  auto context = std::make_shared<boost::asio::ssl::context>(
      role == TlsRole::client ? boost::asio::ssl::context::tls_client
                              : boost::asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  ERR_clear_error();
  if (!set_limits(native)) return fail(Errc::io, "cannot set TLS limits: " + openssl_error());
  if (SSL_CTX_use_certificate(native, parsed->get()) != 1 ||
      SSL_CTX_use_PrivateKey_file(native, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(native) != 1) {
    return fail(Errc::mismatch, fmt::format("{} and {} do not belong together or do not parse: {}",
                                            key.string(), certificate.string(), openssl_error()));
  }
  if (role == TlsRole::client) {
    if (SSL_CTX_set_alpn_protos(native, kAlpn.data(), kAlpn.size()) != 0) {
      return fail(Errc::io, "cannot set ALPN");
    }
  } else {
    SSL_CTX_set_alpn_select_cb(native, select_alpn, nullptr);
  }
  return context;
}

Result<Digest> certificate_pin(std::string_view pem) {
  auto certificate = read_certificate(pem);
  if (!certificate) return fail(certificate.error());
  return pin_of(certificate->get());
}

Result<std::uint64_t> certificate_end(std::string_view pem) {
  const auto certificate = read_certificate(pem);
  if (!certificate) return fail(certificate.error());
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0),
                                                                    &ASN1_TIME_free);
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(certificate->get())) != 1 ||
      days < 0 || seconds < 0) {
    return fail(Errc::bad_value, "a certificate without an end");
  }
  return static_cast<std::uint64_t>(days) * 86400 + static_cast<std::uint64_t>(seconds);
}

Result<Digest> peer_pin(SSL* ssl) {
  if (SSL_version(ssl) != TLS1_3_VERSION || SSL_session_reused(ssl) != 0) {
    return fail(Errc::bad_version, "not a fresh TLS 1.3 handshake");
  }
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn_size != kAlpn[0] || std::memcmp(alpn, kAlpn.data() + 1, alpn_size) != 0) {
    return fail(Errc::bad_version, "the peer does not speak this protocol (ALPN)");
  }
  const X509Pointer certificate(SSL_get1_peer_certificate(ssl), &X509_free);
  if (!certificate) return fail(Errc::bad_signature, "the peer showed no certificate");
  if (!in_validity_period(certificate.get())) {
    return fail(Errc::bad_value, "the peer's certificate is not in its validity period");
  }
  return pin_of(certificate.get());
}

Result<Digest> channel_binding(SSL* ssl) {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  Digest out;
  if (SSL_export_keying_material(ssl, out.bytes.data(), out.bytes.size(), kLabel.data(),
                                 kLabel.size(), nullptr, 0, 1) != 1) {
    return fail(Errc::io, "no exporter value: " + openssl_error());
  }
  return out;
}

}  // namespace footproof::node
