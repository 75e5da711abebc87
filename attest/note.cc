#include "attest/note.h"

#include <algorithm>
#include <array>
#include <set>

#include "attest/check.h"
#include "attest/identifier.h"

namespace footproof {
namespace {

constexpr std::string_view kDash = "\u2014 ";  // em dash, space
constexpr std::string_view kCosignatureHeader = "cosignature/v1";
constexpr std::uint64_t kTimestampMax = (std::uint64_t{1} << 63) - 1;
constexpr std::size_t kTimestampSize = 8;

// SubjectPublicKeyInfo of a P-256 key, up to its 64 bytes x‖y.
constexpr std::array<std::uint8_t, 27> kP256InfoPrefix = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

// White space of Unicode above ASCII, in UTF-8; that of ASCII is 0x20 and control characters.
constexpr std::array<std::string_view, 19> kWideSpaces = {
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
    "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::uint32_t first_four(const Digest& digest) { return ByteReader(digest.view()).u32(); }

std::uint32_t key_id_of(std::string_view name, NoteKeyType type, const PublicKey& key) {
  if (type == NoteKeyType::ecdsa) return first_four(sha256({kP256InfoPrefix, key.raw()}));
  const std::array<std::uint8_t, 2> separator = {0x0a, static_cast<std::uint8_t>(type)};
  return first_four(sha256({as_bytes(name), separator, key.raw()}));
}

// One INTEGER of a DER ECDSA signature, as 32 bytes.
bool read_der_integer(ByteReader& in, std::span<std::uint8_t> out) {
  if (in.u8() != 0x02) return false;
  const std::size_t size = in.u8();
  ByteView digits = in.take(size);
  if (digits.empty() || size > 33 || (digits[0] & 0x80U) != 0) return false;
  if (digits[0] == 0 && size > 1) {
    if ((digits[1] & 0x80U) == 0) return false;  // longer than needed
    digits = digits.subspan(1);
  }
  if (digits.size() > out.size()) return false;
  std::ranges::copy(digits, out.end() - static_cast<std::ptrdiff_t>(digits.size()));
  return true;
}

// Notes carry ECDSA signatures in DER; keys verify r‖s.
std::optional<std::array<std::uint8_t, kSignatureSize>> from_der(ByteView der) {
  std::array<std::uint8_t, kSignatureSize> raw{};
  ByteReader in(der);
  const bool sequence = in.u8() == 0x30 && in.u8() == in.remaining();
  const auto halves = std::span(raw);
  if (!sequence || !read_der_integer(in, halves.first(32)) ||
      !read_der_integer(in, halves.subspan(32)) || !in.exhausted()) {
    return std::nullopt;
  }
  return raw;
}

// Whether a line by this key verifies; a cosignature's time goes to `timestamp`.
bool verifies(const NoteKey& key, std::string_view text, ByteView blob, std::uint64_t& timestamp) {
  switch (key.type()) {
    case NoteKeyType::ed25519:
      return verify(key.key(), as_bytes(text), blob);
    case NoteKeyType::ecdsa: {
      const auto raw = from_der(blob);
      return raw && verify(key.key(), as_bytes(text), *raw);
    }
    case NoteKeyType::cosignature: {
      if (blob.size() != kTimestampSize + kSignatureSize) return false;
      timestamp = ByteReader(blob).u64();
      return timestamp <= kTimestampMax &&
             verify(key.key(), cosignature_message(timestamp, text), blob.subspan(kTimestampSize));
    }
  }
  return false;
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) {
    return fail(Errc::malformed, "note: a signature line begins with an em dash and a space");
  }
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_note_name(line.substr(0, space))) {
    return fail(Errc::malformed, "note: a signature line names its key");
  }
  const auto blob = from_base64(line.substr(space + 1));
  if (!blob) return fail("note: signature", blob.error());
  if (blob->size() < 5 || blob->size() > kNoteSignatureSizeMax) {
    return fail(Errc::bad_length, "note: signature: 5 to 4096 bytes");
  }
  NoteSignature signature;
  signature.name = line.substr(0, space);
  signature.key_id = ByteReader(*blob).u32();
  signature.signature.assign(blob->begin() + 4, blob->end());
  return signature;
}

// Text up to the next LF, which is consumed; nothing if there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// A decimal without sign or superfluous zeros, at most 2^63 − 1.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits fit
  }
  if (value > kTimestampMax) return std::nullopt;
  return value;
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 100 || text.front() == '.' || text.back() == '.') return false;
  return text.find("..") == std::string_view::npos && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

bool is_network(std::string_view text) {
  return is_id(text) && std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string short_chain_id(const Digest& chain_id) { return chain_id.hex().substr(0, 16); }

NoteSignature make_line(const PublicKey& key, NoteKeyType type, std::string_view name, Bytes blob) {
  return {std::string(name), key_id_of(name, type, key), std::move(blob)};
}

}  // namespace

NoteKey::NoteKey(std::string name, NoteKeyType type, PublicKey key)
    : name_(std::move(name)),
      type_(type),
      key_(std::move(key)),
      id_(key_id_of(name_, type_, key_)) {}

Result<NoteKey> NoteKey::make(std::string name, NoteKeyType type, PublicKey key) {
  if (!is_note_name(name)) {
    return fail(Errc::bad_value, "note key: name: 1 to 255 bytes without spaces and '+'");
  }
  const bool ecdsa = type == NoteKeyType::ecdsa;
  if (ecdsa != (key.algorithm() == Algorithm::es256)) {
    return fail(Errc::bad_value, "note key: the key is not of the type named");
  }
  return NoteKey(std::move(name), type, std::move(key));
}

Result<NoteKey> NoteKey::parse(std::string_view vkey) {
  const std::size_t first = vkey.find('+');
  if (first == std::string_view::npos || vkey.size() < first + 10 || vkey[first + 9] != '+') {
    return fail(Errc::malformed, "note key: must be name+<8 hex>+<base64>");
  }
  const auto bytes = from_base64(vkey.substr(first + 10));
  if (!bytes) return fail("note key", bytes.error());
  if (bytes->size() != 1 + kEd25519KeySize) {
    return fail(Errc::bad_length, "note key: must hold a type and 32 bytes");
  }
  const auto type = static_cast<NoteKeyType>(bytes->front());
  if (type != NoteKeyType::ed25519 && type != NoteKeyType::cosignature) {
    return fail(Errc::bad_version, "note key: type must be 0x01 or 0x04");
  }
  auto key = PublicKey::from_ed25519(ByteView(*bytes).subspan(1));
  if (!key) return fail("note key", key.error());
  auto made = make(std::string(vkey.substr(0, first)), type, std::move(*key));
  if (!made) return made;
  if (made->vkey() != vkey) return fail(Errc::mismatch, "note key: the id is not that of the key");
  return made;
}

std::string NoteKey::vkey() const {
  ByteWriter id;
  id.u32(id_);
  ByteWriter data;
  data.u8(static_cast<std::uint8_t>(type_));
  if (type_ == NoteKeyType::ecdsa) data.raw(kP256InfoPrefix);
  data.raw(key_.raw());
  return name_ + "+" + to_hex(id.bytes()) + "+" + to_base64(data.bytes());
}

bool is_note_name(std::string_view name) {
  if (name.empty() || name.size() > kNoteNameSizeMax || !is_utf8(as_bytes(name))) return false;
  const bool plain = std::ranges::none_of(
      name, [](char c) { return is_control(c) || c == ' ' || c == '+' || c == 0x7f; });
  return plain && std::ranges::none_of(kWideSpaces, [&](std::string_view space) {
           return name.find(space) != std::string_view::npos;
         });
}

Result<Note> parse_note(ByteView bytes) {
  if (bytes.size() > kNoteSizeMax) return fail(Errc::bad_length, "note: longer than 64 KiB");
  if (!is_utf8(bytes)) return fail(Errc::malformed, "note: not UTF-8");
  const std::string_view all = as_text(bytes);
  if (std::ranges::any_of(all, [](char c) { return is_control(c) && c != '\n'; })) {
    return fail(Errc::malformed, "note: holds a control character");
  }
  const std::size_t blank = all.rfind("\n\n");
  if (blank == std::string_view::npos || blank == 0) {
    return fail(Errc::malformed, "note: no blank line before the signatures");
  }
  Note note;
  note.text = all.substr(0, blank + 1);
  std::string_view rest = all.substr(blank + 2);
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (!line) return fail(Errc::malformed, "note: the last line is not ended");
    if (note.signatures.size() == kNoteSignaturesMax) {
      return fail(Errc::bad_length, "note: more than 100 signature lines");
    }
    auto signature = parse_signature_line(*line);
    if (!signature) return fail(signature.error());
    note.signatures.push_back(std::move(*signature));
  }
  if (note.signatures.empty()) return fail(Errc::malformed, "note: no signature line");
  return note;
}

std::string signature_line(const NoteSignature& signature) {
  ByteWriter blob;
  blob.u32(signature.key_id).raw(signature.signature);
  return std::string(kDash) + signature.name + " " + to_base64(blob.bytes()) + "\n";
}

std::string encode(const Note& note) {
  std::string text = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) text += signature_line(signature);
  return text;
}

Result<std::vector<VerifiedLine>> verify_note(const Note& note, std::span<const NoteKey> known) {
  std::vector<VerifiedLine> lines;
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < note.signatures.size(); ++i) {
    const NoteSignature& signature = note.signatures[i];
    // Of several keys with this name and id, which a grinder can make, the one that verifies.
    bool is_known = false;
    VerifiedLine line{i, known.size(), 0};
    for (std::size_t k = 0; k < known.size() && line.key == known.size(); ++k) {
      if (known[k].id() != signature.key_id || known[k].name() != signature.name) continue;
      is_known = true;
      if (verifies(known[k], note.text, signature.signature, line.timestamp)) line.key = k;
    }
    if (!is_known) continue;
    if (line.key == known.size()) {
      return fail(Errc::bad_signature, "note: the signature of " + signature.name + " is wrong");
    }
    if (!seen.insert(line.key).second) {
      return fail(Errc::malformed, "note: two lines by " + signature.name);
    }
    lines.push_back(line);
  }
  return lines;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  Checkpoint checkpoint;
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root) {
    return fail(Errc::malformed, "checkpoint: must have three lines, each ended");
  }
  if (origin->empty() || *origin == kCosignatureHeader) {
    return fail(Errc::bad_value, "checkpoint: origin: this cannot be the name of a log");
  }
  const auto parsed_size = parse_size(*size);
  if (!parsed_size) {
    return fail(Errc::malformed, "checkpoint: size: must be a decimal of at most 2^63 - 1");
  }
  const auto root_bytes = from_base64(*root);
  if (!root_bytes) return fail("checkpoint: root", root_bytes.error());
  const auto digest = to_digest(*root_bytes);
  if (!digest) return fail("checkpoint: root", digest.error());
  checkpoint.origin = *origin;
  checkpoint.size = *parsed_size;
  checkpoint.root = *digest;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line || line->empty()) {
      return fail(Errc::malformed, "checkpoint: an extension line is empty or not ended");
    }
    checkpoint.extensions.emplace_back(*line);
  }
  return checkpoint;
}

std::string encode(const Checkpoint& checkpoint) {
  std::string text = checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
                     to_base64(checkpoint.root.view()) + "\n";
  for (const std::string& line : checkpoint.extensions) text += line + "\n";
  return text;
}

Result<std::string> make_origin(std::string_view domain, std::string_view network,
                                const Digest& chain_id) {
  if (!is_domain(domain)) {
    return fail(Errc::bad_value, "domain: must be lower-case labels with dots, at most 100 bytes");
  }
  if (!is_network(network)) {
    return fail(Errc::bad_value, "network: must be 1 to 64 of a-z 0-9 . _ -");
  }
  return std::string(domain) + "/" + std::string(network) + "/" + short_chain_id(chain_id);
}

bool is_origin_of(std::string_view origin, const Digest& chain_id) {
  const std::size_t first = origin.find('/');
  const std::size_t last = origin.rfind('/');
  return first != last && is_domain(origin.substr(0, first)) &&
         is_network(origin.substr(first + 1, last - first - 1)) &&
         origin.substr(last + 1) == short_chain_id(chain_id);
}

std::string cosigner_name(std::string_view origin, std::string_view validator_id) {
  return std::string(origin) + "/" + std::string(validator_id);
}

Bytes cosignature_message(std::uint64_t timestamp_s, std::string_view text) {
  const std::string header =
      std::string(kCosignatureHeader) + "\ntime " + std::to_string(timestamp_s) + "\n";
  Bytes message = to_bytes(as_bytes(header));
  append(message, as_bytes(text));
  return message;
}

NoteSignature cosign(const SigningKey& key, std::string_view name, std::uint64_t timestamp_s,
                     std::string_view text) {
  CHECK(key.algorithm() == Algorithm::eddsa && timestamp_s <= kTimestampMax);
  ByteWriter blob;
  blob.u64(timestamp_s).raw(key.sign(cosignature_message(timestamp_s, text)));
  return make_line(key.public_key(), NoteKeyType::cosignature, name, std::move(blob).take());
}

NoteSignature cosignature_line(const NoteKey& key, std::uint64_t timestamp_s, ByteView signature) {
  ByteWriter blob;
  blob.u64(timestamp_s).raw(signature);
  return {key.name(), key.id(), std::move(blob).take()};
}

NoteSignature sign_note(const SigningKey& key, std::string_view name, std::string_view text) {
  CHECK(key.algorithm() == Algorithm::eddsa);
  // Else a log's signature could be shown as somebody's cosignature of another text.
  CHECK(!text.starts_with(kCosignatureHeader));
  return make_line(key.public_key(), NoteKeyType::ed25519, name, key.sign(as_bytes(text)));
}

}  // namespace footproof
