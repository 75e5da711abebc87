#include "tests/simulation/rules.h"

#include <algorithm>
#include <bit>

namespace footproof::simulation {

using consensus::Block;
using consensus::Certificate;
using consensus::Evidence;
using consensus::Propose;
using consensus::Record;
using consensus::ValidatorIndex;
using consensus::View;
using consensus::Vote;
using consensus::VoteType;

namespace {

constexpr View kKeptBehind = 80;  // more than anything refers back

template <class T>
bool contains(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// §1, computed here once more.
std::size_t needed(std::size_t n) { return n - (n - 1) / 3; }

// §7 R1, of two different votes of one signer and view. NULLIFY after NOTARIZE is allowed.
bool excluded(const Vote& before, const Vote& now) {
  if (before.type == now.type) return true;
  if (before.type == VoteType::nullify) return true;
  return before.type == VoteType::finalize && now.type == VoteType::nullify;
}

// §11: two NOTARIZE or two FINALIZE that differ, or NULLIFY and FINALIZE, of one signer and view.
bool offends(const Evidence& evidence) {
  const Vote& a = evidence.first;
  const Vote& b = evidence.second;
  if (a.signer != b.signer || a.proposal.epoch != b.proposal.epoch ||
      a.proposal.view != b.proposal.view) {
    return false;
  }
  if (a.type == b.type) return a.type != VoteType::nullify && a.proposal != b.proposal;
  return a.type != VoteType::notarize && b.type != VoteType::notarize;
}

}  // namespace

// ---- what was heard

void Rules::hear(const Vote& vote) {
  auto& votes = views_[vote.proposal.view].votes;
  if (!contains(votes, vote)) votes.push_back(vote);
}

void Rules::hear(const Certificate& certificate) {
  auto& heard = views_[certificate.proposal.view].heard;
  if (!contains(heard, certificate)) heard.push_back(certificate);
}

void Rules::hear(const Digest& id, const Header& header) {
  auto& headers = headers_[id];
  if (!contains(headers, header)) headers.push_back(header);
}

void Rules::received(const consensus::Message& message) {
  const auto epoch = consensus::epoch_of(message);
  if (epoch && *epoch != around_.membership->epoch()) return;  // says nothing here (§10)
  if (const auto* vote = std::get_if<Vote>(&message)) {
    hear(*vote);
  } else if (const auto* certificate = std::get_if<Certificate>(&message)) {
    hear(*certificate);
  } else if (const auto* propose = std::get_if<Propose>(&message)) {
    const consensus::Proposal& proposal = propose->proposal;
    hear(Vote{VoteType::notarize, proposal, around_.membership->leader(proposal.view),
              propose->signature});
    for (const Certificate& proof : propose->justification) hear(proof);
    hear(proposal.block_id, propose->block.header);
    for (const Evidence& shown : propose->block.evidence) evidence_.push_back(shown);  // §11
    auto& proposed = views_[proposal.view].proposed;
    if (!contains(proposed, proposal)) proposed.push_back(proposal);
  } else if (const auto* status = std::get_if<consensus::Status>(&message)) {
    ++statuses_;
    if (status->finalization) hear(*status->finalization);
    if (status->entry) hear(*status->entry);
  } else if (const auto* answer = std::get_if<consensus::BlockAnswer>(&message)) {
    hear(consensus::block_id(answer->block.header), answer->block.header);
    for (const Evidence& shown : answer->block.evidence) evidence_.push_back(shown);  // §11
  } else if (const auto* chain = std::get_if<consensus::Chain>(&message)) {
    for (const Block& block : chain->blocks) {
      hear(consensus::block_id(block.header), block.header);
    }
    hear(chain->finalization);
    if (!contains(stretches_, chain->finalization)) stretches_.push_back(chain->finalization);
  } else if (const auto* end = std::get_if<consensus::EndOfEpoch>(&message)) {
    hear(consensus::block_id(end->boundary.header), end->boundary.header);
    hear(end->finalization);
  } else if (const auto* evidence = std::get_if<Evidence>(&message)) {
    if (!contains(evidence_, *evidence)) evidence_.push_back(*evidence);
  }
}

bool Rules::has_heard(const Certificate& certificate) const {
  const auto book = views_.find(certificate.proposal.view);
  return book != views_.end() && contains(book->second.heard, certificate);
}

bool Rules::has_heard(const Vote& vote) const {
  const auto book = views_.find(vote.proposal.view);
  return book != views_.end() && contains(book->second.votes, vote);
}

// ---- what is held

void Rules::hold(const Certificate& certificate) {
  const View view = certificate.proposal.view;
  views_[view].held.push_back(certificate);
  view_ = std::max(view_, view + 1);  // §7 rule 1
  if (certificate.type == VoteType::finalize) lf_ = std::max(lf_, view);
  if (lf_ > kKeptBehind) views_.erase(views_.begin(), views_.lower_bound(lf_ - kKeptBehind));
}

bool Rules::holds(const Certificate& certificate) const {
  const auto book = views_.find(certificate.proposal.view);
  return book != views_.end() && contains(book->second.held, certificate);
}

const Certificate* Rules::held(View view, VoteType type) const {
  const auto book = views_.find(view);
  if (book == views_.end()) return nullptr;
  for (const Certificate& certificate : book->second.held) {
    if (certificate.type == type) return &certificate;
  }
  return nullptr;
}

std::optional<Digest> Rules::winner(View view) const {
  if (view == 0) return around_.root.block_id;
  for (const VoteType type : {VoteType::finalize, VoteType::notarize}) {
    if (const Certificate* won = held(view, type)) return won->proposal.block_id;
  }
  return std::nullopt;
}

const Rules::Header* Rules::header_of(const Digest& id) const {
  if (const auto block = blocks_.find(id); block != blocks_.end()) return &block->second.header;
  const auto found = headers_.find(id);
  if (found == headers_.end()) return nullptr;
  for (const Header& header : found->second) {
    if (consensus::block_id(header) == id) return &header;
  }
  return nullptr;
}

bool Rules::said_durably(const Vote& vote) const {
  const auto book = views_.find(vote.proposal.view);
  if (book == views_.end()) return false;
  return std::any_of(book->second.own.begin(), book->second.own.end(),
                     [&](const OwnVote& own) { return own.vote == vote && is_durable(own); });
}

// ---- life

Rules::Rules(Surroundings around) : around_(std::move(around)) {
  last_delivered_ = around_.root.block_id;
  delivered_ = end_known_ = around_.root.height;
  chain_.emplace(delivered_, last_delivered_);
}

void Rules::restart(const std::vector<Record>& records,
                    const std::optional<consensus::Applied>& applied) {
  const Judged judged = judged_;
  *this = Rules(std::move(around_));
  judged_ = judged;
  View own_highest = 0;
  if (applied) {
    hold(applied->finalization);
    last_delivered_ = consensus::block_id(applied->block.header);
    delivered_ = applied->block.header.height;
    blocks_.emplace(last_delivered_, applied->block);
  }
  for (const Record& record : records) {
    if (const auto* vote = std::get_if<Vote>(&record)) {
      views_[vote->proposal.view].own.push_back({*vote, 0});
      own_highest = std::max(own_highest, vote->proposal.view);
    } else if (const auto* certificate = std::get_if<Certificate>(&record)) {
      hold(*certificate);
    } else if (const auto* block = std::get_if<Block>(&record)) {
      blocks_.emplace(consensus::block_id(block->header), *block);
    } else if (const auto* evidence = std::get_if<Evidence>(&record)) {
      evidence_.push_back(*evidence);
    }
  }
  if (own_highest > lf_) view_ = std::max(view_, own_highest);
  chain_.emplace(delivered_, last_delivered_);
}

void Rules::durable(std::uint64_t lsn) { durable_ = std::max(durable_, lsn); }

std::string Rules::persisted(std::uint64_t lsn, const Record& record) {
  if (const auto* vote = std::get_if<Vote>(&record)) {
    ++judged_.votes;
    std::string wrong = may_vote(*vote);
    views_[vote->proposal.view].own.push_back({*vote, lsn});
    return wrong;
  }
  if (const auto* certificate = std::get_if<Certificate>(&record)) {
    ++judged_.certificates;
    std::string wrong = may_hold(*certificate);
    hold(*certificate);
    return wrong;
  }
  if (const auto* block = std::get_if<Block>(&record)) {
    const Digest id = consensus::block_id(block->header);
    std::string wrong = may_keep(id, *block);
    blocks_.emplace(id, *block);
    return wrong;
  }
  const auto& evidence = std::get<Evidence>(record);
  std::string wrong = may_report(evidence);
  evidence_.push_back(evidence);
  return wrong;
}

// ---- §5, §11: where certificates, blocks and evidence come from

// Whole from somebody, or of exactly q different signers whose votes came or are mine and durable.
std::string Rules::may_hold(const Certificate& certificate) const {
  const std::string what = "certificate of view " + std::to_string(certificate.proposal.view);
  if (certificate.proposal.epoch != around_.membership->epoch()) return what + ": another epoch";
  const std::size_t n = around_.membership->n();
  if (std::popcount(certificate.signers) != static_cast<int>(needed(n)) ||
      certificate.signatures.size() != needed(n) ||
      (std::uint64_t{certificate.signers} >> n) != 0) {
    return what + ": not q signers";
  }
  if (has_heard(certificate) || holds(certificate)) return {};
  std::size_t place = 0;
  for (ValidatorIndex signer = 0; signer < n; ++signer) {
    if (((certificate.signers >> signer) & 1U) == 0) continue;
    const Vote vote{certificate.type, certificate.proposal, signer,
                    certificate.signatures[place++]};
    if (signer == around_.self ? !said_durably(vote) : !has_heard(vote)) {
      return what + ": no durable vote of " + std::to_string(signer) + " was there to count";
    }
  }
  return {};
}

std::string Rules::may_keep(const Digest& id, const Block& block) const {
  const auto heard = headers_.find(id);
  if (heard != headers_.end() && contains(heard->second, block.header)) return {};
  const View view = block.header.view;
  const std::string what = "block of view " + std::to_string(view);
  if (around_.membership->leader(view) != around_.self) return what + ": from nowhere";
  if (view != view_) return what + ": built in view " + std::to_string(view_);
  for (const Evidence& evidence : block.evidence) {
    if (!contains(evidence_, evidence)) return what + ": evidence that is not in the log (§11)";
  }
  return {};
}

std::string Rules::may_report(const Evidence& evidence) const {
  if (contains(evidence_, evidence)) return {};
  for (const Vote* vote : {&evidence.first, &evidence.second}) {
    if (has_heard(*vote)) continue;
    const auto book = views_.find(vote->proposal.view);
    bool inside = false;
    if (book != views_.end()) {
      for (const auto* list : {&book->second.heard, &book->second.held}) {
        for (const Certificate& certificate : *list) {
          inside =
              inside || (certificate.type == vote->type && certificate.proposal == vote->proposal &&
                         contains(certificate.signatures, vote->signature));
        }
      }
    }
    if (!inside) return "evidence names a vote that never came";
  }
  return {};
}

// ---- §6, §7: votes

std::string Rules::may_vote(const Vote& vote) const {
  const View view = vote.proposal.view;
  static constexpr const char* kNames[] = {"", "NOTARIZE", "NULLIFY", "FINALIZE"};
  const std::string what =
      std::string(kNames[static_cast<std::size_t>(vote.type)]) + " in " + std::to_string(view);
  if (vote.signer != around_.self) return what + ": another's name";
  if (alarmed_) return what + ": after an alarm (R2)";
  if (around_.listens_first && statuses_ + 1 < needed(around_.membership->n())) {
    return what + ": not heard enough (R2)";
  }
  if (over()) return what + ": the epoch is over (R2)";
  if (view <= lf_) return what + ": view " + std::to_string(lf_) + " is final (R2)";
  if (const auto book = views_.find(view); book != views_.end()) {
    for (const OwnVote& before : book->second.own) {
      if (excluded(before.vote, vote)) return what + ": against an own vote (R1)";
    }
  }
  if (vote.type == VoteType::finalize) {
    const Certificate* notarization = held(view, VoteType::notarize);
    const bool proved = notarization != nullptr && notarization->proposal == vote.proposal;
    return proved ? "" : what + ": its notarization is not in the log (rule 4)";
  }
  if (view != view_) return what + ": I am in " + std::to_string(view_) + " (rules 3, 5)";
  if (vote.type == VoteType::nullify) return {};
  const std::string wrong = may_notarize(vote);
  return wrong.empty() ? "" : what + ": " + wrong;
}

std::string Rules::may_notarize(const Vote& vote) const {
  const consensus::Proposal& proposal = vote.proposal;
  if (around_.membership->leader(proposal.view) != around_.self) {
    const auto book = views_.find(proposal.view);
    if (book == views_.end() || !contains(book->second.proposed, proposal)) {
      return "its leader never proposed that (rule 3)";
    }
  }
  const auto block = blocks_.find(proposal.block_id);
  if (block == blocks_.end()) return "the block is not in the log (§13)";
  std::string wrong = parent_acceptable(proposal, block->second.header);
  const bool again = block->second.header.view < proposal.view;  // only a boundary block may be
  if (wrong.empty()) wrong = block_acceptable(block->second, again);
  return wrong;
}

// ---- §10

// A finalized boundary block, by the log.
bool Rules::over() const {
  const Certificate* final = held(lf_, VoteType::finalize);
  if (final == nullptr) return false;
  const auto block = blocks_.find(final->proposal.block_id);
  return block != blocks_.end() && block->second.header.boundary == 1;
}

void Rules::follow_end(const Header& header,
                       std::optional<std::pair<consensus::Height, Bytes>>& end) const {
  if (end) return;
  if (auto set = around_.next_set(header.checkpoint.height)) {
    end.emplace(header.height + around_.boundary_delay, std::move(*set));
  }
}

std::string Rules::ends_rightly(const Block& block) const {
  std::optional<std::pair<consensus::Height, Bytes>> end;
  if (around_.executed) {
    const auto look = [this](consensus::Height height) {
      if (around_.next_set(height)) first_set_ = std::min(first_set_, height);
    };
    look(end_known_);
    while (const auto next = around_.executed(end_known_ + 1)) {
      look(end_known_ + 1);
      follow_end(next->header, end_);
      ++end_known_;
    }
    // No state that an ancestor may name holds a set: they need not be held to know.
    if (!end_ && first_set_ > block.header.checkpoint.height) {
      return block.header.boundary == 0 ? "" : "a boundary block where none is (§10)";
    }
    std::vector<const Header*> path{&block.header};
    while (path.back()->height > end_known_ + 1) {
      path.push_back(header_of(path.back()->parent));
      if (path.back() == nullptr) return "an ancestor is not held (rule 3)";
    }
    end = end_;
    for (auto header = path.rbegin(); header != path.rend(); ++header) follow_end(**header, end);
  }
  const bool here = end && block.header.height == end->first;
  if (end && block.header.height > end->first) return "beyond the end of the epoch (§10)";
  if ((block.header.boundary == 1) != here) return "a boundary block where none is, or none (§10)";
  if (here && block.next_members != end->second) return "another next set than was fixed (§10)";
  return {};
}

std::string Rules::parent_acceptable(const consensus::Proposal& proposal,
                                     const Header& header) const {
  const View parent = proposal.parent_view;
  if (parent < lf_ || parent >= proposal.view) return "parent out of range (§6 a)";
  const auto won = winner(parent);
  const bool again = header.boundary == 1 && header.view < proposal.view;
  if (!won || *won != (again ? proposal.block_id : header.parent)) {
    return "the parent did not win its view (§6 b)";
  }
  for (View skipped = parent + 1; skipped < proposal.view; ++skipped) {
    if (held(skipped, VoteType::nullify) == nullptr) {
      return "view " + std::to_string(skipped) + " skipped without nullification (§6 c)";
    }
  }
  if (!again && header.view != proposal.view) return "the block is of another view (§6 d)";
  return {};
}

// §2 chain rules and local time rule, §3 bodies.
std::string Rules::block_acceptable(const Block& block, bool again) const {
  const Header& header = block.header;
  const consensus::Membership& members = *around_.membership;
  consensus::Height height = around_.root.height;
  std::uint64_t time = around_.root.time_ms;
  consensus::Checkpoint named = around_.root.checkpoint;
  if (header.parent != around_.root.block_id) {
    const Header* parent = header_of(header.parent);
    if (parent == nullptr) return "the parent is not held (rule 3)";
    if (parent->boundary != 0) return "built on a boundary block (§10)";
    height = parent->height;
    time = parent->time_ms;
    named = parent->checkpoint;
  }
  if (header.chain_id != members.chain_id() || header.epoch != members.epoch() ||
      header.members_hash != members.members_hash()) {
    return "of another chain, epoch or membership (§2)";
  }
  if (const std::string wrong = ends_rightly(block); !wrong.empty()) return wrong;
  if (header.height != height + 1) return "height does not follow (§2)";
  if (header.proposer != members.leader(header.view)) return "not by its leader (§2)";
  if (header.time_ms <= time) return "time does not rise (§2)";
  if (!again && header.time_ms > std::max(around_.latest_time(), time + 1)) {
    return "too far ahead (§2)";
  }
  if (header.batch_root != consensus::batch_root(block.batch_refs) ||
      header.batch_count != block.batch_refs.size()) {
    return "batch root or count does not fit (§2)";
  }
  if (header.evidence_root != consensus::evidence_root(block.evidence)) {
    return "evidence root does not fit (§2)";
  }
  for (const Evidence& evidence : block.evidence) {
    if (!offends(evidence) || evidence.first.proposal.epoch != members.epoch()) {
      return "evidence that is none (§11)";
    }
  }
  const consensus::Checkpoint& head = header.checkpoint;
  if (head != named &&
      (head.height <= named.height || head.height + around_.checkpoint_lag > header.height)) {
    return "checkpoint too young, or goes back (§2)";
  }
  if (!around_.executed_here(head)) return "its checkpoint is not what I executed (rule 3)";
  for (const consensus::BatchRef& ref : block.batch_refs) {
    if (!around_.holds_body(ref.digest)) return "a batch is not held (§3)";
  }
  return {};
}

// ---- §4, §9, §13: what leaves

std::string Rules::sent(const consensus::Message& message, std::optional<ValidatorIndex> to) {
  ++judged_.sends;
  if (const auto* vote = std::get_if<Vote>(&message)) {
    if (vote->signer != around_.self) {
      const bool shown = to == vote->signer && has_heard(*vote);  // its own (§13)
      return shown ? "" : "sends on a vote of another (§5)";
    }
    if (over()) return "sends a vote of an epoch that is over (§10)";
    return said_durably(*vote) ? "" : "sends a vote that is not durable (§13)";
  }
  if (const auto* certificate = std::get_if<Certificate>(&message)) {
    return holds(*certificate) ? "" : "sends a certificate that is not in the log (§13)";
  }
  if (const auto* propose = std::get_if<Propose>(&message)) return may_propose(*propose);
  if (const auto* status = std::get_if<consensus::Status>(&message)) return may_claim(*status);
  if (const auto* answer = std::get_if<consensus::BlockAnswer>(&message)) {
    const Digest id = consensus::block_id(answer->block.header);
    return header_of(id) != nullptr ? "" : "answers with a block from nowhere (§4)";
  }
  if (const auto* chain = std::get_if<consensus::Chain>(&message)) return may_serve(*chain);
  if (const auto* end = std::get_if<consensus::EndOfEpoch>(&message)) {
    const auto mine =
        around_.executed ? around_.executed(end->boundary.header.height) : std::nullopt;
    return mine == end->boundary ? "" : "tells of an end that it has not executed (§10)";
  }
  if (const auto* evidence = std::get_if<Evidence>(&message)) {
    return contains(evidence_, *evidence) ? "" : "sends evidence that is not in the log (§11)";
  }
  return {};  // requests only say what is missing
}

std::string Rules::may_propose(const Propose& propose) const {
  const consensus::Proposal& proposal = propose.proposal;
  if (around_.membership->leader(proposal.view) != around_.self) return "proposes, not leading";
  if (!said_durably({VoteType::notarize, proposal, around_.self, propose.signature})) {
    return "sends PROPOSE before its NOTARIZE is durable (§13)";
  }
  const auto block = blocks_.find(proposal.block_id);
  if (block == blocks_.end() || block->second != propose.block) {
    return "sends PROPOSE with another block than its log's (§13)";
  }
  // What was settled meanwhile is kept by nobody, and needed by nobody (§5).
  if (proposal.parent_view < lf_ || proposal.view <= lf_) return {};
  std::vector<View> skipped;
  bool parent = proposal.parent_view == 0;
  for (const Certificate& proof : propose.justification) {
    if (!holds(proof)) return "justifies by a certificate that is not in the log (§6)";
    if (proof.type == VoteType::nullify) {
      skipped.push_back(proof.proposal.view);
    } else {
      parent = parent || proof.proposal.view == proposal.parent_view;
    }
  }
  if (!parent) return "PROPOSE without the certificate of its parent (§6)";
  const View between = proposal.view - proposal.parent_view - 1;
  if (skipped.size() != std::min<View>(between, 64)) {
    return "PROPOSE without the nullifications between (§6)";
  }
  return {};
}

std::string Rules::may_claim(const consensus::Status& status) const {
  if (status.view != view_) {
    return "STATUS says view " + std::to_string(status.view) + ", it is " + std::to_string(view_);
  }
  const View final = status.finalization ? status.finalization->proposal.view : 0;
  if (final != lf_) return "STATUS without the highest finalization (§9)";
  for (const auto& proof : {status.finalization, status.entry}) {
    if (proof && !holds(*proof)) return "STATUS with a certificate that is not in the log (§13)";
  }
  if (status.entry && status.entry->proposal.view + 1 != view_) return "STATUS: no entry (§9)";
  return {};
}

std::string Rules::may_serve(const consensus::Chain& chain) const {
  if (chain.blocks.empty()) return "CHAIN without blocks (§4)";
  Digest expected = chain.finalization.proposal.block_id;
  for (auto block = chain.blocks.rbegin(); block != chain.blocks.rend(); ++block) {
    if (consensus::block_id(block->header) != expected) return "CHAIN does not hang together (§4)";
    const auto mine = chain_.find(block->header.height);
    if (mine != chain_.end() && mine->second != expected) return "CHAIN is not what I delivered";
    expected = block->header.parent;
  }
  return {};
}

// ---- delivery (§7 rule 6)

bool Rules::names(const Certificate& certificate, const Digest& block) const {
  const Header* low = header_of(block);
  Digest at = certificate.proposal.block_id;
  while (low != nullptr && at != block) {
    const Header* header = header_of(at);
    if (header == nullptr || header->height <= low->height) return false;
    at = header->parent;
  }
  return low != nullptr;
}

std::string Rules::delivered(const consensus::Deliver& deliver) {
  const Header& header = deliver.block.header;
  if (header.height != delivered_ + 1) return "delivers out of order (rule 6)";
  if (header.parent != last_delivered_) return "delivers what does not follow (rule 6)";
  if (deliver.finalization.type != VoteType::finalize) return "delivers without finalization";
  if (!holds(deliver.finalization) && !has_heard(deliver.finalization) &&
      !contains(stretches_, deliver.finalization)) {
    return "delivers by a finalization from nowhere (rule 6)";
  }
  if (!names(deliver.finalization, deliver.block_id)) {
    return "delivers a block that its finalization does not cover (rule 6)";
  }
  for (const consensus::BatchRef& ref : deliver.block.batch_refs) {
    if (!around_.holds_body(ref.digest)) return "delivers without a body (rule 6)";
  }
  delivered_ = header.height;
  last_delivered_ = deliver.block_id;
  chain_.emplace(delivered_, last_delivered_);
  std::erase_if(stretches_, [&deliver](const Certificate& one) {
    return one.proposal.view < deliver.finalization.proposal.view;
  });
  return {};
}

}  // namespace footproof::simulation
