// Block record: the last leaf of every block that appends to the log, and how entries become leaves
// (docs/formats.md §5).
//
// Of a statement at index i, its own record is the one at j = first index + count with
// first index ≤ i < j. Recorded time, height and epoch of a statement come from its own record and
// from nowhere else. The last record of a log of size s stands at s − 1; status proofs are made
// against its state root.
#pragma once

#include <cstdint>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kBlockRecordSizeMax = 192;

struct BlockRecord {
  Digest chain_id;
  std::uint64_t height = 0;
  std::uint64_t epoch = 0;
  Instant time;
  Digest block_id;
  std::uint64_t first_index = 0;  // of the block's first statement, or of the record if count is 0
  std::uint64_t count = 0;        // statements of this block
  Digest state_root;              // after the block

  // The record's own place in the log.
  [[nodiscard]] std::uint64_t index() const { return first_index + count; }
  // This is the own record of the statement at `index`.
  [[nodiscard]] bool covers(std::uint64_t statement_index) const {
    return first_index <= statement_index && statement_index < index();
  }
  friend bool operator==(const BlockRecord&, const BlockRecord&) = default;
};

[[nodiscard]] Bytes encode(const BlockRecord& record);
// index() of a parsed record is less than kTreeSizeMax.
[[nodiscard]] Result<BlockRecord> parse_block_record(ByteView bytes);

// The 32-byte log entries. The leaf is H(0x00 ‖ entry), as RFC 9162 says (attest/merkle.h).
[[nodiscard]] Digest block_record_entry(ByteView record);
[[nodiscard]] Digest statement_entry(ByteView cose_sign1);  // H(bytes) of an emptied COSE_Sign1

}  // namespace footproof
