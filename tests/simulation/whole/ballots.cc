#include "tests/simulation/whole/ballots.h"

#include <utility>

#include "attest/check.h"
#include "attest/ready.h"

namespace footproof::whole {

using What = Plan::SetChange::What;

void Ballots::begin(std::size_t number) {
  if (number >= plan_.changes.size()) return;
  stage_.loop.at(plan_.changes[number].at, kWorld, "change",
                 [this, number] { try_propose(number); });
}

// Before the last one is in force no other is decided; and a newcomer must name an entry.
void Ballots::try_propose(std::size_t number) {
  if (books_.newest_epoch() < number || books_.entries().empty()) {
    stage_.loop.after(200 * kMilli, kWorld, "change", [this, number] { try_propose(number); });
    return;
  }
  propose(plan_.changes[number]);
  begin(number + 1);
}

Change Ballots::change_of(const Plan::SetChange& change) const {
  switch (change.what) {
    case What::admit:
      return AdmitValidator{cast_.validator(change.who, change.generation)};
    case What::remove:
      return RemoveValidator{Cast::id_of(change.who)};
    case What::replace:
    case What::rotate:
      break;
  }
  return ReplaceValidator{Cast::id_of(change.who),
                          cast_.validator(change.comes, change.generation)};
}

void Ballots::propose(const Plan::SetChange& change) {
  const auto proposal = cast_.proposal(change_of(change), clients_.now_s());
  const auto* comes = new_validator_of(proposal.change);
  std::optional<Ready> ready;
  if (comes != nullptr) {
    for (auto& host : hosts_) {
      if (host->person() == change.comes) host->give_keys(change.generation);
    }
    const auto keys = Cast::keys(change.comes, change.generation);
    const auto made =
        make_ready(keys.vote, cast_.network().chain_id, proposal, books_.entries().begin()->first);
    CHECK(made.has_value());
    ready = *made;
  }
  if (proposed) proposed(change);
  for (std::size_t i = 0; i < kBallotsToDecide; ++i) {
    Ballot ballot{proposal, true, {}};
    if (i + 1 == kBallotsToDecide) ballot.ready = ready;
    clients_.order(cast_.ballot(i, std::move(ballot), clients_.now_s()));
  }
}

}  // namespace footproof::whole
