#include "attest/x509.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <string>
#include <utility>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/openssl_owner.h"

namespace footproof {
namespace {

using Certificate = Owned<X509, X509_free>;

constexpr std::string_view kChainTag = "footproof/x5chain/v1";
constexpr std::string_view kPemBegin = "-----BEGIN ";

tl::unexpected<Error> bad_chain(const std::string& why) {
  ERR_clear_error();
  return fail(Errc::malformed, "certificate chain: " + why);
}

Result<std::vector<Bytes>> read_pem(ByteView file) {
  const Owned<BIO, BIO_free_all> memory(
      BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  CHECK(memory != nullptr);
  std::vector<Bytes> certificates;
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    std::uint8_t* data = nullptr;
    long size = 0;
    if (PEM_read_bio(memory.get(), &name, &header, &data, &size) != 1) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!at_end) return bad_chain("a damaged PEM block");
      return certificates;
    }
    const bool is_certificate = std::string_view(name) == PEM_STRING_X509;
    certificates.emplace_back(data, data + size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    if (!is_certificate) {
      wipe(certificates.back());
      return bad_chain("a PEM block that is no certificate");
    }
    if (certificates.size() > kCertificatesMax) return bad_chain("more than 8 certificates");
  }
}

Result<Certificate> parse_certificate(ByteView der) {
  const std::uint8_t* at = der.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr || at != der.data() + der.size()) {
    return bad_chain("not an X.509 certificate in PEM or DER");
  }
  return certificate;
}

Result<Bytes> coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return bad_chain("a key without its point");
  const Owned<BIGNUM, BN_free> owned(number);
  Bytes bytes(32);
  if (BN_bn2binpad(number, bytes.data(), 32) != 32) return bad_chain("a key without its point");
  return bytes;
}

Result<PublicKey> key_of(const X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return bad_chain("the first certificate has no key that can be read");
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    std::array<std::uint8_t, kEd25519KeySize> raw{};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) {
      return bad_chain("the first certificate has no key that can be read");
    }
    return PublicKey::from_ed25519(raw);
  }
  std::array<char, 64> curve{};
  const bool is_p256 = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                       EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1 &&
                       std::string_view(curve.data()) == "prime256v1";
  if (!is_p256) return bad_chain("the first certificate's key is neither Ed25519 nor P-256");
  const auto x = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X);
  if (!x) return fail(x.error());
  const auto y = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (!y) return fail(y.error());
  return PublicKey::from_p256(*x, *y);
}

}  // namespace

Result<CertificateChain> parse_certificate_chain(ByteView file) {
  if (file.size() > kCertificateFileSizeMax) {
    return fail(Errc::bad_length, "certificate chain: a file larger than 256 KiB");
  }
  std::vector<Bytes> certificates;
  if (as_text(file).find(kPemBegin) == std::string_view::npos) {
    certificates.push_back(to_bytes(file));
  } else {
    auto read = read_pem(file);
    if (!read) return fail(std::move(read.error()));
    certificates = std::move(*read);
    if (certificates.empty()) return bad_chain("no certificate in it");
  }
  std::size_t size = 0;
  cbor::Writer named;
  named.array(certificates.size());
  for (const Bytes& der : certificates) {
    size += der.size();
    if (size > kCertificateChainSizeMax) return bad_chain("larger than 64 KiB");
    if (const auto parsed = parse_certificate(der); !parsed) return fail(parsed.error());
    named.bytes(der);
  }
  const auto leaf = parse_certificate(certificates.front());
  if (!leaf) return fail(leaf.error());
  auto key = key_of(leaf->get());
  ERR_clear_error();
  if (!key) return fail("certificate chain", std::move(key.error()));
  return CertificateChain{std::move(certificates), std::move(*key),
                          tagged_hash(kChainTag, {named.view()})};
}

}  // namespace footproof
