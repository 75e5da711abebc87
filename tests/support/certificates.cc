#include "tests/support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "attest/check.h"

namespace footproof::testing {
namespace {

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key openssl_key(const SigningKey& key) {
  const std::string pem = key.to_pem(std::nullopt);
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  Key read(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  CHECK(read != nullptr);
  return read;
}

std::string make(EVP_PKEY* subject, EVP_PKEY* issuer, std::string_view common_name) {
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  CHECK(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  const std::string name(common_name);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  CHECK(X509_set_pubkey(made.get(), subject) == 1);
  const bool ed25519 = EVP_PKEY_get_base_id(issuer) == EVP_PKEY_ED25519;
  CHECK(X509_sign(made.get(), issuer, ed25519 ? nullptr : EVP_sha256()) > 0);
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  CHECK(PEM_write_bio_X509(memory.get(), made.get()) == 1);
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

}  // namespace

std::string certificate(const SigningKey& subject, const SigningKey& issuer,
                        std::string_view common_name) {
  return make(openssl_key(subject).get(), openssl_key(issuer).get(), common_name);
}

std::string p384_certificate() {
  const Key key(EVP_EC_gen("P-384"), EVP_PKEY_free);
  CHECK(key != nullptr);
  return make(key.get(), key.get(), "P-384");
}

}  // namespace footproof::testing
