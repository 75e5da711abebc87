// Hop: how a validator set hands over to the next, as a proof (docs/formats.md §7.4).
//
// The checkpoint at S(e), where epoch e ended, with a quorum of e's cosignatures; the last record,
// which is the boundary record; and the record `validators, e+1` under its state root. Whoever
// trusts set e can thus learn set e+1 from anybody. The new set has no say in it.
//
// Walking believes that set e was honest until it left. It knows of no day after which e's keys may
// have been stolen: a reader who can get a newer trust policy from somebody it trusts, should.
//
// Invariants of a parsed hop (not yet verified): one spelling, encode_hop(parse_hop(b)) == b.
// Limits: a hop is at most kHopSizeMax bytes, a walk at most kHopsMax hops.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kHopSizeMax = std::size_t{128} * 1024;
inline constexpr std::size_t kHopsMax = kPolicyEpochsMax;

struct Hop {
  // C2SP signed note: the checkpoint text, then exactly q cosignature lines of epoch e in ascending
  // byte order of key name. No log line: who serves a hop does not matter.
  std::string checkpoint;
  LoggedRecord last_record;  // of the boundary block, at S(e) − 1
  Bytes validators;          // the record `validators, e+1`, exact bytes
  Bytes state_proof;         // of that one key, under the last record's state root

  friend bool operator==(const Hop&, const Hop&) = default;
};

[[nodiscard]] Bytes encode_hop(const Hop& hop);
// Strict deterministic CBOR; says nothing about what the hop claims.
[[nodiscard]] Result<Hop> parse_hop(ByteView bytes);

// The same as one item of a larger file. What is wrong is recorded in `in`.
void write_hop(cbor::Writer& out, const Hop& hop);
[[nodiscard]] Hop read_hop(cbor::Reader& in);

// The policy with the epochs that these hops lead to. Hops follow one another without a gap and
// begin at an epoch of the policy, at the latest its newest. A hop between epochs that the policy
// knows already is verified all the same and must say what the policy says. The first hop that does
// not hold refuses them all, naming it.
[[nodiscard]] Result<Policy> walk_hops(const Policy& policy, std::span<const Hop> hops);

}  // namespace footproof
