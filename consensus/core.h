// The state of one replica and its handlers, split over several files by concept:
//
//   replica.cc   make, step, the order of work in a step
//   votes and certificates      core_votes.cc
//   proposing and voting        core_propose.cc
//   linking and delivering      core_chain.cc
//   repetition and catch-up     core_catchup.cc
//   restart and WAL space       core_recovery.cc
//   one key, one validator      core_guard.cc
//   evidence                    core_evidence.cc
//
// Private to consensus/. Rules and names: README.md.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "consensus/blocks.h"
#include "consensus/heads.h"
#include "consensus/offences.h"
#include "consensus/pacemaker.h"
#include "consensus/payload.h"
#include "consensus/record.h"
#include "consensus/replica.h"
#include "consensus/safety.h"
#include "consensus/votes.h"

namespace footproof::consensus {

// When each request may be made again. Cleared of what is no longer wanted by time.
template <class Key>
class Requests {
 public:
  // True at most once per `interval` for each key.
  bool due(const Key& key, std::uint64_t now, std::uint64_t interval) {
    if (next_.size() > kMax) next_.clear();
    const auto [at, inserted] = next_.try_emplace(key, now + interval);
    if (inserted) return true;
    if (at->second > now) return false;
    at->second = now + interval;
    return true;
  }
  [[nodiscard]] bool asked(const Key& key) const { return next_.contains(key); }
  void forget(const Key& key) { next_.erase(key); }

 private:
  static constexpr std::size_t kMax = 4096;
  std::map<Key, std::uint64_t> next_;
};

class Replica::Core {
 public:
  static constexpr View kViewsAhead = 64;          // votes further ahead are dropped
  static constexpr View kProposalsAhead = 4;       // blocks further ahead are not kept
  static constexpr View kViewsBehind = 32;         // kept below the finalized view, for evidence
  static constexpr std::size_t kQueueMax = 128;    // linked blocks not yet delivered
  static constexpr Height kExecutionLagMax = 256;  // delivered, not executed
  static constexpr std::size_t kChainWindow = 64;  // blocks asked for at once
  static constexpr std::size_t kBehindMax = 512;   // blocks held while far behind (swamped)

  Core(const Parameters& parameters, Membership membership, const EpochRoot& root,
       std::optional<ValidatorIndex> self, Signer* signer, const Verifier& verifier);
  [[nodiscard]] Result<void> recover(const Recovery& recovery);

  Effects step(const Event& event);
  [[nodiscard]] bool needs_batch(const Digest& digest) const { return blocks_.needs_batch(digest); }
  [[nodiscard]] std::vector<Bytes> live_records(Height synced_height) const;
  [[nodiscard]] Info info() const;
  [[nodiscard]] std::vector<Evidence> evidence() const;

 private:
  struct ViewState {
    std::optional<Proposal> proposal;  // the first of the leader
    Signature proposal_signature{};
    std::uint64_t proposal_wall_ms = 0;
    std::array<std::optional<Certificate>, 3> certificates;
    ViewVotes votes;

    [[nodiscard]] const std::optional<Certificate>& of(VoteType type) const {
      return certificates[static_cast<std::size_t>(type) - 1];
    }
    std::optional<Certificate>& of(VoteType type) {
      return certificates[static_cast<std::size_t>(type) - 1];
    }
  };
  // A vote that is signed and not yet durable, with the message that carries it.
  struct HeldBack {
    std::uint64_t lsn = 0;
    Vote vote;
    Message message;
  };

  // ---- events
  void on(const Started&);
  void on(const Connected& event);
  void on(const Disconnected& event);
  void on(const Received& event);
  void on(const TimerFired&) {}
  void on(const Durable& event);
  void on(const PayloadReady& event);
  void on(const PayloadInvalid& event) { payload_.refuse(event.digest); }
  void on(const PayloadDropped& event) { payload_.drop(event.digest); }
  void on(const Executed& event);
  void on(const Checkpointed& event);
  void on(const Contradicted& event);
  void on(const Shown& event);
  void settle();
  void arm_timer();

  // ---- messages
  void receive(const Propose& message, ValidatorIndex from);
  void receive(const Vote& vote, ValidatorIndex from);
  void receive(const Certificate& certificate, ValidatorIndex from);
  void receive(const GetCert& message, ValidatorIndex from);
  void receive(const GetBlock& message, ValidatorIndex from);
  void receive(const BlockAnswer& message, ValidatorIndex from);
  void receive(const GetChain& message, ValidatorIndex from);
  void receive(const Chain& message, ValidatorIndex from);
  bool take_chain(const Chain& message);
  void receive(const Status& message, ValidatorIndex from);
  void receive(const Evidence& evidence, ValidatorIndex from);
  void receive(const EndOfEpoch& message, ValidatorIndex from);
  // A message of an epoch before this one.
  void answer_older(const Message& message, Epoch epoch, ValidatorIndex from);

  // ---- votes and certificates
  // Signs, persists and holds back until durable. False if a rule forbids the vote.
  bool cast(VoteType type, const Proposal& proposal, std::optional<Propose> carrier = {});
  void count(const Vote& vote, bool verified);
  // The certificate is verified. Stores, persists and hands it on, and does what follows from it.
  void accept(const Certificate& certificate);
  void finalize_view(const Certificate& finalization);
  void maybe_finalize(View view);
  void enter_view(View view);
  void start_view_clock();
  // ---- evidence (core_evidence.cc)
  void report(const Evidence& evidence);
  bool take_evidence(const Evidence& evidence);
  bool take_evidence(const Block& block);
  [[nodiscard]] std::vector<Evidence> pick_evidence(const std::vector<Digest>& branch) const;
  void evidence_ordered(const Block& block);

  [[nodiscard]] bool holds(const Certificate& certificate) const;
  [[nodiscard]] const Certificate* certificate(VoteType type, View view) const;
  // The block that won `view`: finalized, or notarized.
  [[nodiscard]] std::optional<Digest> winner(View view) const;
  [[nodiscard]] bool nullified(View view) const;
  void conflict(const Certificate& mine, const Certificate& theirs);
  void check_late(const Certificate& certificate);

  // ---- proposing and voting
  struct Parent {
    View view = 0;
    ParentInfo info;
    std::vector<Digest> branch;  // blocks between it and the linked tip, it included
  };
  void try_propose();
  void try_notarize();
  void nullify_now();
  enum class Verdict : std::uint8_t { valid, pending, invalid };
  Verdict valid_parent(const Proposal& proposal, const Block& block);
  [[nodiscard]] Verdict judge(const Block& block, const ParentInfo& parent) const;
  // ---- where the epoch ends (core_epoch.cc)
  void follow_end();
  void close_if_ended();
  void announce_end();
  // end_after a block with this header, whose checkpoint is executed. False: not known yet.
  [[nodiscard]] bool find_end(const BlockHeader& header, std::optional<EpochEnd>& end) const;
  [[nodiscard]] bool end_pending() const;
  void propose_again(const Parent& parent);
  void propose(const Parent& parent, std::vector<BatchRef> refs, std::vector<Evidence> evidence);
  void say(const Proposal& proposal, Block block);
  [[nodiscard]] bool well_formed(const Block& block) const;
  Verdict judge_payload(const Block& block, View view);
  [[nodiscard]] bool time_acceptable(const Block& block, const ParentInfo& parent,
                                     std::uint64_t came_wall_ms) const;
  [[nodiscard]] std::optional<Parent> select_parent(View view) const;
  [[nodiscard]] std::set<Digest> batches_of(const std::vector<Digest>& branch) const;
  [[nodiscard]] std::vector<Certificate> justification(const Proposal& proposal) const;
  [[nodiscard]] bool work_pending() const;
  [[nodiscard]] std::uint32_t payload_blocks(const std::vector<Digest>& branch) const;
  void persist_block(const Digest& id);

  // ---- chain
  void link_and_deliver();
  void link(const Blocks::Walk& walk, const Certificate& finalization);
  void deliver();
  [[nodiscard]] bool swamped() const;
  void check_divergence();
  void alarm(AlarmKind kind, std::string detail, std::uint32_t signers);

  // ---- repetition and catch-up
  void check_timers();
  void repeat();
  void repeat_own_votes(std::optional<ValidatorIndex> to);
  void request_missing();
  void request_certificates();
  void request_blocks();
  void request_block(const Digest& id, ValidatorIndex hint, const Certificate* voters);
  void request_chain();
  void request_batches();
  void request_batches_of(const Block& block, ValidatorIndex hint);
  void ask(const Message& message, ValidatorIndex hint);
  [[nodiscard]] ValidatorIndex next_peer();
  [[nodiscard]] Status status() const;
  [[nodiscard]] const Certificate* entry_certificate() const;
  [[nodiscard]] bool leader_absent() const;
  [[nodiscard]] std::optional<Propose> own_proposal(View view) const;

  // ---- one key, one validator (core_guard.cc)
  void guard(const Vote& vote);
  void guard(const Certificate& certificate);
  void guard(const Evidence& evidence);
  void guard_what_is_held();
  void heard_from(ValidatorIndex peer);
  void show_own_votes(ValidatorIndex peer);

  // ---- recovery
  [[nodiscard]] Result<void> restore(const Record& record);

  // ---- shared
  void send(std::optional<ValidatorIndex> to, Message message);
  std::uint64_t persist(const Record& record, Epoch epoch, View view, bool sync);
  [[nodiscard]] ValidatorIndex leader(View view) const { return membership_.leader(view); }
  [[nodiscard]] bool is_me(ValidatorIndex index) const { return self_ == index; }
  [[nodiscard]] bool is_durable(const Vote& vote) const;

  const Parameters parameters_;
  const Membership membership_;
  const EpochRoot root_;
  const std::optional<ValidatorIndex> self_;
  const Verifier& verifier_;

  Now now_;
  Effects out_;
  bool started_ = false;
  bool alarmed_ = false;         // no vote any more
  bool chain_in_doubt_ = false;  // and the reason is not the own key
  bool closed_ = false;          // the boundary block is final
  bool end_announced_ = false;

  View view_ = 1;
  View lf_ = 0;
  View pruned_ = 0;  // blocks that lost at or below this view are gone
  Digest finalized_id_;
  std::optional<Certificate> finalization_;  // of lf_
  std::map<View, ViewState> views_;
  Safety safety_;
  Pacemaker pacemaker_;
  Blocks blocks_;
  Payload payload_;
  Heads heads_;
  std::optional<EpochEnd> end_;  // after the linked block of height end_known_
  Height end_known_ = 0;
  std::map<EvidenceKey, Evidence> evidence_;
  OrderedOffences ordered_evidence_;  // in the finalized chain

  std::set<ValidatorIndex> heard_from_;  // STATUS, in this life, while listening

  std::uint64_t next_lsn_ = 1;
  std::uint64_t durable_lsn_ = 0;
  std::deque<HeldBack> held_back_;

  bool dirty_ = true;  // certificates, blocks or payload changed: look again for what is missing
  std::uint64_t next_retry_ = 0;
  std::uint64_t next_status_ = 0;
  std::uint64_t ask_again_ = UINT64_MAX;  // something is missing and was asked for
  std::uint64_t timer_ = 0;
  std::uint64_t next_chain_request_ = 0;
  bool chain_asked_ = false;
  std::size_t rotation_ = 0;
  std::vector<std::uint64_t> heard_;  // per validator: when last, monotonic; 0 never
  std::vector<bool> link_closed_;
  std::vector<Height> peer_heights_;
  Requests<std::pair<View, std::uint8_t>> certificate_requests_;
  Requests<Digest> block_requests_;
  Requests<Digest> batch_requests_;
  Requests<ValidatorIndex> ends_served_;

  std::uint64_t proposals_mine_ = 0;
  std::uint64_t views_nullified_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace footproof::consensus
