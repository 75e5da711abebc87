// TLS 1.3 between validators, both sides pinned to registered keys.
//
// A link is trusted because the SHA-256 of the other side's SubjectPublicKeyInfo is the one that
// the registry names for the peer that was meant, and for nothing else: no authorities, no names.
// No resumption of any kind (it would skip the certificate check), no early data, one ALPN name.
// The limits of cipher suites, groups and signature algorithms are in tls.cc.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <filesystem>
#include <memory>
#include <string_view>

#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::node {

enum class TlsRole { client, server };

// The key file must be ours alone (no permission for group or others) and belong to the
// certificate, which must be in its validity period.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    TlsRole role, const std::filesystem::path& key, const std::filesystem::path& certificate);

// SHA-256 of the SubjectPublicKeyInfo of a certificate in PEM.
[[nodiscard]] Result<Digest> certificate_pin(std::string_view pem);

// When its validity period ends, in seconds since 1970.
[[nodiscard]] Result<std::uint64_t> certificate_end(std::string_view pem);

// After the handshake: the pin of the peer's certificate. Fails if there is none, if it is not in
// its validity period, or if the ALPN name, version or resumption is not as it must be.
[[nodiscard]] Result<Digest> peer_pin(SSL* ssl);

// RFC 9266 tls-exporter: the same 32 bytes on both sides of one handshake and nowhere else.
[[nodiscard]] Result<Digest> channel_binding(SSL* ssl);

}  // namespace footproof::node
