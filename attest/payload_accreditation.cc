// Payloads about who may do what: accreditation, and keys.
#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/payload.h"

namespace footproof {
namespace {

// Which fields an action wants: docs/formats.md §3.
void judge_fields(cbor::Reader& in, const AccreditationChange& change) {
  const bool grant = change.action == AccreditationAction::grant;
  const bool rescope =
      change.action == AccreditationAction::extend || change.action == AccreditationAction::reduce;
  if (grant != change.verifier.has_value() || grant != change.regimes.has_value()) {
    in.field("verifier, regimes").reject(Errc::bad_value, "stand in a grant and only there");
  }
  if (grant && (!change.scopes || !change.validity)) {
    in.field("scopes, validity").reject(Errc::bad_value, "both stand in a grant");
  }
  if (rescope && !change.scopes && !change.validity) {
    in.field("scopes, validity").reject(Errc::bad_value, "extend and reduce change one of them");
  }
  if (!grant && !rescope && (change.scopes || change.validity)) {
    in.field("scopes, validity").reject(Errc::bad_value, "stand in grant, extend and reduce only");
  }
  if (grant && change.previous) {
    in.field("previous").reject(Errc::bad_value, "a grant is the first event: must be null");
  }
  if (grant ? change.reason.has_value() : !rescope && !change.reason) {
    in.field("reason").reject(Errc::bad_value,
                              "stands in suspend, reinstate, withdraw and never in a grant");
  }
}

std::size_t count_of(std::initializer_list<bool> there) {
  std::size_t count = 0;
  for (const bool one : there) count += one ? 1 : 0;
  return count;
}

// Which fields an action wants.
void judge_fields(cbor::Reader& in, const KeyChange& change) {
  const bool adds = change.action != KeyAction::compromised;
  const bool names = change.action != KeyAction::add;
  if (adds != change.added.has_value()) {
    in.field("new key").reject(Errc::bad_value, "stands in add and rotate and only there");
  }
  if (names != change.kid.has_value()) {
    in.field("kid").reject(Errc::bad_value, "stands in rotate and compromised and only there");
  }
  if ((change.action == KeyAction::compromised) != change.since.has_value()) {
    in.field("since").reject(Errc::bad_value, "stands in compromised and only there");
  }
  if (change.certificate_chain && !adds) {
    in.field("x5t").reject(Errc::bad_value, "stands beside a new key and only there");
  }
}

}  // namespace

Bytes encode(const AccreditationChange& change) {
  cbor::Writer out;
  out.map(5 + count_of({change.verifier.has_value(), change.scopes.has_value(),
                        change.validity.has_value(), change.regimes.has_value(),
                        change.reason.has_value()}));
  out.uint(1).uint(1);
  fields::write_text(out.uint(2), change.id);
  fields::write_code(out.uint(3), change.action);
  fields::write(out.uint(4), change.effective);
  fields::write(out.uint(5), change.previous);
  if (change.verifier) fields::write_text(out.uint(6), *change.verifier);
  if (change.scopes) fields::write(out.uint(7), std::span<const Scope>(*change.scopes));
  if (change.validity) fields::write(out.uint(8), *change.validity);
  if (change.regimes) fields::write(out.uint(9), std::span<const std::string>(*change.regimes));
  if (change.reason) out.uint(10).text(to_text(*change.reason));
  return std::move(out).take();
}

Result<AccreditationChange> parse_accreditation_change(ByteView bytes) {
  cbor::Reader in(bytes, "accreditation");
  AccreditationChange change;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) change.id = fields::id(in.field("accreditation id"));
  if (map.require(3)) {
    change.action = fields::code(in.field("action"), AccreditationAction::withdraw);
  }
  if (map.require(4)) change.effective = fields::date(in.field("effective from"));
  if (map.require(5)) change.previous = in.field("previous").digest_or_null();
  if (map.key(6)) change.verifier = fields::party_uri(in.field("verifier"));
  if (map.key(7)) change.scopes = fields::scopes(in.field("scopes"));
  if (map.key(8)) change.validity = fields::date_range(in.field("validity"));
  if (map.key(9)) change.regimes = fields::ids(in.field("regimes"), 0, kRegimesMax);
  if (map.key(10)) change.reason = fields::reason(in.field("reason"));
  map.end();
  judge_fields(in, change);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return change;
}

Bytes encode(const KeyChange& change) {
  cbor::Writer out;
  out.map(3 + (change.added ? 3U : 0U) +
          count_of({change.kid.has_value(), change.since.has_value(),
                    change.certificate_chain.has_value()}));
  out.uint(1).uint(1);
  fields::write_code(out.uint(2), change.action);
  fields::write_text(out.uint(3), change.party);
  if (change.added) {
    out.uint(4).raw(change.added->key.cose_key());
    fields::write_code(out.uint(5), change.added->usage);
    out.uint(6).bytes(change.added->proof);
  }
  if (change.kid) out.uint(7).digest(*change.kid);
  if (change.since) out.uint(8).uint(change.since->ms);
  if (change.certificate_chain) out.uint(9).digest(*change.certificate_chain);
  return std::move(out).take();
}

Result<KeyChange> parse_key_change(ByteView bytes) {
  cbor::Reader in(bytes, "key");
  KeyChange change;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) change.action = fields::code(in.field("action"), KeyAction::compromised);
  if (map.require(3)) change.party = fields::party_uri(in.field("party"));
  if (map.key(4)) {
    auto key = read_public_key(in.field("new key"));
    KeyUsage usage = KeyUsage::sign;
    PossessionProof proof{};
    if (map.require(5)) usage = fields::code(in.field("usage"), KeyUsage::status);
    if (map.require(6)) proof = fields::possession_proof(in.field("proof of possession"));
    if (key) change.added = NewKey{std::move(*key), usage, proof};
  }
  if (map.key(7)) change.kid = in.field("kid").digest();
  if (map.key(8)) change.since = Instant{in.field("since").uint()};
  if (map.key(9)) change.certificate_chain = in.field("x5t").digest();
  map.end();
  judge_fields(in, change);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return change;
}

}  // namespace footproof
