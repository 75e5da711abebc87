// One session with the one token that a PKCS#11 URI names. Private to token/.
//
// Owns, in this order: the URI, the modules it may need, the session, the login. All end together.
#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/result.h"
#include "token/token_key.h"

namespace footproof::token {

enum class Access : bool { read, write };

class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const std::string& uri, Access access,
                                                             const AskPin& ask_pin);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  [[nodiscard]] CK_FUNCTION_LIST& functions() const { return *functions_; }
  [[nodiscard]] CK_SESSION_HANDLE handle() const { return *session_; }
  // The object's name in the URI; nothing where it has none.
  [[nodiscard]] std::optional<Bytes> label() const { return attribute_of_uri(CKA_LABEL); }
  [[nodiscard]] std::optional<Bytes> id() const { return attribute_of_uri(CKA_ID); }

  // All objects that match, at most a few: names are not unique on a token.
  [[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find(
      std::span<const CK_ATTRIBUTE> attributes) const;
  [[nodiscard]] Result<Bytes> value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;
  [[nodiscard]] Result<bool> flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;

 private:
  Session() = default;
  Result<void> parse(const std::string& uri);
  Result<void> load_modules();
  Result<void> find_token();
  Result<void> log_in(const AskPin& ask_pin);
  [[nodiscard]] std::optional<Bytes> attribute_of_uri(CK_ATTRIBUTE_TYPE type) const;

  P11KitUri* uri_ = nullptr;
  CK_FUNCTION_LIST* module_ = nullptr;    // the one that the URI names, or
  CK_FUNCTION_LIST** modules_ = nullptr;  // all that are registered; null-terminated
  CK_FUNCTION_LIST* functions_ = nullptr;
  CK_SLOT_ID slot_ = 0;
  CK_TOKEN_INFO token_{};
  std::optional<CK_SESSION_HANDLE> session_;
};

// What a call said, by its number in the standard, with the remedy for those an operator can mend.
[[nodiscard]] tl::unexpected<Error> fail_call(const char* call, CK_RV said);

}  // namespace footproof::token
