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

// The same of all that a block brings. Blocks that are held have passed this, or are certified by a
// quorum that has: nobody judges it later, when others would seem to have sent it.
bool Replica::Core::take_evidence(const Block& block) {
  return std::all_of(block.evidence.begin(), block.evidence.end(),
                     [this](const Evidence& one) { return take_evidence(one); });
}

// Both signatures are verified.
void Replica::Core::report(const Evidence& evidence) {
  const auto held = std::count_if(evidence_.begin(), evidence_.end(), [&](const auto& one) {
    return one.second.first.signer == evidence.first.signer;
  });
  if (static_cast<std::size_t>(held) < kSignerEvidenceMax &&
      evidence_.try_emplace(key_of(evidence), evidence).second) {
    persist(evidence, evidence.first.proposal.epoch, evidence.first.proposal.view, false);
    send(std::nullopt, evidence);
    out_.push_back(EvidenceFound{evidence});
  }
  guard(evidence);  // also of one that is not kept
}

// What the branch does not hold yet, lowest view first.
std::vector<Evidence> Replica::Core::pick_evidence(const std::vector<Digest>& branch) const {
  auto taken = ordered_evidence_;
  for (const Digest& id : branch) {
    for (const Evidence& evidence : blocks_.find(id)->block.evidence) {
      taken.take(key_of(evidence));
    }
  }
  std::vector<Evidence> picked;
  for (const auto& [key, evidence] : evidence_) {
    if (picked.size() == kBlockEvidenceMax) break;
    if (taken.take(key)) picked.push_back(evidence);
  }
  return picked;
}

// The block is final: a quorum has judged its evidence.
void Replica::Core::evidence_ordered(const Block& block) {
  for (const Evidence& evidence : block.evidence) {
    guard(evidence);
    ordered_evidence_.take(key_of(evidence));
  }
}

}  // namespace footproof::consensus
