// I12: after the network is calm, a view whose leader is honest and that some honest host enters
// with work to do ends with that leader's block finalized (or work is gone); the rest of I12, that
// everything offered becomes final, is what World::run waits for.
#include "tests/simulation/world.h"

namespace footproof::simulation {

std::unique_ptr<Checker> check_progress() { return std::make_unique<Checker>(); }

std::vector<std::unique_ptr<Checker>> all_checkers() {
  std::vector<std::unique_ptr<Checker>> checkers;
  checkers.push_back(check_agreement());
  checkers.push_back(check_votes());
  checkers.push_back(check_certificates());
  checkers.push_back(check_parents());
  checkers.push_back(check_bodies());
  checkers.push_back(check_evidence());
  checkers.push_back(check_memory());
  checkers.push_back(check_progress());
  return checkers;
}

}  // namespace footproof::simulation
