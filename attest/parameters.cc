#include "attest/parameters.h"

#include <algorithm>
#include <array>
#include <string>

#include "attest/identifier.h"
#include "attest/payload.h"

namespace footproof {
namespace {

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kDay = 24 * kHour;

constexpr std::array<ParameterEntry, 4> kTable = {{
    {"issued-before-max-s", &Parameters::issued_before_max_s, "s", kHour, 30 * kDay,
     "it was issued longer before the block's time"},
    {"issued-ahead-max-s", &Parameters::issued_ahead_max_s, "s", 10, kHour,
     "it was issued further ahead of the block's time"},
    {"anchoring-days-max", &Parameters::anchoring_days_max, "days", 1, 3650,
     "its attestation was issued more days before the day it is recorded"},
    {"compromise-reach-days-max", &Parameters::compromise_reach_days_max, "days", 0, 365,
     "it dates a compromise further back, and is not the registrar's"},
}};

}  // namespace

std::span<const ParameterEntry> parameter_table() { return kTable; }

const ParameterEntry* find_parameter(std::string_view id) {
  const auto* const found = std::ranges::find(kTable, id, &ParameterEntry::id);
  return found == kTable.end() ? nullptr : found;
}

std::optional<std::string_view> scheme_of_late_days(std::string_view id) {
  constexpr std::string_view kPrefix = "late-days.";
  if (!id.starts_with(kPrefix) || !is_id(id.substr(kPrefix.size()))) return std::nullopt;
  return id.substr(kPrefix.size());
}

bool set_late_days(Parameters& parameters, std::string_view scheme, std::uint64_t days) {
  auto& late = parameters.late_days;
  const auto place = std::ranges::lower_bound(late, scheme, {}, &LateAnchoring::scheme);
  const bool there = place != late.end() && place->scheme == scheme;
  if (days == 0) {
    if (there) late.erase(place);
  } else if (there) {
    place->days = days;
  } else if (late.size() < kSchemesMax) {
    late.insert(place, {std::string(scheme), days});
  } else {
    return false;
  }
  return true;
}

Result<void> check_parameters(const Parameters& parameters) {
  for (const ParameterEntry& entry : kTable) {
    if (entry.allows(entry.value_in(parameters))) continue;
    return fail(Errc::bad_value, "parameter " + std::string(entry.id) + ": " +
                                     std::to_string(entry.value_in(parameters)) + " is not in " +
                                     std::to_string(entry.min) + " to " +
                                     std::to_string(entry.max));
  }
  return {};
}

}  // namespace footproof
