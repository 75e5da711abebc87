// For people: that none of the nodes which this one asks serves it, and why not.
#pragma once

#include <string>

#include "api/reader.h"

namespace footproof::node {

// Each with its trouble; empty: one is in none, or not asked yet.
[[nodiscard]] std::string why_unserved(const api::FollowFacts& follow);

}  // namespace footproof::node
