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

// R2: the finalization of a boundary block closes the epoch. Others are still answered.
void Replica::Core::close_if_ended() {
  if (closed_ || lf_ == 0 || !finalization_) return;
  const Blocks::Entry* entry = blocks_.find(finalization_->proposal.block_id);
  if (entry == nullptr || entry->block.header.boundary == 0) return;
  closed_ = true;
  safety_.stop();
}

}  // namespace footproof::consensus
