#include "attest/fields.h"

#include <algorithm>
#include <tuple>

#include "attest/identifier.h"

namespace footproof::fields {
namespace {

constexpr std::size_t kDateSize = 10;

bool ascends(const Scope& a, const Scope& b) {
  return std::tie(a.code, a.scheme, a.standards) < std::tie(b.code, b.scheme, b.standards);
}

Scope read_scope(cbor::Reader& in) {
  Scope scope;
  in.field("scope").array_of(4);
  scope.code = id(in.field("scope code"));
  scope.scheme = id(in.field("scope scheme"));
  scope.standards = ids(in.field("scope standards"), 1, kStandardsMax);
  scope.assurance_max = code(in.field("scope assurance"), Assurance::reasonable);
  return scope;
}

}  // namespace

void write_text(cbor::Writer& out, std::string_view text) {
  out.text(is_utf8(as_bytes(text)) ? text : "\x7f");
}

void write(cbor::Writer& out, Date date) { out.text(date.text()); }

void write(cbor::Writer& out, const std::optional<Digest>& digest_or_null) {
  if (digest_or_null) {
    out.digest(*digest_or_null);
  } else {
    out.null();
  }
}

void write(cbor::Writer& out, std::span<const std::string> texts) {
  out.array(texts.size());
  for (const std::string& text : texts) write_text(out, text);
}

void write(cbor::Writer& out, const DateRange& range) {
  out.array(2);
  write(out, range.from);
  write(out, range.until);
}

void write(cbor::Writer& out, std::span<const Scope> scopes) {
  out.array(scopes.size());
  for (const Scope& scope : scopes) {
    out.array(4);
    write_text(out, scope.code);
    write_text(out, scope.scheme);
    write(out, std::span<const std::string>(scope.standards));
    write_code(out, scope.assurance_max);
  }
}

void write(cbor::Writer& out, const NewKey& key) {
  out.array(3).raw(key.key.cose_key());
  write_code(out, key.usage);
  out.bytes(key.proof);
}

void version(cbor::Reader& in) {
  if (in.field("version").uint() != 1) in.reject(Errc::bad_version, "must be 1");
}

Date date(cbor::Reader& in) {
  const auto parsed = Date::parse(in.text(kDateSize));
  if (parsed) return *parsed;
  in.reject(parsed.error().code, parsed.error().detail);
  return {};
}

std::string id(cbor::Reader& in) {
  const std::string_view text = in.text(kIdSizeMax);
  if (!is_id(text)) in.reject(Errc::bad_value, "must be 1 to 64 of A-Z a-z 0-9 . _ -");
  return std::string(text);
}

std::string party_uri(cbor::Reader& in) {
  const std::string_view text = in.text(kUriSizeMax);
  if (!is_party_uri(text)) in.reject(Errc::bad_value, "must be a URI in lower-case ASCII");
  return std::string(text);
}

std::string legal_name(cbor::Reader& in) {
  const std::string_view text = in.text(kLegalNameSizeMax);
  if (!is_legal_name(text)) in.reject(Errc::bad_value, "must be a name of 1 to 128 bytes");
  return std::string(text);
}

Reason reason(cbor::Reader& in) {
  const auto known = to_reason(in.text(kIdSizeMax));
  if (!known) in.reject(Errc::bad_value, "is not one of the listed reasons");
  return known.value_or(Reason::investigation);
}

DateRange date_range(cbor::Reader& in) {
  in.array_of(2);
  DateRange range;
  range.from = date(in);
  range.until = date(in);
  if (range.until < range.from) in.reject(Errc::bad_value, "ends before it begins");
  return range;
}

std::vector<std::string> ids(cbor::Reader& in, std::size_t min, std::size_t max) {
  const std::size_t count = in.array_between(min, max);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    found.push_back(id(in));
    if (i > 0 && found[i] <= found[i - 1]) {
      in.reject(Errc::malformed, "must ascend without duplicates");
    }
  }
  return found;
}

std::vector<Scope> scopes(cbor::Reader& in) {
  const std::size_t count = in.array_between(1, kScopesMax);
  std::vector<Scope> found;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    found.push_back(read_scope(in));
    if (i > 0 && !ascends(found[i - 1], found[i])) {
      in.field("scopes").reject(Errc::malformed,
                                "must ascend by code, scheme, standards without duplicates");
    }
  }
  return found;
}

PossessionProof possession_proof(cbor::Reader& in) {
  PossessionProof proof{};
  std::ranges::copy(in.bytes_of(proof.size()), proof.begin());
  return proof;
}

std::optional<NewKey> new_key(cbor::Reader& in) {
  in.array_of(3);
  auto key = read_public_key(in.field("key"));
  const KeyUsage usage = code(in.field("key usage"), KeyUsage::status);
  const PossessionProof proof = possession_proof(in.field("proof of possession"));
  if (!key) return std::nullopt;
  return NewKey{std::move(*key), usage, proof};
}

std::optional<PublicKey> ed25519_key(cbor::Reader& in) {
  const ByteView raw = in.bytes_of(kEd25519KeySize);
  if (in.failed()) return std::nullopt;
  auto key = PublicKey::from_ed25519(raw);
  if (key) return std::move(*key);
  in.reject(key.error());
  return std::nullopt;
}

}  // namespace footproof::fields
