#include "attest/core_profile.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "attest/cbor.h"
#include "attest/core_value.h"
#include "attest/printable.h"

namespace footproof {
namespace {

using Codes = std::span<const std::string_view>;

constexpr auto kStatusCodes = std::to_array<std::string_view>({"active", "deprecated"});
constexpr auto kUnitCodes = std::to_array<std::string_view>(
    {"liter", "kilogram", "cubic-meter", "kilowatt-hour", "megajoule", "ton-kilometer",
     "square-meter", "piece", "hour", "megabit-second", "megabit", "second"});
// Quantities are also counted as goods are.
constexpr auto kQuantityCodes = std::to_array<std::string_view>(
    {"liter", "kilogram", "cubic-meter", "kilowatt-hour", "megajoule", "ton-kilometer",
     "square-meter", "piece", "hour", "megabit-second", "megabit", "second", "tonne",
     "megawatt-hour"});
constexpr auto kBoundaryCodes =
    std::to_array<std::string_view>({"cradle-to-gate", "cradle-to-grave", "gate-to-gate"});
constexpr auto kRegionCodes = std::to_array<std::string_view>({"africa",
                                                               "americas",
                                                               "asia",
                                                               "europe",
                                                               "oceania",
                                                               "australia-and-new-zealand",
                                                               "central-asia",
                                                               "eastern-asia",
                                                               "eastern-europe",
                                                               "latin-america-and-the-caribbean",
                                                               "melanesia",
                                                               "micronesia",
                                                               "northern-africa",
                                                               "northern-america",
                                                               "northern-europe",
                                                               "polynesia",
                                                               "south-eastern-asia",
                                                               "southern-asia",
                                                               "southern-europe",
                                                               "sub-saharan-africa",
                                                               "western-asia",
                                                               "western-europe",
                                                               "global",
                                                               "several"});
// Which parts add up to the totals. PACT's field texts (F1) and its worked examples (F2) differ.
constexpr auto kFormulaCodes =
    std::to_array<std::string_view>({"f1", "f2", "cx-t1", "cx-t2", "cbam", "other"});
constexpr auto kPartyCodes = std::to_array<std::string_view>({"first", "second", "third"});
constexpr auto kLevelCodes = std::to_array<std::string_view>({"none", "limited", "reasonable"});
constexpr auto kCoverageCodes = std::to_array<std::string_view>(
    {"pcf-calculation-model", "pcf-program", "product-level", "corporate-level", "product-line",
     "pcf-system", "installation"});

constexpr CoreSlot slot(std::string_view name, SlotType type, std::string_view meaning) {
  return CoreSlot{name, meaning, {}, type, Rounding::up};
}
constexpr CoreSlot code(std::string_view name, Codes codes, std::string_view meaning) {
  return CoreSlot{name, meaning, codes, SlotType::code, Rounding::up};
}
constexpr CoreSlot number(std::string_view name, Rounding rounding, std::string_view meaning) {
  return CoreSlot{name, meaning, {}, SlotType::decimal, rounding};
}

// Rank = position. Neighbours are disclosed together, which keeps multi-proofs short.
constexpr auto kSlots = std::to_array<CoreSlot>({
    slot("product.cn", SlotType::digits8, "CN code of the goods"),
    slot("product.name", SlotType::text, "the declarant's name for the product"),
    slot("product.ids", SlotType::uri_set, "identifiers of the product"),
    slot("product.gtin", SlotType::text_set, "GTINs among its identifiers and classes"),
    slot("product.cpc", SlotType::text_set, "UN CPC classes"),
    slot("declarant.name", SlotType::text, "who declares"),
    slot("declarant.ids", SlotType::uri_set, "identifiers of who declares"),
    slot("site.id", SlotType::uri, "plant or installation"),
    code("geo.region", kRegionCodes, "UN region of production"),
    slot("geo.country", SlotType::country, "country of production"),
    slot("geo.subdivision", SlotType::subdivision, "part of the country"),
    slot("period.start", SlotType::instant, "start of the reporting period"),
    slot("period.end", SlotType::instant, "end of the reporting period"),
    slot("validity.start", SlotType::instant, "start of the declaration's own validity"),
    slot("validity.end", SlotType::instant, "end of the declaration's own validity"),
    code("unit.measure", kUnitCodes, "declared unit"),
    number("unit.amount", Rounding::down, "how many of it the figures are for"),
    number("unit.mass", Rounding::down, "kilograms of product in them"),
    code("boundary", kBoundaryCodes, "system boundary"),
    number("value.exclBiogenic", Rounding::up, "kgCO2e without biogenic uptake"),
    number("value.inclBiogenic", Rounding::up, "kgCO2e with biogenic uptake"),
    number("value.direct", Rounding::up, "direct embedded emissions (CBAM)"),
    number("value.indirect", Rounding::up, "indirect embedded emissions (CBAM)"),
    code("value.formula", kFormulaCodes, "which parts add up to the totals"),
    slot("value.class", SlotType::text, "performance class"),
    number("value.fossil", Rounding::up, "fossil emissions"),
    number("value.luc", Rounding::up, "land-use change"),
    number("value.lmFossil", Rounding::up, "land management, fossil"),
    number("value.lmEmis", Rounding::up, "land management, biogenic CO2 emitted"),
    number("value.lmRem", Rounding::up, "land management, CO2 removed (negative)"),
    number("value.bioNonCo2", Rounding::up, "biogenic other than CO2"),
    number("value.uptake", Rounding::up, "biogenic CO2 taken up (negative)"),
    number("value.aircraft", Rounding::up, "aircraft"),
    number("stage.rawMaterial", Rounding::up, "raw material stage"),
    number("stage.production", Rounding::up, "production stage"),
    number("stage.packaging", Rounding::up, "packaging"),
    number("stage.distribution", Rounding::up, "distribution"),
    number("stage.endOfLife", Rounding::up, "end of life"),
    slot("method.standards", SlotType::text_set, "cross-sectoral standards"),
    slot("method.rules", SlotType::text_set, "product or sector rules"),
    slot("method.gwp", SlotType::text_set, "IPCC characterization factors"),
    number("method.exemptedPct", Rounding::up, "percent of emissions left out"),
    number("method.pds", Rounding::down, "percent of primary data"),
    number("dqr.te", Rounding::up, "technological data quality, 1 best"),
    number("dqr.ge", Rounding::up, "geographical data quality, 1 best"),
    number("dqr.ti", Rounding::up, "temporal data quality, 1 best"),
    slot("lci", SlotType::release_set, "sources of secondary emission factors"),
    slot("massBalance.used", SlotType::boolean, "mass balancing used"),
    slot("massBalance.scheme", SlotType::text, "mass balance scheme"),
    number("quantity.verified", Rounding::down, "quantity the verification covers"),
    code("quantity.unit", kQuantityCodes, "unit of that quantity"),
    code("verif.party", kPartyCodes, "first, second or third party"),
    code("verif.level", kLevelCodes, "assurance level"),
    code("verif.coverage", kCoverageCodes, "what the verification covers"),
    slot("verif.standard", SlotType::text, "standard of the verification"),
    slot("verif.provider", SlotType::text, "who verified, by the document"),
    slot("verif.completedAt", SlotType::instant, "when that was completed"),
    slot("verif.reportNo", SlotType::text, "number of the verification report"),
    slot("verif.siteVisit", SlotType::date, "day of the site visit"),
    slot("verif.signatory", SlotType::text, "who signed the report"),
    slot("declaration.id", SlotType::uuid, "id of the declaration"),
    slot("declaration.version", SlotType::unsigned_integer, "its version"),
    code("declaration.status", kStatusCodes, "its status by its own words"),
    slot("declaration.preceding", SlotType::uuid_set, "declarations it replaces"),
});
static_assert(std::size(kSlots) == 64);

constexpr auto kProfiles = std::to_array<CoreProfile>({{kCoreProfileId, kSlots}});

// The one item that `in` holds, or an error in `in`.
CoreItem read_item(cbor::Reader& in, const CoreSlot& slot) {
  switch (slot.type) {
    case SlotType::boolean:
      return in.boolean();
    case SlotType::unsigned_integer:
      return in.uint_up_to(0xFFFFFFFF);
    case SlotType::decimal: {
      in.array_of(2);
      const std::string text(in.text(kSlotTextMax));
      const Decimal decimal{text, in.boolean()};
      if (!is_decimal(decimal.text)) in.reject(Errc::bad_value, "not a core decimal");
      return decimal;
    }
    case SlotType::release_set: {
      in.array_of(2);
      SourceRelease release{std::string(in.text(kSlotTextMax)), std::nullopt};
      if (!in.take_null()) release.version = std::string(in.text(kSlotTextMax));
      const bool empty = release.name.empty() || (release.version && release.version->empty());
      if (empty) in.reject(Errc::bad_value, "an empty name or version");
      return release;
    }
    default: {
      const std::string_view text = in.text(kSlotTextMax);
      const auto normal = core_item(slot, text);
      if (!normal || *normal != CoreItem(std::string(text))) {
        in.reject(Errc::bad_value, "not the normal form of this slot");
      }
      return std::string(text);
    }
  }
}

std::string shown(cbor::Reader& in, bool nested);

// [text, bool] is a decimal; [name, version or null] inside a set is a release; else a list.
std::string shown_array(cbor::Reader& in, bool nested) {
  const std::size_t count = in.array();
  std::string text;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    if (i == 1 && count == 2 && in.peek() == cbor::Type::boolean) {
      if (in.boolean()) text += " (rounded)";
    } else if (!nested || !in.take_null()) {
      if (i > 0) text += nested ? " " : ", ";
      text += shown(in, true);
    }
  }
  return text;
}

std::string shown(cbor::Reader& in, bool nested) {
  switch (in.peek()) {
    case cbor::Type::null:
      in.null();
      return "absent";
    case cbor::Type::boolean:
      return in.boolean() ? "yes" : "no";
    case cbor::Type::unsigned_integer:
      return std::to_string(in.uint());
    case cbor::Type::text:
      return printable(in.text(std::size_t{1} << 30));
    case cbor::Type::bytes:
      return to_hex(in.bytes(std::size_t{1} << 20));
    case cbor::Type::array:
      return shown_array(in, nested);
    default:
      in.reject(Errc::malformed, "not a value of a leaf");
      return "";
  }
}

}  // namespace

std::string_view to_text(SlotType type) {
  switch (type) {
    case SlotType::text:
      return "text";
    case SlotType::uuid:
      return "UUID";
    case SlotType::uri:
      return "URI";
    case SlotType::code:
      return "code";
    case SlotType::digits8:
      return "8 digits";
    case SlotType::country:
      return "country";
    case SlotType::subdivision:
      return "subdivision";
    case SlotType::unsigned_integer:
      return "whole number";
    case SlotType::decimal:
      return "decimal";
    case SlotType::instant:
      return "instant";
    case SlotType::date:
      return "date";
    case SlotType::boolean:
      return "yes or no";
    case SlotType::text_set:
      return "set of texts";
    case SlotType::uuid_set:
      return "set of UUIDs";
    case SlotType::uri_set:
      return "set of URIs";
    case SlotType::release_set:
      return "set of releases";
  }
  return "";
}

std::optional<std::size_t> CoreProfile::rank(std::string_view name) const {
  const auto found = std::find_if(slots.begin(), slots.end(),
                                  [&](const CoreSlot& one) { return one.name == name; });
  if (found == slots.end()) return std::nullopt;
  return static_cast<std::size_t>(found - slots.begin());
}

const CoreProfile& core_profile() { return kProfiles[0]; }

const CoreProfile* find_core_profile(std::string_view id) {
  for (const CoreProfile& profile : kProfiles) {
    if (profile.id == id) return &profile;
  }
  return nullptr;
}

Bytes absent_value() { return {0xF6}; }

bool is_absent(ByteView value) { return value.size() == 1 && value[0] == 0xF6; }

Result<void> check_core_value(const CoreSlot& slot, ByteView value) {
  if (is_absent(value)) return {};
  cbor::Reader in(value, "core slot");
  in.field(slot.name);
  if (!is_set(slot.type)) {
    read_item(in, slot);
    return in.finish();
  }
  const std::size_t count = in.array_between(1, kSlotSetMax);
  std::optional<CoreItem> last;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    CoreItem item = read_item(in, slot);
    if (last && !(*last < item)) in.reject(Errc::bad_value, "the set is not sorted");
    last = std::move(item);
  }
  return in.finish();
}

Result<Bytes> core_value_from_text(const CoreSlot& slot, std::string_view text) {
  std::vector<CoreItem> items;
  while (!text.empty()) {
    const std::size_t end = is_set(slot.type) ? text.find(',') : std::string_view::npos;
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    auto item = core_item(slot, part);
    if (!item) return fail("core:" + std::string(slot.name), item.error());
    items.push_back(std::move(*item));
  }
  return core_value(slot, std::move(items));
}

std::string value_text(ByteView value) {
  cbor::Reader in(value, "value");
  std::string text = shown(in, false);
  return in.finish() ? text : "not a value";
}

}  // namespace footproof
