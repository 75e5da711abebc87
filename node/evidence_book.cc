#include "node/evidence_book.h"

#include <utility>

namespace footproof::node {
namespace {

Digest evidence_blob_key(std::uint64_t number) {
  ByteWriter out;
  out.u64(number);
  return tagged_hash("footproof/node/evidence/v1", {out.bytes()});
}

}  // namespace

bool EvidenceBook::insert(OrderedEvidence one) {
  const std::lock_guard lock(mutex_);
  const auto& vote = one.evidence.first;
  if (kept_.size() >= kKeptMax) return false;
  if (!keys_.emplace(vote.proposal.epoch, vote.proposal.view, vote.signer).second) return false;
  kept_.push_back(std::move(one));
  return true;
}

Result<void> EvidenceBook::load(const ledger::Store& store) {
  for (std::uint64_t number = 0; number < kKeptMax; ++number) {
    const auto blob = store.ordering_blob(evidence_blob_key(number));
    if (!blob) return fail(blob.error());
    if (!*blob) return {};
    ByteReader in(**blob);
    const std::uint64_t height = in.u64();
    const auto evidence = consensus::read_evidence(in);
    if (!evidence || !in.exhausted() || !insert({height, *evidence})) {
      return fail(Errc::corrupt, "database-damaged: evidence " + std::to_string(number));
    }
  }
  return {};
}

std::vector<ledger::OrderingBlob> EvidenceBook::add(const consensus::Block& block) {
  std::vector<ledger::OrderingBlob> blobs;
  for (const auto& evidence : block.evidence) {
    const std::uint64_t number = all().size();
    if (!insert({block.header.height, evidence})) continue;
    ByteWriter out;
    out.u64(block.header.height);
    consensus::write(out, evidence);
    blobs.push_back({evidence_blob_key(number), std::move(out).take()});
  }
  return blobs;
}

std::vector<OrderedEvidence> EvidenceBook::all() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

}  // namespace footproof::node
