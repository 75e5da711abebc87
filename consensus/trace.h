// Who watches a replica: what went in and what came out, in order. The simulator replays it against
// the executable rules (tests/simulation/rules.h); nothing a watcher does comes back.
#pragma once

#include <optional>

#include "consensus/replica.h"

namespace footproof::consensus {

class Trace {
 public:
  virtual ~Trace() = default;
  // A replica begins a life, or an epoch, from this (Replica::make).
  virtual void made(const Parameters& parameters, const Membership& membership,
                    const EpochRoot& root, std::optional<ValidatorIndex> self,
                    const Recovery& recovery) = 0;
  // Before any of the effects is carried out.
  virtual void stepped(const Event& event, const Effects& effects) = 0;
};

}  // namespace footproof::consensus
