#include "attest/cose.h"

#include <array>

#include "attest/cbor.h"
#include "attest/check.h"

namespace footproof::cose {
namespace {

// Labels of the protected header (RFC 9052 §3.1, RFC 9597 §2) and of the claims (RFC 8392 §3.1).
constexpr std::int64_t kLabelAlgorithm = 1;
constexpr std::int64_t kLabelContentType = 3;
constexpr std::int64_t kLabelKid = 4;
constexpr std::int64_t kLabelClaims = 15;
constexpr std::int64_t kClaimIssuer = 1;
constexpr std::int64_t kClaimSubject = 2;
constexpr std::int64_t kClaimAudience = 3;
constexpr std::int64_t kClaimIssuedAt = 6;

// Seconds; a limit that keeps milliseconds within 63 bits.
constexpr std::uint64_t kIssuedAtMax = std::uint64_t{1} << 50;

// The outer array, before anything in it is judged.
struct Parts {
  ByteView protected_header;
  ByteView unprotected;  // the whole map, encoded
  ByteView payload;
  bool detached = false;
  ByteView signature;
};

Result<Parts> read_parts(ByteView bytes) {
  if (bytes.size() > kSign1SizeMax) return fail(Errc::bad_length, "COSE_Sign1: longer than 16 KiB");
  cbor::Reader in(bytes, "COSE_Sign1");
  Parts parts;
  in.tag(kSign1Tag);
  in.array_of(4);
  parts.protected_header = in.field("protected header").bytes(kSign1SizeMax);
  if (in.field("unprotected header").peek() != cbor::Type::map) {
    in.reject(Errc::malformed, "expected a map");
  }
  parts.unprotected = in.skip();
  parts.detached = in.field("payload").take_null();
  if (!parts.detached) parts.payload = in.bytes(kSign1SizeMax);
  parts.signature = in.field("signature").bytes_of(kSignatureSize);
  const auto finished = in.finish();
  if (!finished) return fail(finished.error());
  return parts;
}

Bytes write_parts(const Parts& parts) {
  cbor::Writer out;
  out.tag(kSign1Tag).array(4).bytes(parts.protected_header).map(0);
  if (parts.detached) {
    out.null();
  } else {
    out.bytes(parts.payload);
  }
  out.bytes(parts.signature);
  return std::move(out).take();
}

Claims read_claims(cbor::Reader& in) {
  Claims claims;
  auto map = in.map();
  if (map.require(kClaimIssuer)) claims.issuer = in.field("iss").text(kPartyUriSizeMax);
  if (map.require(kClaimSubject)) claims.subject = in.field("sub").text(kClaimSizeMax);
  if (map.require(kClaimAudience)) claims.audience = in.field("aud").text(kClaimSizeMax);
  if (map.require(kClaimIssuedAt)) claims.issued_at = in.field("iat").uint_up_to(kIssuedAtMax);
  map.end();
  return claims;
}

Result<Header> read_header(ByteView bytes, Profile profile) {
  cbor::Reader in(bytes, "protected header");
  Header header;
  auto map = in.map();
  if (map.require(kLabelAlgorithm)) {
    const auto algorithm = to_algorithm(in.field("alg").integer());
    if (!algorithm) in.reject(Errc::bad_value, "neither ES256 (-7) nor EdDSA (-8)");
    header.algorithm = algorithm.value_or(Algorithm::es256);
  }
  if (map.require(kLabelContentType)) {
    header.content_type = in.field("content type").text(kContentTypeSizeMax);
  }
  if (map.require(kLabelKid)) header.kid = in.field("kid").digest();
  if (profile == Profile::statement && map.require(kLabelClaims)) {
    header.claims = read_claims(in);
  }
  map.end();
  const auto finished = in.finish();
  if (!finished) return fail(finished.error());
  return header;
}

Bytes write_header(const Header& header) {
  cbor::Writer out;
  out.map(header.claims ? 4 : 3);
  out.integer(kLabelAlgorithm).integer(static_cast<std::int64_t>(header.algorithm));
  out.integer(kLabelContentType).text(header.content_type);
  out.integer(kLabelKid).digest(header.kid);
  if (header.claims) {
    out.integer(kLabelClaims).map(4);
    out.integer(kClaimIssuer).text(header.claims->issuer);
    out.integer(kClaimSubject).text(header.claims->subject);
    out.integer(kClaimAudience).text(header.claims->audience);
    out.integer(kClaimIssuedAt).uint(header.claims->issued_at);
  }
  return std::move(out).take();
}

// What the Writer would CHECK may come from an operator here.
Result<void> check_texts(const Header& header) {
  const auto good = [](std::string_view text) { return is_utf8(as_bytes(text)); };
  if (!good(header.content_type)) return fail(Errc::bad_value, "content type: not UTF-8");
  if (!header.claims) return {};
  if (!good(header.claims->issuer)) return fail(Errc::bad_value, "iss: not UTF-8");
  if (!good(header.claims->subject)) return fail(Errc::bad_value, "sub: not UTF-8");
  if (!good(header.claims->audience)) return fail(Errc::bad_value, "aud: not UTF-8");
  return {};
}

// Signs, and reads the result back with the receiver's code: what we emit always parses.
Result<Sign1> sign_header(const Signer& key, const Header& header, ByteView payload,
                          Profile profile) {
  const auto texts = check_texts(header);
  if (!texts) return fail(texts.error());
  const Bytes protected_header = write_header(header);
  const auto signature = key.try_sign(sig_structure(protected_header, payload));
  if (!signature) return fail(signature.error());
  Parts parts;
  parts.protected_header = protected_header;
  parts.signature = *signature;
  parts.detached = profile == Profile::holder;
  if (!parts.detached) parts.payload = payload;
  return Sign1::parse(write_parts(parts), profile);
}

}  // namespace

Bytes sig_structure(ByteView protected_header, ByteView payload) {
  cbor::Writer out;
  out.array(4).text("Signature1").bytes(protected_header).bytes({}).bytes(payload);
  return std::move(out).take();
}

Result<Sign1> Sign1::parse(ByteView bytes, Profile profile) {
  const auto parts = read_parts(bytes);
  if (!parts) return fail(parts.error());
  constexpr std::array<std::uint8_t, 1> kEmptyMap = {0xa0};
  if (!equal(parts->unprotected, kEmptyMap)) {
    return fail(Errc::bad_value, "COSE_Sign1: unprotected header: must be empty");
  }
  if (parts->detached != (profile == Profile::holder)) {
    return fail(Errc::bad_value, parts->detached ? "COSE_Sign1: payload: must be embedded"
                                                 : "COSE_Sign1: payload: must be detached");
  }
  auto header = read_header(parts->protected_header, profile);
  if (!header) return fail("COSE_Sign1", header.error());
  Sign1 sign1;
  sign1.profile_ = profile;
  sign1.bytes_ = to_bytes(bytes);
  sign1.protected_ = to_bytes(parts->protected_header);
  sign1.payload_ = to_bytes(parts->payload);
  sign1.signature_ = to_bytes(parts->signature);
  sign1.header_ = std::move(*header);
  sign1.statement_hash_ = sha256(bytes);
  if (profile == Profile::statement) {
    sign1.entry_id_ = sha256(sig_structure(sign1.protected_, sign1.payload_));
  }
  return sign1;
}

Result<Sign1> Sign1::sign(const Signer& key, std::string_view content_type, Claims claims,
                          ByteView payload) {
  const Header header{.algorithm = key.algorithm(),
                      .content_type = std::string(content_type),
                      .kid = key.public_key().kid(),
                      .claims = std::move(claims)};
  return sign_header(key, header, payload, Profile::statement);
}

Result<Sign1> Sign1::sign_detached(const Signer& key, std::string_view content_type,
                                   ByteView payload) {
  const Header header{.algorithm = key.algorithm(),
                      .content_type = std::string(content_type),
                      .kid = key.public_key().kid(),
                      .claims = std::nullopt};
  return sign_header(key, header, payload, Profile::holder);
}

const Claims& Sign1::claims() const {
  CHECK(header_.claims.has_value());
  return *header_.claims;
}

const Digest& Sign1::entry_id() const {
  CHECK(profile_ == Profile::statement);
  return entry_id_;
}

Result<void> Sign1::verify_payload(const PublicKey& key, ByteView payload) const {
  if (header_.algorithm != key.algorithm()) {
    return fail(Errc::bad_signature, "alg: not the algorithm of the key");
  }
  if (header_.kid != key.kid()) return fail(Errc::bad_signature, "kid: names another key");
  if (!footproof::verify(key, sig_structure(protected_, payload), signature_)) {
    return fail(Errc::bad_signature, "the signature does not verify");
  }
  return {};
}

Result<void> Sign1::verify(const PublicKey& key) const {
  CHECK(profile_ == Profile::statement);
  return verify_payload(key, payload_);
}

Result<void> Sign1::verify_detached(const PublicKey& key, ByteView payload) const {
  CHECK(profile_ == Profile::holder);
  return verify_payload(key, payload);
}

Result<Bytes> with_empty_unprotected(ByteView bytes) {
  const auto parts = read_parts(bytes);
  if (!parts) return fail(parts.error());
  return write_parts(*parts);
}

}  // namespace footproof::cose
