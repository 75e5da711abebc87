// Trust policy: whom an outsider believes, in one file (docs/formats.md §7).
//
// It names the network by its full chain id, and for each epoch the validators with their cosign
// and log keys and the log sizes that this set alone may cosign. f and q are computed from the
// number of members and never believed. The file is a C2SP tlog-policy for the newest epoch, so
// that other tools can use it; what is ours stands in its comment lines. It has one spelling.
//
// Judging a checkpoint: the set is chosen by the size; T, the as-of time, is the (f+1)-th largest
// timestamp among its valid cosignatures: at least one honest validator vouches for it. A set that
// has left vouches for nothing after its day: whoever steals its keys years later can make nothing
// that looks fresh.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/note.h"
#include "attest/result.h"
#include "attest/state_record.h"

namespace footproof {

inline constexpr std::size_t kPolicySizeMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kPolicyEpochsMax = 1024;

struct PolicyMember {
  std::string id;      // validator id
  NoteKey cosign_key;  // named "<origin>/<id>", type cosignature
  NoteKey log_key;     // named "<origin>", type ed25519
  friend bool operator==(const PolicyMember&, const PolicyMember&) = default;
};

struct PolicyEpoch {
  std::uint64_t epoch = 0;
  std::uint64_t first_size = 1;            // S(e−1) + 1
  std::optional<std::uint64_t> last_size;  // S(e); none for the newest
  std::optional<Digest> last_root;         // root at S(e); there where last_size is
  std::optional<Date> last_day;            // UTC day of the record at S(e); likewise
  std::vector<PolicyMember> members;       // ascending by id

  [[nodiscard]] std::size_t faulty_max() const { return footproof::faulty_max(members.size()); }
  [[nodiscard]] std::size_t quorum() const { return quorum_of(members.size()); }
  friend bool operator==(const PolicyEpoch&, const PolicyEpoch&) = default;
};

struct Policy {
  std::string origin;
  Digest chain_id;
  Date made_on;                     // UTC day of the head it was made from
  std::vector<PolicyEpoch> epochs;  // contiguous; at least one; the last is open

  [[nodiscard]] const PolicyEpoch& newest() const { return epochs.back(); }
  // The epoch whose set may cosign this size; null if there is none.
  [[nodiscard]] const PolicyEpoch* epoch_of_size(std::uint64_t size) const;
  friend bool operator==(const Policy&, const Policy&) = default;
};

// The invariants above and below: origin of this chain, 4 to 31 members an epoch, contiguous
// epochs and sizes, no key in two hands or two roles.
[[nodiscard]] Result<void> check(const Policy& policy);
[[nodiscard]] PolicyEpoch make_policy_epoch(std::string_view origin,
                                            const ValidatorsRecord& record);
[[nodiscard]] std::string encode(const Policy& policy);
[[nodiscard]] Result<Policy> parse_policy(ByteView bytes);

// A checkpoint that a quorum of the right set vouches for.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  const PolicyEpoch* epoch = nullptr;  // lives as long as the policy
  std::uint64_t as_of = 0;             // T, in seconds
  std::vector<std::string> cosigners;  // validator ids, in the order of the lines
  std::string served_by;               // validator id of the log line; proves nothing else
};

// As it stands in a receipt or presentation: the log line of one validator first, then exactly q
// cosignatures of the set in ascending byte order of key name, and not one line else.
[[nodiscard]] Result<TrustedCheckpoint> judge_presented_checkpoint(const Policy& policy,
                                                                   ByteView note);
// As a node serves it: lines of unknown keys are ignored, more than q are welcome, any order.
[[nodiscard]] Result<TrustedCheckpoint> judge_live_checkpoint(const Policy& policy, ByteView note);

// What a note says of the policy's log, whoever signed it: mismatch for another log, malformed with
// extension lines.
[[nodiscard]] Result<Checkpoint> checkpoint_of(const Policy& policy, const Note& note);

// The (f+1)-th largest; `timestamps` has at least f+1.
[[nodiscard]] std::uint64_t as_of_time(std::span<const std::uint64_t> timestamps,
                                       std::size_t faulty_max);

}  // namespace footproof
