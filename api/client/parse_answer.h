// From a node's answers back to values. A node is not trusted to send what it should: every field
// is checked for its type, and what is missing or odd is an error that names it.
#pragma once

#include <vector>

#include "api/client/client.h"
#include "attest/result.h"

namespace footproof::api {

// The problem of an answer that is none of 200 to 299.
[[nodiscard]] Error problem_of(const NodeAnswer& answer);

[[nodiscard]] Result<Submitted> parse_submitted(const NodeAnswer& answer);
[[nodiscard]] Result<std::vector<Submitted>> parse_sequence(const NodeAnswer& answer,
                                                            std::size_t count);
[[nodiscard]] Result<DryRun> parse_dry_run(const NodeAnswer& answer);
[[nodiscard]] Result<StateReceipt> parse_state_receipt(const NodeAnswer& answer,
                                                       std::size_t key_count);
[[nodiscard]] Result<Health> parse_health(const NodeAnswer& answer);

}  // namespace footproof::api
