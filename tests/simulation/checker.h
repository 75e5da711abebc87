// What watches a run. Each checker is one invariant of consensus/README.md §15 (or a few that share
// their books), in a file of its own, and sees every honest host from outside.
#pragma once

#include <memory>
#include <vector>

#include "consensus/record.h"
#include "consensus/replica.h"

namespace footproof::simulation {

class World;
class Host;
struct Cosigned;

class Checker {
 public:
  virtual ~Checker() = default;

  // Only honest hosts are shown. `host` stands in the state before the call returns to it.
  virtual void persisted(World&, const Host&, const consensus::Persist&, const consensus::Record&) {
  }
  virtual void synced(World&, const Host&) {}
  virtual void sent(World&, const Host&, const consensus::Send&) {}
  virtual void received(World&, const Host&, const consensus::Message&) {}
  virtual void delivered(World&, const Host&, const consensus::Deliver&) {}
  virtual void executed(World&, const Host&, const consensus::Checkpoint&) {}
  virtual void cosigned(World&, const Host&, const Cosigned&) {}
  // q cosignatures over a head, as it came to this host.
  virtual void vouched(World&, const Host&, std::uint64_t /*size*/, const Digest& /*root*/) {}
  virtual void reported(World&, const Host&, const consensus::Evidence&) {}
  virtual void alarmed(World&, const Host&, const consensus::Alarm&) {}
  virtual void started(World&, const Host&) {}  // after a restart, too
  virtual void stepped(World&, const Host&) {}
  virtual void ended(World&) {}
};

[[nodiscard]] std::unique_ptr<Checker> check_agreement();     // I1, I13
[[nodiscard]] std::unique_ptr<Checker> check_votes();         // I2, I5
[[nodiscard]] std::unique_ptr<Checker> check_certificates();  // I3, I6
[[nodiscard]] std::unique_ptr<Checker> check_parents();       // I4
[[nodiscard]] std::unique_ptr<Checker> check_bodies();        // I7
[[nodiscard]] std::unique_ptr<Checker> check_evidence();      // I9, and no alarm without cause
[[nodiscard]] std::unique_ptr<Checker> check_cosignatures();  // I10
[[nodiscard]] std::unique_ptr<Checker> check_memory();        // I11
[[nodiscard]] std::unique_ptr<Checker> check_progress();      // I12
[[nodiscard]] std::unique_ptr<Checker> check_rules();         // I14
[[nodiscard]] std::unique_ptr<Checker> check_epochs();        // I8

[[nodiscard]] std::vector<std::unique_ptr<Checker>> all_checkers();

}  // namespace footproof::simulation
