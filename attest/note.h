// Signed notes, checkpoints and cosignatures, after C2SP signed-note, tlog-checkpoint and
// tlog-cosignature (docs/formats.md §7).
//
// A note is text whose last byte is LF, a blank line, and signature lines. A checkpoint is a note
// whose text is origin, size and root. A cosignature is a signature line with a time in it.
//
// Parsing is strict (UTF-8, LF only, no control characters, canonical base64 and decimals) and
// verifies nothing. Verifying: unknown keys are ignored, a known key with a bad signature refuses
// the whole note, a key id is a hint and never proof. A key is known by name, id and bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kNoteSizeMax = std::size_t{64} * 1024;
inline constexpr std::size_t kNoteSignaturesMax = 100;
inline constexpr std::size_t kNoteSignatureSizeMax = 4096;
inline constexpr std::size_t kNoteNameSizeMax = 255;

// --- notes --------------------------------------------------------------------------------------

enum class NoteKeyType : std::uint8_t {
  ed25519 = 0x01,      // a log's own signature
  ecdsa = 0x02,        // P-256 with SHA-256; only to read other logs
  cosignature = 0x04,  // cosignature/v1, Ed25519 with a timestamp
};

// A key that may sign notes, with the name it signs under.
class NoteKey {
 public:
  // Ed25519 for types ed25519 and cosignature, P-256 for ecdsa.
  [[nodiscard]] static Result<NoteKey> make(std::string name, NoteKeyType type, PublicKey key);
  // "name+<8 hex of the key id>+<base64 of type ‖ key>", types 0x01 and 0x04.
  [[nodiscard]] static Result<NoteKey> parse(std::string_view vkey);

  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] NoteKeyType type() const { return type_; }
  [[nodiscard]] const PublicKey& key() const { return key_; }
  [[nodiscard]] std::uint32_t id() const { return id_; }
  friend bool operator==(const NoteKey&, const NoteKey&) = default;

 private:
  NoteKey(std::string name, NoteKeyType type, PublicKey key);

  std::string name_;
  NoteKeyType type_;
  PublicKey key_;
  std::uint32_t id_ = 0;
};

// Not empty, at most 255 bytes, UTF-8 without white space, control characters or '+'.
[[nodiscard]] bool is_note_name(std::string_view name);

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  // after the key id: for a cosignature, the timestamp first
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // signed; ends with LF
  std::vector<NoteSignature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

[[nodiscard]] Result<Note> parse_note(ByteView bytes);
[[nodiscard]] std::string encode(const Note& note);
[[nodiscard]] std::string signature_line(const NoteSignature& signature);  // with its LF

// A signature line that verified.
struct VerifiedLine {
  std::size_t line = 0;         // index into Note::signatures
  std::size_t key = 0;          // index into the known keys
  std::uint64_t timestamp = 0;  // seconds; cosignatures only
};

// The lines of known keys, in the order of the note. Fails if one does not verify or a key signs
// twice; succeeds with none if no line is of a known key.
[[nodiscard]] Result<std::vector<VerifiedLine>> verify_note(const Note& note,
                                                            std::span<const NoteKey> known);

// --- checkpoints --------------------------------------------------------------------------------

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;  // at most 2^63 − 1
  Digest root;
  std::vector<std::string> extensions;  // opaque lines, none empty. Ours has none
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The text of a note: origin, size, root in base64, extension lines; each with its LF.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);
[[nodiscard]] std::string encode(const Checkpoint& checkpoint);

// "<domain>/<network>/<first 16 hex of the chain id>". `domain` is dot-separated lower-case labels,
// `network` an id in lower case.
[[nodiscard]] Result<std::string> make_origin(std::string_view domain, std::string_view network,
                                              const Digest& chain_id);
// Whether `origin` has that form and ends with this chain id.
[[nodiscard]] bool is_origin_of(std::string_view origin, const Digest& chain_id);
// "<origin>/<validator id>": the name that a validator cosigns under.
[[nodiscard]] std::string cosigner_name(std::string_view origin, std::string_view validator_id);

// --- signing ------------------------------------------------------------------------------------

// What an Ed25519 cosignature of type 0x04 signs: "cosignature/v1", the time, the text.
[[nodiscard]] Bytes cosignature_message(std::uint64_t timestamp_s, std::string_view text);

// A cosignature at a block time in whole seconds, by an Ed25519 key.
[[nodiscard]] NoteSignature cosign(const SigningKey& key, std::string_view name,
                                   std::uint64_t timestamp_s, std::string_view text);
// The line of a cosignature whose 64 bytes arrived without it.
[[nodiscard]] NoteSignature cosignature_line(const NoteKey& key, std::uint64_t timestamp_s,
                                             ByteView signature);
// A plain signature (0x01) by an Ed25519 key: the log's line.
[[nodiscard]] NoteSignature sign_note(const SigningKey& key, std::string_view name,
                                      std::string_view text);

}  // namespace footproof
