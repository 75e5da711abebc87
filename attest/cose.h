// COSE_Sign1 (RFC 9052 §4) in the two profiles of docs/formats.md: the statement (§3: CWT claims,
// embedded payload) and the holder's signature on a presentation (§8: no claims, detached payload).
//
// Signed bytes are kept and verified as received, never encoded again. A parsed Sign1 has an empty
// unprotected header and exactly the protected members of its profile, so its bytes have one
// spelling but for the signature. Nothing is ever identified by signature bytes: entry_id() is
// H(Sig_structure). Parsing verifies no signature.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"

namespace footproof::cose {

inline constexpr std::uint64_t kSign1Tag = 18;
inline constexpr std::size_t kSign1SizeMax = std::size_t{16} * 1024;
inline constexpr std::size_t kPartyUriSizeMax = 256;
inline constexpr std::size_t kContentTypeSizeMax = 128;
inline constexpr std::size_t kClaimSizeMax = 256;

// CWT claims in the protected header (RFC 9597). What they must say is checked by attest/statement.
struct Claims {
  std::string issuer;           // iss (1)
  std::string subject;          // sub (2)
  std::string audience;         // aud (3)
  std::uint64_t issued_at = 0;  // iat (6), seconds since 1970
  friend bool operator==(const Claims&, const Claims&) = default;
};

enum class Profile {
  statement,  // protected {1, 3, 4, 15: {1, 2, 3, 6}}, payload embedded
  holder,     // protected {1, 3, 4}, payload detached (null)
};

// What the protected header says.
struct Header {
  Algorithm algorithm = Algorithm::es256;
  std::string content_type;
  Digest kid;
  std::optional<Claims> claims;  // exactly in Profile::statement
  friend bool operator==(const Header&, const Header&) = default;
};

class Sign1 {
 public:
  // `bytes` are exactly one tagged COSE_Sign1 of the profile, at most kSign1SizeMax.
  [[nodiscard]] static Result<Sign1> parse(ByteView bytes, Profile profile = Profile::statement);

  // Signs a statement. Fails where the result would not parse: too long, or a bad header.
  [[nodiscard]] static Result<Sign1> sign(const Signer& key, std::string_view content_type,
                                          Claims claims, ByteView payload);
  // Signs `payload` for the holder's profile, leaving it detached.
  [[nodiscard]] static Result<Sign1> sign_detached(const Signer& key, std::string_view content_type,
                                                   ByteView payload);

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] const Claims& claims() const;  // CHECKs Profile::statement
  [[nodiscard]] ByteView protected_header() const { return protected_; }
  [[nodiscard]] ByteView payload() const { return payload_; }  // empty if detached
  [[nodiscard]] ByteView signature() const { return signature_; }

  // Signed, but for the signature: H(Sig_structure). Profile::statement only (CHECKed).
  [[nodiscard]] const Digest& entry_id() const;
  // H(exact bytes): keys a statement until its signature has verified, and is its log entry.
  [[nodiscard]] const Digest& statement_hash() const { return statement_hash_; }

  // Algorithm and kid agree with the key, and the signature verifies.
  [[nodiscard]] Result<void> verify(const PublicKey& key) const;
  [[nodiscard]] Result<void> verify_detached(const PublicKey& key, ByteView payload) const;

  friend bool operator==(const Sign1& a, const Sign1& b) { return a.bytes_ == b.bytes_; }

 private:
  Sign1() = default;
  [[nodiscard]] Result<void> verify_payload(const PublicKey& key, ByteView payload) const;

  Profile profile_ = Profile::statement;
  Bytes bytes_;
  Bytes protected_;
  Bytes payload_;
  Bytes signature_;
  Header header_;
  Digest entry_id_;
  Digest statement_hash_;
};

// CBOR ["Signature1", protected, h'', payload] (RFC 9052 §4.4).
[[nodiscard]] Bytes sig_structure(ByteView protected_header, ByteView payload);

// The same COSE_Sign1 with an empty unprotected header, whatever it held; the rest byte for byte.
// For the API, before anything is computed. The dropped header is held to our CBOR rules too; the
// headers and payload are not looked into.
[[nodiscard]] Result<Bytes> with_empty_unprotected(ByteView bytes);

}  // namespace footproof::cose
