// GET /v1/history: from the parameters of a query to one page of the log's history in JSON, and the
// rows that it is made of (docs/api.md). `footproof history` reads the same rows.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/reader.h"
#include "ledger/history.h"

namespace footproof::api {

// The parameters by name, as both the route and the command have them: kind, issuer, body,
// accreditation, scope, scheme, about, from, until (days of recording), status, as_of, known_by.
[[nodiscard]] Result<void> set_history_filter(ledger::HistoryFilter& filter,
                                              const std::string& name, const std::string& value);

// One flat object of texts and numbers; a member that does not apply is absent.
[[nodiscard]] nlohmann::ordered_json history_row(const ledger::HistoryEntry& entry);
// Every member that a row may have, in order: the columns of CSV.
[[nodiscard]] const std::vector<std::string>& history_columns();

[[nodiscard]] Response answer_history(const Request& request, const Reader& reader);

}  // namespace footproof::api
