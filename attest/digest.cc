#include "attest/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "attest/check.h"

namespace footproof {
namespace {

// One context a thread, reused: making one costs more than hashing a Merkle node.
EVP_MD_CTX* thread_context() {
  struct Owned {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Owned() = default;
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() { EVP_MD_CTX_free(context); }
  };
  static thread_local Owned owned;
  CHECK(owned.context != nullptr);
  return owned.context;
}

const EVP_MD* sha256_method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(method != nullptr);
  return method;
}

class Hasher {
 public:
  Hasher() { CHECK(EVP_DigestInit_ex(context_, sha256_method(), nullptr) == 1); }
  void add(ByteView part) {
    if (!part.empty()) CHECK(EVP_DigestUpdate(context_, part.data(), part.size()) == 1);
  }
  Digest finish() {
    Digest digest;
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(context_, digest.bytes.data(), &size) == 1);
    CHECK(size == Digest::kSize);
    return digest;
  }

 private:
  EVP_MD_CTX* context_ = thread_context();
};

}  // namespace

Result<Digest> to_digest(ByteView bytes) {
  if (bytes.size() != Digest::kSize) return fail(Errc::bad_length, "a digest has 32 bytes");
  Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

Result<Digest> digest_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes) return fail(bytes.error());
  return to_digest(*bytes);
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Hasher hasher;
  for (const ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

Digest sha256(ByteView bytes) { return sha256({bytes}); }

Digest tagged_hash(std::string_view tag, std::initializer_list<ByteView> parts) {
  constexpr std::array<std::uint8_t, 1> kZero = {0};
  Hasher hasher;
  hasher.add(as_bytes(tag));
  hasher.add(kZero);
  for (const ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, 64> block{};
  if (key.size() > block.size()) {
    const Digest hashed = sha256(key);
    std::copy(hashed.bytes.begin(), hashed.bytes.end(), block.begin());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  std::array<std::uint8_t, 64> inner = block;
  std::array<std::uint8_t, 64> outer = block;
  for (auto& byte : inner) byte ^= 0x36U;
  for (auto& byte : outer) byte ^= 0x5cU;
  Hasher hasher;
  hasher.add(inner);
  for (const ByteView part : parts) hasher.add(part);
  const Digest first = hasher.finish();
  const Digest result = sha256({outer, first.view()});
  wipe(block), wipe(inner), wipe(outer);
  return result;
}

void fill_random(std::span<std::uint8_t> out) {
  CHECK(out.size() <= INT32_MAX);
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

void wipe(std::span<std::uint8_t> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace footproof
