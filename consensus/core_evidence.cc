// Evidence: kept, passed on, put into own blocks and judged in those of others (README.md §11).
#include <algorithm>

#include "consensus/core.h"

namespace footproof::consensus {

void Replica::Core::receive(const Evidence& evidence, ValidatorIndex) {
  if (!take_evidence(evidence)) ++refused_;
}

// True if it proves what it says, whether or not there is room to keep it.
bool Replica::Core::take_evidence(const Evidence& evidence) {
  const auto held = evidence_.find(key_of(evidence));
  if (held != evidence_.end() && held->second == evidence) return true;
  if (!membership_.verify(evidence, verifier_)) return false;
  report(evidence);
  return true;
}

// Both signatures are verified.
void Replica::Core::report(const Evidence& evidence) {
  const bool room = evidence_.size() < kEvidenceMax;
  if (room && evidence_.try_emplace(key_of(evidence), evidence).second) {
    persist(evidence, evidence.first.proposal.epoch, evidence.first.proposal.view, false);
    send(std::nullopt, evidence);
    out_.push_back(EvidenceFound{evidence});
  }
  guard(evidence);  // also of one that is not kept
}

// What the branch does not hold yet, lowest view first.
std::vector<Evidence> Replica::Core::pick_evidence(const std::vector<Digest>& branch) const {
  std::vector<Evidence> picked;
  if (ordered_evidence_.size() >= kOrderedEvidenceMax) return picked;
  std::set<EvidenceKey> taken;
  for (const Digest& id : branch) {
    for (const Evidence& evidence : blocks_.find(id)->block.evidence) {
      taken.insert(key_of(evidence));
    }
  }
  for (const auto& [key, evidence] : evidence_) {
    if (picked.size() == kBlockEvidenceMax) break;
    if (!ordered_evidence_.contains(key) && !taken.contains(key)) picked.push_back(evidence);
  }
  return picked;
}

// Each proves an offence of this epoch. That an ancestor has it already is no error, as with
// batches.
bool Replica::Core::evidence_right(const Block& block) const {
  return std::all_of(block.evidence.begin(), block.evidence.end(), [this](const Evidence& one) {
    const auto held = evidence_.find(key_of(one));
    return (held != evidence_.end() && held->second == one) || membership_.verify(one, verifier_);
  });
}

// The block is final: a quorum has judged its evidence.
void Replica::Core::evidence_ordered(const Block& block) {
  for (const Evidence& evidence : block.evidence) {
    guard(evidence);
    if (ordered_evidence_.size() < kOrderedEvidenceMax) ordered_evidence_.insert(key_of(evidence));
  }
}

}  // namespace footproof::consensus
