#include "attest/key.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "attest/cbor.h"

namespace footproof {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// RFC 8032 §7.1, test 3.
constexpr std::string_view kSeed =
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
constexpr std::string_view kPublic =
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
constexpr std::string_view kSignature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
// RFC 6979 A.2.5: x, and U.
constexpr std::string_view kScalar =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr std::string_view kX = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr std::string_view kY = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
// RFC 6979 A.2.5 with SHA-256 over "sample"; its s is the high one.
constexpr std::string_view kSampleSignature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

PublicKey p256_key() { return PublicKey::from_p256(hex(kX), hex(kY)).value(); }

TEST(Key, Ed25519FollowsRfc8032) {
  const auto key = SigningKey::from_ed25519_seed(hex(kSeed));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->public_key().raw()), kPublic);
  EXPECT_EQ(to_hex(key->sign(hex("af82"))), kSignature);
  EXPECT_TRUE(verify(key->public_key(), hex("af82"), hex(kSignature)));
  EXPECT_FALSE(verify(key->public_key(), hex("af83"), hex(kSignature)));
}

TEST(Key, Es256FollowsRfc6979) {
  const auto key = SigningKey::from_p256_scalar(hex(kScalar));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key(), p256_key());
  EXPECT_TRUE(verify(key->public_key(), as_bytes("sample"), hex(kSampleSignature)));
  EXPECT_FALSE(verify(key->public_key(), as_bytes("simple"), hex(kSampleSignature)));
}

TEST(Key, CoseKeyAndThumbprintAreGolden) {
  // RFC 9679 §6 gives the key and its thumbprint.
  const auto key =
      PublicKey::from_p256(hex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
                           hex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->cose_key()),
            "a40102200121582065eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
            "2258201e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c");
  EXPECT_EQ(key->kid().hex(), "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec");

  const auto ed25519 = PublicKey::from_ed25519(hex(kPublic));
  ASSERT_TRUE(ed25519);
  EXPECT_EQ(to_hex(ed25519->cose_key()), "a301012006215820" + std::string(kPublic));
}

TEST(Key, CoseKeyHasOneSpelling) {
  for (const PublicKey& key : {p256_key(), PublicKey::from_ed25519(hex(kPublic)).value()}) {
    const auto again = PublicKey::parse(key.cose_key());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(*again, key);
    EXPECT_EQ(again->kid(), key.kid());
    Bytes trailing = key.cose_key();
    trailing.push_back(0);
    EXPECT_FALSE(PublicKey::parse(trailing));
    Bytes cut = key.cose_key();
    cut.pop_back();
    EXPECT_FALSE(PublicKey::parse(cut));
  }
}

TEST(Key, RefusesOtherMembersTypesAndCurves) {
  const std::string x = "215820" + std::string(kX);
  const std::string y = "225820" + std::string(kY);
  const std::string ed = "215820" + std::string(kPublic);
  ASSERT_TRUE(PublicKey::parse(hex("a401022001" + x + y)));
  ASSERT_TRUE(PublicKey::parse(hex("a301012006" + ed)));
  EXPECT_FALSE(PublicKey::parse(hex("a301022001" + x)));           // no y
  EXPECT_FALSE(PublicKey::parse(hex("a401022001" + x + "22f5")));  // compressed y
  EXPECT_FALSE(
      PublicKey::parse(hex("a501020326"
                           "2001" +
                           x + y)));  // with alg
  EXPECT_FALSE(
      PublicKey::parse(hex("a5010202"
                           "4101"
                           "2001" +
                           x + y)));                           // with kid
  EXPECT_FALSE(PublicKey::parse(hex("a401022002" + x + y)));   // P-384
  EXPECT_FALSE(PublicKey::parse(hex("a301022006" + ed)));      // EC2 on Ed25519
  EXPECT_FALSE(PublicKey::parse(hex("a301012004" + ed)));      // X25519
  EXPECT_FALSE(PublicKey::parse(hex("a401012006" + ed + y)));  // OKP with y
}

TEST(Key, RefusesPointsThatAreNotOnP256) {
  Bytes y = hex(kY);
  y.back() ^= 1U;
  EXPECT_FALSE(PublicKey::from_p256(hex(kX), y));
  EXPECT_FALSE(PublicKey::from_p256(Bytes(32), Bytes(32)));
  EXPECT_FALSE(PublicKey::from_p256(hex(kX), Bytes(31)));
  // x = 5 is on the curve; x = p + 5 is the same point, spelt beyond the field.
  const Bytes y5 = hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
  const Bytes x5 = hex("0000000000000000000000000000000000000000000000000000000000000005");
  const Bytes x5p = hex("ffffffff00000001000000000000000000000001000000000000000000000004");
  EXPECT_TRUE(PublicKey::from_p256(x5, y5));
  EXPECT_FALSE(PublicKey::from_p256(x5p, y5));
}

TEST(Key, RefusesEd25519PointsThatProveNothing) {
  constexpr std::string_view kRefused[] = {
      // small order: 1, 2, 4, 8
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      // y = p + 1, the identity spelt beyond the field
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      // not on the curve
      "0200000000000000000000000000000000000000000000000000000000000000",
      // on the curve, not torsion-free (ed25519-speccheck, case 3)
      "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
  };
  for (const std::string_view raw : kRefused)
    EXPECT_FALSE(PublicKey::from_ed25519(hex(raw))) << raw;
  EXPECT_FALSE(PublicKey::from_ed25519(Bytes(31, 1)));
}

TEST(Key, SignaturesHaveTheirExactLength) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm);
    Bytes signature = key.sign(as_bytes("message"));
    ASSERT_EQ(signature.size(), kSignatureSize);
    EXPECT_TRUE(verify(key.public_key(), as_bytes("message"), signature));
    EXPECT_FALSE(verify(key.public_key(), as_bytes("message"), ByteView(signature).first(63)));
    signature.push_back(0);
    EXPECT_FALSE(verify(key.public_key(), as_bytes("message"), signature));
    EXPECT_FALSE(verify(key.public_key(), as_bytes("message"), {}));
    EXPECT_FALSE(verify(key.public_key(), as_bytes("message"), Bytes(64)));
  }
}

TEST(Key, EveryFlippedBitOfASignatureIsSeen) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm);
    const Bytes signature = key.sign(as_bytes("m"));
    for (std::size_t bit = 0; bit < 512; ++bit) {
      Bytes changed = signature;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
      EXPECT_FALSE(verify(key.public_key(), as_bytes("m"), changed)) << bit;
    }
  }
}

TEST(Key, Es256SignsLowSAndTakesBoth) {
  const Bytes half = hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");
  const SigningKey key = SigningKey::generate(Algorithm::es256);
  for (int i = 0; i < 64; ++i) {
    const Bytes signature = key.sign(as_bytes("low"));
    EXPECT_FALSE(less(half, ByteView(signature).subspan(32)));
    EXPECT_TRUE(verify(key.public_key(), as_bytes("low"), signature));
  }
  // RFC 6979's own signature has the high s.
  EXPECT_TRUE(less(half, ByteView(hex(kSampleSignature)).subspan(32)));
  EXPECT_TRUE(verify(p256_key(), as_bytes("sample"), hex(kSampleSignature)));
}

TEST(Key, Es256RefusesNumbersOutsideTheGroup) {
  const std::string r = std::string(kSampleSignature.substr(0, 64));
  const std::string s = std::string(kSampleSignature.substr(64));
  const std::string order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const std::string zero(64, '0');
  for (const std::string& changed : {zero + s, r + zero, order + s, r + order}) {
    EXPECT_FALSE(verify(p256_key(), as_bytes("sample"), hex(changed)));
  }
}

// OpenSSL judges what we sign, and we judge what it signs.
using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

TEST(Key, OpenSslAgreesOnEd25519) {
  const SigningKey key = SigningKey::generate(Algorithm::eddsa);
  const Pkey theirs(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.public_key().raw().data(), 32),
      EVP_PKEY_free);
  for (const std::string_view message : {"", "a", "a longer message"}) {
    const Bytes signature = key.sign(as_bytes(message));
    const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, theirs.get()), 1);
    EXPECT_EQ(EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                               as_bytes(message).data(), message.size()),
              1);
  }
}

TEST(Key, OpenSslAgreesOnEs256) {
  // By way of its own PKCS#8 reader and EVP_DigestSign, which speaks DER.
  const SigningKey key = SigningKey::generate(Algorithm::es256);
  const std::string text = key.to_pem(std::nullopt);
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  const Pkey theirs(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr),
                    EVP_PKEY_free);
  ASSERT_NE(theirs, nullptr);
  const ByteView message = as_bytes("message");
  for (int i = 0; i < 32; ++i) {
    const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, theirs.get()), 1);
    Bytes der(80);
    std::size_t size = der.size();
    ASSERT_EQ(EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()), 1);
    const std::uint8_t* begin = der.data();
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(size)), ECDSA_SIG_free);
    Bytes raw(64);
    ASSERT_EQ(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), 32), 32);
    ASSERT_EQ(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + 32, 32), 32);
    EXPECT_TRUE(verify(key.public_key(), message, raw));

    const Bytes ours = key.sign(message);
    std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> our_pair(ECDSA_SIG_new(), ECDSA_SIG_free);
    ASSERT_EQ(ECDSA_SIG_set0(our_pair.get(), BN_bin2bn(ours.data(), 32, nullptr),
                             BN_bin2bn(ours.data() + 32, 32, nullptr)),
              1);
    std::uint8_t* our_der = nullptr;
    const int our_size = i2d_ECDSA_SIG(our_pair.get(), &our_der);
    ASSERT_GT(our_size, 0);
    const DigestContext judge(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    ASSERT_EQ(EVP_DigestVerifyInit(judge.get(), nullptr, EVP_sha256(), nullptr, theirs.get()), 1);
    EXPECT_EQ(EVP_DigestVerify(judge.get(), our_der, static_cast<std::size_t>(our_size),
                               message.data(), message.size()),
              1);
    OPENSSL_free(our_der);
  }
}

TEST(Key, VerifiesOnSeveralThreadsAtOnce) {
  // Copies share what was decoded once; ThreadSanitizer watches this test.
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm);
    const Bytes signature = key.sign(as_bytes("m"));
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&good, &signature, copy = key.public_key()] {
        for (int k = 0; k < 20; ++k) good += verify(copy, as_bytes("m"), signature) ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 80);
  }
}

TEST(KeyFile, ReadsBackWithAndWithoutPassphrase) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm);
    const std::string plain = key.to_pem(std::nullopt);
    EXPECT_TRUE(plain.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto plain_again = SigningKey::from_pem(plain, std::nullopt);
    ASSERT_TRUE(plain_again) << plain_again.error().detail;
    EXPECT_EQ(plain_again->public_key(), key.public_key());
    EXPECT_EQ(plain_again->to_pem(std::nullopt), plain);

    const std::string encrypted = key.to_pem("correct horse");
    EXPECT_TRUE(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    const auto again = SigningKey::from_pem(encrypted, "correct horse");
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_TRUE(verify(key.public_key(), as_bytes("m"), again->sign(as_bytes("m"))));

    EXPECT_FALSE(SigningKey::from_pem(encrypted, "wrong horse"));
    EXPECT_EQ(SigningKey::from_pem(encrypted, std::nullopt).error().code, Errc::usage);
    EXPECT_EQ(SigningKey::from_pem(plain, "correct horse").error().code, Errc::usage);
  }
}

TEST(KeyFile, UsesScrypt) {
  const std::string text = SigningKey::generate(Algorithm::eddsa).to_pem("p");
  const std::size_t begin = text.find('\n') + 1;
  std::string base64 = text.substr(begin, text.find("-----END") - begin);
  std::erase(base64, '\n');
  // The DER has OID 1.3.6.1.4.1.11591.4.11 (RFC 7914 §7) in it.
  EXPECT_NE(to_hex(from_base64(base64).value()).find("06092b06010401da47040b"), std::string::npos);
}

TEST(KeyFile, RefusesOtherKeysAndDamage) {
  EXPECT_FALSE(SigningKey::from_pem("", std::nullopt));
  EXPECT_FALSE(SigningKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", std::nullopt));
  const Pkey p384(EVP_EC_gen("P-384"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(memory.get(), p384.get(), nullptr, nullptr, 0, nullptr,
                                          nullptr),
            1);
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &begin);
  EXPECT_EQ(
      SigningKey::from_pem({begin, static_cast<std::size_t>(size)}, std::nullopt).error().detail,
      "key file: neither an Ed25519 nor a P-256 key");
}

// CBC does not authenticate, and any 32 bytes are an Ed25519 seed.
TEST(KeyFile, NoDamageYieldsAnotherKey) {
  for (const Algorithm algorithm : {Algorithm::eddsa, Algorithm::es256}) {
    const SigningKey key = SigningKey::generate(algorithm);
    const std::string plain = key.to_pem(std::nullopt);
    const std::size_t begin = plain.find('\n') + 1;
    const std::size_t end = plain.find("-----END");
    std::string base64 = plain.substr(begin, end - begin);
    std::erase(base64, '\n');
    const Bytes der = from_base64(base64).value();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < der.size() * 8; ++i) {
      Bytes changed = der;
      changed[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
      const std::string text =
          plain.substr(0, begin) + to_base64(changed) + "\n" + plain.substr(end);
      const auto read = SigningKey::from_pem(text, std::nullopt);
      refused += read ? 0U : 1U;
      if (read) {
        EXPECT_EQ(read->public_key(), key.public_key()) << "bit " << i;
      }
    }
    EXPECT_GT(refused, der.size() * 7);
  }
}

TEST(KeyFile, ADamagedEncryptedFileIsRefused) {
  const SigningKey key = SigningKey::generate(Algorithm::eddsa);
  const std::string text = key.to_pem("correct horse");
  const std::size_t begin = text.find('\n') + 1;
  const std::size_t end = text.find("-----END");
  std::string base64 = text.substr(begin, end - begin);
  std::erase(base64, '\n');
  const Bytes der = from_base64(base64).value();
  // The last 112 bytes are the ciphertext; of each block one bit. (Opening one takes 50 ms.)
  for (std::size_t back = 16; back <= 112; back += 16) {
    Bytes changed = der;
    changed[der.size() - back] ^= 1;
    const std::string file = text.substr(0, begin) + to_base64(changed) + "\n" + text.substr(end);
    const auto read = SigningKey::from_pem(file, "correct horse");
    if (read) {
      EXPECT_EQ(read->public_key(), key.public_key()) << back;
    }
  }
}

TEST(KeyFile, OneMadeElsewhereNamesNoKeyAndOpens) {
  const Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  ASSERT_EQ(
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
      1);
  char* begin = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &begin);
  EXPECT_TRUE(SigningKey::from_pem({begin, static_cast<std::size_t>(size)}, std::nullopt));
}

TEST(Signer, TheLowerOfTheTwoSignaturesIsTheOnlyOneMade) {
  const SigningKey key = SigningKey::generate(Algorithm::es256);
  const Bytes message = to_bytes(as_bytes("message"));
  const Bytes low = key.sign(message);
  EXPECT_EQ(with_low_s(low).value(), low);
  // n − s, by hand: 32-byte big-endian subtraction.
  const Bytes order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  Bytes high = low;
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = int{order[i]} - int{low[32 + i]} - borrow;
    borrow = digit < 0 ? 1 : 0;
    high[32 + i] = static_cast<std::uint8_t>(digit & 0xff);
  }
  EXPECT_TRUE(verify(key.public_key(), message, high));
  EXPECT_EQ(with_low_s(high).value(), low);
  EXPECT_FALSE(with_low_s(Bytes(64)));
  EXPECT_FALSE(with_low_s(Bytes(63)));
}

TEST(PossessionProof, NamesChainOwnerRoleAndKey) {
  const SigningKey key = SigningKey::from_ed25519_seed(hex(kSeed)).value();
  const Digest chain = sha256(as_bytes("chain"));
  const Bytes proof = make_possession_proof(key, chain, "https://v.example", role::kSign);
  const auto holds = [&](const Digest& c, std::string_view owner, std::string_view role_name) {
    return verify_possession_proof(key.public_key(), c, owner, role_name, proof);
  };
  EXPECT_TRUE(holds(chain, "https://v.example", "sign"));
  EXPECT_FALSE(holds(Digest{}, "https://v.example", "sign"));
  EXPECT_FALSE(holds(chain, "https://w.example", "sign"));
  EXPECT_FALSE(holds(chain, "https://v.example", "status"));
  EXPECT_FALSE(holds(chain, "\xff", "sign"));
  const SigningKey other = SigningKey::generate(Algorithm::eddsa);
  EXPECT_FALSE(
      verify_possession_proof(other.public_key(), chain, "https://v.example", "sign", proof));
  // The signed bytes, spelt out once.
  const Bytes message =
      hex("8570666f6f7470726f6f662f706f702f7631"
          "5820" +
          chain.hex() + "71" + to_hex(as_bytes("https://v.example")) + "64" +
          to_hex(as_bytes("sign")) + "a301012006215820" + std::string(kPublic));
  EXPECT_EQ(key.sign(message), proof);
}

}  // namespace
}  // namespace footproof
