#include "attest/source_csv.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "attest/source_formats.h"

namespace footproof {
namespace {

struct Line {
  std::size_t number = 0;
  std::vector<std::string> fields;
};

tl::unexpected<Error> wrong(std::size_t line, const std::string& why) {
  return fail(Errc::malformed, "line " + std::to_string(line) + ": " + why);
}

// RFC 4180, read line by line. A quoted field may span several.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  Result<Line> next() {
    Line line{number_, {}};
    for (bool more = true; more;) {
      auto field = read_field();
      if (!field) return fail(std::move(field.error()));
      line.fields.push_back(std::move(*field));
      more = rest_.starts_with(',');
      if (more) rest_.remove_prefix(1);
    }
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (!rest_.empty() && rest_.front() != '\n') return wrong(number_, "text after a quoted field");
    if (!rest_.empty()) rest_.remove_prefix(1);
    ++number_;
    return line;
  }

 private:
  Result<std::string> read_field() {
    if (!rest_.starts_with('"')) {
      const std::size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
      std::string field(rest_.substr(0, end));
      rest_.remove_prefix(end);
      if (field.ends_with('\r') && (rest_.empty() || rest_.front() == '\n')) field.pop_back();
      if (field.find('"') != std::string::npos) return wrong(number_, "a quote inside a field");
      return field;
    }
    std::string field;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\n') ++number_;
      if (rest_[i] != '"') {
        field += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
        field += rest_[i++];
      } else {
        rest_.remove_prefix(i + 1);
        return field;
      }
    }
    return wrong(number_, "a quoted field does not end");
  }

  std::string_view rest_;
  std::size_t number_ = 1;
};

std::string json_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4U];
      quoted += kHex[byte & 0xFU];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// "name@version" stands for the object of the JSON form.
std::string json_release(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return "{\"name\":" + json_string(text) + "}";
  return "{\"name\":" + json_string(std::string_view(text).substr(0, at)) +
         ",\"version\":" + json_string(std::string_view(text).substr(at + 1)) + "}";
}

// What the JSON form has beside the fields that fill slots: they count as fields of the document.
constexpr auto kOtherFields = std::to_array<std::string_view>(
    {"format", "installation.name", "verification.accreditation", "method.attribution"});

// "/goods/ids/*" is the field "goods.ids", a list.
struct Field {
  bool list = false;
  bool release = false;
};

const std::map<std::string, Field, std::less<>>& form_fields() {
  static const auto fields = [] {
    std::map<std::string, Field, std::less<>> all;
    for (const std::string_view name : kOtherFields) all[std::string(name)] = {};
    for (const MappingRow& row : cbam_format().rows) {
      if (row.path.empty()) continue;
      const bool list = row.path.ends_with("/*");
      std::string name(row.path.substr(1, row.path.size() - (list ? 3 : 1)));
      std::replace(name.begin(), name.end(), '/', '.');
      all[name] = {list, row.reading == Reading::name_version};
    }
    return all;
  }();
  return fields;
}

using Values = std::map<std::string, std::vector<std::string>>;  // by field, as JSON

Result<void> take(const Line& line, Values& values) {
  if (line.fields.size() == 1 && line.fields[0].empty()) return {};  // an empty line
  if (line.fields.size() != 2) return wrong(line.number, "two columns, field and value");
  const std::string& name = line.fields[0];
  const auto known = form_fields().find(name);
  if (known == form_fields().end()) {
    return wrong(line.number, "the form has no field '" + name + "'");
  }
  auto& mine = values[name];
  if (!mine.empty() && !known->second.list) return wrong(line.number, name + " is given twice");
  if (line.fields[1].empty()) return {};
  mine.push_back(known->second.release ? json_release(line.fields[1])
                                       : json_string(line.fields[1]));
  return {};
}

std::string json_value(const Field& field, const std::vector<std::string>& values) {
  if (!field.list) return values.front();
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + value;
  return "[" + list + "]";
}

// Names have one dot, or none: sorted, those of one object stand together.
std::string to_json(const Values& values) {
  std::string json;
  std::string group;
  bool first = true;
  const auto close = [&] {
    if (!group.empty()) json += '}';
    group.clear();
  };
  for (const auto& [name, mine] : values) {
    if (mine.empty()) continue;
    const std::size_t dot = name.find('.');
    const std::string outer = dot == std::string::npos ? "" : name.substr(0, dot);
    const std::string inner = dot == std::string::npos ? name : name.substr(dot + 1);
    if (outer != group) close();
    if (!first) json += ',';
    if (!outer.empty() && group.empty()) {
      json += json_string(outer) + ":{";
      group = outer;
    }
    json += json_string(inner) + ':' + json_value(form_fields().at(name), mine);
    first = false;
  }
  close();
  return "{" + json + "}";
}

}  // namespace

Result<std::optional<std::string>> cbam_json_from_csv(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  CsvReader reader(text);
  const auto header = reader.next();
  const auto named = header && !reader.at_end() ? reader.next() : header;
  if (!header || header->fields != std::vector<std::string>{"field", "value"} || !named ||
      named->fields != std::vector<std::string>{"format", std::string(kCbamFormatName)}) {
    return std::optional<std::string>();
  }
  Values values;
  if (auto taken = take(*named, values); !taken) return fail(taken.error());
  for (std::size_t lines = 0; !reader.at_end(); ++lines) {
    const auto line = reader.next();
    if (!line) return fail(line.error());
    if (lines == kCsvFieldsMax) return wrong(line->number, "more than 4096 lines");
    if (auto taken = take(*line, values); !taken) return fail(taken.error());
  }
  return std::optional(to_json(values));
}

}  // namespace footproof
