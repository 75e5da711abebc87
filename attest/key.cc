#include "attest/key.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/p256.h"

namespace footproof {
namespace {

// RFC 9053 §7.1: key types and curves.
constexpr std::uint64_t kKeyTypeOkp = 1;
constexpr std::uint64_t kKeyTypeEc2 = 2;
constexpr std::uint64_t kCurveP256 = 1;
constexpr std::uint64_t kCurveEd25519 = 6;

constexpr std::string_view kPossessionTag = "footproof/pop/v1";

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  CHECK(started);
}

Bytes encode_ed25519(ByteView raw) {
  cbor::Writer out;
  out.map(3).integer(1).uint(kKeyTypeOkp).integer(-1).uint(kCurveEd25519).integer(-2).bytes(raw);
  return std::move(out).take();
}

Bytes encode_p256(ByteView x, ByteView y) {
  cbor::Writer out;
  out.map(4).integer(1).uint(kKeyTypeEc2).integer(-1).uint(kCurveP256);
  out.integer(-2).bytes(x).integer(-3).bytes(y);
  return std::move(out).take();
}

Bytes possession_message(const PublicKey& key, const Digest& chain_id, std::string_view owner,
                         std::string_view role) {
  cbor::Writer out;
  out.array(5).text(kPossessionTag).digest(chain_id).text(owner).text(role).raw(key.cose_key());
  return std::move(out).take();
}

}  // namespace

struct PublicKey::Decoded {
  Algorithm algorithm = Algorithm::es256;
  Bytes raw;
  Bytes cose_key;
  Digest kid;
  p256::Pkey p256;  // decoded once, because decoding costs as much as a third of a verification
};

std::optional<Algorithm> to_algorithm(std::int64_t cose_number) {
  if (cose_number == static_cast<std::int64_t>(Algorithm::es256)) return Algorithm::es256;
  if (cose_number == static_cast<std::int64_t>(Algorithm::eddsa)) return Algorithm::eddsa;
  return std::nullopt;
}

std::string_view to_text(Algorithm algorithm) {
  return algorithm == Algorithm::es256 ? "ES256" : "EdDSA";
}

Result<PublicKey> PublicKey::from_ed25519(ByteView raw) {
  if (raw.size() != kEd25519KeySize) {
    return fail(Errc::bad_length, "an Ed25519 key has 32 bytes");
  }
  start_sodium();
  // On the curve, canonical, torsion-free and not of small order.
  if (crypto_core_ed25519_is_valid_point(raw.data()) != 1) {
    return fail(Errc::bad_value, "not a valid Ed25519 key: off the curve or of a small order");
  }
  auto decoded = std::make_shared<Decoded>();
  decoded->algorithm = Algorithm::eddsa;
  decoded->raw = to_bytes(raw);
  decoded->cose_key = encode_ed25519(raw);
  // RFC 9679 §3: the members that it hashes are the very ones that we allow.
  decoded->kid = sha256(decoded->cose_key);
  return PublicKey(std::move(decoded));
}

Result<PublicKey> PublicKey::from_p256(ByteView x, ByteView y) {
  auto pkey = p256::from_point(x, y);
  if (!pkey) return fail(pkey.error());
  auto decoded = std::make_shared<Decoded>();
  decoded->algorithm = Algorithm::es256;
  append(decoded->raw, x);
  append(decoded->raw, y);
  decoded->cose_key = encode_p256(x, y);
  decoded->kid = sha256(decoded->cose_key);
  decoded->p256 = std::move(*pkey);
  return PublicKey(std::move(decoded));
}

std::optional<PublicKey> read_public_key(cbor::Reader& in) {
  auto map = in.map();
  std::uint64_t type = 0;
  std::uint64_t curve = 0;
  if (map.require(1)) type = in.uint();
  if (map.require(-1)) curve = in.uint();
  const bool is_p256 = type == kKeyTypeEc2 && curve == kCurveP256;
  const bool is_ed25519 = type == kKeyTypeOkp && curve == kCurveEd25519;
  if (!is_p256 && !is_ed25519) {
    in.reject(Errc::bad_value, "a key that is neither P-256 nor Ed25519");
  }
  ByteView x;
  ByteView y;
  if (map.require(-2)) x = in.bytes_of(32);
  if (is_p256 && map.require(-3)) y = in.bytes_of(32);
  map.end();
  if (in.failed()) return std::nullopt;
  auto key = is_p256 ? PublicKey::from_p256(x, y) : PublicKey::from_ed25519(x);
  if (key) return std::move(*key);
  in.reject(key.error());
  return std::nullopt;
}

Result<PublicKey> PublicKey::parse(ByteView cose_key) {
  if (cose_key.size() > kCoseKeySizeMax) return fail(Errc::bad_length, "COSE_Key: too long");
  cbor::Reader in(cose_key, "COSE_Key");
  auto key = read_public_key(in);
  const auto finished = in.finish();
  if (!finished) return fail(finished.error());
  return std::move(*key);
}

Algorithm PublicKey::algorithm() const { return decoded_->algorithm; }
const Bytes& PublicKey::cose_key() const { return decoded_->cose_key; }
const Digest& PublicKey::kid() const { return decoded_->kid; }
ByteView PublicKey::raw() const { return decoded_->raw; }

bool verify(const PublicKey& key, ByteView message, ByteView signature) {
  if (signature.size() != kSignatureSize) return false;
  const PublicKey::Decoded& decoded = *key.decoded_;
  if (decoded.algorithm == Algorithm::es256) return p256::verify(decoded.p256, message, signature);
  // Checks S < L, that A and R are canonical and of no small order, and the cofactorless equation.
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     decoded.raw.data()) == 0;
}

Result<Bytes> with_low_s(ByteView signature) {
  if (signature.size() != kSignatureSize) return fail(Errc::bad_length, "a signature has 64 bytes");
  return p256::with_low_s(signature);
}

struct SigningKey::Secret {
  explicit Secret(PublicKey public_key) : key(std::move(public_key)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(ed25519); }

  PublicKey key;
  pem::PrivateBytes private_bytes;
  // libsodium's form, seed ‖ public key: signing takes the public key from here and from nowhere
  // else, since a signature made with a foreign one gives the private key away.
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> ed25519{};
  p256::Pkey p256;
};

SigningKey::SigningKey(std::unique_ptr<Secret> secret) : secret_(std::move(secret)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::from_ed25519_seed(ByteView seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return fail(Errc::bad_length, "an Ed25519 seed has 32 bytes");
  }
  start_sodium();
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> raw{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> pair{};
  CHECK(crypto_sign_seed_keypair(raw.data(), pair.data(), seed.data()) == 0);
  auto key = PublicKey::from_ed25519(raw);
  CHECK(key.has_value());
  auto secret = std::make_unique<Secret>(std::move(*key));
  secret->private_bytes.is_ed25519 = true;
  std::copy(seed.begin(), seed.end(), secret->private_bytes.bytes.begin());
  secret->ed25519 = pair;
  wipe(pair);
  return SigningKey(std::move(secret));
}

Result<SigningKey> SigningKey::from_p256_scalar(ByteView scalar) {
  auto pkey = p256::from_scalar(scalar);
  if (!pkey) return fail(pkey.error());
  const p256::Point point = p256::point_of(*pkey);
  auto key = PublicKey::from_p256(point.x, point.y);
  CHECK(key.has_value());
  auto secret = std::make_unique<Secret>(std::move(*key));
  std::copy(scalar.begin(), scalar.end(), secret->private_bytes.bytes.begin());
  secret->p256 = std::move(*pkey);
  return SigningKey(std::move(secret));
}

SigningKey SigningKey::generate(Algorithm algorithm) {
  std::array<std::uint8_t, 32> random{};
  do {
    fill_random(random);
  } while (algorithm == Algorithm::es256 && !p256::is_valid_scalar(random));
  auto key = algorithm == Algorithm::es256 ? from_p256_scalar(random) : from_ed25519_seed(random);
  wipe(random);
  CHECK(key.has_value());
  return std::move(*key);
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem,
                                        std::optional<std::string_view> passphrase) {
  auto secret = pem::read(pem, passphrase);
  if (!secret) return fail(secret.error());
  return secret->is_ed25519 ? from_ed25519_seed(secret->bytes) : from_p256_scalar(secret->bytes);
}

std::string SigningKey::to_pem(std::optional<std::string_view> passphrase) const {
  return pem::write(secret_->private_bytes, passphrase);
}

const PublicKey& SigningKey::public_key() const { return secret_->key; }

Bytes SigningKey::sign(ByteView message) const {
  if (algorithm() == Algorithm::es256) return p256::sign(secret_->p256, message);
  Bytes signature(kSignatureSize);
  CHECK(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                             secret_->ed25519.data()) == 0);
  return signature;
}

Bytes make_possession_proof(const SigningKey& key, const Digest& chain_id, std::string_view owner,
                            std::string_view role) {
  return key.sign(possession_message(key.public_key(), chain_id, owner, role));
}

Result<Bytes> try_possession_proof(const Signer& key, const Digest& chain_id,
                                   std::string_view owner, std::string_view role) {
  if (!is_utf8(as_bytes(owner))) return fail(Errc::usage, "owner: not UTF-8");
  return key.try_sign(possession_message(key.public_key(), chain_id, owner, role));
}

bool verify_possession_proof(const PublicKey& key, const Digest& chain_id, std::string_view owner,
                             std::string_view role, ByteView proof) {
  // `owner` may come from outside, and the Writer takes UTF-8 only.
  if (!is_utf8(as_bytes(owner))) return false;
  return verify(key, possession_message(key, chain_id, owner, role), proof);
}

}  // namespace footproof
