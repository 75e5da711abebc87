// A validator that does not keep the rules: an honest replica whose mouth and ears are tampered
// with, and whose key the tamperer holds.
#pragma once

#include <memory>

#include "tests/simulation/plan.h"

namespace footproof::simulation {

class Host;

class Adversary {
 public:
  virtual ~Adversary() = default;
  // Everything that the inner replica says passes here; the default says it.
  virtual void send(Host& host, const consensus::Send& send);
  // Everything that comes; false keeps it from the inner replica.
  virtual bool receive(Host& host, consensus::ValidatorIndex from,
                       const consensus::Message& message);
  // Whether a batch goes to that validator, on making it or on request.
  virtual bool shares_batch(Host& host, std::uint8_t to);
};

[[nodiscard]] std::unique_ptr<Adversary> make_adversary(AdversaryKind kind);

}  // namespace footproof::simulation
