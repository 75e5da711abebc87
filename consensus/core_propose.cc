// Building blocks, and judging those of others (README.md §6, §7).
#include <algorithm>

#include "consensus/core.h"

namespace footproof::consensus {

// ---- proposing

std::optional<Replica::Core::Parent> Replica::Core::select_parent(View view) const {
  for (View at = view - 1;; --at) {
    if (const auto won = winner(at)) {
      const auto info = blocks_.parent_info(*won);
      Blocks::Walk walk = blocks_.walk(*won);
      if (info && walk.end == Blocks::End::linked) return Parent{at, *info, std::move(walk.path)};
    }
    if (at <= lf_) return std::nullopt;
    const bool skip =
        nullified(at) || parameters_.mutation == Mutation::parent_without_nullifications;
    if (!skip) return std::nullopt;
  }
}

std::set<Digest> Replica::Core::batches_of(const std::vector<Digest>& branch) const {
  std::set<Digest> taken;
  for (const Digest& id : branch) {
    for (const BatchRef& ref : blocks_.find(id)->block.batch_refs) taken.insert(ref.digest);
  }
  return taken;
}

std::uint32_t Replica::Core::payload_blocks(const std::vector<Digest>& branch) const {
  std::uint32_t count = 0;
  for (const Digest& id : branch) {
    if (!blocks_.find(id)->block.batch_refs.empty()) ++count;
  }
  return count;
}

void Replica::Core::try_propose() {
  const View view = view_;
  if (!safety_.voting() || !is_me(leader(view)) || view <= lf_) return;
  if (!safety_.may_sign(VoteType::notarize, {membership_.epoch(), view, 0, {}})) return;
  const auto parent = select_parent(view);
  if (!parent || !heads_.has_executed(parent->info.checkpoint)) return;
  if (parent->info.boundary && parameters_.mutation != Mutation::child_of_boundary) {
    if (now_.mono_ms >= pacemaker_.empty_proposal_time()) propose_again(*parent);
    return;
  }
  std::vector<BatchRef> refs;
  if (payload_blocks(parent->branch) < parameters_.unfinalized_payload_max) {
    refs = payload_.pick(batches_of(parent->branch));
  }
  std::vector<Evidence> evidence = pick_evidence(parent->branch);
  if (refs.empty() && evidence.empty() && now_.mono_ms < pacemaker_.empty_proposal_time()) return;

  propose(*parent, std::move(refs), std::move(evidence));
}

void Replica::Core::propose(const Parent& parent, std::vector<BatchRef> refs,
                            std::vector<Evidence> evidence) {
  Block block;
  BlockHeader& header = block.header;
  header.chain_id = membership_.chain_id();
  header.epoch = membership_.epoch();
  header.view = view_;
  header.height = parent.info.height + 1;
  header.parent = parent.info.id;
  header.time_ms = std::max(now_.wall_ms, parent.info.time_ms + 1);
  header.proposer = *self_;
  header.batch_root = batch_root(refs);
  header.batch_count = static_cast<std::uint32_t>(refs.size());
  header.evidence_root = evidence_root(evidence);
  header.checkpoint =
      heads_.choose(parent.info.checkpoint, header.height, parameters_.checkpoint_lag);
  header.members_hash = membership_.members_hash();
  block.batch_refs = std::move(refs);
  block.evidence = std::move(evidence);
  std::optional<EpochEnd> end;
  if (!find_end(header, end)) return;
  if (end && header.height == end->boundary_height) {
    header.boundary = 1;
    header.next_members_hash = end->next_members_hash;
    block.next_members = end->next_members;
  }
  say({membership_.epoch(), view_, parent.view, block_id(header)}, std::move(block));
}

// A boundary block that is not final yet is the only one that may follow itself: the same block, in
// this view. Nothing is added to it.
void Replica::Core::propose_again(const Parent& parent) {
  const Block block = blocks_.find(parent.info.id)->block;
  if (judge_payload(block, block.header.view) != Verdict::valid) return;
  say({membership_.epoch(), view_, parent.view, parent.info.id}, block);
}

void Replica::Core::say(const Proposal& proposal, Block block) {
  ViewState& state = views_[proposal.view];
  state.proposal = proposal;
  state.proposal_wall_ms = now_.wall_ms;
  blocks_.insert(proposal.block_id, block);
  persist_block(proposal.block_id);
  pacemaker_.proposal_came(now_.mono_ms);
  ++proposals_mine_;
  Propose message{proposal, std::move(block), {}, justification(proposal)};
  cast(VoteType::notarize, proposal, std::move(message));
  if (const Vote* vote = safety_.find(VoteType::notarize, proposal.view)) {
    views_[proposal.view].proposal_signature = vote->signature;
  }
}

std::vector<Certificate> Replica::Core::justification(const Proposal& proposal) const {
  std::vector<Certificate> certificates;
  for (View view = proposal.view - 1; view > proposal.parent_view; --view) {
    if (certificates.size() + 1 == kJustificationMax) break;
    if (const auto* skipped = certificate(VoteType::nullify, view))
      certificates.push_back(*skipped);
  }
  if (proposal.parent_view == 0) return certificates;
  const Certificate* won = certificate(VoteType::finalize, proposal.parent_view);
  if (won == nullptr) won = certificate(VoteType::notarize, proposal.parent_view);
  if (won != nullptr) certificates.push_back(*won);
  return certificates;
}

// The PROPOSE that carried my NOTARIZE of `view`, with the justification that I hold now.
std::optional<Propose> Replica::Core::own_proposal(View view) const {
  const Vote* vote = safety_.find(VoteType::notarize, view);
  if (vote == nullptr || !is_me(leader(view))) return std::nullopt;
  const auto* entry = blocks_.find(vote->proposal.block_id);
  if (entry == nullptr) return std::nullopt;
  return Propose{vote->proposal, entry->block, vote->signature, justification(vote->proposal)};
}

void Replica::Core::persist_block(const Digest& id) {
  Blocks::Entry* entry = blocks_.find(id);
  if (entry == nullptr || entry->persisted) return;
  entry->persisted = true;
  persist(entry->block, entry->block.header.epoch, entry->block.header.view, false);
}

// ---- judging

void Replica::Core::receive(const Propose& message, ValidatorIndex) {
  const Proposal& proposal = message.proposal;
  const View view = proposal.view;
  if (proposal.epoch != membership_.epoch() || view == 0) return;
  if (view + kViewsBehind < lf_ || view > view_ + kViewsAhead) return;
  const Vote vote{VoteType::notarize, proposal, leader(view), message.signature};
  const auto known = views_.find(view);
  const Vote* counted =
      known == views_.end() ? nullptr : known->second.votes.find(VoteType::notarize, vote.signer);
  const bool repeated = counted != nullptr && counted->says_same(vote);
  if (!repeated) {
    if (block_id(message.block.header) != proposal.block_id || !body_fits(message.block) ||
        !membership_.verify(vote, verifier_)) {
      ++refused_;
      return;
    }
  }
  if (!repeated && !take_evidence(message.block)) {
    ++refused_;
    return;
  }
  for (const Certificate& certificate : message.justification) receive(certificate, vote.signer);
  if (!repeated) guard(vote);
  if (!repeated) count(vote, true);
  if (view <= lf_ || view > view_ + kProposalsAhead || swamped()) return;
  ViewState& state = views_[view];
  if (state.proposal || block_id(message.block.header) != proposal.block_id ||
      !body_fits(message.block)) {
    return;
  }
  // Its vote alone may have come before.
  if (repeated && !take_evidence(message.block)) {
    ++refused_;
    return;
  }
  state.proposal = proposal;
  state.proposal_signature = message.signature;
  state.proposal_wall_ms = now_.wall_ms;
  blocks_.insert(proposal.block_id, message.block);
  dirty_ = true;
  if (view == view_) pacemaker_.proposal_came(now_.mono_ms);
}

// README.md §6 (a) to (d). What is only missing is asked for, of the proposer first.
Replica::Core::Verdict Replica::Core::valid_parent(const Proposal& proposal, const Block& block) {
  const View parent = proposal.parent_view;
  if (parent < lf_ || parent >= proposal.view) return Verdict::invalid;  // (a)
  // (d) A boundary block may be proposed again on itself; any other block is proposed once.
  const bool again = block.header.boundary == 1 && block.header.view < proposal.view;
  if (!again && block.header.view != proposal.view) return Verdict::invalid;
  const auto won = winner(parent);
  if (won && *won != (again ? proposal.block_id : block.header.parent)) {
    return Verdict::invalid;  // (b)
  }
  std::vector<CertQuery> missing;
  if (!won) missing.push_back({parent, Wanted::notarization});
  for (View skipped = parent + 1; skipped < proposal.view; ++skipped) {  // (c)
    if (parameters_.mutation == Mutation::parent_without_nullifications) break;
    if (!nullified(skipped)) missing.push_back({skipped, Wanted::nullification});
  }
  if (missing.empty()) return Verdict::valid;
  pacemaker_.needs_fetch();
  ask_again_ = std::min(ask_again_, now_.mono_ms + parameters_.delta_ms);
  std::erase_if(missing, [this](const CertQuery& query) {
    return !certificate_requests_.due({query.view, static_cast<std::uint8_t>(query.wanted)},
                                      now_.mono_ms, parameters_.delta_ms);
  });
  if (missing.size() > kCertQueriesMax) missing.resize(kCertQueriesMax);
  if (!missing.empty()) ask(GetCert{membership_.epoch(), missing}, leader(proposal.view));
  return Verdict::pending;
}

// What the block alone shows.
bool Replica::Core::well_formed(const Block& block) const {
  const BlockHeader& header = block.header;
  return header.chain_id == membership_.chain_id() && header.epoch == membership_.epoch() &&
         header.proposer == leader(header.view) &&
         header.members_hash == membership_.members_hash();
}

// What the chain shows: the same answer on every node that has executed the checkpoint. Evidence
// was judged when the block came (core_evidence.cc).
Replica::Core::Verdict Replica::Core::judge(const Block& block, const ParentInfo& parent) const {
  const BlockHeader& header = block.header;
  const bool child = parent.boundary && parameters_.mutation == Mutation::child_of_boundary;
  if (!well_formed(block) || (parent.boundary && !child) || header.parent != parent.id ||
      header.height != parent.height + 1 || header.time_ms <= parent.time_ms) {
    return Verdict::invalid;
  }
  switch (heads_.judge(header.checkpoint, parent.checkpoint, header.height,
                       parameters_.checkpoint_lag)) {
    case Heads::Verdict::right: {
      std::optional<EpochEnd> end;
      if (!find_end(header, end)) return Verdict::pending;
      return child || ends_rightly(block, end) ? Verdict::valid : Verdict::invalid;
    }
    case Heads::Verdict::wrong:
      return Verdict::invalid;
    case Heads::Verdict::not_executed:
      return Verdict::pending;
  }
  return Verdict::invalid;
}

Replica::Core::Verdict Replica::Core::judge_payload(const Block& block, View view) {
  if (parameters_.mutation == Mutation::notarize_without_bodies) return Verdict::valid;
  bool missing = false;
  for (const BatchRef& ref : block.batch_refs) {
    const Payload::State state = payload_.state(ref);
    if (state == Payload::State::invalid) return Verdict::invalid;
    missing = missing || state == Payload::State::missing;
  }
  if (!missing) return Verdict::valid;
  pacemaker_.needs_fetch();
  request_batches_of(block, leader(view));
  return Verdict::pending;
}

bool Replica::Core::time_acceptable(const Block& block, const ParentInfo& parent,
                                    std::uint64_t came_wall_ms) const {
  const std::uint64_t time = block.header.time_ms;
  if (time > std::max(now_.wall_ms + parameters_.drift_ms, parent.time_ms + 1)) return false;
  return block.batch_refs.empty() || time + parameters_.backdate_ms >= came_wall_ms;
}

void Replica::Core::try_notarize() {
  const View view = view_;
  if (!safety_.voting() || view <= lf_) return;
  const auto found = views_.find(view);
  if (found == views_.end() || !found->second.proposal) return;
  const Proposal proposal = *found->second.proposal;
  if (!safety_.may_sign(VoteType::notarize, proposal)) return;
  const Blocks::Entry* entry = blocks_.find(proposal.block_id);
  if (entry == nullptr) {
    request_block(proposal.block_id, leader(view), nullptr);
    return;
  }
  const Block& block = entry->block;
  Verdict verdict = valid_parent(proposal, block);
  if (verdict == Verdict::valid) {
    const auto parent = blocks_.parent_info(block.header.parent);
    if (!parent) {
      pacemaker_.needs_fetch();
      request_block(block.header.parent, leader(view), nullptr);
      return;
    }
    verdict = judge(block, *parent);
    if (verdict != Verdict::invalid) {
      const Verdict payload = judge_payload(block, view);
      if (payload != Verdict::valid) verdict = payload;
    }
    // Its time was judged when it was first proposed.
    const bool again = block.header.view < view;
    if (verdict == Verdict::valid && !again &&
        !time_acceptable(block, *parent, found->second.proposal_wall_ms)) {
      verdict = Verdict::invalid;
    }
  }
  if (verdict == Verdict::pending) return;
  if (verdict == Verdict::invalid) {
    nullify_now();
    return;
  }
  persist_block(proposal.block_id);
  cast(VoteType::notarize, proposal);
}

void Replica::Core::nullify_now() { cast(VoteType::nullify, {membership_.epoch(), view_, 0, {}}); }

}  // namespace footproof::consensus
