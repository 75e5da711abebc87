#include "tests/simulation/whole/books.h"

#include <fmt/format.h>

#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/receipt_check.h"

namespace footproof::whole {

void Books::executed(Host& host, bool again) {
  auto& seen = seen_.at(host.place());
  if (again) seen = 0;
  const auto& store = host.engine().store();
  const auto head = store.snapshot()->head();
  while (seen < head.height) {
    const auto at = store.head_at(seen + 1);
    if (!at || !*at) {
      if (host.disk_failed()) return;
      return fail(fmt::format("host {} has no head at height {}", host.place(), seen + 1));
    }
    ++seen;
    const auto [known, first] = heads_.emplace(seen, **at);
    if (first) continue;
    const auto& other = known->second;
    if (other.block_id != (*at)->block_id || other.log_root != (*at)->log_root ||
        other.log_size != (*at)->log_size) {
      return fail(fmt::format("host {} executed another block or came to another root at height {}",
                              host.place(), seen));
    }
  }
}

void Books::voted(Host& host, const consensus::Vote& vote) {
  if (vote.signer != host.validator()) return;
  ++votes_seen_;
  auto& spoken = spoken_[{host.place(), vote.proposal.epoch, vote.proposal.view}];
  const auto against = [&](const char* what) {
    fail(fmt::format("host {} voted against itself in view {}: {}", host.place(),
                     vote.proposal.view, what));
  };
  if (vote.type == consensus::VoteType::notarize) {
    if (spoken.notarized && *spoken.notarized != vote.proposal) return against("two NOTARIZE");
    spoken.notarized = vote.proposal;
  } else if (vote.type == consensus::VoteType::finalize) {
    if (spoken.finalized && *spoken.finalized != vote.proposal) return against("two FINALIZE");
    spoken.finalized = vote.proposal;
  } else {
    spoken.nullified = true;
  }
  if (spoken.nullified && spoken.finalized) return against("NULLIFY and FINALIZE");
}

void Books::sent(Host& host, const node::Frame& frame) {
  const auto envelope = node::parse_envelope(ByteView(*frame).subspan(4));
  if (!envelope) return fail(fmt::format("host {} sent a frame that does not parse", host.place()));
  if (envelope->kind != node::FrameKind::control && envelope->kind != node::FrameKind::proposal) {
    return;
  }
  const auto message = consensus::parse_message(envelope->body);
  if (!message) {
    return fail(fmt::format("host {} sent a message that does not parse", host.place()));
  }
  if (const auto* vote = std::get_if<consensus::Vote>(&*message)) voted(host, *vote);
  const auto* propose = std::get_if<consensus::Propose>(&*message);
  if (propose != nullptr) {
    const auto& members = cast_.network().membership;
    voted(host, {consensus::VoteType::notarize, propose->proposal,
                 members.leader(propose->proposal.view), propose->signature});
  }
}

void Books::logged(const Digest& entry_id, std::uint64_t index, std::uint64_t height) {
  const auto [known, first] = entries_.emplace(entry_id, std::pair(index, height));
  if (!first && known->second != std::pair(index, height)) {
    fail(fmt::format("an entry is said to be at index {} and at index {}", known->second.first,
                     index));
  }
}

void Books::receipt(const Digest& entry_id, const Receipt& receipt) {
  if (const auto holds = check_receipt(receipt, cast_.policy()); !holds) {
    return fail("a receipt does not hold: " + holds.error().detail);
  }
  receipts_.emplace_back(entry_id, receipt);
}

void Books::check_receipts(Host& host) {
  const auto snapshot = host.engine().store().snapshot();
  for (const auto& [entry_id, receipt] : receipts_) {
    if (const auto holds = check_receipt(receipt, cast_.policy()); !holds) {
      return fail("a receipt does not hold any more: " + holds.error().detail);
    }
    const auto check = verify_receipt(receipt, cast_.policy());
    const auto& then = check.checkpoint->checkpoint;
    const auto& now = snapshot->head();
    const auto path = snapshot->consistency(then.size, now.log_size);
    if (!path || !verify_consistency(then.size, now.log_size, *path, then.root, now.log_root)) {
      return fail(fmt::format("host {}: its log of {} entries does not contain a receipt's of {}",
                              host.place(), now.log_size, then.size));
    }
    const auto found = snapshot->logged(entry_id);
    if (!found || !*found || (*found)->index != receipt.index) {
      return fail(fmt::format("host {} does not hold the entry of a receipt", host.place()));
    }
  }
}

}  // namespace footproof::whole
