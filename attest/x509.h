// The X.509 certificate chain that a key was registered with (docs/formats.md §3.4): its digest,
// and the public key of its first certificate.
//
// A reader compares an exporter's copy of the chain with what the ledger's key record names.
// Nothing here validates a certificate: no signature, date, name or revocation is looked at, and no
// authority is trusted. Who registered the key says that key and chain belong together.
#pragma once

#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kCertificatesMax = 8;
inline constexpr std::size_t kCertificateChainSizeMax = std::size_t{64} * 1024;  // DER, together
inline constexpr std::size_t kCertificateFileSizeMax = std::size_t{256} * 1024;

struct CertificateChain {
  std::vector<Bytes> certificates;  // DER, that of the key first
  PublicKey key;                    // of the first certificate
  Digest digest;                    // x5t: tagged("footproof/x5chain/v1", CBOR [ + certificate ])
};

// A file of 1 to 8 certificates in PEM, that of the key first, or one in DER. Text around PEM
// blocks is allowed, as most tools write it; blocks of another kind are refused: a private key
// among them is in the wrong file.
[[nodiscard]] Result<CertificateChain> parse_certificate_chain(ByteView file);

}  // namespace footproof
