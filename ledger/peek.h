// What a data folder says of the validators, for tools that judge keys: without opening the
// database, which a running node may hold.
#pragma once

#include <filesystem>
#include <optional>

#include "attest/result.h"
#include "attest/state_record.h"

namespace footproof::ledger {

// The newest set that the state holds: in force, or from the next block on. None: there is no
// database yet. A copy beside `database` is made, read and removed; its rows are believed, roots
// are not made again. io, corrupt: it cannot be read, or changes too fast.
[[nodiscard]] Result<std::optional<ValidatorsRecord>> peek_validators(
    const std::filesystem::path& database);

}  // namespace footproof::ledger
