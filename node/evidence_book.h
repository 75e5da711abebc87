// What the chain holds of evidence (consensus/README.md §11): of each offender, epoch and view the
// first that a block brought, in chain order. Each stands in the database under a number of its
// own, written in one batch with its block, so that it is what a replay of the chain makes of it.
// Of an epoch what counts there (consensus/offences.h): under 1 MiB. More stays in the blocks
// alone.
//
// The storage thread adds; any thread reads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "consensus/messages.h"
#include "consensus/offences.h"
#include "ledger/store.h"

namespace footproof::node {

struct OrderedEvidence {
  consensus::Height height = 0;  // of the block
  consensus::Evidence evidence;
  friend bool operator==(const OrderedEvidence&, const OrderedEvidence&) = default;
};

class EvidenceBook {
 public:
  // What the store holds up to its head, however much. corrupt: a blob that is none of ours.
  [[nodiscard]] Result<void> load(const ledger::Store& store);
  // The next block of the chain: what is to be stored with it, none if it brings nothing new.
  [[nodiscard]] std::vector<ledger::OrderingBlob> add(const consensus::Block& block);

  [[nodiscard]] std::vector<OrderedEvidence> all() const;

 private:
  // Its number. None: it is known, or does not count.
  std::optional<std::uint64_t> insert(OrderedEvidence one);

  mutable std::mutex mutex_;
  std::vector<OrderedEvidence> kept_;                                // guarded by mutex_
  std::map<consensus::Epoch, consensus::OrderedOffences> offences_;  // guarded by mutex_
};

// At most `max` of them, in their order, and of every accused alike many if it has so many.
[[nodiscard]] std::vector<consensus::Evidence> fair_share(
    const std::vector<consensus::Evidence>& evidence, std::size_t max);

}  // namespace footproof::node
