// Result<T>: a value, or why there is none. What may fail says so in its type.
//
// An Error has a code for programs and a detail for people. The detail names the field and, where
// there is one, the remedy; it is never parsed and never holds a secret or a declarant's value.
// Dropping a Result does not compile (tests/attest/dropped_result.cc shows it).
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace footproof {

// Sorted by whose fault it is: that decides between refuse, 4xx, 5xx and stop.
enum class Errc {
  // The input: bytes from a peer, a client or a file.
  malformed,      // does not parse: not one of our bytes
  bad_value,      // parses, but a field holds what it may not
  bad_length,     // too long, too short, or a length that contradicts what follows
  bad_version,    // a version or kind this build does not know
  bad_signature,  // a signature or key that does not verify
  bad_proof,      // a Merkle or state proof that does not lead to its root
  mismatch,       // two things that must agree do not
  // The caller: asked for what is not there or not allowed.
  not_found,
  usage,
  refused,   // a rule of the ledger forbids it
  too_busy,  // a limit is reached; try again
  // Our surroundings.
  io,       // disk, network, clock, entropy
  corrupt,  // our own stored bytes are damaged
};

struct Error {
  Errc code = Errc::malformed;
  std::string detail;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

// Hands an error on to the caller's Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// Hands an error on, saying where it happened: "<where>: <detail>".
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view where, Error error) {
  error.detail = std::string(where) + ": " + error.detail;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace footproof
