// The `.attested` file (docs/formats.md §10): what a verifier hands to the exporter for one
// declaration. The signed statement, the declaration's place under its subject, the receipt once
// there is one, and the nodes to ask for a fresh one.
//
// It is written before the statement is submitted, without a receipt, so that a retry sends the
// same bytes. It shows nothing of the other declarations under the same statement. Holds no secret;
// says nothing that is not checked against the trust policy later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kAttestedSizeMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kAttestedNodesMax = 32;

struct Attested {
  Bytes statement;                   // COSE_Sign1 of an attestation
  Digest tree_root;                  // of the sealed declaration
  std::uint64_t position = 0;        // of the declaration under the subject
  std::vector<Digest> subject_path;  // empty where the attestation is of one declaration
  std::optional<Receipt> receipt;    // as it was when the statement was logged
  std::vector<std::string> nodes;    // URLs, each at most 256 bytes

  friend bool operator==(const Attested&, const Attested&) = default;
};

[[nodiscard]] Bytes encode_attested(const Attested& attested);
// Strict: one spelling, an attestation inside, and a receipt only of this very statement.
[[nodiscard]] Result<Attested> parse_attested(ByteView bytes);

}  // namespace footproof
