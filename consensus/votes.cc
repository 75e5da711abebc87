#include "consensus/votes.h"

#include <algorithm>

namespace footproof::consensus {

ViewVotes::Slots& ViewVotes::slots(VoteType type, std::size_t n) {
  Slots& slots = slots_[static_cast<std::size_t>(type) - 1];
  if (slots.empty()) slots.resize(n);
  return slots;
}

bool ViewVotes::settle(const Membership& membership, const Verifier& verifier, Slot& slot,
                       Outcome& outcome) {
  if (!slot.used || slot.verified) return slot.used;
  slot.verified = membership.verify(slot.vote, verifier);
  if (!slot.verified) {
    slot = Slot{};
    ++outcome.refused;
  }
  return slot.used;
}

ViewVotes::Outcome ViewVotes::add(const Membership& membership, const Verifier& verifier,
                                  const Vote& vote, bool verified, bool may_form,
                                  Mutation mutation) {
  Outcome outcome;
  Slot& slot = slots(vote.type, membership.n())[vote.signer];
  ++slot.copies;
  if (slot.used && slot.vote == vote) {
    slot.verified = slot.verified || verified;
  } else if (slot.used && settle(membership, verifier, slot, outcome)) {
    if (slot.vote.says_same(vote)) return outcome;
    if (!is_offence(slot.vote, vote)) return outcome;
    if (verified || membership.verify(vote, verifier)) {
      outcome.offence = Evidence{slot.vote, vote};
    } else {
      ++outcome.refused;
    }
    return outcome;
  } else {
    slot = Slot{vote, true, verified, slot.copies};
    find_offence(membership, verifier, vote, outcome);
  }
  if (may_form) {
    form(membership, verifier, slots(vote.type, membership.n()), vote, mutation, outcome);
  }
  return outcome;
}

// NULLIFY beside FINALIZE; two of one type were compared before.
void ViewVotes::find_offence(const Membership& membership, const Verifier& verifier,
                             const Vote& vote, Outcome& outcome) {
  if (vote.type == VoteType::notarize) return;
  const VoteType other_type =
      vote.type == VoteType::nullify ? VoteType::finalize : VoteType::nullify;
  Slot& mine = slots(vote.type, membership.n())[vote.signer];
  Slot& other = slots(other_type, membership.n())[vote.signer];
  if (!other.used) return;
  const Vote said = other.vote;
  if (settle(membership, verifier, mine, outcome) && settle(membership, verifier, other, outcome)) {
    outcome.offence = Evidence{said, vote};
  }
}

void ViewVotes::form(const Membership& membership, const Verifier& verifier, Slots& slots,
                     const Vote& vote, Mutation mutation, Outcome& outcome) {
  const auto agrees = [&vote](const Slot& slot) {
    return slot.used && slot.vote.proposal == vote.proposal;
  };
  std::size_t verified = 0;
  std::size_t counted = 0;
  for (const Slot& slot : slots) {
    if (!agrees(slot)) continue;
    counted += mutation == Mutation::signer_counted_twice ? slot.copies : 1;
    if (slot.verified) ++verified;
  }
  if (counted < membership.q()) return;
  for (Slot& slot : slots) {
    if (verified >= membership.q()) break;
    if (agrees(slot) && !slot.verified && settle(membership, verifier, slot, outcome)) ++verified;
  }
  if (verified < membership.q() && mutation != Mutation::signer_counted_twice) return;
  Certificate certificate{vote.type, vote.proposal, 0, {}};
  for (std::size_t i = 0; i < slots.size() && certificate.signatures.size() < membership.q(); ++i) {
    if (!agrees(slots[i]) || !slots[i].verified) continue;
    certificate.signers |= 1U << i;
    certificate.signatures.push_back(slots[i].vote.signature);
  }
  outcome.formed = std::move(certificate);
}

std::vector<Vote> ViewVotes::of(const Membership& membership, const Verifier& verifier,
                                ValidatorIndex signer, std::uint32_t& refused) {
  std::vector<Vote> votes;
  Outcome outcome;
  for (Slots& slots : slots_) {
    if (signer >= slots.size()) continue;
    if (settle(membership, verifier, slots[signer], outcome)) votes.push_back(slots[signer].vote);
  }
  refused += outcome.refused;
  return votes;
}

const Vote* ViewVotes::find(VoteType type, ValidatorIndex signer) const {
  const Slots& slots = slots_[static_cast<std::size_t>(type) - 1];
  if (signer >= slots.size() || !slots[signer].verified) return nullptr;
  return &slots[signer].vote;
}

}  // namespace footproof::consensus
