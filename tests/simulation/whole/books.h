// What must hold in every run of whole nodes, whatever happened (consensus/README.md, and the
// invariants of docs/ARCHITECTURE.md):
//   1. No two nodes execute other blocks, or come to other roots, at one height.
//   2. A validator that keeps the rules never votes against itself, over all its lives.
//   3. What was answered as logged is logged at that index everywhere and for ever.
//   4. Every receipt handed out verifies, and goes on to.
//   5. A rule-keeping node raises no alarm, and closes no link of another one for a breach.
//   6. An epoch hands over once: every hop of it holds and says the same, and whoever has the
//   policy of
//      genesis walks them all. A host whose hop is on its disk never goes back behind it.
//   7. A validator votes in the epoch that its disk proves, in no other, as the set of that epoch
//   names
//      it; so who has left the set does not vote.
// Its first finding is kept.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "attest/hop.h"
#include "attest/receipt.h"
#include "node/vote_keys.h"
#include "tests/simulation/whole/host.h"

namespace footproof::whole {

class Books {
 public:
  Books(const Cast& cast, std::size_t places);

  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
  }
  [[nodiscard]] const std::string& failure() const { return failure_; }

  // After each step of a host's storage, and after each start (`again`). `keeps`: nothing that is
  // synced is lost there. What it has done besides blocks:
  enum class Passed : std::uint8_t { nothing, end_of_epoch, hop };
  Passed executed(Host& host, bool again, bool keeps);
  // A frame that a rule-keeping host sends.
  void sent(Host& host, const Host& to, const node::Frame& frame);
  // Also of every later answer.
  void logged(const Digest& entry_id, std::uint64_t index, std::uint64_t height);
  void receipt(const Digest& entry_id, const Receipt& receipt);
  // At the end: the receipts once more, over what the hosts hold now.
  void check_receipts(Host& host);

  [[nodiscard]] std::uint64_t highest() const {
    return heads_.empty() ? 0 : heads_.rbegin()->first;
  }
  // Epochs that some host has begun or could begin: 0 at first.
  [[nodiscard]] std::uint64_t newest_epoch() const { return sets_.size() - 1; }
  [[nodiscard]] bool is_in_newest_set(const std::string& id) const;
  // Of this host: whose hop to it is on its disk.
  [[nodiscard]] std::uint64_t epoch_of(const Host& host) const { return epochs_[host.place()]; }
  [[nodiscard]] std::uint64_t hops() const { return hops_seen_; }
  [[nodiscard]] std::size_t receipts() const { return receipts_.size(); }
  [[nodiscard]] std::uint64_t votes() const { return votes_seen_; }
  [[nodiscard]] const std::map<Digest, std::pair<std::uint64_t, std::uint64_t>>& entries() const {
    return entries_;
  }

 private:
  struct Spoken {  // of one validator in one view
    std::optional<consensus::Proposal> notarized;
    std::optional<consensus::Proposal> finalized;
    bool nullified = false;
  };
  struct Set {
    ValidatorsRecord validators;
    consensus::Membership membership;
    std::unique_ptr<node::VoteVerifier> verifier;
  };
  // True if there are new ones.
  bool compare_blocks(Host& host, bool again);
  void voted(Host& host, const Host& to, const consensus::Vote& vote);
  void add_set(const Digest& chain_id, ValidatorsRecord validators);
  [[nodiscard]] bool follow_hops(Host& host, bool again, bool keeps);
  void handed_over(Host& host, const Hop& hop);

  const Cast& cast_;
  std::string failure_;
  Policy policy_;                      // of genesis, and of what hops have shown since
  std::vector<Set> sets_;              // by epoch
  std::vector<Hop> hops_;              // by the epoch that each ends: the first seen
  std::vector<std::uint64_t> seen_;    // heights compared, by place
  std::vector<std::uint64_t> epochs_;  // hops held, by place
  std::vector<std::uint64_t> kept_;    // of them on the disk for certain
  std::vector<std::uint64_t> ended_;   // epochs whose boundary block is executed, by place
  std::vector<std::uint64_t> spoke_;   // the newest epoch voted in, by place
  std::set<std::tuple<Place, consensus::Epoch, std::uint64_t>> verified_;  // lives with a vote
  std::uint64_t hops_seen_ = 0;
  std::map<std::uint64_t, ledger::Head> heads_;
  std::map<std::tuple<Place, consensus::Epoch, consensus::View>, Spoken> spoken_;
  std::uint64_t votes_seen_ = 0;
  std::map<Digest, std::pair<std::uint64_t, std::uint64_t>> entries_;  // index, height
  std::vector<std::pair<Digest, Receipt>> receipts_;
};

}  // namespace footproof::whole
