// Payloads of a verifier: attestation, and status changes of one.
#include <bit>

#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/payload.h"

namespace footproof {
namespace {

void read_subject(cbor::Reader& in, Attestation& attestation) {
  in.field("subject").array_of(2);
  attestation.root = in.field("subject root").digest();
  attestation.count = in.field("declaration count").uint();
  if (!std::has_single_bit(attestation.count) || attestation.count > kDeclarationCountMax) {
    in.reject(Errc::bad_value, "must be a power of two, at most 2^20");
  }
}

void read_references(cbor::Reader& in, cbor::MapReader& map, Attestation& attestation) {
  if (map.require(3)) {
    in.field("accreditation").array_of(2);
    attestation.accreditation.body = fields::party_uri(in.field("accreditation body"));
    attestation.accreditation.id = fields::id(in.field("accreditation id"));
  }
  if (map.require(4)) attestation.scope = fields::id(in.field("scope"));
  if (map.require(5)) {
    in.field("scheme").array_of(2);
    attestation.scheme.id = fields::id(in.field("scheme id"));
    attestation.scheme.version = fields::id(in.field("scheme version"));
  }
  if (map.require(6)) attestation.standards = fields::ids(in.field("standards"), 1, kStandardsMax);
}

}  // namespace

Bytes encode(const Attestation& attestation) {
  cbor::Writer out;
  const bool supersedes = attestation.supersedes.has_value();
  const bool holder = attestation.holder_key.has_value();
  const bool countersigned = attestation.countersignature.has_value();
  out.map(12 + (supersedes ? 1U : 0U) + (holder ? 1U : 0U) + (countersigned ? 1U : 0U));
  out.uint(1).uint(1);
  out.uint(2).array(2).digest(attestation.root).uint(attestation.count);
  fields::write_text(out.uint(3).array(2), attestation.accreditation.body);
  fields::write_text(out, attestation.accreditation.id);
  fields::write_text(out.uint(4), attestation.scope);
  fields::write_text(out.uint(5).array(2), attestation.scheme.id);
  fields::write_text(out, attestation.scheme.version);
  fields::write(out.uint(6), std::span<const std::string>(attestation.standards));
  fields::write_code(out.uint(7), attestation.type);
  fields::write_code(out.uint(8), attestation.assurance);
  fields::write_code(out.uint(9), attestation.coverage);
  fields::write(out.uint(10), attestation.issued_on);
  fields::write(out.uint(11), attestation.valid_from);
  fields::write(out.uint(12), attestation.valid_until);
  if (supersedes) out.uint(13).digest(*attestation.supersedes);
  if (holder) out.uint(14).raw(attestation.holder_key->cose_key());
  if (countersigned) {
    out.uint(15).array(2).digest(attestation.countersignature->kid);
    out.bytes(attestation.countersignature->signature);
  }
  return std::move(out).take();
}

Result<Attestation> parse_attestation(ByteView bytes) {
  cbor::Reader in(bytes, "attestation");
  Attestation attestation;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) read_subject(in, attestation);
  read_references(in, map, attestation);
  if (map.require(7)) {
    attestation.type = fields::code(in.field("type"), AttestationType::programme_certification);
  }
  if (map.require(8)) {
    attestation.assurance = fields::code(in.field("assurance"), Assurance::reasonable);
  }
  if (map.require(9)) {
    attestation.coverage = fields::code(in.field("coverage"), Coverage::installation_and_period);
  }
  if (map.require(10)) attestation.issued_on = fields::date(in.field("issued on"));
  if (map.require(11)) attestation.valid_from = fields::date(in.field("valid from"));
  if (map.require(12)) attestation.valid_until = fields::date(in.field("valid until"));
  if (attestation.valid_until < attestation.valid_from) {
    in.reject(Errc::bad_value, "is before valid from");
  }
  if (map.key(13)) attestation.supersedes = in.field("supersedes").digest();
  if (map.key(14)) attestation.holder_key = read_public_key(in.field("holder key"));
  if (map.key(15)) {
    in.field("countersignature").array_of(2);
    Countersignature read;
    read.kid = in.field("countersigning key").digest();
    read.signature = fields::possession_proof(in.field("countersignature"));
    attestation.countersignature = read;
  }
  map.end();
  if (const auto end = in.finish(); !end) return fail(end.error());
  return attestation;
}

Bytes encode(const StatusChange& change) {
  cbor::Writer out;
  const bool declaration = change.declaration.has_value();
  const bool evidence = change.evidence.has_value();
  out.map(6 + (declaration ? 1U : 0U) + (evidence ? 1U : 0U));
  out.uint(1).uint(1);
  out.uint(2).digest(change.target);
  if (declaration) out.uint(3).digest(*change.declaration);
  fields::write_code(out.uint(4), change.action);
  out.uint(5).text(to_text(change.reason));
  fields::write(out.uint(6), change.effective);
  fields::write(out.uint(7), change.previous);
  if (evidence) out.uint(8).digest(*change.evidence);
  return std::move(out).take();
}

Result<StatusChange> parse_status_change(ByteView bytes) {
  cbor::Reader in(bytes, "status");
  StatusChange change;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) change.target = in.field("target").digest();
  if (map.key(3)) change.declaration = in.field("declaration").digest();
  if (map.require(4)) {
    change.action = fields::code(in.field("action"), StatusAction::revoke);
    if (change.action < StatusAction::suspend) in.reject(Errc::bad_value, "must be 1, 2 or 3");
  }
  if (map.require(5)) change.reason = fields::reason(in.field("reason"));
  if (map.require(6)) change.effective = fields::date(in.field("effective from"));
  if (map.require(7)) change.previous = in.field("previous").digest_or_null();
  if (map.key(8)) change.evidence = in.field("evidence").digest();
  map.end();
  if (const auto end = in.finish(); !end) return fail(end.error());
  return change;
}

}  // namespace footproof
