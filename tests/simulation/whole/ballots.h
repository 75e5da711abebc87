// The associations change the set of validators as the plan says: one change after the other, each
// proposed and decided by as many ballots as it takes, which clients submit like any statement.
// Whoever comes has its keys in time, and a host that stands by may come up late.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/whole/books.h"
#include "tests/simulation/whole/clients.h"

namespace footproof::whole {

class Ballots {
 public:
  // All of it outlives the ballots.
  Ballots(Stage stage, const Plan& plan, Cast& cast, Books& books, Clients& clients,
          std::vector<std::unique_ptr<Host>>& hosts)
      : stage_(stage), plan_(plan), cast_(cast), books_(books), clients_(clients), hosts_(hosts) {}

  // The first change of the plan, and from there the others.
  void begin() { begin(0); }
  // A change is proposed.
  std::function<void(const Plan::SetChange&)> proposed;

 private:
  void begin(std::size_t number);
  void try_propose(std::size_t number);
  void propose(const Plan::SetChange& change);
  [[nodiscard]] Change change_of(const Plan::SetChange& change) const;

  Stage stage_;
  const Plan& plan_;
  Cast& cast_;
  Books& books_;
  Clients& clients_;
  std::vector<std::unique_ptr<Host>>& hosts_;
};

}  // namespace footproof::whole
