// Accreditations on the command line: scopes as text, and what stands on the ledger. Shared by
// `accredit` and `accredit import`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/cli/submitting.h"
#include "attest/state_record.h"

namespace footproof::api {

// "steel.cbam:cbam:iso14067-2018,iso14064-3-2019:limited"
[[nodiscard]] Result<Scope> parse_scope(const std::string& text);
[[nodiscard]] std::string scope_text(const Scope& scope);
// As payloads want them: ascending by code, scheme and standards.
void sort_scopes(std::vector<Scope>& scopes);
[[nodiscard]] std::optional<Assurance> to_assurance(std::string_view text);
[[nodiscard]] std::vector<std::string> split(const std::string& text, char separator);

// The record on the ledger, as a node tells it; none where there is none.
[[nodiscard]] Result<std::optional<AccreditationRecord>> accreditation_of(Client& client,
                                                                          const std::string& body,
                                                                          const std::string& id);
// What it grants by log order, whatever its effective date: the next change builds on it.
struct Extent {
  std::vector<Scope> scopes;
  DateRange validity;
  std::vector<std::string> regimes;
  bool withdrawn = false;
};
[[nodiscard]] Extent extent_of(const AccreditationRecord& record);

}  // namespace footproof::api
