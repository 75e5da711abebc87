#include "attest/late_anchoring.h"

#include <algorithm>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/fields.h"

namespace footproof {
namespace {

constexpr std::string_view kRequestTag = "footproof/late-request/v1";
constexpr std::string_view kAnswerTag = "footproof/countersignature/v1";

void read_tag(cbor::Reader& in, std::string_view tag) {
  if (in.field("tag").text(64) != tag) in.reject(Errc::bad_value, "not a file of this kind");
}

}  // namespace

Bytes encode(const LateRequest& request) {
  cbor::Writer out;
  out.array(4).text(kRequestTag).digest(request.chain_id);
  fields::write_text(out, request.issuer);
  out.bytes(encode(request.attestation));
  return std::move(out).take();
}

Result<LateRequest> parse_late_request(ByteView bytes) {
  cbor::Reader in(bytes, "late request");
  if (bytes.size() > kLateRequestSizeMax) in.reject(Errc::bad_length, "longer than 16 KiB");
  in.array_of(4);
  read_tag(in, kRequestTag);
  LateRequest request;
  request.chain_id = in.field("chain id").digest();
  request.issuer = fields::party_uri(in.field("issuer"));
  const Bytes attested = to_bytes(in.field("attestation").bytes(kLateRequestSizeMax));
  if (const auto end = in.finish(); !end) return fail(end.error());
  auto attestation = parse_attestation(attested);
  if (!attestation) return fail("late request", std::move(attestation.error()));
  if (attestation->countersignature) {
    return fail(Errc::bad_value, "late request: the attestation has a countersignature already");
  }
  request.attestation = std::move(*attestation);
  return request;
}

Bytes encode(const Countersignature& countersignature) {
  cbor::Writer out;
  out.array(3).text(kAnswerTag).digest(countersignature.kid);
  out.bytes(countersignature.signature);
  return std::move(out).take();
}

Result<Countersignature> parse_countersignature(ByteView bytes) {
  cbor::Reader in(bytes, "countersignature");
  in.array_of(3);
  read_tag(in, kAnswerTag);
  Countersignature read;
  read.kid = in.field("countersigning key").digest();
  read.signature = fields::possession_proof(in.field("signature"));
  if (const auto end = in.finish(); !end) return fail(end.error());
  return read;
}

Bytes late_anchoring_message(const Digest& chain_id, std::string_view issuer,
                             const Attestation& attestation) {
  Attestation bare = attestation;
  bare.countersignature.reset();
  cbor::Writer out;
  out.array(4).text("footproof/late-anchoring/v1").digest(chain_id);
  fields::write_text(out, issuer);
  out.raw(encode(bare));
  return std::move(out).take();
}

Result<Countersignature> countersign(const Signer& key, const Digest& chain_id,
                                     std::string_view issuer, const Attestation& attestation) {
  const auto signature = key.try_sign(late_anchoring_message(chain_id, issuer, attestation));
  if (!signature) return fail(signature.error());
  Countersignature made{key.public_key().kid(), {}};
  CHECK(signature->size() == made.signature.size());
  std::ranges::copy(*signature, made.signature.begin());
  return made;
}

bool verify_countersignature(const PublicKey& key, const Digest& chain_id, std::string_view issuer,
                             const Attestation& attestation) {
  const auto& made = attestation.countersignature;
  return made && made->kid == key.kid() &&
         verify(key, late_anchoring_message(chain_id, issuer, attestation), made->signature);
}

}  // namespace footproof
