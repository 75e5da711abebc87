// Linking finalized blocks, delivering them, and watching that execution agrees (README.md §7, §2).
#include "consensus/core.h"

namespace footproof::consensus {

void Replica::Core::on(const PayloadReady& event) {
  payload_.add(event.ref, event.producer, event.proposable, blocks_.needs_batch(event.ref.digest));
  batch_requests_.forget(event.ref.digest);
  dirty_ = true;
}

void Replica::Core::on(const Executed& event) {
  if (!heads_.executed(event.head, event.next)) return;
  follow_end();  // before blocks that it reads may go
  blocks_.executed(event.head.height);
  dirty_ = true;
}

void Replica::Core::on(const Checkpointed& event) {
  heads_.checkpointed(event.log_size, event.log_root);
  dirty_ = true;
}

void Replica::Core::on(const Contradicted& event) {
  alarm(AlarmKind::execution_differs, event.why, 0);
}

// Extends the finalized chain as far as blocks are held. What is missing is asked for later.
void Replica::Core::link_and_deliver() {
  close_if_ended();
  if (lf_ > 0 && finalization_ && blocks_.linked_tip().id != finalized_id_ &&
      !blocks_.on_chain(finalized_id_)) {
    const Blocks::Walk walk = blocks_.walk(finalized_id_);
    if (walk.end == Blocks::End::linked) {
      link(walk, *finalization_);
    } else if (walk.end == Blocks::End::conflict) {
      // My chain holds another block at a height that this finalization covers.
      for (const auto& [view, state] : views_) {
        const auto& mine = state.of(VoteType::finalize);
        if (mine && view < lf_ && blocks_.on_chain(mine->proposal.block_id) &&
            state.of(VoteType::nullify)) {
          conflict(*mine, *state.of(VoteType::nullify));
        }
      }
      conflict(*finalization_, *finalization_);
    }
  }
  if (pruned_ < lf_ && blocks_.linked_tip().id == finalized_id_) {
    blocks_.prune(lf_);
    pruned_ = lf_;
  }
  follow_end();
  deliver();
}

void Replica::Core::link(const Blocks::Walk& walk, const Certificate& finalization) {
  blocks_.link(walk, finalization);
  for (auto id = walk.path.rbegin(); id != walk.path.rend(); ++id) {
    persist_block(*id);
    evidence_ordered(blocks_.find(*id)->block);
    for (const BatchRef& ref : blocks_.find(*id)->block.batch_refs) payload_.ordered(ref.digest);
  }
}

void Replica::Core::deliver() {
  while (!blocks_.queue().empty()) {
    if (blocks_.delivered_height() >= heads_.executed_height() + kExecutionLagMax) return;
    const Blocks::Final& next = blocks_.queue().front();
    const Block& block = blocks_.find(next.id)->block;
    for (const BatchRef& ref : block.batch_refs) {
      if (!payload_.holds(ref.digest)) return;
    }
    out_.push_back(Deliver{block, next.id, next.finalization});
    blocks_.delivered();
  }
}

// So far behind that a proposal of now could not be judged before its view is over. What the chain
// keeps of it comes by stretches, in their turn.
bool Replica::Core::swamped() const {
  const bool unlinked = lf_ > 0 && !blocks_.on_chain(finalized_id_);
  return (unlinked || blocks_.queue().size() >= kQueueMax) && blocks_.size() >= kBehindMax;
}

// A quorum that executed to another head than mine has q - f honest members: I am the one that
// is wrong. One leader that names another head is only a bad proposal.
void Replica::Core::check_divergence() {
  if (chain_in_doubt_) return;
  if (heads_.contradicted()) {
    alarm(AlarmKind::execution_differs,
          "a quorum cosigned another log root at a size that this node has executed; stop this "
          "node, keep its data, rebuild from peers",
          0);
    return;
  }
  const auto differs = [this](const Digest& id) {
    const Blocks::Entry* entry = blocks_.find(id);
    return entry != nullptr && heads_.contradicts(entry->block.header.checkpoint);
  };
  bool found = lf_ > 0 && differs(finalized_id_);
  for (auto it = views_.upper_bound(lf_); !found && it != views_.end(); ++it) {
    const auto& won = it->second.of(VoteType::notarize);
    found = won && differs(won->proposal.block_id);
  }
  if (!found) return;
  alarm(AlarmKind::execution_differs,
        "a quorum voted for a block that names another log root than this node computed; stop "
        "this node, keep its data, rebuild from peers",
        0);
}

void Replica::Core::alarm(AlarmKind kind, std::string detail, std::uint32_t signers) {
  const bool of_chain = kind != AlarmKind::own_key;
  if (chain_in_doubt_ || (alarmed_ && !of_chain)) return;
  alarmed_ = true;
  chain_in_doubt_ = of_chain;
  safety_.stop();
  out_.push_back(Alarm{kind, std::move(detail), signers});
}

// Is there something that a new block would bring forward?
bool Replica::Core::work_pending() const {
  const bool over = closed_ && parameters_.mutation != Mutation::vote_in_closed_epoch;
  if (over) return false;
  if (end_pending()) return true;
  std::vector<Digest> branch;
  for (View view = view_ - 1;; --view) {
    if (const auto won = winner(view)) {
      Blocks::Walk walk = blocks_.walk(*won);
      if (walk.end != Blocks::End::linked) return true;  // blocks to be found first
      branch = std::move(walk.path);
      break;
    }
    if (view <= lf_) break;
  }
  return payload_blocks(branch) > 0 || payload_.any(batches_of(branch));
}

}  // namespace footproof::consensus
