#include "tests/simulation/whole/books.h"

#include <fmt/format.h>

#include "attest/check.h"
#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/receipt_check.h"
#include "ledger/next_set.h"

namespace footproof::whole {

Books::Books(const Cast& cast, std::size_t places)
    : cast_(cast),
      policy_(cast.policy()),
      seen_(places, 0),
      epochs_(places, 0),
      kept_(places, 0),
      ended_(places, 0),
      spoke_(places, 0) {
  add_set(cast.network().chain_id, cast.network().validators);
}

void Books::add_set(const Digest& chain_id, ValidatorsRecord validators) {
  auto membership = node::make_membership(chain_id, validators);
  CHECK(membership.has_value());
  auto verifier = std::make_unique<node::VoteVerifier>(validators);
  sets_.push_back({std::move(validators), *std::move(membership), std::move(verifier)});
}

bool Books::is_in_newest_set(const std::string& id) const {
  return sets_.back().membership.index_of(id).has_value();
}

// An epoch that a host's disk says has handed over.
void Books::handed_over(Host& host, const Hop& hop) {
  const std::uint64_t epoch = epochs_[host.place()];
  const bool first = hops_.size() == epoch;
  const auto walked = walk_hops(policy_, {&hop, 1});
  if (!walked) {
    return fail(fmt::format("host {}: the hop of epoch {} does not hold: {}", host.place(), epoch,
                            walked.error().detail));
  }
  if (first) {
    auto set = ledger::validators_of(*host.engine().store().snapshot(), epoch + 1);
    if (!set) return fail("a hop leads to a set that its ledger does not hold");
    policy_ = *walked;
    add_set(policy_.chain_id, *std::move(set));
    hops_.push_back(hop);
    return;
  }
  const auto& other = hops_[epoch];
  const auto text_of = [](const Hop& of) {
    const auto note = parse_note(as_bytes(of.checkpoint));
    return note ? note->text : std::string();
  };
  if (text_of(other) != text_of(hop) || other.last_record != hop.last_record ||
      other.validators != hop.validators) {
    fail(fmt::format("host {}: epoch {} hands over in two ways", host.place(), epoch));
  }
}

// True if there is a new one.
bool Books::follow_hops(Host& host, bool again, bool keeps) {
  auto& epoch = epochs_[host.place()];
  const std::uint64_t before = epoch;
  auto& kept = kept_[host.place()];
  if (again) epoch = 0;
  while (failure_.empty()) {
    const auto hop = host.engine().store().hop(epoch);
    if (!hop || !*hop) break;
    handed_over(host, **hop);
    ++hops_seen_;
    ++epoch;
  }
  // What is read where a write has just failed may be in memory alone.
  const bool sound = !host.disk_failed() && !host.power_is_gone();
  if (again && keeps && sound && epoch < kept) {
    fail(fmt::format("host {} has lost the hop of epoch {}", host.place(), epoch));
  }
  if (sound) kept = epoch;
  return epoch > before;
}

Books::Passed Books::executed(Host& host, bool again, bool keeps) {
  auto& ended = ended_[host.place()];
  const std::uint64_t before = ended;
  if (compare_blocks(host, again)) {
    const auto snapshot = host.engine().store().snapshot();
    const auto newest = ledger::newest_validators(*snapshot, snapshot->head().epoch);
    if (newest) ended = newest->epoch;
  }
  if ((again || ended > epochs_[host.place()]) && follow_hops(host, again, keeps)) {
    return Passed::hop;
  }
  return ended > before && !again ? Passed::end_of_epoch : Passed::nothing;
}

bool Books::compare_blocks(Host& host, bool again) {
  auto& seen = seen_.at(host.place());
  if (again) seen = 0;
  const auto& store = host.engine().store();
  const auto head = store.snapshot()->head();
  const bool more = seen < head.height;
  while (seen < head.height) {
    const auto at = store.head_at(seen + 1);
    if (!at || !*at) {
      if (!host.disk_failed()) {
        fail(fmt::format("host {} has no head at height {}", host.place(), seen + 1));
      }
      return more;
    }
    ++seen;
    const auto [known, first] = heads_.emplace(seen, **at);
    if (first) continue;
    const auto& other = known->second;
    if (other.block_id != (*at)->block_id || other.log_root != (*at)->log_root ||
        other.log_size != (*at)->log_size) {
      fail(fmt::format("host {} executed another block or came to another root at height {}",
                       host.place(), seen));
      return more;
    }
  }
  return more;
}

void Books::voted(Host& host, const Host& to, const consensus::Vote& vote) {
  const consensus::Epoch epoch = vote.proposal.epoch;
  const auto breaks = [&](const std::string& what) {
    fail(fmt::format("host {} sends a vote of epoch {}: {}", host.place(), epoch, what));
  };
  const std::uint64_t proven = epochs_[host.place()];
  if (epoch > proven) return breaks("its disk holds no hop to it");
  const auto& set = sets_.at(epoch);
  if (vote.signer >= set.validators.members.size()) return breaks("of nobody");
  const auto& signer = set.validators.members[vote.signer].id;
  if (signer != host.id()) {
    if (signer != to.id()) breaks("neither its own nor the receiver's");
    return;
  }
  ++votes_seen_;
  if (epoch < spoke_[host.place()]) return breaks("it has voted in a later one");
  spoke_[host.place()] = epoch;
  if (verified_.emplace(host.place(), epoch, host.lives()).second &&
      !set.membership.verify(vote, *set.verifier)) {
    return breaks("not signed with the key that the set names");
  }
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

void Books::sent(Host& host, const Host& to, const node::Frame& frame) {
  const auto envelope = node::parse_envelope(ByteView(*frame).subspan(4));
  if (!envelope) return fail(fmt::format("host {} sent a frame that does not parse", host.place()));
  if (envelope->kind != node::FrameKind::control && envelope->kind != node::FrameKind::proposal) {
    return;
  }
  const auto message = consensus::parse_message(envelope->body);
  if (!message) {
    return fail(fmt::format("host {} sent a message that does not parse", host.place()));
  }
  if (const auto* vote = std::get_if<consensus::Vote>(&*message)) voted(host, to, *vote);
  const auto* propose = std::get_if<consensus::Propose>(&*message);
  if (propose == nullptr) return;
  const auto& proposal = propose->proposal;
  if (proposal.epoch >= sets_.size()) {
    return fail(fmt::format("host {} proposes in an epoch that none has begun", host.place()));
  }
  const auto leader = sets_[proposal.epoch].membership.leader(proposal.view);
  voted(host, to, {consensus::VoteType::notarize, proposal, leader, propose->signature});
}

void Books::logged(const Digest& entry_id, std::uint64_t index, std::uint64_t height) {
  const auto [known, first] = entries_.emplace(entry_id, std::pair(index, height));
  if (!first && known->second != std::pair(index, height)) {
    fail(fmt::format("an entry is said to be at index {} and at index {}", known->second.first,
                     index));
  }
}

void Books::receipt(const Digest& entry_id, const Receipt& receipt) {
  if (const auto holds = check_receipt(receipt, policy_); !holds) {
    return fail("a receipt does not hold: " + holds.error().detail);
  }
  receipts_.emplace_back(entry_id, receipt);
}

void Books::check_receipts(Host& host) {
  const auto snapshot = host.engine().store().snapshot();
  for (const auto& [entry_id, receipt] : receipts_) {
    if (const auto holds = check_receipt(receipt, policy_); !holds) {
      return fail("a receipt does not hold any more: " + holds.error().detail);
    }
    const auto check = verify_receipt(receipt, policy_);
    const auto& then = check.checkpoint->checkpoint;
    const auto& now = snapshot->head();
    // Who only follows asks now and then, and may be a block behind.
    if (then.size > now.log_size && !is_in_newest_set(host.id())) continue;
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
