// X.509 certificates for tests, made by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "attest/key.h"

namespace footproof::testing {

// PEM of a certificate of `subject`'s key, signed by `issuer`.
[[nodiscard]] std::string certificate(const SigningKey& subject, const SigningKey& issuer,
                                      std::string_view common_name);
// The key of an algorithm that the ledger has not, self-signed.
[[nodiscard]] std::string p384_certificate();

}  // namespace footproof::testing
