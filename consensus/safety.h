// The one place that signs votes. It keeps rules R1 and R2 (README.md §7) whatever is asked of it:
//
// R1  For one view at most one of NULLIFY and FINALIZE, at most one NOTARIZE, at most one FINALIZE,
//     and no NOTARIZE after NULLIFY.
// R2  No vote for a view at or below the highest finalized one, and none while only observing or
//     listening.
//
// Every path that votes, repeated and recovered ones included, goes through sign(). Flags are set
// when a vote is signed, not when it is durable, and forgotten only at or below the finalized view.
#pragma once

#include <map>
#include <optional>

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"

namespace footproof::consensus {

class Safety {
 public:
  // `signer` may be null: then nothing is ever signed.
  Safety(const Membership& membership, std::optional<ValidatorIndex> self, Signer* signer,
         Mutation mutation);

  // The vote, or none if a rule forbids it.
  [[nodiscard]] std::optional<Vote> sign(VoteType type, const Proposal& proposal);
  // Whether sign() would.
  [[nodiscard]] bool may_sign(VoteType type, const Proposal& proposal) const;

  // An own vote from the WAL. The first of a kind stands.
  void restore(const Vote& vote);
  // Views at or below `view` are closed for ever.
  void finalized(View view);
  // No vote any more in this life.
  void stop() { signer_ = nullptr; }
  // No vote until speak().
  void listen() { listening_ = true; }
  void speak() { listening_ = false; }
  [[nodiscard]] bool listening() const { return listening_; }
  [[nodiscard]] bool voting() const { return signer_ != nullptr && self_.has_value(); }

  [[nodiscard]] const Vote* find(VoteType type, View view) const;
  // Own votes above the finalized view, lowest view first.
  [[nodiscard]] std::vector<Vote> votes() const;
  [[nodiscard]] View highest_view() const;

 private:
  struct Own {
    std::optional<Vote> notarize;
    std::optional<Vote> nullify;
    std::optional<Vote> finalize;
    std::optional<Vote>& of(VoteType type);
  };

  const Membership& membership_;
  std::optional<ValidatorIndex> self_;
  Signer* signer_;
  Mutation mutation_;
  bool listening_ = false;
  View finalized_ = 0;
  std::map<View, Own> own_;
};

}  // namespace footproof::consensus
