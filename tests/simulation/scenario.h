// What scenario tests share: a small network without chance faults, and questions about it.
#pragma once

#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace footproof::simulation {

// Four honest validators, no loss, delays of 5 ms at most, no load.
[[nodiscard]] inline Plan calm_plan(std::size_t n = 4) {
  Plan plan;
  plan.seed = 77;
  plan.n = n;
  plan.parameters.delta_ms = 100;
  plan.parameters.idle_ms = 5'000;
  plan.calm_delay_ms = 5;
  plan.disk_ms = 2;
  plan.execution_ms = 2;
  plan.offers = 0;
  plan.adversaries.assign(n, AdversaryKind::none);
  return plan;
}

[[nodiscard]] inline consensus::Replica::Info info(World& world, std::size_t place) {
  return world.host(place).replica().info();
}

// The lowest finalized height over honest hosts that are up.
[[nodiscard]] inline consensus::Height lowest_height(World& world) {
  consensus::Height lowest = UINT64_MAX;
  for (const auto& host : world.hosts()) {
    if (host->honest() && host->up()) {
      lowest = std::min(lowest, host->store_height());
    }
  }
  return lowest;
}

// Offers one batch to `place` and waits until every honest host that is up has executed it.
inline void commit_one(World& world, std::size_t place, std::uint64_t at_most_ms = 60'000) {
  consensus::Height highest = 0;
  for (const auto& host : world.hosts()) {
    if (host->up()) highest = std::max(highest, host->store_height());
  }
  world.offer(place);
  world.run_until([&] { return lowest_height(world) > highest; }, at_most_ms);
  EXPECT_EQ(world.failure(), "");
}

inline void expect_sound(World& world) {
  const Outcome outcome = world.finish();
  EXPECT_EQ(outcome.failure, "");
}

// Of a wire message, if it is one.
template <class T>
[[nodiscard]] const T* as(const Wire& wire) {
  return wire.message ? std::get_if<T>(&*wire.message) : nullptr;
}

[[nodiscard]] inline bool is_vote(const Wire& wire, consensus::VoteType type,
                                  consensus::View view) {
  const auto* vote = as<consensus::Vote>(wire);
  return vote != nullptr && vote->type == type && vote->proposal.view == view;
}

// Any way a validator can say NOTARIZE in that view.
[[nodiscard]] inline bool is_notarize(const Wire& wire, consensus::View view) {
  const auto* propose = as<consensus::Propose>(wire);
  return is_vote(wire, consensus::VoteType::notarize, view) ||
         (propose != nullptr && propose->proposal.view == view);
}

[[nodiscard]] inline bool is_certificate(const Wire& wire, consensus::VoteType type,
                                         consensus::View view) {
  const auto* certificate = as<consensus::Certificate>(wire);
  return certificate != nullptr && certificate->type == type && certificate->proposal.view == view;
}

}  // namespace footproof::simulation
