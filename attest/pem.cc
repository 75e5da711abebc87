#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>

#include "attest/check.h"
#include "attest/digest.h"
#include "attest/openssl_owner.h"
#include "attest/p256.h"

namespace footproof::pem {
namespace {

using Memory = Owned<BIO, BIO_free_all>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Pkcs8 = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Encrypted = Owned<X509_SIG, X509_SIG_free>;

constexpr std::size_t kTextSizeMax = std::size_t{16} * 1024;
constexpr std::size_t kPassphraseSizeMax = 1024;
// 16 MiB and about 0.3 s a guess; OpenSSL's own limit for reading such a file is 32 MiB.
constexpr std::uint64_t kScryptN = 1 << 14;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 5;
constexpr std::size_t kSaltSize = 16;

// CBC does not authenticate: a damaged file may decrypt to another seed. A P-256 key has its public
// half in the file; beside an Ed25519 seed, PKCS#8 of version 1 has room for it among the
// attributes, where localKeyID (PKCS#9) names the key.
constexpr int kKeyIdAttribute = NID_localKeyID;
constexpr std::size_t kEd25519Size = 32;

void add_key_id(PKCS8_PRIV_KEY_INFO* info, const EVP_PKEY* key) {
  std::array<std::uint8_t, kEd25519Size> raw{};
  std::size_t size = raw.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1 && size == raw.size());
  CHECK(PKCS8_pkey_add1_attr_by_NID(info, kKeyIdAttribute, V_ASN1_OCTET_STRING, raw.data(),
                                    static_cast<int>(raw.size())) == 1);
}

// Files made elsewhere have no such attribute, or one of another length: those say nothing.
bool contradicts_key_id(const PKCS8_PRIV_KEY_INFO* info, const EVP_PKEY* key) {
  const auto* attributes = PKCS8_pkey_get0_attrs(info);
  const int at = X509at_get_attr_by_NID(attributes, kKeyIdAttribute, -1);
  if (at < 0) return false;
  X509_ATTRIBUTE* const attribute = X509at_get_attr(attributes, at);
  const auto* named = static_cast<const ASN1_OCTET_STRING*>(
      X509_ATTRIBUTE_get0_data(attribute, 0, V_ASN1_OCTET_STRING, nullptr));
  if (named == nullptr || ASN1_STRING_length(named) != static_cast<int>(kEd25519Size)) return false;
  std::array<std::uint8_t, kEd25519Size> raw{};
  std::size_t size = raw.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1 && size == raw.size());
  return !equal(raw, ByteView(ASN1_STRING_get0_data(named), raw.size()));
}

// The DER inside one PEM block, wiped on the way out.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
};

tl::unexpected<Error> bad_file(const char* why) {
  ERR_clear_error();
  return fail(Errc::malformed, std::string("key file: ") + why);
}

Result<Pkcs8> decrypt(const Block& block, std::string_view passphrase) {
  const std::uint8_t* begin = block.data;
  const Encrypted encrypted(d2i_X509_SIG(nullptr, &begin, block.size));
  if (encrypted == nullptr || begin != block.data + block.size) {
    return bad_file("not an encrypted PKCS#8 key");
  }
  Pkcs8 info(
      PKCS8_decrypt(encrypted.get(), passphrase.data(), static_cast<int>(passphrase.size())));
  if (info == nullptr) {
    ERR_clear_error();
    return fail(Errc::usage, "key file: the passphrase does not open it");
  }
  return info;
}

Result<PrivateBytes> private_bytes(const EVP_PKEY* key) {
  PrivateBytes secret;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    secret.is_ed25519 = true;
    std::size_t size = secret.bytes.size();
    CHECK(EVP_PKEY_get_raw_private_key(key, secret.bytes.data(), &size) == 1);
    CHECK(size == secret.bytes.size());
    return secret;
  }
  std::array<char, 64> curve{};
  const bool is_p256 = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                       EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1 &&
                       std::string_view(curve.data()) == "prime256v1";
  if (!is_p256) return bad_file("neither an Ed25519 nor a P-256 key");
  BIGNUM* scalar = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1) {
    return bad_file("no private key in it");
  }
  const Owned<BIGNUM, BN_clear_free> owned(scalar);
  if (BN_bn2binpad(scalar, secret.bytes.data(), static_cast<int>(secret.bytes.size())) < 0) {
    return bad_file("a private key that is too long");
  }
  // CBC does not authenticate: a damaged file may decrypt to another scalar. The public half that
  // is written with it tells.
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new(const_cast<EVP_PKEY*>(key), nullptr));
  if (context == nullptr || EVP_PKEY_pairwise_check(context.get()) != 1) {
    ERR_clear_error();
    return bad_file("a private key that does not fit its public half: the file is damaged");
  }
  return secret;
}

Key to_pkey(const PrivateBytes& secret) {
  if (secret.is_ed25519) {
    return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.bytes.data(),
                                            secret.bytes.size()));
  }
  const auto key = p256::from_scalar(secret.bytes);
  CHECK(key.has_value());
  CHECK(EVP_PKEY_up_ref(key->get()) == 1);
  return Key(key->get());
}

std::string text_of(BIO* memory) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory, &begin);
  CHECK(size > 0);
  return {begin, static_cast<std::size_t>(size)};
}

}  // namespace

Result<PrivateBytes> read(std::string_view text, std::optional<std::string_view> passphrase) {
  if (text.size() > kTextSizeMax) return fail(Errc::bad_length, "key file: longer than 16 KiB");
  if (passphrase && passphrase->size() > kPassphraseSizeMax) {
    return fail(Errc::usage, "passphrase: longer than 1024 bytes");
  }
  // OpenSSL would skip whatever stands before the block and stop reading after it.
  if (!text.starts_with("-----BEGIN ")) return bad_file("not PEM");
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CHECK(memory != nullptr);
  Block block;
  if (PEM_read_bio(memory.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
    ERR_clear_error();
    return bad_file("not PEM");
  }
  if (BIO_ctrl_pending(memory.get()) != 0) return bad_file("more than one PEM block");
  const std::string_view name = block.name;
  Pkcs8 info;
  if (name == PEM_STRING_PKCS8) {
    if (!passphrase) return fail(Errc::usage, "key file: it is encrypted and needs a passphrase");
    auto decrypted = decrypt(block, *passphrase);
    if (!decrypted) return fail(decrypted.error());
    info = std::move(*decrypted);
  } else if (name == PEM_STRING_PKCS8INF) {
    if (passphrase) {
      return fail(Errc::usage, "key file: it is not encrypted; give no passphrase");
    }
    const std::uint8_t* begin = block.data;
    info.reset(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &begin, block.size));
    if (info == nullptr || begin != block.data + block.size) return bad_file("not a PKCS#8 key");
  } else {
    return bad_file("not a PKCS#8 private key");
  }
  const Key key(EVP_PKCS82PKEY(info.get()));
  if (key == nullptr) return bad_file("a private key that does not parse");
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519 &&
      contradicts_key_id(info.get(), key.get())) {
    return bad_file("a private key that is not the one the file names: the file is damaged");
  }
  return private_bytes(key.get());
}

std::string write(const PrivateBytes& secret, std::optional<std::string_view> passphrase) {
  const Key key = to_pkey(secret);
  CHECK(key != nullptr);
  const Pkcs8 info(EVP_PKEY2PKCS8(key.get()));
  CHECK(info != nullptr);
  if (secret.is_ed25519) add_key_id(info.get(), key.get());
  const Memory memory(BIO_new(BIO_s_mem()));
  CHECK(memory != nullptr);
  if (!passphrase) {
    CHECK(PEM_write_bio_PKCS8_PRIV_KEY_INFO(memory.get(), info.get()) == 1);
    return text_of(memory.get());
  }
  Bytes salt = random_bytes(kSaltSize);
  X509_ALGOR* const scheme =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), static_cast<int>(salt.size()), nullptr,
                            kScryptN, kScryptR, kScryptP);
  CHECK(scheme != nullptr);
  // Takes `scheme` over.
  const Encrypted encrypted(
      PKCS8_set0_pbe(passphrase->data(), static_cast<int>(passphrase->size()), info.get(), scheme));
  CHECK(encrypted != nullptr);
  CHECK(PEM_write_bio_PKCS8(memory.get(), encrypted.get()) == 1);
  return text_of(memory.get());
}

}  // namespace footproof::pem
