// Keys and signatures (docs/formats.md §2): ES256 (ECDSA P-256 with SHA-256, r‖s) and EdDSA
// (Ed25519).
//
// A PublicKey exists only if its point is on the curve and, for Ed25519, canonical, torsion-free
// and not of small order: the check is made where a key enters and never again. Its algorithm
// belongs to the key, never to the message. One encoding (COSE_Key, RFC 9052 §7), one key id (RFC
// 9679).
//
// Ed25519 rule: 64 bytes, S < L, canonical A and R, neither of small order, cofactorless equation.
// ES256 rule: r‖s of 32 bytes each, both in [1, n−1]; signers emit low S, verifiers take both, so
// signature bytes never identify anything.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

namespace cbor {
class Reader;
}

// Values are the COSE algorithm numbers (RFC 9053 §2).
enum class Algorithm : std::int8_t { es256 = -7, eddsa = -8 };

[[nodiscard]] std::optional<Algorithm> to_algorithm(std::int64_t cose_number);
[[nodiscard]] std::string_view to_text(Algorithm algorithm);  // "ES256", "EdDSA"

inline constexpr std::size_t kSignatureSize = 64;
inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kCoseKeySizeMax = 80;

// An immutable value, cheap to copy; copies share what was decoded once. Safe across threads.
class PublicKey {
 public:
  // The bytes are exactly one COSE_Key with members {1, −1, −2} or {1, −1, −2, −3}.
  [[nodiscard]] static Result<PublicKey> parse(ByteView cose_key);
  [[nodiscard]] static Result<PublicKey> from_ed25519(ByteView raw);
  [[nodiscard]] static Result<PublicKey> from_p256(ByteView x, ByteView y);

  [[nodiscard]] Algorithm algorithm() const;
  // The COSE_Key, encoded.
  [[nodiscard]] const Bytes& cose_key() const;
  // RFC 9679 thumbprint with SHA-256.
  [[nodiscard]] const Digest& kid() const;
  // Ed25519: the 32 bytes of the point. P-256: x‖y, 64 bytes.
  [[nodiscard]] ByteView raw() const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.cose_key() == b.cose_key();
  }
  friend bool operator<(const PublicKey& a, const PublicKey& b) {
    return a.cose_key() < b.cose_key();
  }

 private:
  friend bool verify(const PublicKey& key, ByteView message, ByteView signature);
  struct Decoded;
  explicit PublicKey(std::shared_ptr<const Decoded> decoded) : decoded_(std::move(decoded)) {}
  std::shared_ptr<const Decoded> decoded_;  // never null, except in a moved-from key
};

// The next item of `in` as a COSE_Key; an error is recorded in `in` as well.
[[nodiscard]] std::optional<PublicKey> read_public_key(cbor::Reader& in);

// Whether `signature` over `message` is valid under the rule of the key's algorithm.
[[nodiscard]] bool verify(const PublicKey& key, ByteView message, ByteView signature);

// Whoever can sign: a key in memory, or a device that never gives its key away (token/token_key.h).
// Formats take a Signer; what needs a signature that cannot fail takes a SigningKey.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  // 64 bytes that verify under public_key(); for ES256 with low S. A device may fail.
  [[nodiscard]] virtual Result<Bytes> try_sign(ByteView message) const = 0;
  [[nodiscard]] Algorithm algorithm() const { return public_key().algorithm(); }

 protected:
  Signer() = default;
  Signer(Signer&&) = default;
  Signer& operator=(Signer&&) = default;
};

// The 64 bytes r‖s with the lower of the two possible s, for signers that do not choose it. Fails
// where r or s is not in [1, n−1].
[[nodiscard]] Result<Bytes> with_low_s(ByteView signature);

// A private key. Moves, never copies, never prints; its bytes are wiped on destruction.
class SigningKey final : public Signer {
 public:
  [[nodiscard]] static SigningKey generate(Algorithm algorithm);
  // RFC 8032 §5.1.5: any 32 bytes are a seed. For tests and for keys derived elsewhere.
  [[nodiscard]] static Result<SigningKey> from_ed25519_seed(ByteView seed);
  [[nodiscard]] static Result<SigningKey> from_p256_scalar(ByteView scalar);
  // PKCS#8 in PEM. An encrypted one needs its passphrase, an unencrypted one must come with none.
  [[nodiscard]] static Result<SigningKey> from_pem(std::string_view pem,
                                                   std::optional<std::string_view> passphrase);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey() override;

  // With a passphrase: PBES2, scrypt and AES-256-CBC. The result is secret: the caller wipes it.
  [[nodiscard]] std::string to_pem(std::optional<std::string_view> passphrase) const;

  [[nodiscard]] const PublicKey& public_key() const override;
  // 64 bytes. The public key that goes into an Ed25519 signature is the stored one.
  [[nodiscard]] Bytes sign(ByteView message) const;
  [[nodiscard]] Result<Bytes> try_sign(ByteView message) const override { return sign(message); }

 private:
  struct Secret;
  explicit SigningKey(std::unique_ptr<Secret> secret);
  std::unique_ptr<Secret> secret_;
};

// Proof that whoever registers a key holds its private half: a signature over CBOR
// ["footproof/pop/v1", chain id, owner, role, COSE_Key]. `owner` is a party URI or a validator id;
// `role` is one of kRole….
namespace role {
inline constexpr std::string_view kSign = "sign";
inline constexpr std::string_view kStatus = "status";
inline constexpr std::string_view kVote = "vote";
inline constexpr std::string_view kCosign = "cosign";
inline constexpr std::string_view kLog = "log";
inline constexpr std::string_view kHolder = "holder";
}  // namespace role

[[nodiscard]] Bytes make_possession_proof(const SigningKey& key, const Digest& chain_id,
                                          std::string_view owner, std::string_view role);
[[nodiscard]] Result<Bytes> try_possession_proof(const Signer& key, const Digest& chain_id,
                                                 std::string_view owner, std::string_view role);
[[nodiscard]] bool verify_possession_proof(const PublicKey& key, const Digest& chain_id,
                                           std::string_view owner, std::string_view role,
                                           ByteView proof);

}  // namespace footproof
