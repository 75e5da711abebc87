// Accusation: a file that proves, offline and against a trust policy alone, that named validators
// signed what exclude each other (docs/formats.md §10).
//
// Of heads: two checkpoints that one validator cosigned although it may never have: another root at
// one size; a larger log at an earlier time; or two sizes whose logs are no continuation of each
// other, shown by a consistency proof from another root.
// Of votes: two votes of one validator, epoch and view that the protocol forbids together
// (consensus/README.md §11), with the validator set of that epoch as the state tree of a cosigned
// checkpoint has it.
// What does not prove an offence of at least one validator is no accusation: judging it fails. That
// a validator is *not* named here says nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kAccusationSizeMax = std::size_t{512} * 1024;
inline constexpr std::size_t kAccusedPairsMax = 256;

// --- votes --------------------------------------------------------------------------------------

enum class VoteKind : std::uint8_t { notarize = 1, nullify = 2, finalize = 3 };
[[nodiscard]] std::string_view to_text(VoteKind kind);

// A vote as a validator signed it. Of a nullify, parent view and block id are zero and unsigned.
struct SignedVote {
  VoteKind kind = VoteKind::notarize;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  std::uint64_t parent_view = 0;
  Digest block_id;
  std::uint64_t signer = 0;  // position in the set of its epoch, which ascends by id
  std::array<std::uint8_t, kSignatureSize> signature{};
  friend bool operator==(const SignedVote&, const SignedVote&) = default;
};
// The bytes that the signature is over (consensus/README.md §2).
[[nodiscard]] Bytes vote_message(const Digest& chain_id, const SignedVote& vote);
// Whether one validator may never sign both: of one signer, epoch and view.
[[nodiscard]] bool exclude_each_other(const SignedVote& a, const SignedVote& b);

// A vote as a file of its own: CBOR ["footproof/vote/v1", vote].
[[nodiscard]] Bytes encode(const SignedVote& vote);
[[nodiscard]] Result<SignedVote> parse_signed_vote(ByteView bytes);

// --- accusations --------------------------------------------------------------------------------

// That the log of `second` continues one with another root at the size of `first`.
struct PrefixProof {
  Digest root;
  std::vector<Digest> path;
  friend bool operator==(const PrefixProof&, const PrefixProof&) = default;
};

struct HeadAccusation {
  std::string first;  // signed notes; not the larger size first
  std::string second;
  std::optional<PrefixProof> prefix;
  friend bool operator==(const HeadAccusation&, const HeadAccusation&) = default;
};

using VotePair = std::pair<SignedVote, SignedVote>;

struct VoteAccusation {
  std::string checkpoint;    // signed note as in attest/receipt.h
  LoggedRecord last_record;  // at its size − 1
  Bytes validators;          // record of the state tree
  Bytes proof;               // of it, under the root in the last record
  std::vector<VotePair> pairs;
  friend bool operator==(const VoteAccusation&, const VoteAccusation&) = default;
};

using Accusation = std::variant<HeadAccusation, VoteAccusation>;

[[nodiscard]] Bytes encode(const Accusation& accusation);
[[nodiscard]] Result<Accusation> parse_accusation(ByteView bytes);
// Whether these bytes are meant to be one.
[[nodiscard]] bool looks_like_accusation(ByteView bytes);

struct Accused {
  std::string validator;  // id
  std::string what;       // for people
  friend bool operator==(const Accused&, const Accused&) = default;
};

// Who is proven to have signed what exclude each other: at least one. mismatch: the policy is of
// another network or does not reach the epoch. bad_proof: it proves nothing against anybody.
[[nodiscard]] Result<std::vector<Accused>> judge_accusation(const Accusation& accusation,
                                                            const Policy& policy);

}  // namespace footproof
