#include "api/cli/scopes_csv.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "api/cli/accreditation.h"
#include "attest/identifier.h"

namespace footproof::api {
namespace {

constexpr std::size_t kColumns = 9;
constexpr std::array<const char*, kColumns> kNames = {"accreditation", "verifier",  "scope",
                                                      "scheme",        "standards", "assurance",
                                                      "from",          "until",     "regimes"};
enum Column : std::size_t {
  kId,
  kVerifier,
  kScope,
  kScheme,
  kStandards,
  kAssurance,
  kFrom,
  kUntil,
  kRegimes
};

using Row = std::vector<std::string>;
struct NumberedRow {
  std::size_t line = 0;
  Row fields;
};

Error wrong(std::size_t line, const std::string& what) {
  return {Errc::usage, "line " + std::to_string(line) + ": " + what};
}

// RFC 4180, with LF or CRLF. Empty lines are skipped.
Result<std::vector<NumberedRow>> read_rows(std::string_view text) {
  std::vector<NumberedRow> rows;
  NumberedRow row{1, {""}};
  std::size_t line = 1;
  bool quoted = false;
  const auto end_row = [&] {
    if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(row);
    row = NumberedRow{line, {""}};
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    std::string& field = row.fields.back();
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        field += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      row.fields.emplace_back();
      if (row.fields.size() > 64) return fail(wrong(row.line, "more than 64 fields"));
    } else if (c == '\n') {
      if (field.ends_with('\r')) field.pop_back();
      end_row();
      if (rows.size() > kScopeRowsMax + 1) return fail(wrong(line, "too many lines"));
    } else {
      field += c;
    }
  }
  if (quoted) return fail(wrong(row.line, "a quote is never closed"));
  if (row.fields.back().ends_with('\r')) row.fields.back().pop_back();
  end_row();
  return rows;
}

// Separated by spaces or `;`, as a set.
std::vector<std::string> read_set(std::string text) {
  std::replace(text.begin(), text.end(), ';', ' ');
  std::vector<std::string> items;
  for (std::string& item : split(text, ' ')) {
    if (!item.empty()) items.push_back(std::move(item));
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

// Where each column of ours stands in the file.
Result<std::map<std::size_t, std::size_t>> read_header(const NumberedRow& header) {
  std::map<std::size_t, std::size_t> places;
  for (std::size_t at = 0; at < header.fields.size(); ++at) {
    std::string name = header.fields[at];
    if (at == 0 && name.starts_with("\xEF\xBB\xBF")) name.erase(0, 3);  // spreadsheets write one
    const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
    if (found == std::end(kNames)) return fail(wrong(header.line, "no column is named " + name));
    if (!places.emplace(static_cast<std::size_t>(found - std::begin(kNames)), at).second) {
      return fail(wrong(header.line, "column " + name + " stands there twice"));
    }
  }
  for (std::size_t column = 0; column < kRegimes; ++column) {
    if (!places.contains(column)) {
      return fail(wrong(header.line, std::string("there is no column ") + kNames[column]));
    }
  }
  return places;
}

// Ids and URIs as statements want them: a list is wrong as a whole before any of it is sent.
template <class Field>
Result<void> check_forms(std::size_t line, const Field& field) {
  const auto bad = [line](Column column, const std::string& text, const char* form) {
    return fail(wrong(line, std::string(kNames[column]) + ": " + text + " is no " + form));
  };
  constexpr const char* kId64 = "id: 1 to 64 letters, digits and - . _";
  if (!is_party_uri(field(kVerifier))) return bad(kVerifier, field(kVerifier), "party URI");
  for (const Column column : {kId, kScope, kScheme}) {
    if (!is_id(field(column))) return bad(column, field(column), kId64);
  }
  for (const auto& [column, count_max] :
       {std::pair(kStandards, kStandardsMax), std::pair(kRegimes, kRegimesMax)}) {
    const auto items = read_set(field(column));
    for (const std::string& item : items) {
      if (!is_id(item)) return bad(column, item, kId64);
    }
    if (items.size() > count_max) {
      return fail(
          wrong(line, std::string(kNames[column]) + ": more than " + std::to_string(count_max)));
    }
  }
  return {};
}

Result<WantedAccreditation> read_row(const NumberedRow& row,
                                     const std::map<std::size_t, std::size_t>& places,
                                     std::size_t width) {
  if (row.fields.size() != width) {
    return fail(wrong(row.line, std::to_string(row.fields.size()) +
                                    " fields where the first line "
                                    "has " +
                                    std::to_string(width)));
  }
  const auto field = [&](Column column) {
    const auto place = places.find(column);
    return place == places.end() ? std::string() : row.fields[place->second];
  };
  for (std::size_t column = 0; column < kRegimes; ++column) {
    if (field(static_cast<Column>(column)).empty()) {
      return fail(wrong(row.line, std::string(kNames[column]) + " is empty"));
    }
  }
  if (auto formed = check_forms(row.line, field); !formed) return fail(formed.error());
  WantedAccreditation wanted{field(kId), field(kVerifier), {}, {}, read_set(field(kRegimes))};
  Scope scope{field(kScope), field(kScheme), read_set(field(kStandards)), Assurance::none};
  const auto level = to_assurance(field(kAssurance));
  if (!level) return fail(wrong(row.line, "assurance: none, limited or reasonable"));
  scope.assurance_max = *level;
  const auto from = Date::parse(field(kFrom));
  if (!from) return fail(wrong(row.line, "from: " + from.error().detail));
  const auto until = Date::parse(field(kUntil));
  if (!until) return fail(wrong(row.line, "until: " + until.error().detail));
  if (*until < *from) return fail(wrong(row.line, "until: is before from"));
  wanted.validity = {*from, *until};
  wanted.scopes.push_back(std::move(scope));
  return wanted;
}

bool includes(const DateRange& wide, const DateRange& narrow) {
  return wide.from <= narrow.from && narrow.until <= wide.until;
}

// Both lists as one, each scope entry at its higher level.
std::vector<Scope> merged(std::vector<Scope> scopes, const std::vector<Scope>& more) {
  for (const Scope& scope : more) {
    const auto same = std::find_if(scopes.begin(), scopes.end(), [&](const Scope& other) {
      return other.code == scope.code && other.scheme == scope.scheme &&
             other.standards == scope.standards;
    });
    if (same == scopes.end()) {
      scopes.push_back(scope);
    } else {
      same->assurance_max = std::max(same->assurance_max, scope.assurance_max);
    }
  }
  sort_scopes(scopes);
  return scopes;
}

std::vector<std::string> difference(const Extent& before, const Extent& after) {
  std::vector<std::string> lines;
  const auto missing = [&lines](const char* sign, const std::vector<Scope>& from,
                                const std::vector<Scope>& in) {
    for (const Scope& scope : from) {
      if (std::find(in.begin(), in.end(), scope) == in.end()) {
        lines.push_back(std::string(sign) + " scope " + scope_text(scope));
      }
    }
  };
  missing("-", before.scopes, after.scopes);
  missing("+", after.scopes, before.scopes);
  if (before.validity != after.validity) {
    lines.push_back("- valid " + before.validity.from.text() + " to " +
                    before.validity.until.text());
    lines.push_back("+ valid " + after.validity.from.text() + " to " + after.validity.until.text());
  }
  return lines;
}

PlannedChange planned(const WantedAccreditation& want, AccreditationAction action, Date effective,
                      const Extent& before, const Extent& after) {
  PlannedChange step;
  step.change.id = want.id;
  step.change.action = action;
  step.change.effective = effective;
  if (before.scopes != after.scopes) step.change.scopes = after.scopes;
  if (before.validity != after.validity) step.change.validity = after.validity;
  step.lines = difference(before, after);
  return step;
}

PlannedChange planned_grant(const WantedAccreditation& want, Date effective) {
  PlannedChange step;
  step.change.id = want.id;
  step.change.action = AccreditationAction::grant;
  step.change.effective = effective;
  step.change.verifier = want.verifier;
  step.change.scopes = want.scopes;
  step.change.validity = want.validity;
  step.change.regimes = want.regimes;
  step.lines.push_back("+ verifier " + want.verifier);
  for (const Scope& scope : want.scopes) step.lines.push_back("+ scope " + scope_text(scope));
  step.lines.push_back("+ valid " + want.validity.from.text() + " to " +
                       want.validity.until.text());
  for (const std::string& regime : want.regimes) step.lines.push_back("+ regime " + regime);
  return step;
}

}  // namespace

Result<std::vector<WantedAccreditation>> parse_scopes_csv(std::string_view text) {
  if (text.size() > kScopesCsvSizeMax) return fail(Errc::bad_length, "larger than 1 MiB");
  const auto rows = read_rows(text);
  if (!rows) return fail(rows.error());
  if (rows->empty()) return fail(Errc::usage, "line 1: name the columns");
  const auto places = read_header(rows->front());
  if (!places) return fail(places.error());
  std::vector<WantedAccreditation> list;
  for (std::size_t at = 1; at < rows->size(); ++at) {
    const NumberedRow& numbered = (*rows)[at];
    auto row = read_row(numbered, *places, rows->front().fields.size());
    if (!row) return fail(row.error());
    const auto same = std::find_if(list.begin(), list.end(),
                                   [&](const auto& other) { return other.id == row->id; });
    if (same == list.end()) {
      list.push_back(std::move(*row));
      continue;
    }
    if (same->verifier != row->verifier || same->validity != row->validity ||
        same->regimes != row->regimes) {
      return fail(wrong(numbered.line, "verifier, from, until and regimes differ from those of " +
                                           row->id + " above"));
    }
    const Scope& scope = row->scopes.front();
    const bool twice =
        std::any_of(same->scopes.begin(), same->scopes.end(), [&](const Scope& other) {
          return other.code == scope.code && other.scheme == scope.scheme &&
                 other.standards == scope.standards;
        });
    if (twice) return fail(wrong(numbered.line, "this scope stands there twice"));
    same->scopes.push_back(scope);
  }
  for (WantedAccreditation& wanted : list) sort_scopes(wanted.scopes);
  return list;
}

Result<std::vector<PlannedChange>> plan_changes(const AccreditationRecord* have,
                                                const WantedAccreditation& want, Date effective) {
  std::vector<PlannedChange> steps;
  if (have == nullptr) {
    steps.push_back(planned_grant(want, effective));
    return steps;
  }
  const Extent before = extent_of(*have);
  const auto never = [&](const std::string& why) {
    return fail(Errc::usage, want.id + ": " + why + "; grant it under another id");
  };
  if (before.withdrawn) return never("was withdrawn");
  if (have->verifier != want.verifier) return never("was granted to " + have->verifier);
  if (before.regimes != want.regimes) return never("was granted with other regimes");
  const Extent after{want.scopes, want.validity, want.regimes, false};
  const bool grows = !footproof::includes(before.scopes, after.scopes) ||
                     !includes(before.validity, after.validity);
  const bool shrinks = !footproof::includes(after.scopes, before.scopes) ||
                       !includes(after.validity, before.validity);
  if (grows && shrinks) {
    Extent both = before;
    both.scopes = merged(before.scopes, after.scopes);
    both.validity = {std::min(before.validity.from, after.validity.from),
                     std::max(before.validity.until, after.validity.until)};
    steps.push_back(planned(want, AccreditationAction::extend, effective, before, both));
    steps.push_back(planned(want, AccreditationAction::reduce, effective, both, after));
  } else if (grows || shrinks) {
    const auto action = grows ? AccreditationAction::extend : AccreditationAction::reduce;
    steps.push_back(planned(want, action, effective, before, after));
  }
  return steps;
}

}  // namespace footproof::api
