// Known source formats and how their fields fill core slots (docs/core_profile.md shows the table).
//
// The mappings belong to the core profile: a field read another way, or another format known, is a
// new profile id, because a sealed file must re-derive to the same root for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/json.h"
#include "attest/result.h"

namespace footproof {

// How a field's text becomes items of its slot.
enum class Reading : std::uint8_t {
  plain,          // by the slot's type
  constant,       // the row's own text: true of every document of this format
  cn,             // a CN code inside a classification URN; others are passed over
  cpc,            // likewise a UN CPC class
  gtin,           // likewise a GTIN
  country_part,   // the country that an ISO 3166-2 code begins with
  standard,       // one spelling for each cross-sectoral standard
  name,           // the text names a source of emission factors
  name_version,   // an object {name, version}
  trace_id,       // a bare UUID becomes a URN
  per_unit,       // the unit in "kgCO2e/kilogram"
  sum,            // all fields of the path, added; absent if one of them is
  highest,        // the highest number of all fields of the path
  unit_of_goods,  // CBAM counts goods in tonnes or MWh; the core's figures are per kilogram or kWh
  mass_of_goods,  // the mass of one such unit, if it is one of mass
  attestation,    // a Catena-X attestation type: party or coverage, by the slot
};

// "plain", "classification cn" …, as the documentation shows it.
[[nodiscard]] std::string_view to_text(Reading reading);

struct MappingRow {
  std::string_view slot;
  std::string_view path;  // JSON pointer from the footprint; "*" is every element of an array
  Reading reading = Reading::plain;
  std::string_view constant = {};
};

struct SourceFormat {
  std::string_view id;  // "pact-3"
  std::string_view title;
  std::span<const MappingRow> rows;
  // A record that stands beside a footprint and is none by itself: it fills what that leaves open.
  bool companion = false;
};

[[nodiscard]] std::span<const SourceFormat> source_formats();

// A slot's value and the field it came from.
struct MappedSlot {
  Bytes value;  // core value, never absent
  std::string pointer;
};

struct Mapping {
  const SourceFormat* format = nullptr;          // nullptr: not known
  std::vector<std::optional<MappedSlot>> slots;  // by rank
  std::vector<std::string> notes;                // fields a slot could not take
};

// bad_value, with the pointer, where a number is too large; nothing else is refused.
[[nodiscard]] Result<Mapping> map_document(const json::Document& document);
// The same for a CSV file (source_csv.h); malformed, too, for one that breaks its form.
[[nodiscard]] Result<Mapping> map_csv(std::string_view text);

// One footprint inside a document, and its format.
struct Footprint {
  json::Value root;
  const SourceFormat* format = nullptr;
};
// The one footprint in it, bare or in the envelopes of PACT's interface (data, data/pfs). Nothing
// where there is none of a known format, or more than one.
[[nodiscard]] std::optional<Footprint> find_footprint(const json::Document& document);

}  // namespace footproof
