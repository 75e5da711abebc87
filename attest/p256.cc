#include "attest/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "attest/check.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/openssl_owner.h"

namespace footproof::p256 {
namespace {

using Bignum = Owned<BIGNUM, BN_clear_free>;
using Context = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

constexpr std::size_t kPointSize = 1 + 2 * kScalarSize;  // 0x04 ‖ x ‖ y
constexpr std::size_t kDerSizeMax = 2 + 2 * (2 + 1 + kScalarSize);

// n, the order of the group (FIPS 186-4 D.1.2.3).
constexpr std::array<std::uint8_t, kScalarSize> kOrder = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
constexpr std::array<std::uint8_t, kScalarSize> kHalfOrder = {
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

const EC_GROUP* group() {
  static EC_GROUP* const the_group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  CHECK(the_group != nullptr);
  return the_group;
}

Pkey owned(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

// `scalar` is null for a public key.
EVP_PKEY* from_parameters(ByteView point, const BIGNUM* scalar) {
  std::string curve = "prime256v1";
  Bytes point_copy = to_bytes(point);
  std::array<std::uint8_t, kScalarSize> native{};
  std::array<OSSL_PARAM, 4> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point_copy.data(),
                                        point_copy.size()),
      OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (scalar != nullptr) {
    CHECK(BN_bn2nativepad(scalar, native.data(), static_cast<int>(native.size())) > 0);
    parameters[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), native.size());
  }
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  CHECK(context != nullptr);
  CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  const int selection = scalar == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  const int done = EVP_PKEY_fromdata(context.get(), &key, selection, parameters.data());
  wipe(native);
  if (done == 1) return key;
  EVP_PKEY_free(key);
  ERR_clear_error();
  return nullptr;
}

// One INTEGER of a DER signature: no superfluous zeros, a zero before a set top bit.
void append_der_integer(Bytes& to, ByteView number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const bool padded = number[0] >= 0x80;
  to.push_back(0x02);
  to.push_back(static_cast<std::uint8_t>(number.size() + (padded ? 1U : 0U)));
  if (padded) to.push_back(0);
  append(to, number);
}

Bytes to_der(ByteView r, ByteView s) {
  Bytes der = {0x30, 0};
  der.reserve(kDerSizeMax);
  append_der_integer(der, r);
  append_der_integer(der, s);
  der[1] = static_cast<std::uint8_t>(der.size() - 2);
  return der;
}

}  // namespace

bool is_valid_scalar(ByteView scalar) {
  const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
  return scalar.size() == kScalarSize && less(scalar, kOrder) &&
         !std::all_of(scalar.begin(), scalar.end(), is_zero);
}

Result<Pkey> from_point(ByteView x, ByteView y) {
  if (x.size() != kScalarSize || y.size() != kScalarSize) {
    return fail(Errc::bad_length, "P-256 coordinates have 32 bytes each");
  }
  Bytes point = {POINT_CONVERSION_UNCOMPRESSED};
  append(point, x);
  append(point, y);
  EVP_PKEY* const key = from_parameters(point, nullptr);
  if (key == nullptr) return fail(Errc::bad_value, "not a point of P-256");
  return owned(key);
}

Result<Pkey> from_scalar(ByteView scalar) {
  if (!is_valid_scalar(scalar)) return fail(Errc::bad_value, "not a P-256 private key");
  const Bignum number(BN_secure_new());
  CHECK(number != nullptr);
  CHECK(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get()) != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  const Owned<EC_POINT, EC_POINT_free> point(EC_POINT_new(group()));
  CHECK(point != nullptr);
  CHECK(EC_POINT_mul(group(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  Bytes encoded(kPointSize);
  CHECK(EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                           encoded.size(), nullptr) == kPointSize);
  EVP_PKEY* const key = from_parameters(encoded, number.get());
  CHECK(key != nullptr);
  return owned(key);
}

Point point_of(const Pkey& key) {
  std::array<std::uint8_t, kPointSize> encoded{};
  std::size_t size = 0;
  CHECK(EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                        encoded.size(), &size) == 1);
  CHECK(size == kPointSize && encoded[0] == POINT_CONVERSION_UNCOMPRESSED);
  Point point;
  std::copy_n(encoded.begin() + 1, kScalarSize, point.x.begin());
  std::copy_n(encoded.begin() + 1 + kScalarSize, kScalarSize, point.y.begin());
  return point;
}

bool verify(const Pkey& key, ByteView message, ByteView signature) {
  if (signature.size() != kSignatureSize) return false;
  const ByteView r = signature.first(kScalarSize);
  const ByteView s = signature.subspan(kScalarSize);
  if (!is_valid_scalar(r) || !is_valid_scalar(s)) return false;
  const Bytes der = to_der(r, s);
  const Digest digest = sha256(message);
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  CHECK(context != nullptr);
  CHECK(EVP_PKEY_verify_init(context.get()) == 1);
  const bool good = EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.bytes.data(),
                                    digest.bytes.size()) == 1;
  // OpenSSL's error queue belongs to the thread: a stale error would confuse TLS there.
  if (!good) ERR_clear_error();
  return good;
}

namespace {

Bytes lower_s(Bytes signature) {
  constexpr int kSize = static_cast<int>(kScalarSize);
  std::uint8_t* const s = signature.data() + kScalarSize;
  if (!less(kHalfOrder, ByteView(s, kScalarSize))) return signature;
  const Bignum high(BN_bin2bn(s, kSize, nullptr));
  const Bignum order(BN_bin2bn(kOrder.data(), kSize, nullptr));
  CHECK(high != nullptr && order != nullptr && BN_sub(high.get(), order.get(), high.get()) == 1);
  CHECK(BN_bn2binpad(high.get(), s, kSize) == kSize);
  return signature;
}

}  // namespace

Bytes sign(const Pkey& private_key, ByteView message) {
  const Digest digest = sha256(message);
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, private_key.get(), nullptr));
  CHECK(context != nullptr);
  CHECK(EVP_PKEY_sign_init(context.get()) == 1);
  std::array<std::uint8_t, kDerSizeMax> der{};
  std::size_t size = der.size();
  CHECK(EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.bytes.size()) ==
        1);
  const std::uint8_t* begin = der.data();
  const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(
      d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(size)));
  CHECK(pair != nullptr);
  Bytes signature(kSignatureSize);
  constexpr int kSize = static_cast<int>(kScalarSize);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), signature.data(), kSize) == kSize);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), signature.data() + kScalarSize, kSize) == kSize);
  return lower_s(std::move(signature));
}

Result<Bytes> with_low_s(ByteView signature) {
  CHECK(signature.size() == kSignatureSize);
  if (!is_valid_scalar(signature.first(kScalarSize)) ||
      !is_valid_scalar(signature.subspan(kScalarSize))) {
    return fail(Errc::bad_signature, "ES256: r or s is not in [1, n-1]");
  }
  return lower_s(to_bytes(signature));
}

}  // namespace footproof::p256
