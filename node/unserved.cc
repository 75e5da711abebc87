#include "node/unserved.h"

namespace footproof::node {

std::string why_unserved(const api::FollowFacts& follow) {
  std::string out = "none of the nodes it follows serves it";
  for (std::size_t i = 0; i < follow.sources.size(); ++i) {
    const auto& source = follow.sources[i];
    if (source.trouble.empty()) return {};
    out += (i == 0 ? ": " : "; ") + source.url + ": " + source.trouble;
  }
  return out;
}

}  // namespace footproof::node
