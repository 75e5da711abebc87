// Executes one finalised block: (state, block) → all that follows from it, or nothing. Pure; the
// store writes the result in one batch.
//
// Execution is a function of the chain alone. A block is never invalid here: a statement that the
// rules forbid, or that is already in the log, is skipped and leaves no trace but its outcome.
// A block record is appended when a statement was accepted, and for the first block of an epoch and
// a boundary block even with count 0; state changes only in blocks that append one (docs/formats.md
// §5).
// A boundary block puts the set in force that a ballot decided (ledger/next_set.h): its record is
// the last of the old set. Until then `next` tells what the state holds for the next epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "ledger/log.h"
#include "ledger/refusal.h"
#include "ledger/rules.h"
#include "ledger/state.h"
#include "ledger/state_tree.h"

namespace footproof::ledger {

// What consensus delivers: a finalised block, its statements in order.
struct OrderedBlock {
  std::uint64_t height = 0;
  std::uint64_t epoch = 0;
  std::uint64_t time_ms = 0;
  Digest block_id;
  bool first_of_epoch = false;    // appends a record whatever it holds; height 1 is not one
  bool boundary = false;          // ends its epoch: a set for the next one must be decided
  std::vector<Bytes> statements;  // exact bytes, well formed
};

// Where the ledger stands after a block.
struct Head {
  Digest chain_id;
  std::uint64_t height = 0;
  std::uint64_t epoch = 0;
  std::uint64_t time_ms = 0;  // of the block at `height`
  Digest block_id;
  std::uint64_t log_size = 0;
  Digest log_root;
  Digest state_root;
  // Of the head's last record (index log_size − 1): the height that consensus names as checkpoint.
  std::uint64_t record_height = 0;
  std::uint64_t record_time_ms = 0;

  friend bool operator==(const Head&, const Head&) = default;
};

// All that the next block builds on. A value; copies are cheap.
struct LedgerState {
  Head head;
  Log log;
  StateTree tree;
};

struct Accepted {
  Digest entry_id;
  std::uint64_t index = 0;
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

// Of one statement of the block: accepted now, known before (its first index), or refused for good.
using Verdict = std::variant<Accepted, KnownEntry, Refusal>;

struct Outcome {
  Digest statement_hash;  // H(exact bytes)
  Digest entry_id;        // H(Sig_structure); zero if the bytes are no statement
  Verdict verdict;
};

enum class ItemKind : std::uint8_t { statement = 0, record = 1 };

// One entry of the log, with its bytes.
struct LogItem {
  std::uint64_t index = 0;
  ItemKind kind = ItemKind::statement;
  Bytes bytes;
  Digest entry;     // H(bytes), or the tagged hash of a record: what the leaf is made of
  Digest entry_id;  // of statements
  Digest subject;   // of statements: subject_key(iss, sub)
};

// Bytes of the ordering engine (a block, its certificate, a batch), opaque here, under a key of its
// own choosing.
struct OrderingBlob {
  Digest key;
  Bytes bytes;
};

struct BlockResult {
  Head before;
  LedgerState after;
  // Not made by execution: whoever delivers the block adds what must be stored in one batch with
  // it, so that the chain can be served to validators that were away.
  std::vector<OrderingBlob> ordering;
  std::vector<Outcome> outcomes;  // one for each statement of the block, in order
  std::vector<LogItem> items;     // the statements accepted, then the record; or none
  StateChanges changes;
  LogGrowth growth;
  // The set that the state after it holds for the next epoch, decided and not yet in force.
  std::optional<NextValidatorsRecord> next;
  // Of a boundary block: the set that it put in force.
  std::optional<ValidatorsRecord> begun;
};

// What both execute() and genesis do at the end: the record if there is to be one, leaves, tree and
// new head. `statements` have their index, bytes and ids; their number is the record's count.
[[nodiscard]] BlockResult close_block(const LedgerState& before, const OrderedBlock& block,
                                      std::vector<LogItem> statements,
                                      std::vector<Outcome> outcomes, StateChanges changes);

// The block must follow `state` (height one more, later time, of the epoch whose set is in force):
// else mismatch. Other errors mean that the view could not be read. `view` is the ledger at
// state.head.
[[nodiscard]] Result<BlockResult> execute(const StateView& view, const LedgerState& state,
                                          const OrderedBlock& block,
                                          const VerifySignature& verify_signature);

}  // namespace footproof::ledger
