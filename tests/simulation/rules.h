// The rules of consensus/README.md, executable: what one honest validator may write and say, judged
// from nothing but what it received, wrote and made durable before.
//
// Written from that page, and apart from consensus/*.cc on purpose: it shares messages and hashes
// with the replica, no rule. A run is replayed against it event by event; each method returns what
// is wrong, or an empty string. It says what may happen. That something must happen, and when
// (timers, repetition), is for I12 and I13; that signatures verify, for I6.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consensus/quorum.h"
#include "consensus/record.h"
#include "consensus/replica.h"

namespace footproof::simulation {

class Rules {
 public:
  // What the host knows beside the protocol.
  struct Surroundings {
    const consensus::Membership* membership = nullptr;
    consensus::EpochRoot root;
    consensus::ValidatorIndex self = 0;
    std::uint32_t checkpoint_lag = 0;
    std::uint32_t boundary_delay = 8;
    bool listens_first = true;
    std::function<bool(const Digest& batch)> holds_body;
    std::function<bool(const consensus::Checkpoint&)> executed_here;  // this very head
    std::function<std::uint64_t()> latest_time;  // the highest block time to vote for now
    // What is executed here, and the set that the state after it holds for the next epoch. Unset:
    // nothing is.
    std::function<std::optional<consensus::Block>(consensus::Height)> executed;
    std::function<std::optional<Bytes>(consensus::Height)> next_set;
  };
  // A first life with an empty disk, until restart() says otherwise.
  explicit Rules(Surroundings around);

  // A new life, with what the disk gave back (§13).
  void restart(const std::vector<consensus::Record>& records,
               const std::optional<consensus::Applied>& applied);
  void received(const consensus::Message& message);
  [[nodiscard]] std::string persisted(std::uint64_t lsn, const consensus::Record& record);
  void durable(std::uint64_t lsn);
  [[nodiscard]] std::string sent(const consensus::Message& message,
                                 std::optional<consensus::ValidatorIndex> to);
  [[nodiscard]] std::string delivered(const consensus::Deliver& deliver);
  void alarmed() { alarmed_ = true; }

  struct Judged {
    std::uint64_t votes = 0;
    std::uint64_t certificates = 0;
    std::uint64_t sends = 0;
  };
  [[nodiscard]] const Judged& judged() const { return judged_; }

 private:
  using Header = consensus::BlockHeader;
  struct OwnVote {
    consensus::Vote vote;
    std::uint64_t lsn = 0;
  };
  struct ViewBook {
    std::vector<consensus::Vote> votes;         // received, any number, verified or not
    std::vector<consensus::Certificate> heard;  // received
    std::vector<consensus::Certificate> held;   // in the log
    std::vector<consensus::Proposal> proposed;  // received from whoever
    std::vector<OwnVote> own;
  };

  void hear(const consensus::Vote& vote);
  void hear(const consensus::Certificate& certificate);
  void hear(const Digest& id, const Header& header);
  void hold(const consensus::Certificate& certificate);
  [[nodiscard]] bool holds(const consensus::Certificate& certificate) const;
  [[nodiscard]] bool has_heard(const consensus::Certificate& certificate) const;
  [[nodiscard]] bool has_heard(const consensus::Vote& vote) const;
  [[nodiscard]] bool is_durable(const OwnVote& own) const { return own.lsn <= durable_; }
  [[nodiscard]] bool said_durably(const consensus::Vote& vote) const;
  [[nodiscard]] const consensus::Certificate* held(consensus::View view,
                                                   consensus::VoteType type) const;
  [[nodiscard]] std::optional<Digest> winner(consensus::View view) const;
  [[nodiscard]] const Header* header_of(const Digest& id) const;
  [[nodiscard]] bool names(const consensus::Certificate& certificate, const Digest& block) const;

  [[nodiscard]] bool over() const;
  void follow_end(const Header& header,
                  std::optional<std::pair<consensus::Height, Bytes>>& end) const;
  [[nodiscard]] std::string ends_rightly(const consensus::Block& block) const;
  [[nodiscard]] std::string may_vote(const consensus::Vote& vote) const;
  [[nodiscard]] std::string may_notarize(const consensus::Vote& vote) const;
  [[nodiscard]] std::string parent_acceptable(const consensus::Proposal& proposal,
                                              const Header& header) const;
  [[nodiscard]] std::string block_acceptable(const consensus::Block& block, bool again) const;
  [[nodiscard]] std::string may_hold(const consensus::Certificate& certificate) const;
  [[nodiscard]] std::string may_keep(const Digest& id, const consensus::Block& block) const;
  [[nodiscard]] std::string may_report(const consensus::Evidence& evidence) const;
  [[nodiscard]] std::string may_propose(const consensus::Propose& propose) const;
  [[nodiscard]] std::string may_claim(const consensus::Status& status) const;
  [[nodiscard]] std::string may_serve(const consensus::Chain& chain) const;

  Surroundings around_;
  bool alarmed_ = false;
  std::size_t statuses_ = 0;  // that came in this life
  consensus::View view_ = 1;
  consensus::View lf_ = 0;
  std::uint64_t durable_ = 0;
  std::map<consensus::View, ViewBook> views_;
  std::map<Digest, std::vector<Header>> headers_;  // received, by the id that came with them
  std::map<Digest, consensus::Block> blocks_;      // in the log
  std::vector<consensus::Evidence> evidence_;      // received or in the log
  // That came with a stretch of the chain, of what is not delivered yet, however long ago.
  std::vector<consensus::Certificate> stretches_;
  consensus::Height delivered_ = 0;
  Digest last_delivered_;
  std::map<consensus::Height, Digest> chain_;  // delivered in this life, and what was applied
  // §10: the boundary height and its set, after the executed block of height end_known_.
  mutable std::optional<std::pair<consensus::Height, Bytes>> end_;
  mutable consensus::Height end_known_ = 0;
  mutable consensus::Height first_set_ = UINT64_MAX;  // the lowest executed state that holds one
  Judged judged_;
};

}  // namespace footproof::simulation
