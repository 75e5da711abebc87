#include "attest/statement.h"

#include "attest/identifier.h"

namespace footproof {
namespace {

constexpr std::string_view kContentTypePrefix = "application/vnd.footproof.";
constexpr std::string_view kContentTypeSuffix = "+cbor";
constexpr std::string_view kAudiencePrefix = "urn:footproof:";

std::optional<StatementKind> kind_of_content(std::string_view type) {
  if (!type.starts_with(kContentTypePrefix) || !type.ends_with(kContentTypeSuffix)) {
    return std::nullopt;
  }
  type.remove_prefix(kContentTypePrefix.size());
  if (type.size() < kContentTypeSuffix.size()) return std::nullopt;
  type.remove_suffix(kContentTypeSuffix.size());
  return to_statement_kind(type);
}

Result<Digest> chain_of_audience(std::string_view text) {
  if (text.starts_with(kAudiencePrefix)) {
    const auto chain_id = digest_from_hex(text.substr(kAudiencePrefix.size()));
    if (chain_id) return *chain_id;
  }
  return fail(Errc::bad_value, "statement: audience: must be urn:footproof:<chain id in hex>");
}

}  // namespace

std::string content_type(StatementKind kind) {
  return std::string(kContentTypePrefix).append(to_text(kind)).append(kContentTypeSuffix);
}

std::string audience(const Digest& chain_id) {
  return std::string(kAudiencePrefix) + chain_id.hex();
}

std::string random_subject() {
  Bytes bytes = random_bytes(16);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return "urn:uuid:" + text;
}

Result<Statement> parse_statement(ByteView bytes) {
  auto sign1 = cose::Sign1::parse(bytes, cose::Profile::statement);
  if (!sign1) return fail(sign1.error());
  const auto kind = kind_of_content(sign1->header().content_type);
  if (!kind) return fail(Errc::bad_value, "statement: content type: not one of the six kinds");
  const cose::Claims& claims = sign1->claims();
  if (!is_party_uri(claims.issuer)) {
    return fail(Errc::bad_value, "statement: issuer: must be a URI in lower-case ASCII");
  }
  if (!is_uuid_urn(claims.subject)) {
    return fail(Errc::bad_value, "statement: subject: must be urn:uuid: and a version 4 UUID");
  }
  const auto chain_id = chain_of_audience(claims.audience);
  if (!chain_id) return fail(chain_id.error());
  auto payload = parse_payload(*kind, sign1->payload());
  if (!payload) return fail(payload.error());
  return Statement(std::move(*sign1), *chain_id, std::move(*payload));
}

Result<Statement> sign_statement(const StatementDraft& draft, const Signer& key) {
  const cose::Claims claims{draft.issuer, draft.subject, audience(draft.chain_id), draft.issued_at};
  const auto signed_bytes = cose::Sign1::sign(key, content_type(kind_of(draft.payload)), claims,
                                              encode_payload(draft.payload));
  if (!signed_bytes) return fail(signed_bytes.error());
  return parse_statement(signed_bytes->bytes());
}

}  // namespace footproof
