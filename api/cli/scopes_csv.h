// A body's list of accreditations as CSV, and what has to change on the ledger so that it says the
// same. Pure: text and records in, planned changes out.
//
// The first line names the columns, in any order: accreditation, verifier, scope, scheme,
// standards, assurance, from, until, and optionally regimes. One line a scope; lines of one
// accreditation agree in everything that is not of the scope. Standards and regimes are separated
// by spaces or by `;`. Fields may be quoted (RFC 4180). At most 1 MiB and kScopeRowsMax lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/payload.h"
#include "attest/result.h"
#include "attest/state_record.h"

namespace footproof::api {

inline constexpr std::size_t kScopesCsvSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kScopeRowsMax = 10'000;

struct WantedAccreditation {
  std::string id;
  std::string verifier;
  std::vector<Scope> scopes;  // as payloads want them
  DateRange validity;
  std::vector<std::string> regimes;
  friend bool operator==(const WantedAccreditation&, const WantedAccreditation&) = default;
};

// In the order of their first lines. Errors name line and column.
[[nodiscard]] Result<std::vector<WantedAccreditation>> parse_scopes_csv(std::string_view text);

struct PlannedChange {
  AccreditationChange change;      // without `previous`
  std::vector<std::string> lines;  // "+ scope …", "- until 2027-12-31", for people
};

// Nothing, a grant, an extension, a reduction; or an extension and then a reduction where the list
// both adds and takes away. `have` null: not granted yet. usage: the ledger can never say the same.
[[nodiscard]] Result<std::vector<PlannedChange>> plan_changes(const AccreditationRecord* have,
                                                              const WantedAccreditation& want,
                                                              Date effective);

}  // namespace footproof::api
