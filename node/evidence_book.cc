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

std::optional<std::uint64_t> EvidenceBook::insert(OrderedEvidence one) {
  const std::lock_guard lock(mutex_);
  auto& offences = offences_[one.evidence.first.proposal.epoch];
  if (!offences.take(consensus::key_of(one.evidence))) return {};
  kept_.push_back(std::move(one));
  return kept_.size() - 1;
}

Result<void> EvidenceBook::load(const ledger::Store& store) {
  const std::lock_guard lock(mutex_);
  for (std::uint64_t number = 0;; ++number) {
    const auto blob = store.ordering_blob(evidence_blob_key(number));
    if (!blob) return fail(blob.error());
    if (!*blob) return {};
    ByteReader in(**blob);
    const std::uint64_t height = in.u64();
    const auto evidence = consensus::read_evidence(in);
    if (!evidence || !in.exhausted()) {
      return fail(Errc::corrupt, "database-damaged: evidence " + std::to_string(number));
    }
    // Kept whether or not it would count today: the numbers of those that follow go on from it.
    (void)offences_[evidence->first.proposal.epoch].take(consensus::key_of(*evidence));
    kept_.push_back({height, *evidence});
  }
}

std::vector<ledger::OrderingBlob> EvidenceBook::add(const consensus::Block& block) {
  std::vector<ledger::OrderingBlob> blobs;
  for (const auto& evidence : block.evidence) {
    const auto number = insert({block.header.height, evidence});
    if (!number) continue;
    ByteWriter out;
    out.u64(block.header.height);
    consensus::write(out, evidence);
    blobs.push_back({evidence_blob_key(*number), std::move(out).take()});
  }
  return blobs;
}

std::vector<OrderedEvidence> EvidenceBook::all() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::vector<consensus::Evidence> fair_share(const std::vector<consensus::Evidence>& evidence,
                                            std::size_t max) {
  std::map<consensus::ValidatorIndex, std::size_t> taken;
  for (const auto& one : evidence) taken[one.first.signer] = 0;
  std::vector<consensus::Evidence> share;
  for (const auto& one : evidence) {
    if (taken[one.first.signer]++ < max / taken.size()) share.push_back(one);
  }
  return share;
}

}  // namespace footproof::node
