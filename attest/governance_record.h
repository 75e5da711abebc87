// What the state tree holds of governance: the associations that vote, the proposals that are open,
// and each proposal with its ballots (docs/formats.md §6.9). Written by ledger/rules_ballot.cc.
//
// A proposal's record keeps the last ballot of each association, not its history: so nobody fills
// it, and its size has a bound. Every ballot stands in the log.
// Limits: kAssociationsMax associations, kOpenProposalsMax open proposals of each. With the longest
// URIs and the longest proposal all three records fit without their reserve.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kAssociationsMin = 4;  // so that one lost key cannot lock the house
inline constexpr std::size_t kAssociationsMax = 128;
inline constexpr std::size_t kOpenProposalsMax = 4;  // of one association
inline constexpr std::int64_t kLapsesDaysMax = 180;  // a proposal's last day, after it is made

namespace state_key {
[[nodiscard]] Digest associations();
[[nodiscard]] Digest open_proposals();
}  // namespace state_key

// --- associations -------------------------------------------------------------------------------

struct AssociationSeat {
  std::string uri;
  Instant since;  // when it was last admitted: ballots recorded before do not count
  friend bool operator==(const AssociationSeat&, const AssociationSeat&) = default;
};

struct AssociationsRecord {
  std::vector<AssociationSeat> seats;  // 1 to kAssociationsMax, ascending by URI
  [[nodiscard]] const AssociationSeat* find(std::string_view uri) const;
  friend bool operator==(const AssociationsRecord&, const AssociationsRecord&) = default;
};

// --- open proposals -----------------------------------------------------------------------------

struct OpenProposal {
  ProposalNonce nonce{};
  Date lapses;  // the last day on which it may be voted on
  friend bool operator==(const OpenProposal&, const OpenProposal&) = default;
};

struct Proposer {
  std::string uri;
  std::vector<OpenProposal> open;  // 1 to kOpenProposalsMax, as they were made
  friend bool operator==(const Proposer&, const Proposer&) = default;
};

// Undecided proposals. One that has lapsed may still stand here until another is made.
struct OpenProposalsRecord {
  std::vector<Proposer> proposers;  // at least one (else there is no record), ascending by URI
  friend bool operator==(const OpenProposalsRecord&, const OpenProposalsRecord&) = default;
};

// --- proposal -----------------------------------------------------------------------------------

struct CastBallot {
  std::string association;
  bool approve = false;
  Instant recorded;
  Digest entry;
  friend bool operator==(const CastBallot&, const CastBallot&) = default;
};

struct Decision {
  Instant recorded;
  Digest entry;  // of the ballot that decided it
  friend bool operator==(const Decision&, const Decision&) = default;
};

// The newest entry that the new validator has said to have executed (attest/ready.h).
struct ReadyMark {
  Digest entry;
  Instant recorded;  // when that entry was
  friend bool operator==(const ReadyMark&, const ReadyMark&) = default;
};

struct ProposalRecord {
  Proposal proposal;
  std::string proposer;
  Instant proposed;
  std::vector<CastBallot> ballots;  // the last of each, ascending by URI; at least one
  std::optional<Decision> decided;  // accepted and carried out; once, for ever
  std::optional<ReadyMark> ready = {};
  friend bool operator==(const ProposalRecord&, const ProposalRecord&) = default;
};

// How a vote stands among the associations of one moment.
struct Tally {
  std::size_t members = 0;
  std::size_t approve = 0;
  std::size_t reject = 0;
  // More than two thirds of the members.
  [[nodiscard]] std::size_t needed() const { return members * 2 / 3 + 1; }
  [[nodiscard]] bool accepted() const { return approve >= needed(); }
};
[[nodiscard]] Tally tally(const ProposalRecord& record, const AssociationsRecord& associations);

enum class ProposalState : std::uint8_t { open, accepted, lapsed };
[[nodiscard]] std::string_view to_text(ProposalState state);
[[nodiscard]] ProposalState state_at(const ProposalRecord& record, Instant now);

// --- codecs -------------------------------------------------------------------------------------

[[nodiscard]] Bytes encode(const AssociationsRecord& record);
[[nodiscard]] Bytes encode(const OpenProposalsRecord& record);
[[nodiscard]] Bytes encode(const ProposalRecord& record);
[[nodiscard]] Result<AssociationsRecord> parse_associations_record(ByteView bytes);
[[nodiscard]] Result<OpenProposalsRecord> parse_open_proposals_record(ByteView bytes);
[[nodiscard]] Result<ProposalRecord> parse_proposal_record(ByteView bytes);

}  // namespace footproof
