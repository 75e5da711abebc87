#include "attest/core_value.h"

#include <algorithm>
#include <array>

#include "attest/cbor.h"
#include "attest/date.h"

namespace footproof {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

std::string mapped(std::string_view text, char (*map)(char)) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), map);
  return result;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return mapped(text.substr(0, lower_prefix.size()), lower) == lower_prefix;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

int to_int(std::string_view digits) {  // a few digits, checked by the caller
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// Spellings that are not the code itself.
struct Alias {
  std::string_view spelling;  // as code_spelling() gives it
  std::string_view code;
};
constexpr std::array kAliases = {
    Alias{"litre", "liter"},       Alias{"unit", "piece"},
    Alias{"kwh", "kilowatt-hour"}, Alias{"tonne-kilometer", "ton-kilometer"},
    Alias{"t", "tonne"},           Alias{"mwh", "megawatt-hour"},
};

std::optional<std::string> normal_code(const CoreSlot& slot, std::string_view text) {
  const std::string spelling = code_spelling(text);
  const auto known = [&](std::string_view code) {
    return std::find(slot.codes.begin(), slot.codes.end(), code) != slot.codes.end();
  };
  if (known(spelling)) return spelling;
  for (const Alias& alias : kAliases) {
    if (alias.spelling == spelling && known(alias.code)) return std::string(alias.code);
  }
  return std::nullopt;
}

std::optional<std::string> normal_text(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= kSlotTextMax && is_utf8(as_bytes(text));
  return fits ? std::optional(std::string(text)) : std::nullopt;
}

// ISO 3166-1 alpha-2.
std::optional<std::string> normal_country(std::string_view text) {
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return std::nullopt;
  return mapped(text, upper);
}

// ISO 3166-2: country, hyphen, one to three letters or digits.
std::optional<std::string> normal_subdivision(std::string_view text) {
  if (text.size() < 4 || text.size() > 6 || text[2] != '-') return std::nullopt;
  const auto tail = text.substr(3);
  const auto fits = [](char c) { return is_letter(c) || is_digit(c); };
  if (!normal_country(text.substr(0, 2)) || !std::all_of(tail.begin(), tail.end(), fits)) {
    return std::nullopt;
  }
  return mapped(text, upper);
}

std::optional<std::uint64_t> normal_unsigned(std::string_view text) {
  const auto decimal = to_decimal(text, Rounding::up);
  if (!decimal || decimal->rounded || !all_digits(decimal->text)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : decimal->text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value <= 0xFFFFFFFF ? std::optional(value) : std::nullopt;
}

// "name@version" as people type it; documents give SourceRelease items themselves.
std::optional<SourceRelease> typed_release(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const auto name = normal_text(text.substr(0, at));
  if (!name) return std::nullopt;
  if (at == std::string_view::npos) return SourceRelease{*name, std::nullopt};
  const auto version = normal_text(text.substr(at + 1));
  if (!version) return std::nullopt;
  return SourceRelease{*name, *version};
}

std::optional<bool> normal_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

template <class T>
Result<CoreItem> item_or(std::optional<T> normal, const char* what) {
  if (normal) return CoreItem(std::move(*normal));
  return fail(Errc::malformed, what);
}

void write_item(cbor::Writer& out, const CoreItem& item) {
  struct Visitor {
    cbor::Writer& out;
    void operator()(bool value) const { out.boolean(value); }
    void operator()(std::uint64_t value) const { out.uint(value); }
    void operator()(const std::string& value) const { out.text(value); }
    void operator()(const Decimal& value) const {
      out.array(2).text(value.text).boolean(value.rounded);
    }
    void operator()(const SourceRelease& value) const {
      out.array(2).text(value.name);
      value.version ? out.text(*value.version) : out.null();
    }
  };
  std::visit(Visitor{out}, item);
}

}  // namespace

bool is_set(SlotType type) {
  return type == SlotType::text_set || type == SlotType::uuid_set || type == SlotType::uri_set ||
         type == SlotType::release_set;
}

Result<CoreItem> core_item(const CoreSlot& slot, std::string_view text) {
  switch (slot.type) {
    case SlotType::text:
    case SlotType::text_set:
      return item_or(normal_text(text), "not a text of 1 to 4096 bytes");
    case SlotType::uuid:
    case SlotType::uuid_set:
      return item_or(normal_uuid(text), "not a UUID");
    case SlotType::uri:
    case SlotType::uri_set:
      return item_or(normal_uri(text), "not a URI");
    case SlotType::code:
      return item_or(normal_code(slot, text), "not one of the codes of this slot");
    case SlotType::digits8:
      return item_or(
          text.size() == 8 && all_digits(text) ? std::optional(std::string(text)) : std::nullopt,
          "not a code of 8 digits");
    case SlotType::country:
      return item_or(normal_country(text), "not an ISO 3166-1 code of two letters");
    case SlotType::subdivision:
      return item_or(normal_subdivision(text), "not an ISO 3166-2 code");
    case SlotType::unsigned_integer:
      return item_or(normal_unsigned(text), "not a whole number from 0 to 4294967295");
    case SlotType::instant:
      return item_or(normal_instant(text), "not a date and time with time zone");
    case SlotType::date:
      return item_or(Date::parse(text) ? std::optional(std::string(text)) : std::nullopt,
                     "not a date YYYY-MM-DD");
    case SlotType::boolean:
      return item_or(normal_boolean(text), "neither true nor false");
    case SlotType::release_set:
      return item_or(typed_release(text), "not a name, or a name@version");
    case SlotType::decimal: {
      auto decimal = to_decimal(text, slot.rounding);
      if (!decimal) return fail(decimal.error());
      return CoreItem(std::move(*decimal));
    }
  }
  return fail(Errc::malformed, "unknown slot type");
}

Result<Bytes> core_value(const CoreSlot& slot, std::vector<CoreItem> items) {
  if (items.empty()) return absent_value();
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  cbor::Writer out;
  if (!is_set(slot.type)) {
    if (items.size() > 1) return fail(Errc::mismatch, "there are several different values");
    write_item(out, items.front());
    return std::move(out).take();
  }
  if (items.size() > kSlotSetMax) return fail(Errc::bad_length, "more than 1024 values");
  out.array(items.size());
  for (const CoreItem& item : items) write_item(out, item);
  return std::move(out).take();
}

std::optional<std::string> normal_uuid(std::string_view text) {
  if (starts_with_ignoring_case(text, "urn:uuid:")) text.remove_prefix(9);
  if (text.size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return std::nullopt;
  }
  return mapped(text, lower);
}

std::optional<std::string> normal_uri(std::string_view text) {
  if (text.size() > kSlotTextMax || !is_utf8(as_bytes(text))) return std::nullopt;
  const auto is_bpn = [](std::string_view id) {  // BPNL, BPNS or BPNA and 12 letters or digits
    return id.size() == 16 && id.starts_with("BPN") &&
           (id[3] == 'L' || id[3] == 'S' || id[3] == 'A') &&
           std::all_of(id.begin() + 4, id.end(),
                       [](char c) { return is_letter(c) || is_digit(c); });
  };
  // Catena-X 9 writes urn:BPNL…, Catena-X 7 urn:bpn:id:BPNL…, some only the number.
  std::string_view bare = text;
  if (starts_with_ignoring_case(bare, "urn:bpn:id:")) {
    bare.remove_prefix(11);
  } else if (starts_with_ignoring_case(bare, "urn:")) {
    bare.remove_prefix(4);
  }
  if (is_bpn(bare)) return "urn:bpn:id:" + std::string(bare);

  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return std::nullopt;
  }
  std::string uri = mapped(text.substr(0, colon), lower);
  const auto scheme_fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!is_letter(uri[0]) || !std::all_of(uri.begin(), uri.end(), scheme_fits)) return std::nullopt;
  if (uri != "urn") return uri.append(text.substr(colon));
  // RFC 8141 §3.1: the namespace identifier does not know case either; nor does a UUID.
  const std::size_t namespace_end = text.find(':', colon + 1);
  if (namespace_end == std::string_view::npos) return uri.append(text.substr(colon));
  uri += mapped(text.substr(colon, namespace_end - colon), lower);
  const std::string_view rest = text.substr(namespace_end);
  return uri == "urn:uuid" ? uri.append(mapped(rest, lower)) : uri.append(rest);
}

std::optional<std::string> normal_instant(std::string_view text) {
  // YYYY-MM-DDThh:mm:ss, then a fraction or none, then Z or ±hh:mm.
  if (text.size() < 20) return std::nullopt;
  auto day = Date::parse(text.substr(0, 10));
  const auto two = [&](std::size_t at) {
    return all_digits(text.substr(at, 2)) ? to_int(text.substr(at, 2)) : -1;
  };
  const bool shaped = lower(text[10]) == 't' && text[13] == ':' && text[16] == ':';
  int minutes = two(11) * 60 + two(14);
  const int seconds = two(17);
  // 24:00:00 is the end of the day (XML Schema), 60 a leap second (RFC 3339).
  const bool end_of_day = minutes == 24 * 60 && seconds == 0;
  if (!day || !shaped || two(11) < 0 || two(14) < 0 || two(14) > 59 || seconds < 0 ||
      seconds > 60 || (two(11) > 23 && !end_of_day)) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  std::string fraction;
  if (rest.front() == '.') {
    const auto end = std::find_if_not(rest.begin() + 1, rest.end(), is_digit);
    fraction = std::string(rest.begin(), end);
    if (fraction.size() == 1) return std::nullopt;
    rest.remove_prefix(fraction.size());
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (fraction == ".") fraction.clear();
    if (fraction.size() > 10 || (end_of_day && !fraction.empty())) return std::nullopt;
  }
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
      all_digits(rest.substr(1, 2)) && all_digits(rest.substr(4, 2))) {
    const int hours = to_int(rest.substr(1, 2));
    const int quarter = to_int(rest.substr(4, 2));
    if (hours > 23 || quarter > 59) return std::nullopt;
    minutes -= (rest[0] == '+' ? 1 : -1) * (hours * 60 + quarter);
  } else if (rest != "Z" && rest != "z") {
    return std::nullopt;
  }
  const int shift = minutes < 0 ? -1 : minutes / (24 * 60);
  minutes -= shift * 24 * 60;
  const Date shifted = day->plus(shift);
  if (shifted.days() != day->days() + shift) return std::nullopt;  // out of the years 1 to 9999
  const auto padded = [](int value) {
    return std::string(value < 10 ? "0" : "") + std::to_string(value);
  };
  return shifted.text() + "T" + padded(minutes / 60) + ":" + padded(minutes % 60) + ":" +
         padded(seconds) + fraction + "Z";
}

std::string code_spelling(std::string_view text) {
  return mapped(text, [](char c) { return c == ' ' || c == '_' ? '-' : lower(c); });
}

}  // namespace footproof
