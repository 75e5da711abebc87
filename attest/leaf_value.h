// The values of leaves that are not core slots (docs/formats.md §4.1), and the form of labels.
//
//   doc:<n>            [media type, byte length, H(bytes)]
//   src:<n>:<pointer>  [kind path, exact token]: one letter a step, o for object, a for array
//   link:<n>           [kind, entry id or [database, release], weight or null]
//   pad:<n>            null
// <n> is a decimal number without leading zeros.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/cbor.h"
#include "attest/core_profile.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "attest/seal.h"

namespace footproof {

enum class LabelKind : std::uint8_t { core, document, source, link, pad };

struct Label {
  LabelKind kind = LabelKind::pad;
  std::uint64_t number = 0;  // document, link or pad; the rank of a core slot
  std::string_view rest;     // slot name or JSON pointer, inside the text that was parsed
};

// Strict: every label has one spelling. A core slot must be one of `profile`.
[[nodiscard]] Result<Label> parse_label(std::string_view text, const CoreProfile& profile);

[[nodiscard]] Bytes document_value(const SourceDocument& document);
[[nodiscard]] Bytes source_value(std::string_view kind_path, std::string_view token);
[[nodiscard]] Bytes link_value(const Link& link);

void write_link(cbor::Writer& out, const Link& link);
// Errors stay in the reader.
[[nodiscard]] Link read_link(cbor::Reader& in);
[[nodiscard]] std::string_view to_text(LinkKind kind);

[[nodiscard]] bool is_media_type(std::string_view text);

// Does `value` have the form that its label demands?
[[nodiscard]] Result<void> check_leaf_value(const Label& label, ByteView value,
                                            const CoreProfile& profile);

}  // namespace footproof
