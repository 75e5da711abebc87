#include "attest/cose.h"

#include <gtest/gtest.h>

#include "attest/cbor.h"

namespace footproof::cose {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

SigningKey ed25519_key() { return SigningKey::from_ed25519_seed(Bytes(32, 7)).value(); }

Claims sample_claims() {
  return {.issuer = "https://verifier.example",
          .subject = "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8",
          .audience = "urn:footproof:00",
          .issued_at = 1'800'000'000};
}

constexpr std::string_view kContentType = "application/vnd.footproof.status+cbor";

Sign1 sample() {
  return Sign1::sign(ed25519_key(), kContentType, sample_claims(), hex("a10101")).value();
}

// Made once; Ed25519 signs the same bytes the same way for ever.
constexpr std::string_view kGolden =
    "d28458b3a401270378256170706c69636174696f6e2f766e642e666f6f7470726f6f662e73746174"
    "75732b63626f72045820cbf65c8afcb5f69056927170cfe6acc226f1e3182e0aac3b83245e746beb"
    "0e6a0fa401781868747470733a2f2f76657269666965722e6578616d706c6502782d75726e3a7575"
    "69643a36626137623831302d396461642d343164312d383062342d30306330346664343330633803"
    "7075726e3a666f6f7470726f6f663a3030061a6b49d200a043a101015840883915a418750f39823b"
    "59dc6ef0fbe074b5a39d4cc8ba5a8ed21533326358a0ab0e5d1f170eace206c1ccfc357ba8edb917"
    "2e7a2e1adb0cbb64ed9265f13808";
constexpr std::string_view kGoldenEntryId =
    "c284f59dfbc190167b62e52d3dea50b32f61b5170cdfe561c6acc91e73294c52";

TEST(Sign1, StatementIsGolden) {
  EXPECT_EQ(to_hex(sample().bytes()), kGolden);
  EXPECT_EQ(sample().entry_id().hex(), kGoldenEntryId);
  const auto parsed = Sign1::parse(hex(kGolden));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(*parsed, sample());
  EXPECT_EQ(parsed->claims(), sample_claims());
  EXPECT_EQ(parsed->header().content_type, kContentType);
  EXPECT_EQ(parsed->header().kid, ed25519_key().public_key().kid());
  EXPECT_EQ(to_hex(parsed->payload()), "a10101");
  EXPECT_TRUE(parsed->verify(ed25519_key().public_key()));
}

TEST(Sign1, SigStructureIsThatOfRfc9052) {
  EXPECT_EQ(to_hex(sig_structure(hex("a10126"), as_bytes("hi"))),
            "846a5369676e61747572653143a1012640426869");
}

TEST(Sign1, EveryChangedBitIsSeen) {
  const Bytes bytes = sample().bytes();
  const PublicKey key = ed25519_key().public_key();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    const auto parsed = Sign1::parse(changed);
    EXPECT_TRUE(!parsed || !parsed->verify(key)) << bit;
  }
}

TEST(Sign1, EntryIdIsIndependentOfTheSignature) {
  Bytes bytes = sample().bytes();
  bytes.back() ^= 1U;
  const auto other = Sign1::parse(bytes);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->entry_id(), sample().entry_id());
  EXPECT_NE(other->statement_hash(), sample().statement_hash());
  EXPECT_EQ(other->verify(ed25519_key().public_key()).error().code, Errc::bad_signature);
}

TEST(Sign1, KeyAndHeaderMustAgree) {
  const SigningKey p256 = SigningKey::generate(Algorithm::es256);
  const Sign1 statement = Sign1::sign(p256, kContentType, sample_claims(), hex("a0")).value();
  EXPECT_TRUE(statement.verify(p256.public_key()));
  EXPECT_EQ(statement.verify(ed25519_key().public_key()).error().detail,
            "alg: not the algorithm of the key");
  EXPECT_EQ(statement.verify(SigningKey::generate(Algorithm::es256).public_key()).error().detail,
            "kid: names another key");
}

// A statement with these parts, under a signature of 64 bytes.
Bytes assemble(std::string_view protected_header, std::string_view unprotected,
               std::string_view payload_item) {
  cbor::Writer out;
  out.array(4).bytes(hex(protected_header)).raw(hex(unprotected)).raw(hex(payload_item));
  out.bytes(Bytes(64, 1));
  Bytes bytes = {0xd2};
  append(bytes, out.view());
  return bytes;
}

const std::string kKid = "045820" + std::string(64, '2');
const std::string kClaims = "0fa4016169026173036161061864";

TEST(Sign1, RefusesAnyOtherProtectedHeader) {
  const auto parses = [](const std::string& header) {
    return Sign1::parse(assemble(header, "a0", "4101")).has_value();
  };
  EXPECT_TRUE(parses("a40127036174" + kKid + kClaims));
  EXPECT_TRUE(parses("a40126036174" + kKid + kClaims));
  EXPECT_FALSE(
      parses("a40138220361"
             "74" +
             kKid + kClaims));  // ES384
  EXPECT_FALSE(
      parses("a4010103617"
             "4" +
             kKid + kClaims));                        // no signature algorithm
  EXPECT_FALSE(parses("a3036174" + kKid + kClaims));  // no alg
  EXPECT_FALSE(parses("a30127" + kKid + kClaims));    // no content type
  EXPECT_FALSE(
      parses("a401270318"
             "2a" +
             kKid + kClaims));                           // content type as number
  EXPECT_FALSE(parses("a30127036174" + kClaims));        // no kid
  EXPECT_FALSE(parses("a40127036174044101" + kClaims));  // short kid
  EXPECT_FALSE(parses("a30127036174" + kKid));           // no claims
  EXPECT_FALSE(
      parses("a501270281"
             "04036174" +
             kKid + kClaims));  // crit
  EXPECT_FALSE(parses("a50127036174" + kKid + kClaims +
                      "1821"
                      "4101"));                                                        // x5chain
  EXPECT_FALSE(parses("a40127036174" + kKid + "0fa3016169026173036161"));              // no iat
  EXPECT_FALSE(parses("a40127036174" + kKid + "0fa5016169026173036161041864061864"));  // exp
  EXPECT_FALSE(parses("a40127036174" + kKid +
                      "0fa4016169026173036161"
                      "06fb41dd0e1c00000000"));
  EXPECT_FALSE(parses("a40127036174" + kKid + kClaims + "00"));  // bytes follow
  EXPECT_FALSE(parses(""));                                      // zero-length
}

TEST(Sign1, RefusesOtherShapes) {
  const std::string header = "a40127036174" + kKid + kClaims;
  EXPECT_TRUE(Sign1::parse(assemble(header, "a0", "4101")));
  EXPECT_FALSE(Sign1::parse(assemble(header,
                                     "a104"
                                     "4101",
                                     "4101")));                // unprotected kid
  EXPECT_FALSE(Sign1::parse(assemble(header, "80", "4101")));  // not a map
  EXPECT_FALSE(Sign1::parse(assemble(header, "a0", "f6")));    // detached
  EXPECT_FALSE(Sign1::parse(assemble(header, "a0", "01")));    // payload not bytes
  Bytes untagged = assemble(header, "a0", "4101");
  untagged.erase(untagged.begin());
  EXPECT_FALSE(Sign1::parse(untagged));
  Bytes other_tag = assemble(header, "a0", "4101");
  other_tag[0] = 0xd1;  // COSE_Mac0
  EXPECT_FALSE(Sign1::parse(other_tag));
  Bytes trailing = assemble(header, "a0", "4101");
  trailing.push_back(0);
  EXPECT_FALSE(Sign1::parse(trailing));
}

TEST(Sign1, SizeLimitIsInclusive) {
  const std::size_t around = sample().bytes().size() - 4;  // without the payload and its head
  const auto sized = [&](std::size_t size) {
    return Sign1::sign(ed25519_key(), kContentType, sample_claims(), Bytes(size - around - 3));
  };
  ASSERT_TRUE(sized(kSign1SizeMax));
  EXPECT_EQ(sized(kSign1SizeMax)->bytes().size(), kSign1SizeMax);
  EXPECT_FALSE(sized(kSign1SizeMax + 1));
}

TEST(Sign1, SigningRefusesWhatWouldNotParse) {
  Claims claims = sample_claims();
  claims.issuer = std::string(kPartyUriSizeMax + 1, 'a');
  EXPECT_FALSE(Sign1::sign(ed25519_key(), kContentType, claims, hex("a0")));
  claims.issuer = "\xff";
  EXPECT_FALSE(Sign1::sign(ed25519_key(), kContentType, claims, hex("a0")));
}

TEST(Sign1, HolderSignsDetached) {
  constexpr std::string_view kType = "application/vnd.footproof.presentation+cbor";
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm);
    const Sign1 signed_one = Sign1::sign_detached(key, kType, as_bytes("presentation")).value();
    const auto parsed = Sign1::parse(signed_one.bytes(), Profile::holder);
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->header().claims);
    EXPECT_TRUE(parsed->payload().empty());
    EXPECT_TRUE(parsed->verify_detached(key.public_key(), as_bytes("presentation")));
    EXPECT_FALSE(parsed->verify_detached(key.public_key(), as_bytes("presentatiom")));
    // Neither profile takes the other's bytes.
    EXPECT_FALSE(Sign1::parse(signed_one.bytes()));
  }
  EXPECT_FALSE(Sign1::parse(sample().bytes(), Profile::holder));
}

TEST(Sign1, EmptyingTheUnprotectedHeaderKeepsTheRest) {
  const std::string header = "a40127036174" + kKid + kClaims;
  const Bytes empty = assemble(header, "a0", "4101");
  EXPECT_EQ(with_empty_unprotected(assemble(header,
                                            "a204"
                                            "4101"
                                            "05"
                                            "4102",
                                            "4101"))
                .value(),
            empty);
  EXPECT_EQ(with_empty_unprotected(empty).value(), empty);
  EXPECT_FALSE(with_empty_unprotected(Bytes(10)));
  // Duplicate labels are always an error.
  Bytes twice = {0xd2, 0x84, 0x40, 0xa2, 0x01, 0x00, 0x01, 0x00, 0x40, 0x58, 0x40};
  append(twice, Bytes(64));
  EXPECT_FALSE(with_empty_unprotected(twice));
}

}  // namespace
}  // namespace footproof::cose
