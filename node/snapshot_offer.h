// What a node offers to one that begins with a snapshot: a checkpoint whose state it keeps for a
// while, and the record at its end (docs/formats.md §11). Judged by the trust policy of its epoch
// (attest/state_check.h); parsing judges form only.
#pragma once

#include <string>

#include "attest/bytes.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof::node {

inline constexpr std::size_t kSnapshotOfferBytesMax = std::size_t{128} * 1024;

struct SnapshotOffer {
  std::string checkpoint;    // signed note in the form of §8
  LoggedRecord last_record;  // index = size − 1
};

[[nodiscard]] Bytes encode_snapshot_offer(const SnapshotOffer& offer);
// One spelling.
[[nodiscard]] Result<SnapshotOffer> parse_snapshot_offer(ByteView bytes);

}  // namespace footproof::node
