// A key on a PKCS#11 token (hardware module, smart card, SoftHSM) as attest's Signer: ES256, made
// on the token, and never outside of it.
//
// A token is named by a PKCS#11 URI (RFC 7512): "pkcs11:token=Body;object=sign", with
// "?module-path=…" where the module is not registered with p11-kit. A URI holds no secret: one with
// a pin-value or pin-source is refused, the PIN comes from the caller. It must name one token and
// one key; nothing is guessed among several.
//
// What opens is a P-256 private key that was made on the token, is sensitive and not extractable,
// beside its public half under the same CKA_ID. Each signature is verified under that public half
// before it is handed out. Signing hashes here and asks for CKM_ECDSA (PKCS#11 v2.40 §2.3.6), which
// every token has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/key.h"
#include "attest/result.h"

namespace footproof::token {

// Whether the name of a key means a token and not a file.
[[nodiscard]] bool is_token_uri(std::string_view name);

// The PIN of the token with this label. Asked once, and only where the token wants a login.
using AskPin = std::function<Result<std::string>(const std::string& token_label)>;

class Session;

// Holds the session open for as long as it lives. Not for use from two threads at once.
class TokenKey final : public Signer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TokenKey>> open(const std::string& uri,
                                                              const AskPin& ask_pin);
  // Makes a fresh pair under the object label (and id, if there is one) of the URI, then opens it.
  // Refused where there is a key of that name.
  [[nodiscard]] static Result<std::unique_ptr<TokenKey>> generate(const std::string& uri,
                                                                  const AskPin& ask_pin);
  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;
  ~TokenKey() override;

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  [[nodiscard]] Result<Bytes> try_sign(ByteView message) const override;

 private:
  [[nodiscard]] static Result<std::unique_ptr<TokenKey>> take(std::unique_ptr<Session> session);
  TokenKey(std::unique_ptr<Session> session, unsigned long handle, PublicKey public_key);

  std::unique_ptr<Session> session_;
  unsigned long handle_;  // CK_OBJECT_HANDLE of the private key
  PublicKey public_key_;
};

}  // namespace footproof::token
