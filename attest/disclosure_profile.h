// Disclosure profiles: which core slots a kind of reader gets, by name, so that exporters need not
// pick fields by hand and readers know what should be there.
//
// A profile lists core slots only. Every slot of a profile is opened, absent or not: an opened null
// is the proof that the declaration says nothing there, a missing opening is an incomplete
// disclosure. No profile ever opens a document.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/opening.h"

namespace footproof {

struct DisclosedSlot {
  std::string_view slot;
  std::string_view why;
};

struct DisclosureProfile {
  std::string_view id;
  std::string_view reader;  // for whom, one line
  std::span<const DisclosedSlot> slots;
};

[[nodiscard]] std::span<const DisclosureProfile> disclosure_profiles();
// nullptr if there is none by that name.
[[nodiscard]] const DisclosureProfile* find_disclosure_profile(std::string_view id);

// The labels to open for it.
[[nodiscard]] std::set<std::string> profile_labels(const DisclosureProfile& profile);

struct Completeness {
  std::vector<std::string> missing;  // labels the profile asks for that are not opened
  std::vector<std::string> extra;    // labels opened beyond the profile
  std::vector<std::string> absent;   // labels of the profile that the declaration leaves empty
  [[nodiscard]] bool complete() const { return missing.empty(); }
};
[[nodiscard]] Completeness completeness(const DisclosureProfile& profile, const Openings& openings);

}  // namespace footproof
