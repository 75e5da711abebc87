// What the replica keeps in the WAL: own votes, blocks, certificates, evidence (README.md §13).
//
// Records carry their epoch and view inside; they may be read in any order.
#pragma once

#include <variant>

#include "consensus/messages.h"

namespace footproof::consensus {

using Record = std::variant<Vote, Block, Certificate, Evidence>;

[[nodiscard]] Bytes encode_record(const Record& record);
[[nodiscard]] Result<Record> parse_record(ByteView bytes);
// The epoch that a record is of: what tells the records of an epoch from those of the one before.
[[nodiscard]] Epoch epoch_of(const Record& record);
[[nodiscard]] Result<Epoch> record_epoch(ByteView bytes);

}  // namespace footproof::consensus
