// Hops from nodes: what leads from one epoch to a later one (attest/hop.h). Not judged here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/client/client.h"
#include "attest/hop.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof::api {

// Those that end the epochs from `first` on, before `end`; without `end` up to the newest that has
// ended, which may be none.
[[nodiscard]] Result<std::vector<Hop>> fetch_hops(Client& client, std::uint64_t first,
                                                  std::optional<std::uint64_t> end);
// For people, where `first` is not before `end`, the epoch of a receipt: no hop belongs to it.
[[nodiscard]] std::string no_hops_text(std::uint64_t first, std::uint64_t end);
// The epoch of the set that cosigned a receipt.
[[nodiscard]] Result<std::uint64_t> epoch_of(const Receipt& receipt);

}  // namespace footproof::api
