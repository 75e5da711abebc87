// The votes of one view: one verified vote per type and signer, and the certificates they make
// (README.md §5, §11).
//
// Signatures are checked late: a vote waits unverified until the votes that are there could make a
// quorum, or until another vote contradicts it. An unverified vote is never counted, handed on or
// put into a certificate, and never displaces a verified one.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"

namespace footproof::consensus {

class ViewVotes {
 public:
  struct Outcome {
    std::optional<Certificate> formed;
    std::optional<Evidence> offence;
    std::uint32_t refused = 0;  // votes whose signature was bad
  };

  // `vote` belongs to this view and epoch, its signer exists. `verified`: its signature is known to
  // be good. `form`: make a certificate if this completes one.
  Outcome add(const Membership& membership, const Verifier& verifier, const Vote& vote,
              bool verified, bool form, Mutation mutation);

  // All of that signer, verified now where they waited; what does not verify is thrown out.
  [[nodiscard]] std::vector<Vote> of(const Membership& membership, const Verifier& verifier,
                                     ValidatorIndex signer, std::uint32_t& refused);
  // The verified vote of that type and signer, or null.
  [[nodiscard]] const Vote* find(VoteType type, ValidatorIndex signer) const;

 private:
  struct Slot {
    Vote vote;
    bool used = false;
    bool verified = false;
    std::uint32_t copies = 0;  // for a mutation only
  };
  using Slots = std::vector<Slot>;

  Slots& slots(VoteType type, std::size_t n);
  // Verifies the vote that waits, or throws it out. True: there is a verified vote.
  static bool settle(const Membership& membership, const Verifier& verifier, Slot& slot,
                     Outcome& outcome);
  void find_offence(const Membership& membership, const Verifier& verifier, const Vote& vote,
                    Outcome& outcome);
  static void form(const Membership& membership, const Verifier& verifier, Slots& slots,
                   const Vote& vote, Mutation mutation, Outcome& outcome);

  std::array<Slots, 3> slots_;
};

}  // namespace footproof::consensus
