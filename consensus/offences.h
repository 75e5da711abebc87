// Which offences the chain of one epoch holds, as far as they count: of each signer and view the
// first, of each signer the first kSignerEvidenceMax (README.md §11).
#pragma once

#include <map>
#include <set>

#include "consensus/messages.h"

namespace footproof::consensus {

class OrderedOffences {
 public:
  // False: it is known, or no more of its signer count.
  bool take(const EvidenceKey& key) {
    auto& views = views_[key.second];
    return views.size() < kSignerEvidenceMax && views.insert(key.first).second;
  }

 private:
  std::map<ValidatorIndex, std::set<View>> views_;
};

}  // namespace footproof::consensus
