// How proposals, ballots and parameters look to people and programs: one line of text, and JSON
// (docs/api.md). Shared by the routes and the command line, so that both say the same.
//
// All of it is public: parties here are legal persons, and no declaration is ever named.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "attest/date.h"
#include "attest/governance_record.h"
#include "attest/payload.h"
#include "attest/state_record.h"

namespace footproof::api {

// "admit https://body.example as accreditation body", one line.
[[nodiscard]] std::string describe(const Change& change);
// "admit", "remove", "replace", "renew-keys", "allow", "set-registrar", "set-parameter",
// "admit-validator", …
[[nodiscard]] std::string_view kind_of(const Change& change);

[[nodiscard]] nlohmann::ordered_json change_json(const Change& change);
// `now` is the time of the block that the records are of: it says what has lapsed.
[[nodiscard]] nlohmann::ordered_json proposal_json(const ProposalRecord& record,
                                                   const AssociationsRecord& associations,
                                                   Instant now);
[[nodiscard]] nlohmann::ordered_json parameters_json(const Parameters& parameters);

}  // namespace footproof::api
