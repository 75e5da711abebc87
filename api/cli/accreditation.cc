#include "api/cli/accreditation.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace footproof::api {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

std::optional<Assurance> to_assurance(std::string_view text) {
  for (const Assurance level : {Assurance::none, Assurance::limited, Assurance::reasonable}) {
    if (to_text(level) == text) return level;
  }
  return std::nullopt;
}

Result<Scope> parse_scope(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() != 4) {
    return fail(Errc::usage, "--scope: " + text + " is not CODE:SCHEME:STANDARD[,STANDARD]:LEVEL");
  }
  Scope scope;
  scope.code = parts[0];
  scope.scheme = parts[1];
  scope.standards = split(parts[2], ',');
  std::sort(scope.standards.begin(), scope.standards.end());
  const auto level = to_assurance(parts[3]);
  if (!level) {
    return fail(Errc::usage, "--scope: the level is none, limited or reasonable, not " + parts[3]);
  }
  scope.assurance_max = *level;
  return scope;
}

std::string scope_text(const Scope& scope) {
  std::string standards;
  for (const auto& standard : scope.standards)
    standards += (standards.empty() ? "" : ",") + standard;
  return scope.code + ':' + scope.scheme + ':' + standards + ':' +
         std::string(to_text(scope.assurance_max));
}

void sort_scopes(std::vector<Scope>& scopes) {
  std::sort(scopes.begin(), scopes.end(), [](const Scope& a, const Scope& b) {
    return std::tie(a.code, a.scheme, a.standards) < std::tie(b.code, b.scheme, b.standards);
  });
}

Result<std::optional<AccreditationRecord>> accreditation_of(Client& client, const std::string& body,
                                                            const std::string& id) {
  const auto bytes = state_of(client, state_key::accreditation(body, id));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<AccreditationRecord>();
  auto parsed = parse_accreditation_record(**bytes);
  if (!parsed) return fail(parsed.error());
  return std::optional(std::move(*parsed));
}

Extent extent_of(const AccreditationRecord& record) {
  Extent extent;
  for (const AccreditationEvent& event : record.events) {
    if (event.scopes) extent.scopes = *event.scopes;
    if (event.validity) extent.validity = *event.validity;
    if (event.regimes) extent.regimes = *event.regimes;
    extent.withdrawn |= event.what == AccreditationAction::withdraw;
  }
  return extent;
}

}  // namespace footproof::api
