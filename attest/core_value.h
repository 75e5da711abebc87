// Normal forms of what goes into core slots, and how a slot's items become its value.
//
// Two documents that mean the same must give the same bytes: `3.0` and `3`, `Z` and `+00:00`, UUIDs
// in upper and lower case, sets in any order. What a slot cannot take (an id that is no UUID) is
// no reason to refuse a document: the slot stays absent and the tools say why. Only a number that
// is too large is refused.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attest/core_profile.h"

namespace footproof {

// An emission-factor source: a name, and a version where the document tells it apart.
struct SourceRelease {
  std::string name;
  std::optional<std::string> version;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted comparison
  friend auto operator<=>(const SourceRelease&, const SourceRelease&) = default;
};

// One scalar value, or one member of a set.
using CoreItem = std::variant<bool, std::uint64_t, std::string, Decimal, SourceRelease>;

[[nodiscard]] bool is_set(SlotType type);

// Normal form of one item. malformed: the slot cannot take it. bad_value: a decimal too large.
[[nodiscard]] Result<CoreItem> core_item(const CoreSlot& slot, std::string_view text);

// One item for a scalar slot, any number for a set; sorts, and drops duplicates. No item: absent.
// bad_length: more than kSlotSetMax members. mismatch: a scalar slot with different items.
[[nodiscard]] Result<Bytes> core_value(const CoreSlot& slot, std::vector<CoreItem> items);

// The normal forms by themselves; nothing where the text is none.
[[nodiscard]] std::optional<std::string> normal_uuid(std::string_view text);
[[nodiscard]] std::optional<std::string> normal_uri(std::string_view text);
[[nodiscard]] std::optional<std::string> normal_instant(std::string_view text);
// Lower case, spaces and underscores as hyphens: "Cradle-to-gate" is "cradle-to-gate".
[[nodiscard]] std::string code_spelling(std::string_view text);

}  // namespace footproof
