// Where the epoch ends, along the finalized chain and along a branch (README.md §10).
#include "consensus/core.h"

namespace footproof::consensus {

// Linked blocks say where the epoch ends once the states that they name are executed here.
void Replica::Core::follow_end() {
  while (end_known_ < blocks_.linked_tip().height) {
    const BlockHeader* header = blocks_.linked_header(end_known_ + 1);
    if (header == nullptr || !heads_.has_executed(header->checkpoint)) return;
    end_ = end_after(end_, *header, heads_.next_set(header->checkpoint.height),
                     parameters_.boundary_delay);
    ++end_known_;
  }
}

bool Replica::Core::find_end(const BlockHeader& header, std::optional<EpochEnd>& end) const {
  end = end_;
  if (!end_ && !heads_.any_next_set()) return true;  // no state holds a set: nothing is fixed
  const Blocks::Walk walk = blocks_.walk(header.parent);
  if (walk.end != Blocks::End::linked || end_known_ < blocks_.linked_tip().height) return false;
  const auto pass = [&](const BlockHeader& passed) {
    end = end_after(end, passed, heads_.next_set(passed.checkpoint.height),
                    parameters_.boundary_delay);
  };
  for (auto id = walk.path.rbegin(); id != walk.path.rend(); ++id) {
    pass(blocks_.find(*id)->block.header);
  }
  pass(header);
  return true;
}

// A change of the set that is executed and not yet carried out.
bool Replica::Core::end_pending() const {
  return end_.has_value() || heads_.next_set(heads_.executed_height()) != nullptr;
}

// R2: the finalization of a boundary block closes the epoch. What was signed and has not left stays
// here; others are still answered.
void Replica::Core::close_if_ended() {
  if (closed_ || lf_ == 0 || !finalization_) return;
  const Blocks::Entry* entry = blocks_.find(finalization_->proposal.block_id);
  if (entry == nullptr || entry->block.header.boundary == 0) return;
  closed_ = true;
  if (parameters_.mutation == Mutation::vote_in_closed_epoch) return;
  held_back_.clear();
  safety_.stop();
}

void Replica::Core::announce_end() {
  if (!closed_ || end_announced_ || chain_in_doubt_) return;
  const Blocks::Entry* entry = blocks_.find(finalization_->proposal.block_id);
  if (entry == nullptr) return;  // another finalization, which only an alarm can explain
  const Block& boundary = entry->block;
  if (heads_.executed_height() < boundary.header.height) return;
  end_announced_ = true;
  out_.push_back(
      EpochEnded{membership_.epoch(), boundary, finalization_->proposal.block_id, *finalization_});
}

// A finalization like another, and the block that it names. Who says so has all that is below it.
void Replica::Core::receive(const EndOfEpoch& message, ValidatorIndex from) {
  const BlockHeader& header = message.boundary.header;
  const Digest id = block_id(header);
  if (header.boundary != 1 || !body_fits(message.boundary) ||
      message.finalization.type != VoteType::finalize ||
      message.finalization.proposal.block_id != id) {
    ++refused_;
    return;
  }
  if (id != finalized_id_ && !membership_.verify(message.finalization, verifier_)) {
    ++refused_;
    return;
  }
  peer_heights_[from] = std::max(peer_heights_[from], header.height);
  dirty_ = true;
  if (blocks_.find(id) == nullptr) blocks_.insert(id, message.boundary);
  block_requests_.forget(id);
  receive(message.finalization, from);
}

// Who still speaks there has missed the end. Answers are not answered.
void Replica::Core::answer_older(const Message& message, Epoch epoch, ValidatorIndex from) {
  if (const auto* asked = std::get_if<GetChain>(&message)) {
    const auto max = std::min<std::uint32_t>(asked->max, kChainBlocksMax);
    if (max > 0 && asked->from_height <= root_.height) {
      out_.push_back(ServeChain{from, epoch, asked->from_height, max});
    }
    return;
  }
  const bool speaks =
      std::holds_alternative<Propose>(message) || std::holds_alternative<Vote>(message) ||
      std::holds_alternative<Certificate>(message) || std::holds_alternative<GetCert>(message) ||
      std::holds_alternative<Status>(message);
  if (!speaks || !ends_served_.due(from, now_.mono_ms, 2 * parameters_.delta_ms)) return;
  out_.push_back(ServeEpochEnd{from, epoch});
}

}  // namespace footproof::consensus
