// What must hold in every run of whole nodes, whatever happened (consensus/README.md, and the
// invariants of docs/ARCHITECTURE.md):
//   1. No two nodes execute other blocks, or come to other roots, at one height.
//   2. A validator that keeps the rules never votes against itself, over all its lives.
//   3. What was answered as logged is logged at that index everywhere and for ever.
//   4. Every receipt handed out verifies, and goes on to.
//   5. A rule-keeping node raises no alarm, and closes no link of another one for a breach.
// Its first finding is kept.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "attest/receipt.h"
#include "tests/simulation/whole/host.h"

namespace footproof::whole {

class Books {
 public:
  Books(const Cast& cast, std::size_t places) : cast_(cast), seen_(places, 0) {}

  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
  }
  [[nodiscard]] const std::string& failure() const { return failure_; }

  // After each step of a host's storage, and after each start (`again`).
  void executed(Host& host, bool again);
  // A frame that a rule-keeping host sends.
  void sent(Host& host, const node::Frame& frame);
  // Also of every later answer.
  void logged(const Digest& entry_id, std::uint64_t index, std::uint64_t height);
  void receipt(const Digest& entry_id, const Receipt& receipt);
  // At the end: the receipts once more, over what the hosts hold now.
  void check_receipts(Host& host);

  [[nodiscard]] std::uint64_t highest() const {
    return heads_.empty() ? 0 : heads_.rbegin()->first;
  }
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
  void voted(Host& host, const consensus::Vote& vote);

  const Cast& cast_;
  std::string failure_;
  std::vector<std::uint64_t> seen_;  // heights compared, by place
  std::map<std::uint64_t, ledger::Head> heads_;
  std::map<std::tuple<Place, consensus::Epoch, consensus::View>, Spoken> spoken_;
  std::uint64_t votes_seen_ = 0;
  std::map<Digest, std::pair<std::uint64_t, std::uint64_t>> entries_;  // index, height
  std::vector<std::pair<Digest, Receipt>> receipts_;
};

}  // namespace footproof::whole
