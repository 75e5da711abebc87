// The validators in force: who votes in an epoch, what its chain builds on, and this node's place.
//
// Everything that depends on the set goes by one value of this; another epoch is another value. The
// state says who they are (record `validators, e`, docs/formats.md §6), the store where the epoch
// began. A ValidatorIndex means a place in one such set and nothing beyond it: who a number of
// another epoch was, producer_in() finds by id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attest/result.h"
#include "attest/state_record.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"
#include "ledger/store.h"
#include "node/batch.h"
#include "node/network.h"
#include "node/own_keys.h"

namespace footproof::node {

struct EpochSet {
  ValidatorsRecord validators;  // ascending by id: the index is the position
  consensus::Membership membership;
  consensus::EpochRoot root;
  std::optional<consensus::ValidatorIndex> self;  // none: this node has no vote in it …
  std::string why_none;                           // … for this reason
  bool left = false;                              // the set before had a place for this node
  const OwnKeys* keys = nullptr;                  // those that it names; without a place, the first

  [[nodiscard]] std::uint64_t epoch() const { return validators.epoch; }
  [[nodiscard]] const Member& member(consensus::ValidatorIndex at) const {
    return validators.members[at];
  }
};

[[nodiscard]] Result<consensus::Membership> make_membership(const Digest& chain_id,
                                                            const ValidatorsRecord& record);

// The epoch that the state stands in, or after its boundary block the one that it put in force.
// `id`: of this node. io, corrupt: the store does not hold what it must.
[[nodiscard]] Result<EpochSet> epoch_set(const Network& network, const ledger::Store& store,
                                         std::uint64_t epoch, const std::string& id, KeyRing& keys);

// What consensus must know of a set that the state holds for the next epoch.
[[nodiscard]] consensus::NextSet next_set_of(const std::vector<Member>& members);

// The epoch whose set orders the next block.
[[nodiscard]] std::uint64_t epoch_in_force(const ledger::Store& store);

// Before the first vote in `set`: the data folder is marked with the key that this node has there.
[[nodiscard]] Result<void> speak_as(const std::filesystem::path& data, const Network& network,
                                    const EpochSet& set);

// mismatch: the set names this node's vote key, and other keys than stand beside it.
[[nodiscard]] Result<void> check_keys(const EpochSet& set, const std::string& id,
                                      const KeyRing& keys);

// The links to all others of the set, and behind them to those whom only `also` names: the next set
// while the change is under way, or the one that this node has just left. Who has left a set waits
// to be dialled; who was in none yet dials, and is let in when its set begins.
[[nodiscard]] LinkSet links_of(const EpochSet& set, const std::string& id,
                               const EpochSet* also = nullptr);

// Who made a batch, as a place in `set`: that of the same validator where it was made in another
// epoch. None: it is no member of this set, or nobody knows.
[[nodiscard]] std::optional<consensus::ValidatorIndex> producer_in(const EpochSet& set,
                                                                   const ledger::Store& store,
                                                                   const Batch& batch);

}  // namespace footproof::node
