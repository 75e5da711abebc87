// Epochs as an outsider needs them: the trust policy that names every validator set there was, and
// the hops (attest/hop.h) by which whoever has an old policy learns the newer sets from anybody
// (docs/formats.md §7.3, §7.4). A node makes one hop for each epoch that ends, and keeps it for
// ever.
//
// A hop is made of the head right after the boundary block, once q of the set that ends have
// cosigned it. Whoever was away then, takes it from somebody who was not: a hop proves itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "attest/hop.h"
#include "attest/policy.h"
#include "attest/result.h"
#include "ledger/snapshot.h"

namespace footproof::ledger {

// Of this head: all epochs that its state holds, of more than a policy may name the newest.
[[nodiscard]] Result<Policy> trust_policy_of(const Snapshot& ledger);

// Of one epoch alone, its end left open: what its members cosign is judged by it.
[[nodiscard]] Result<Policy> policy_of_epoch(const Snapshot& ledger, std::uint64_t epoch);

// `ended`: the head after the boundary block. `note`: a checkpoint of it with q or more
// cosignatures of the set that ends, among any other lines. mismatch where the head ends no epoch,
// bad_signature where the note has fewer.
[[nodiscard]] Result<Hop> make_hop(const Snapshot& ended, std::string_view note);

// Holds by itself and says what this ledger says: the epoch that it ends. The state must hold that
// set and the next.
[[nodiscard]] Result<std::uint64_t> check_hop(const Snapshot& ledger, const Hop& hop);

}  // namespace footproof::ledger
