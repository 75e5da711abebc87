// COSE WG examples, every file. None is in a profile of ours, so Sign1::parse refuses them all; the
// layers below it (CBOR, Sig_structure, signatures) must agree with each where we know the
// algorithm, and refuse the algorithm where we do not.
#include <gtest/gtest.h>

#include <iostream>

#include "attest/cbor.h"
#include "attest/cose.h"
#include "attest/key.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

struct Signature {
  Bytes to_be_signed;
  Bytes signature;
  std::optional<Algorithm> algorithm;
};

Bytes text_or_hex(const nlohmann::json& object, const char* name) {
  if (!object.contains(name)) return {};
  return from_hex(object[name].get<std::string>()).value();
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// RFC 9052 §3: an empty protected map stands as a zero-length string in what is signed.
ByteView as_signed(ByteView protected_header) {
  const bool is_empty_map = protected_header.size() == 1 && protected_header[0] == 0xa0;
  return is_empty_map ? ByteView{} : protected_header;
}

std::optional<std::int64_t> algorithm_in(ByteView header) {
  if (header.empty()) return std::nullopt;
  cbor::Reader in(header);
  auto map = in.map();
  if (!map.key(1)) return std::nullopt;
  return in.integer();
}

std::optional<Algorithm> algorithm_of(ByteView protected_header, ByteView unprotected) {
  auto number = algorithm_in(protected_header);
  if (!number) number = algorithm_in(unprotected);
  return number ? to_algorithm(*number) : std::nullopt;
}

Result<Signature> read_sign1(ByteView message, bool tagged, ByteView external) {
  cbor::Reader in(message, "COSE_Sign1");
  if (tagged) in.tag(18);
  in.array_of(4);
  const ByteView protected_header = in.bytes(1024);
  const ByteView unprotected = in.skip();
  const ByteView payload = in.bytes(1024);
  const ByteView signature = in.bytes(1024);
  const auto finished = in.finish();
  if (!finished) return fail(finished.error());
  cbor::Writer out;
  out.array(4).text("Signature1").bytes(as_signed(protected_header)).bytes(external).bytes(payload);
  if (external.empty()) {
    EXPECT_EQ(cose::sig_structure(as_signed(protected_header), payload), out.view());
  }
  return Signature{out.view(), to_bytes(signature), algorithm_of(protected_header, unprotected)};
}

Result<std::vector<Signature>> read_sign(ByteView message, bool tagged,
                                         const std::vector<Bytes>& externals) {
  cbor::Reader in(message, "COSE_Sign");
  if (tagged) in.tag(98);
  in.array_of(4);
  const ByteView body_protected = in.bytes(1024);
  static_cast<void>(in.skip());
  const ByteView payload = in.bytes(1024);
  in.array_of(externals.size());
  std::vector<Signature> signatures;
  for (const Bytes& external : externals) {
    in.array_of(3);
    const ByteView protected_header = in.bytes(1024);
    const ByteView unprotected = in.skip();
    const ByteView signature = in.bytes(1024);
    if (in.failed()) break;
    cbor::Writer out;
    out.array(5).text("Signature").bytes(as_signed(body_protected));
    out.bytes(as_signed(protected_header)).bytes(external).bytes(payload);
    signatures.push_back(
        {out.view(), to_bytes(signature), algorithm_of(protected_header, unprotected)});
  }
  const auto finished = in.finish();
  if (!finished) return fail(finished.error());
  return signatures;
}

std::optional<PublicKey> key_of(const nlohmann::json& jwk) {
  if (jwk["crv"] == "Ed25519") {
    return PublicKey::from_ed25519(text_or_hex(jwk, "x_hex")).value();
  }
  if (jwk["crv"] != "P-256") return std::nullopt;
  return PublicKey::from_p256(from_base64url(jwk["x"].get<std::string>()).value(),
                              from_base64url(jwk["y"].get<std::string>()).value())
      .value();
}

struct Tally {
  std::size_t verified = 0;
  std::size_t refused = 0;
  std::size_t other_algorithm = 0;
  std::size_t not_deterministic = 0;
};

// One signature of a file, with the JSON that describes it.
void judge(const Signature& signature, const nlohmann::json& input,
           const nlohmann::json& intermediates, bool must_fail, Tally& tally) {
  const std::string expected = lower(intermediates["ToBeSign_hex"].get<std::string>());
  if (!must_fail) {
    EXPECT_EQ(to_hex(signature.to_be_signed), expected);
  }
  const auto key = key_of(input["key"]);
  if (!signature.algorithm || !key || key->algorithm() != *signature.algorithm) {
    // ES384, ES512, Ed448, or a number that nobody knows: never verified by us.
    const std::string name = input.contains("alg") ? input["alg"] : input["protected"]["alg"];
    const bool is_ours = (name == "ES256" || name == "EdDSA") && key;
    EXPECT_TRUE(!is_ours || must_fail) << name;
    ++(must_fail ? tally.refused : tally.other_algorithm);
    return;
  }
  EXPECT_EQ(verify(*key, signature.to_be_signed, signature.signature), !must_fail);
  ++(must_fail ? tally.refused : tally.verified);
}

// Our reader takes deterministic CBOR only, in unprotected headers too. Some countersigned examples
// put label 7 or 11 before 4: these are refused, and their signature is checked without our reader.
void judge_unreadable(const Error& error, ByteView message, const nlohmann::json& input,
                      const nlohmann::json& intermediates, bool must_fail, Tally& tally) {
  if (must_fail) {
    ++tally.refused;
    return;
  }
  ++tally.not_deterministic;
  EXPECT_NE(error.detail.find("map keys are duplicate or not sorted"), std::string::npos)
      << error.detail;
  EXPECT_NE(input.dump().find("countersign"), std::string::npos);
  const auto key = key_of(input["key"]);
  ASSERT_TRUE(key);
  const Bytes to_be_signed = from_hex(lower(intermediates["ToBeSign_hex"])).value();
  ASSERT_GT(message.size(), kSignatureSize);
  EXPECT_TRUE(verify(*key, to_be_signed, message.subspan(message.size() - kSignatureSize)));
}

void judge_file(const nlohmann::json& test, Tally& tally) {
  const Bytes message = from_hex(lower(test["output"]["cbor"])).value();
  EXPECT_FALSE(cose::Sign1::parse(message));
  EXPECT_FALSE(cose::Sign1::parse(message, cose::Profile::holder));

  const auto& input = test["input"];
  const auto& intermediates = test["intermediates"];
  const bool must_fail = test.value("fail", false);
  const bool tagged = !input.value("failures", nlohmann::json::object()).contains("RemoveCBORTag");
  if (input.contains("sign0")) {
    const auto& signer = input["sign0"];
    const auto signature = read_sign1(message, tagged, text_or_hex(signer, "external"));
    if (signature) return judge(*signature, signer, intermediates, must_fail, tally);
    return judge_unreadable(signature.error(), message, signer, intermediates, must_fail, tally);
  }
  const auto& signers = input["sign"]["signers"];
  std::vector<Bytes> externals;
  for (const auto& signer : signers) externals.push_back(text_or_hex(signer, "external"));
  const auto signatures = read_sign(message, tagged, externals);
  for (std::size_t i = 0; i < signers.size(); ++i) {
    const auto& expected = intermediates["signers"][i];
    if (signatures) {
      judge((*signatures)[i], signers[i], expected, must_fail, tally);
    } else {
      judge_unreadable(signatures.error(), message, signers[i], expected, must_fail, tally);
    }
  }
}

TEST(CoseWgExamples, EveryFile) {
  const auto folder = vector_folder("cose-wg-examples");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  Tally tally;
  for (const auto& file : files_below(folder)) {
    if (file.extension() != ".json") continue;
    SCOPED_TRACE(file.filename().string());
    ++count;
    judge_file(read_json(file), tally);
  }
  std::cout << "  signatures: " << tally.verified << " verified, " << tally.refused << " refused, "
            << tally.other_algorithm << " of algorithms we do not take, " << tally.not_deterministic
            << " refused as not deterministic; countersignatures: not built" << std::endl;
  report_cases("cose-wg-examples", count);
}

}  // namespace
}  // namespace footproof::testing
