#include "token/token_key.h"

#include <array>
#include <utility>

#include "attest/digest.h"
#include "token/session.h"

namespace footproof::token {
namespace {

constexpr std::string_view kScheme = "pkcs11:";

// DER of the curve's name, OBJECT IDENTIFIER 1.2.840.10045.3.1.7 (RFC 5480 §2.1.1.1).
constexpr std::array<std::uint8_t, 10> kP256 = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::size_t kCoordinateSize = 32;
constexpr std::size_t kPointSize = 1 + 2 * kCoordinateSize;
constexpr std::uint8_t kUncompressed = 0x04;
constexpr std::size_t kIdSize = 8;

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, ByteView bytes) {
  // The standard's struct has no const; what we pass is only read.
  return {type, const_cast<std::uint8_t*>(bytes.data()), static_cast<CK_ULONG>(bytes.size())};
}

template <class Value>
CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, const Value& value) {
  return {type, const_cast<Value*>(&value), sizeof value};
}

// The key objects of a class that have the name that the URI gives.
Result<std::vector<CK_OBJECT_HANDLE>> named_keys(const Session& session, CK_OBJECT_CLASS kind) {
  const auto label = session.label();
  const auto id = session.id();
  std::vector<CK_ATTRIBUTE> wanted = {attribute_of(CKA_CLASS, kind)};
  if (label) wanted.push_back(attribute(CKA_LABEL, *label));
  if (id) wanted.push_back(attribute(CKA_ID, *id));
  return session.find(wanted);
}

Result<void> check_private_key(const Session& session, CK_OBJECT_HANDLE key) {
  const auto curve = session.value(key, CKA_EC_PARAMS);
  if (!curve || !equal(*curve, kP256)) {
    return fail(Errc::usage, "token: the key is not on P-256; ES256 needs one that is");
  }
  const auto sensitive = session.flag(key, CKA_SENSITIVE);
  if (!sensitive) return fail(sensitive.error());
  const auto extractable = session.flag(key, CKA_EXTRACTABLE);
  if (!extractable) return fail(extractable.error());
  const auto local = session.flag(key, CKA_LOCAL);
  if (!local) return fail(local.error());
  if (!*sensitive || *extractable || !*local) {
    return fail(Errc::usage,
                "token: this key was not made on the token, or may leave it; make one there with "
                "footproof key new --key URI");
  }
  return {};
}

// The public half, from the object beside the private key.
Result<PublicKey> read_public_half(const Session& session, CK_OBJECT_HANDLE private_key) {
  const auto id = session.value(private_key, CKA_ID);
  if (!id) return fail(id.error());
  const CK_OBJECT_CLASS kind = CKO_PUBLIC_KEY;
  const std::array wanted = {attribute_of(CKA_CLASS, kind), attribute(CKA_ID, *id)};
  const auto found = session.find(wanted);
  if (!found) return fail(found.error());
  if (found->size() != 1) {
    return fail(Errc::usage, "token: beside the private key there are " +
                                 std::to_string(found->size()) +
                                 " public keys of its id; there must be one");
  }
  const auto encoded = session.value(found->front(), CKA_EC_POINT);
  if (!encoded) return fail(encoded.error());
  // A DER OCTET STRING (PKCS#11 v2.40 §2.3.3); some tokens leave the wrapping away.
  ByteView point = *encoded;
  if (point.size() == kPointSize + 2 && point[0] == 0x04 && point[1] == kPointSize) {
    point = point.subspan(2);
  }
  if (point.size() != kPointSize || point[0] != kUncompressed) {
    return fail(Errc::io, "token: the public key is no uncompressed point");
  }
  return PublicKey::from_p256(point.subspan(1, kCoordinateSize),
                              point.subspan(1 + kCoordinateSize));
}

Result<void> make_pair(const Session& session) {
  const auto label = session.label();
  if (!label) return fail(Errc::usage, "token: name the new key: add object=NAME to the URI");
  const auto existing = named_keys(session, CKO_PRIVATE_KEY);
  if (!existing) return fail(existing.error());
  if (!existing->empty()) {
    return fail(Errc::usage, "token: there is a key of that name already; choose another");
  }
  const Bytes id = session.id().value_or(random_bytes(kIdSize));
  const CK_BBOOL yes = CK_TRUE;
  const CK_BBOOL no = CK_FALSE;
  std::array public_half = {
      attribute_of(CKA_TOKEN, yes), attribute_of(CKA_VERIFY, yes), attribute(CKA_EC_PARAMS, kP256),
      attribute(CKA_LABEL, *label), attribute(CKA_ID, id),
  };
  std::array private_half = {
      attribute_of(CKA_TOKEN, yes),
      attribute_of(CKA_PRIVATE, yes),
      attribute_of(CKA_SENSITIVE, yes),
      attribute_of(CKA_EXTRACTABLE, no),
      attribute_of(CKA_SIGN, yes),
      attribute(CKA_LABEL, *label),
      attribute(CKA_ID, id),
  };
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE made_public = 0;
  CK_OBJECT_HANDLE made_private = 0;
  const CK_RV said = session.functions().C_GenerateKeyPair(
      session.handle(), &mechanism, public_half.data(), public_half.size(), private_half.data(),
      private_half.size(), &made_public, &made_private);
  if (said != CKR_OK) return fail_call("C_GenerateKeyPair", said);
  return {};
}

}  // namespace

bool is_token_uri(std::string_view name) { return name.starts_with(kScheme); }

TokenKey::TokenKey(std::unique_ptr<Session> session, unsigned long handle, PublicKey public_key)
    : session_(std::move(session)), handle_(handle), public_key_(std::move(public_key)) {}

TokenKey::~TokenKey() = default;

Result<std::unique_ptr<TokenKey>> TokenKey::take(std::unique_ptr<Session> session) {
  const auto found = named_keys(*session, CKO_PRIVATE_KEY);
  if (!found) return fail(found.error());
  if (found->size() != 1) {
    return fail(Errc::usage, found->empty()
                                 ? "token: there is no private key of that name on it"
                                 : "token: several private keys match; add id=%.. to name one");
  }
  if (auto checked = check_private_key(*session, found->front()); !checked) {
    return fail(std::move(checked.error()));
  }
  auto key = read_public_half(*session, found->front());
  if (!key) return fail(std::move(key.error()));
  return std::unique_ptr<TokenKey>(
      new TokenKey(std::move(session), found->front(), std::move(*key)));
}

Result<std::unique_ptr<TokenKey>> TokenKey::open(const std::string& uri, const AskPin& ask_pin) {
  auto session = Session::open(uri, Access::read, ask_pin);
  if (!session) return fail(std::move(session.error()));
  return take(std::move(*session));
}

Result<std::unique_ptr<TokenKey>> TokenKey::generate(const std::string& uri,
                                                     const AskPin& ask_pin) {
  auto session = Session::open(uri, Access::write, ask_pin);
  if (!session) return fail(std::move(session.error()));
  if (auto made = make_pair(**session); !made) return fail(std::move(made.error()));
  return take(std::move(*session));
}

Result<Bytes> TokenKey::try_sign(ByteView message) const {
  CK_FUNCTION_LIST& functions = session_->functions();
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  CK_RV said = functions.C_SignInit(session_->handle(), &mechanism, handle_);
  if (said != CKR_OK) return fail_call("C_SignInit", said);
  Digest digest = sha256(message);
  Bytes signature(kSignatureSize);
  CK_ULONG size = signature.size();
  said = functions.C_Sign(session_->handle(), digest.bytes.data(),
                          static_cast<CK_ULONG>(digest.bytes.size()), signature.data(), &size);
  if (said != CKR_OK) return fail_call("C_Sign", said);
  if (size != kSignatureSize) return fail(Errc::io, "token: a signature that has not 64 bytes");
  auto low = with_low_s(signature);
  if (!low) return fail("token", std::move(low.error()));
  // The public half beside the key is what gets registered: it must be that of this key.
  if (!verify(public_key_, message, *low)) {
    return fail(
        Errc::bad_signature,
        "token: what it signed does not verify under the public key beside the private one");
  }
  return low;
}

}  // namespace footproof::token
