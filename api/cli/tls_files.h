// A validator's TLS key and its self-signed X.509 certificate. Other validators pin the SHA-256 of
// its public key (docs/formats.md §2); name and dates in it mean nothing to them, but the period
// must be good, so it is long.
#pragma once

#include <string>

#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::api {

struct TlsFiles {
  std::string key_pem;          // secret: the caller wipes it
  std::string certificate_pem;  // public
  Digest pin;                   // SHA-256 of the SubjectPublicKeyInfo
};

// ECDSA P-256. `name` becomes the common name, for people who read certificates.
[[nodiscard]] Result<TlsFiles> make_tls_files(const std::string& name);

}  // namespace footproof::api
