// Ready: a new validator's word that its node keeps up with this network, so that nobody is voted
// into the set who cannot do its part (docs/rules.md, ballot; docs/formats.md §3.5).
//
// It is signed with the vote key that the proposal names, over CBOR ["footproof/ready/v1",
// chain id, proposal, entry id]: for this proposal on this network, after that entry was executed.
// The entry dates it: the ledger knows when it was recorded.
#pragma once

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof {

// At the decision the entry named must not be older than this.
inline constexpr std::uint64_t kReadyDaysMax = 7;

// The validator that a change brings in or gives new keys to; null for every other change.
[[nodiscard]] const ValidatorProposal* new_validator_of(const Change& change);

[[nodiscard]] Bytes ready_message(const Digest& chain_id, const Proposal& proposal,
                                  const Digest& entry);
[[nodiscard]] Result<Ready> make_ready(const Signer& vote_key, const Digest& chain_id,
                                       const Proposal& proposal, const Digest& entry);
// By the vote key that the proposal names. False for a change that brings no validator.
[[nodiscard]] bool verify_ready(const Ready& ready, const Digest& chain_id,
                                const Proposal& proposal);

// What the operator of the new validator hands to the association that votes (docs/formats.md §10).
inline constexpr std::size_t kReadySizeMax = 1024;
[[nodiscard]] Bytes encode(const Ready& ready);
[[nodiscard]] Result<Ready> parse_ready(ByteView bytes);

}  // namespace footproof
