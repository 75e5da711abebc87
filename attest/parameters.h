// The parameters of a network that ballots may set: one table with their ids, units, ranges and
// meanings (docs/formats.md §6.7). Rules read the values from the state's record and from nowhere
// else; the defaults are those of a Parameters{}.
//
// The ranges hold where a value enters: in a genesis file and in a ballot. They are wide enough for
// any sensible network and narrow enough that no value locks it: with every one of them statements
// can still be signed and recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "attest/result.h"
#include "attest/state_record.h"

namespace footproof {

struct ParameterEntry {
  std::string_view id;  // "anchoring-days-max"
  std::uint64_t Parameters::*member;
  std::string_view unit;  // "s", "days"
  std::uint64_t min;
  std::uint64_t max;
  std::string_view meaning;  // a statement is refused if …

  [[nodiscard]] std::uint64_t value_in(const Parameters& parameters) const {
    return parameters.*member;
  }
  [[nodiscard]] std::uint64_t initial() const { return Parameters{}.*member; }
  [[nodiscard]] bool allows(std::uint64_t value) const { return min <= value && value <= max; }
};

// In the order of their record.
[[nodiscard]] std::span<const ParameterEntry> parameter_table();
// Null where there is none of this id.
[[nodiscard]] const ParameterEntry* find_parameter(std::string_view id);
// Beside the table, one for each scheme: "late-days.<scheme>", how many days after the issue date a
// scheme lets an attestation be recorded late; 0, the default, to kLateDaysMax. The scheme that an
// id names, or nothing.
[[nodiscard]] std::optional<std::string_view> scheme_of_late_days(std::string_view id);
// False where `late_days` is full. 0 takes the scheme out.
[[nodiscard]] bool set_late_days(Parameters& parameters, std::string_view scheme,
                                 std::uint64_t days);
// Every value lies in its range, or the first that does not, named.
[[nodiscard]] Result<void> check_parameters(const Parameters& parameters);

}  // namespace footproof
