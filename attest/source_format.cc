#include "attest/source_format.h"

#include <algorithm>
#include <array>
#include <set>

#include "attest/core_profile.h"
#include "attest/core_value.h"
#include "attest/source_csv.h"
#include "attest/source_formats.h"

namespace footproof {
namespace {

using Items = std::vector<CoreItem>;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The values that a row's path leads to.
void collect(json::Value at, std::string_view path, std::vector<json::Value>& found) {
  if (path.empty()) {
    found.push_back(at);
    return;
  }
  const std::size_t end = path.find('/', 1);
  const std::string_view step = path.substr(1, end == std::string_view::npos ? end : end - 1);
  const std::string_view rest = end == std::string_view::npos ? "" : path.substr(end);
  if (step == "*") {
    if (at.kind() != json::Kind::array) return;
    for (const json::Value child : at.children()) collect(child, rest, found);
  } else if (const auto member = at.find(step)) {
    collect(*member, rest, found);
  }
}

// A classification URN: …:<type>:<id>. Nothing unless the type is one of `types`.
std::optional<std::string_view> classified(std::string_view urn,
                                           std::initializer_list<std::string_view> types) {
  const std::size_t colon = urn.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::size_t before = urn.rfind(':', colon - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::string type = code_spelling(urn.substr(begin, colon - begin));
  if (std::find(types.begin(), types.end(), type) == types.end()) return std::nullopt;
  return urn.substr(colon + 1);
}

// Catena-X 7 and 9 and PACT 2 and 3 spell the same standards in their own ways.
std::vector<std::string> standards_of(std::string_view text) {
  struct Spelling {
    std::string_view written;  // as code_spelling() gives it
    std::vector<std::string> codes;
  };
  static const std::array spellings = {
      Spelling{"iso-standard-14067", {"iso14067"}},
      Spelling{"iso-14067", {"iso14067"}},
      Spelling{"iso-standard-14044", {"iso14044"}},
      Spelling{"iso-14044", {"iso14044"}},
      Spelling{"iso-standard-14040", {"iso14040"}},
      Spelling{"iso-14040", {"iso14040"}},
      Spelling{"iso14040-44", {"iso14040", "iso14044"}},
      Spelling{"iso-14083", {"iso14083"}},
      Spelling{"ghg-protocol-product-standard", {"ghgp-product"}},
      Spelling{"pathfinder-v1", {"pact-1.0"}},
      Spelling{"pathfinder-v2", {"pact-2.0"}},
      Spelling{"pas-2050", {"pas2050"}},
  };
  const std::string spelling = code_spelling(text);
  for (const Spelling& one : spellings) {
    if (one.written == spelling) return one.codes;
  }
  return {spelling};
}

// "PCF 3rd party verification", "PCF Program Certification".
std::optional<std::string_view> attestation_code(std::string_view slot, std::string_view text) {
  const std::string type = code_spelling(text);
  if (slot == "verif.coverage") {
    if (contains(type, "program")) return "pcf-program";
    if (contains(type, "party-verification")) return "product-level";
    return std::nullopt;
  }
  if (contains(type, "3rd-party") || contains(type, "third-party")) return "third";
  if (contains(type, "2nd-party") || contains(type, "second-party")) return "second";
  if (contains(type, "1st-party") || contains(type, "first-party")) return "first";
  return std::nullopt;
}

bool kind_fits(SlotType type, json::Kind kind) {
  if (kind == json::Kind::string) return true;
  if (type == SlotType::decimal || type == SlotType::unsigned_integer) {
    return kind == json::Kind::number;
  }
  return type == SlotType::boolean && kind == json::Kind::boolean;
}

Result<Items> one_item(const CoreSlot& slot, std::string_view text) {
  auto item = core_item(slot, text);
  if (!item) return fail(item.error());
  return Items{std::move(*item)};
}

Result<Items> read_release(json::Value value) {
  const auto name = value.find("name");
  const auto version = value.find("version");
  if (!name || name->kind() != json::Kind::string || name->text().empty()) {
    return fail(Errc::malformed, "no object with a name");
  }
  SourceRelease release{std::string(name->text()), std::nullopt};
  if (version && version->kind() == json::Kind::string && !version->text().empty()) {
    release.version = std::string(version->text());
  }
  if (release.name.size() > kSlotTextMax ||
      (release.version && release.version->size() > kSlotTextMax)) {
    return fail(Errc::malformed, "a name or version of more than 4096 bytes");
  }
  return Items{CoreItem(std::move(release))};
}

// The items that one field gives its slot; none where it says nothing.
Result<Items> read_field(const MappingRow& row, const CoreSlot& slot, json::Value value) {
  if (value.kind() == json::Kind::null) return Items{};
  if (row.reading == Reading::name_version) return read_release(value);
  if (!kind_fits(slot.type, value.kind())) return fail(Errc::malformed, "another type of value");
  const std::string_view text = value.kind() == json::Kind::string ? value.text() : value.token();
  if (text.empty()) return Items{};
  switch (row.reading) {
    case Reading::cn: {
      const auto code =
          classified(text, {"cn", "cn8", "cn-code", "eu-cn", "combined-nomenclature"});
      return code ? one_item(slot, *code) : Items{};
    }
    case Reading::cpc: {
      const auto code = classified(text, {"cpc", "un-cpc"});
      return code ? one_item(slot, *code) : Items{};
    }
    case Reading::gtin: {
      const auto code = classified(text, {"gtin"});
      return code && all_digits(*code) ? one_item(slot, *code) : Items{};
    }
    case Reading::country_part:
      return text.size() > 3 && text[2] == '-' ? one_item(slot, text.substr(0, 2)) : Items{};
    case Reading::standard: {
      Items items;
      for (const std::string& code : standards_of(text)) {
        auto item = core_item(slot, code);
        if (!item) return fail(item.error());
        items.push_back(std::move(*item));
      }
      return items;
    }
    case Reading::name: {
      if (text.size() > kSlotTextMax) return fail(Errc::malformed, "more than 4096 bytes");
      return Items{CoreItem(SourceRelease{std::string(text), std::nullopt})};
    }
    case Reading::trace_id:
      return normal_uuid(text) ? one_item(slot, "urn:uuid:" + *normal_uuid(text))
                               : Result<Items>(fail(Errc::malformed, "not a UUID"));
    case Reading::per_unit:
      return one_item(slot, text.starts_with("kgCO2e/") ? text.substr(7) : text);
    case Reading::unit_of_goods:
    case Reading::mass_of_goods: {
      const std::string unit = code_spelling(text);
      const bool mass = unit == "tonne" || unit == "t";
      if (row.reading == Reading::mass_of_goods) return mass ? one_item(slot, "1") : Items{};
      if (mass) return one_item(slot, "kilogram");
      if (unit == "mwh" || unit == "megawatt-hour") return one_item(slot, "kilowatt-hour");
      return fail(Errc::malformed, "neither tonne nor MWh");
    }
    case Reading::attestation: {
      const auto code = attestation_code(slot.name, text);
      return code ? one_item(slot, *code) : Items{};
    }
    default:
      return one_item(slot, text);
  }
}

// The exact sum of decimals; nothing if a field gave none.
Result<Items> added_up(const Items& items, std::size_t fields) {
  if (items.size() != fields) return Items{};
  constexpr std::int64_t kScaledMax = 9'199'999'999'999'999'999;
  std::int64_t total = 0;
  bool rounded = false;
  for (const CoreItem& item : items) {
    const auto& decimal = std::get<Decimal>(item);
    const std::int64_t scaled = *scaled_decimal(decimal.text);
    const bool fits = scaled > 0 ? total <= kScaledMax - scaled : total >= -kScaledMax - scaled;
    if (!fits) return fail(Errc::bad_value, "the sum is not between -9.2e9 and 9.2e9");
    total += scaled;
    rounded |= decimal.rounded;
  }
  return Items{CoreItem(Decimal{decimal_from_scaled(total), rounded})};
}

// The worst of several ratings.
void keep_highest(Items& items) {
  const auto scaled = [](const CoreItem& item) {
    return *scaled_decimal(std::get<Decimal>(item).text);
  };
  const auto highest = std::ranges::max_element(items, {}, scaled);
  if (highest != items.end()) items = Items{CoreItem(*highest)};
}

class Mapper {
 public:
  explicit Mapper(const Footprint& footprint) : root_(footprint.root) {
    mapping_.format = footprint.format;
    mapping_.slots.resize(core_profile().slots.size());
  }

  Result<Mapping> map() {
    const auto slots = core_profile().slots;
    for (std::size_t rank = 0; rank < slots.size(); ++rank) {
      if (auto done = fill(slots[rank], rank); !done) return fail(done.error());
    }
    return std::move(mapping_);
  }

 private:
  Result<void> fill(const CoreSlot& slot, std::size_t rank) {
    Items items;
    std::string first;  // the field that filled it
    for (const MappingRow& row : mapping_.format->rows) {
      if (row.slot != slot.name) continue;
      if (row.reading == Reading::constant) {
        items.push_back(*core_item(slot, row.constant));
        first = root_.pointer();
        continue;
      }
      std::vector<json::Value> fields;
      collect(root_, row.path, fields);
      for (const json::Value field : fields) {
        auto read = read_field(row, slot, field);
        if (!read && read.error().code == Errc::bad_value) {
          return fail(field.pointer(), read.error());
        }
        if (!read) {
          note(slot, field.pointer() + ": " + read.error().detail);
          continue;
        }
        if (items.empty() && !read->empty()) first = field.pointer();
        std::move(read->begin(), read->end(), std::back_inserter(items));
      }
      if (row.reading == Reading::sum) {
        auto sum = added_up(items, fields.size());
        if (!sum) return fail(first, sum.error());
        items = std::move(*sum);
      }
      if (row.reading == Reading::highest) keep_highest(items);
    }
    if (items.empty()) return {};
    auto value = core_value(slot, std::move(items));
    if (!value) {
      note(slot, first + ": " + value.error().detail);
      return {};
    }
    mapping_.slots[rank] = MappedSlot{std::move(*value), std::move(first)};
    return {};
  }

  void note(const CoreSlot& slot, const std::string& why) {
    mapping_.notes.push_back("core:" + std::string(slot.name) + " does not take " + why);
  }

  json::Value root_;
  Mapping mapping_;
};

constexpr std::string_view kCatenaPrefix = "urn:io.catenax.pcf:datamodel:version:";

const SourceFormat* format_by_version(std::string_view version, bool nested) {
  const auto major = [&](std::string_view digit) {
    return version.starts_with(digit) && version.size() > 2 && version[1] == '.';
  };
  if (version.starts_with(kCatenaPrefix)) {
    version.remove_prefix(kCatenaPrefix.size());
    if (nested) return major("9") ? &catenax_9_format() : nullptr;
    if (major("7")) return &catenax_7_format();
    return major("8") ? &catenax_8_format() : nullptr;
  }
  if (nested) return nullptr;
  if (major("3")) return &pact_3_format();
  return major("2") ? &pact_2_format() : nullptr;
}

// Ouranos names no version: four records of one part, one of each kind.
bool is_ouranos(json::Value root) {
  if (root.kind() != json::Kind::array || root.size() != 4) return false;
  std::set<std::string_view> kinds;
  std::set<std::string_view> parts;
  for (const json::Value record : root.children()) {
    const auto kind = record.find("cfpType");
    const auto part = record.find("traceId");
    if (!kind || !part || !record.find("ghgEmission") || !record.find("cfpId")) return false;
    kinds.insert(kind->text());
    parts.insert(part->text());
  }
  static const std::set<std::string_view> kinds_wanted = {"preProduction", "mainProduction",
                                                          "preComponent", "mainComponent"};
  return kinds == kinds_wanted && parts.size() == 1;
}

// The record of the part that Ouranos' footprint is of, by its members.
bool is_ouranos_part(json::Value root) {
  constexpr auto kMembers =
      std::to_array<std::string_view>({"traceId", "operatorId", "plantId", "partsName"});
  return std::ranges::all_of(kMembers,
                             [&](std::string_view name) { return root.find(name).has_value(); });
}

// By the version that the document names where its format keeps it.
const SourceFormat* format_of(json::Value root) {
  if (is_ouranos(root)) return &ouranos_format();
  if (is_ouranos_part(root)) return &ouranos_parts_format();
  const auto name = root.find("format");
  if (name && name->kind() == json::Kind::string && name->text() == kCbamFormatName) {
    return &cbam_format();
  }
  constexpr auto kPlaces = std::to_array<std::string_view>(
      {"/specVersion", "/specVersion/*", "/scopeOfPcfForm/*/specVersion"});
  for (const std::string_view place : kPlaces) {
    std::vector<json::Value> found;
    collect(root, place, found);
    if (found.size() != 1 || found[0].kind() != json::Kind::string) continue;
    const SourceFormat* format = format_by_version(found[0].text(), contains(place, "scope"));
    if (format == nullptr) continue;
    // A PACT extension names a specVersion too; a footprint also names products or figures.
    const bool nested = format == &catenax_9_format();
    if (nested || root.find("pcf") || root.find("productIds")) return format;
  }
  return nullptr;
}

}  // namespace

std::string_view to_text(Reading reading) {
  switch (reading) {
    case Reading::plain:
      return "as it stands";
    case Reading::constant:
      return "constant";
    case Reading::cn:
      return "CN code in a classification";
    case Reading::cpc:
      return "UN CPC class in a classification";
    case Reading::gtin:
      return "GTIN in an identifier";
    case Reading::country_part:
      return "country part";
    case Reading::standard:
      return "standard's code";
    case Reading::name:
      return "name of a source";
    case Reading::name_version:
      return "name and version";
    case Reading::trace_id:
      return "URN of the UUID";
    case Reading::per_unit:
      return "unit after kgCO2e/";
    case Reading::sum:
      return "sum";
    case Reading::highest:
      return "the highest of all";
    case Reading::unit_of_goods:
      return "tonne as kilogram, MWh as kilowatt-hour";
    case Reading::mass_of_goods:
      return "1 for goods by the tonne";
    case Reading::attestation:
      return "attestation type";
  }
  return "";
}

std::span<const SourceFormat> source_formats() {
  static const std::array formats = {pact_3_format(),        pact_2_format(),    catenax_7_format(),
                                     catenax_8_format(),     catenax_9_format(), ouranos_format(),
                                     ouranos_parts_format(), cbam_format()};
  return formats;
}

std::optional<Footprint> find_footprint(const json::Document& document) {
  constexpr auto kPlaces = std::to_array<std::string_view>({"", "/data", "/data/*", "/data/pfs/*"});
  std::vector<Footprint> found;
  for (const std::string_view place : kPlaces) {
    std::vector<json::Value> roots;
    collect(document.root(), place, roots);
    for (const json::Value root : roots) {
      if (const SourceFormat* format = format_of(root)) found.push_back({root, format});
    }
    if (!found.empty()) break;
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

Result<Mapping> map_document(const json::Document& document) {
  const auto footprint = find_footprint(document);
  if (footprint) return Mapper(*footprint).map();
  Mapping nothing;
  nothing.slots.resize(core_profile().slots.size());
  return nothing;
}

Result<Mapping> map_csv(std::string_view text) {
  const auto json = cbam_json_from_csv(text);
  if (!json) return fail(json.error());
  if (*json) {
    const auto document = json::Document::parse(**json);
    if (!document) return fail(document.error());
    return map_document(*document);
  }
  Mapping nothing;
  nothing.slots.resize(core_profile().slots.size());
  return nothing;
}

}  // namespace footproof
