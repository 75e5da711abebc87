// The core profile: the slots that every sealed declaration has, whatever format its documents
// have. A slot's rank is its position in the table and in the tree, so that an opened slot that is
// null proves absence (docs/formats.md §4, docs/core_profile.md).
//
// The profile id pins slots, order, types, codes *and* the mappings of source formats
// (source_format.h): any change of those is a new id, old ids stay known for ever.
// A core value is deterministic CBOR: null, text, uint, bool, [text, rounded] for a decimal, or a
// sorted array without duplicates for a set.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/decimal.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::string_view kCoreProfileId = "footproof-core-1";
inline constexpr std::size_t kSlotTextMax = 4096;  // bytes of one text in a slot
inline constexpr std::size_t kSlotSetMax = 1024;   // members of a set

enum class SlotType : std::uint8_t {
  text,
  uuid,              // lower case, without urn:uuid:
  uri,               // URN scheme and namespace in lower case
  code,              // one of the slot's codes
  digits8,           // a CN code
  country,           // ISO 3166-1, two upper-case letters
  subdivision,       // ISO 3166-2
  unsigned_integer,  // at most 2^32 − 1
  decimal,
  instant,  // text, UTC with Z: 2025-04-30T00:00:00Z, fraction only where not zero
  date,     // text, YYYY-MM-DD
  boolean,
  text_set,
  uuid_set,
  uri_set,
  release_set,  // of [name, version or null]
};

// "decimal", "set of URIs" …
[[nodiscard]] std::string_view to_text(SlotType type);

struct CoreSlot {
  std::string_view name;                         // label is "core:" + name
  std::string_view meaning;                      // one line for people
  std::span<const std::string_view> codes = {};  // type code
  SlotType type = SlotType::text;
  Rounding rounding = Rounding::up;  // decimals
};

struct CoreProfile {
  std::string_view id;
  std::span<const CoreSlot> slots;  // rank = index

  [[nodiscard]] std::optional<std::size_t> rank(std::string_view slot) const;
};

[[nodiscard]] const CoreProfile& core_profile();  // the one we seal with
// nullptr if this build does not know it.
[[nodiscard]] const CoreProfile* find_core_profile(std::string_view id);

// A null of CBOR: the slot is absent.
[[nodiscard]] Bytes absent_value();
[[nodiscard]] bool is_absent(ByteView value);

// Is this null or exactly the normal form of the slot's type?
[[nodiscard]] Result<void> check_core_value(const CoreSlot& slot, ByteView value);

// A value as a person types it: sets separated by commas, a release as name@version, booleans as
// true or false, an empty text for absent. Normalised like a document's.
[[nodiscard]] Result<Bytes> core_value_from_text(const CoreSlot& slot, std::string_view text);

// For people: any value of a leaf on one line ("1.85", "iso14067, pef", "absent").
[[nodiscard]] std::string value_text(ByteView value);

}  // namespace footproof
