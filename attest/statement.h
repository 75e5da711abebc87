// Statement: the one kind of thing that changes the ledger (docs/formats.md §3). A COSE_Sign1 with
// tag 18, at most 16 KiB, whose protected header says who says it, to which network, about what and
// when, and whose payload is one of attest/payload.h.
//
// parse_statement() is well-formedness and nothing else: `valid(statement)` of the consensus, a
// function of the bytes, the same for ever. It verifies no signature and looks at no state. The
// entry id does not depend on the signature; until that has verified, a statement is keyed by
// statement_hash().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/cose.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof {

// "application/vnd.footproof.attestation+cbor"
[[nodiscard]] std::string content_type(StatementKind kind);
// "urn:footproof:<chain id hex>"
[[nodiscard]] std::string audience(const Digest& chain_id);
// "urn:uuid:<random v4>": a new one for every statement. Not for rules: it draws random bytes.
[[nodiscard]] std::string random_subject();

class Statement {
 public:
  [[nodiscard]] const std::string& issuer() const { return sign1_.claims().issuer; }
  [[nodiscard]] const std::string& subject() const { return sign1_.claims().subject; }
  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] std::uint64_t issued_at() const { return sign1_.claims().issued_at; }  // seconds
  [[nodiscard]] const Digest& kid() const { return sign1_.header().kid; }
  [[nodiscard]] Algorithm algorithm() const { return sign1_.header().algorithm; }

  [[nodiscard]] StatementKind kind() const { return kind_of(payload_); }
  [[nodiscard]] const Payload& payload() const { return payload_; }
  // The payload, if it is of that type.
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&payload_);
  }

  // H(Sig_structure): names the entry for ever.
  [[nodiscard]] const Digest& entry_id() const { return sign1_.entry_id(); }
  // H(bytes): the log entry, and the key of a statement whose signature has not verified yet.
  [[nodiscard]] const Digest& statement_hash() const { return sign1_.statement_hash(); }
  [[nodiscard]] const Bytes& bytes() const { return sign1_.bytes(); }

  // Algorithm and kid agree with the key, and the signature verifies.
  [[nodiscard]] Result<void> verify(const PublicKey& key) const { return sign1_.verify(key); }

 private:
  friend Result<Statement> parse_statement(ByteView bytes);
  Statement(cose::Sign1 sign1, const Digest& chain_id, Payload payload)
      : sign1_(std::move(sign1)), chain_id_(chain_id), payload_(std::move(payload)) {}

  cose::Sign1 sign1_;
  Digest chain_id_;
  Payload payload_;
};

[[nodiscard]] Result<Statement> parse_statement(ByteView bytes);

struct StatementDraft {
  std::string issuer;
  std::string subject;  // random_subject()
  Digest chain_id;
  std::uint64_t issued_at = 0;  // seconds since 1970
  Payload payload;
};

// Signs, then parses what it signed: a draft that is not well formed gives its error, never bytes.
[[nodiscard]] Result<Statement> sign_statement(const StatementDraft& draft, const Signer& key);

}  // namespace footproof
