#include "token/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/digest.h"

namespace footproof::token {
namespace {

constexpr std::size_t kUriSizeMax = 1024;
constexpr std::size_t kPinSizeMax = 256;
constexpr std::size_t kFoundMax = 8;
// Of the attributes that we read, the largest is a point of 67 bytes.
constexpr CK_ULONG kValueSizeMax = 1024;

// Fixed-size texts of PKCS#11 are padded with blanks.
std::string padded_text(const CK_UTF8CHAR* text, std::size_t size) {
  std::string result(reinterpret_cast<const char*>(text), size);
  result.erase(result.find_last_not_of(' ') + 1);
  return result;
}

void wipe_text(std::string& text) {
  wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
}

std::string remedy_for(CK_RV said) {
  switch (said) {
    case CKR_PIN_INCORRECT:
      return ": the PIN is wrong; a token locks after a few wrong ones";
    case CKR_PIN_LOCKED:
      return ": the PIN is locked; have the token's security officer unlock it";
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_DEVICE_REMOVED:
      return ": the token is gone; put it back and try again";
    case CKR_USER_PIN_NOT_INITIALIZED:
      return ": the token has no user PIN yet; initialise it with its own tools";
    default:
      return {};
  }
}

}  // namespace

tl::unexpected<Error> fail_call(const char* call, CK_RV said) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string number;
  for (int shift = 28; shift >= 0; shift -= 4) number += kDigits[(said >> shift) & 0xf];
  return fail(Errc::io,
              std::string("token: ") + call + " failed with 0x" + number + remedy_for(said));
}

Result<std::unique_ptr<Session>> Session::open(const std::string& uri, Access access,
                                               const AskPin& ask_pin) {
  std::unique_ptr<Session> session(new Session);
  Result<void> done = session->parse(uri);
  if (done) done = session->load_modules();
  if (done) done = session->find_token();
  if (!done) return fail(std::move(done.error()));
  const CK_FLAGS flags =
      access == Access::write ? CKF_SERIAL_SESSION | CKF_RW_SESSION : CKF_SERIAL_SESSION;
  CK_SESSION_HANDLE handle = 0;
  const CK_RV said =
      session->functions_->C_OpenSession(session->slot_, flags, nullptr, nullptr, &handle);
  if (said != CKR_OK) return fail_call("C_OpenSession", said);
  session->session_ = handle;
  if (done = session->log_in(ask_pin); !done) return fail(std::move(done.error()));
  return session;
}

Session::~Session() {
  if (session_) functions_->C_CloseSession(*session_);  // ends the login with it
  if (module_ != nullptr) {
    p11_kit_module_finalize(module_);
    p11_kit_module_release(module_);
  }
  if (modules_ != nullptr) p11_kit_modules_finalize_and_release(modules_);
  if (uri_ != nullptr) p11_kit_uri_free(uri_);
}

Result<void> Session::parse(const std::string& uri) {
  if (uri.size() > kUriSizeMax) return fail(Errc::usage, "token: a URI longer than 1024 bytes");
  uri_ = p11_kit_uri_new();
  if (p11_kit_uri_parse(uri.c_str(), P11_KIT_URI_FOR_ANY, uri_) != P11_KIT_URI_OK ||
      p11_kit_uri_any_unrecognized(uri_) != 0) {
    return fail(Errc::usage,
                "token: no PKCS#11 URI that can be read; write "
                "pkcs11:token=LABEL;object=NAME, with ?module-path=FILE if need be");
  }
  if (p11_kit_uri_get_pin_value(uri_) != nullptr || p11_kit_uri_get_pin_source(uri_) != nullptr) {
    return fail(Errc::usage,
                "token: leave the PIN out of the URI, where every process of this machine could "
                "read it; give it by --passphrase-file or when asked");
  }
  if (!label() && !id()) {
    return fail(Errc::usage, "token: the URI names no key; add object=NAME or id=%01");
  }
  return {};
}

Result<void> Session::load_modules() {
  const char* const path = p11_kit_uri_get_module_path(uri_);
  if (path == nullptr) {
    modules_ = p11_kit_modules_load_and_initialize(0);
    if (modules_ == nullptr || modules_[0] == nullptr) {
      return fail(Errc::usage,
                  "token: no PKCS#11 module is registered here; add ?module-path=FILE");
    }
    return {};
  }
  CK_FUNCTION_LIST* const loaded = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
  if (loaded == nullptr) {
    return fail(Errc::usage, std::string("token: ") + path + ": cannot be loaded as a module");
  }
  if (const CK_RV said = p11_kit_module_initialize(loaded); said != CKR_OK) {
    p11_kit_module_release(loaded);
    return fail_call("C_Initialize", said);
  }
  module_ = loaded;
  return {};
}

// Exactly one token in all modules; of several with one label, nobody knows which was meant.
Result<void> Session::find_token() {
  std::vector<CK_FUNCTION_LIST*> candidates;
  if (module_ != nullptr) candidates.push_back(module_);
  for (auto* at = modules_; at != nullptr && *at != nullptr; ++at) candidates.push_back(*at);
  std::size_t matches = 0;
  for (CK_FUNCTION_LIST* const functions : candidates) {
    std::array<CK_SLOT_ID, 256> slots{};
    CK_ULONG count = slots.size();
    if (functions->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
    for (const CK_SLOT_ID slot : std::span(slots).first(count)) {
      CK_TOKEN_INFO token{};
      if (functions->C_GetTokenInfo(slot, &token) != CKR_OK) continue;
      if ((token.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
      if (p11_kit_uri_match_token_info(uri_, &token) == 0) continue;
      ++matches;
      functions_ = functions;
      slot_ = slot;
      token_ = token;
    }
  }
  if (matches == 1) return {};
  return fail(Errc::usage, matches == 0 ? "token: none of that name is present; is it plugged in?"
                                        : "token: " + std::to_string(matches) +
                                              " tokens match the URI; add serial=… to name one");
}

Result<void> Session::log_in(const AskPin& ask_pin) {
  if ((token_.flags & CKF_LOGIN_REQUIRED) == 0) return {};
  auto pin = ask_pin(padded_text(token_.label, sizeof token_.label));
  if (!pin) return fail(std::move(pin.error()));
  if (pin->size() > kPinSizeMax) {
    wipe_text(*pin);
    return fail(Errc::usage, "token: a PIN longer than 256 bytes");
  }
  const CK_RV said =
      functions_->C_Login(*session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin->data()),
                          static_cast<CK_ULONG>(pin->size()));
  wipe_text(*pin);
  if (said == CKR_OK || said == CKR_USER_ALREADY_LOGGED_IN) return {};
  return fail_call("C_Login", said);
}

std::optional<Bytes> Session::attribute_of_uri(CK_ATTRIBUTE_TYPE type) const {
  const CK_ATTRIBUTE* const found = p11_kit_uri_get_attribute(uri_, type);
  if (found == nullptr) return std::nullopt;
  return to_bytes(ByteView(static_cast<const std::uint8_t*>(found->pValue), found->ulValueLen));
}

Result<std::vector<CK_OBJECT_HANDLE>> Session::find(
    std::span<const CK_ATTRIBUTE> attributes) const {
  std::vector<CK_ATTRIBUTE> wanted(attributes.begin(), attributes.end());
  CK_RV said =
      functions_->C_FindObjectsInit(*session_, wanted.data(), static_cast<CK_ULONG>(wanted.size()));
  if (said != CKR_OK) return fail_call("C_FindObjectsInit", said);
  std::vector<CK_OBJECT_HANDLE> found(kFoundMax);
  CK_ULONG count = 0;
  said = functions_->C_FindObjects(*session_, found.data(), kFoundMax, &count);
  functions_->C_FindObjectsFinal(*session_);
  if (said != CKR_OK) return fail_call("C_FindObjects", said);
  found.resize(std::min<std::size_t>(count, kFoundMax));
  return found;
}

Result<Bytes> Session::value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  Bytes bytes(kValueSizeMax);
  CK_ATTRIBUTE asked{type, bytes.data(), kValueSizeMax};
  const CK_RV said = functions_->C_GetAttributeValue(*session_, object, &asked, 1);
  if (said != CKR_OK) return fail_call("C_GetAttributeValue", said);
  if (asked.ulValueLen > kValueSizeMax) return fail(Errc::io, "token: an attribute too long");
  bytes.resize(asked.ulValueLen);
  return bytes;
}

Result<bool> Session::flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  const auto bytes = value(object, type);
  if (!bytes) return fail(bytes.error());
  if (bytes->size() != sizeof(CK_BBOOL)) return fail(Errc::io, "token: an attribute is no boolean");
  return bytes->front() != CK_FALSE;
}

}  // namespace footproof::token
