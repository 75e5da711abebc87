// The port between HTTP and the node: what api asks of it, in plain values. api owns it, node
// implements it, tests have an in-memory one.
//
// Every call may come from any of the HTTP threads, many at once. A call of Reader reads a
// published snapshot and returns within milliseconds: it never waits for the core thread, the
// network or a sync. Submissions are the only calls that wait, and only as long as they say. No
// call throws; what fails says so in its type:
//   not_found  there is no such thing in the published log (or not yet)
//   usage      the caller asked for what cannot be (size above the published one, empty range)
//   too_busy   a limit of the node is reached; asking again later may work
//   io, corrupt  our own trouble: becomes a 500 without text, the detail goes to the log only
//
// "Published" means covered by the newest checkpoint that has q cosignatures. A Reader never shows
// anything younger, so whoever holds a receipt can read its proof at once, and everything that one
// call returns belongs to one checkpoint (docs/formats.md 5-7).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/accusation.h"
#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/hop.h"
#include "attest/receipt.h"
#include "attest/result.h"
#include "ledger/history.h"

namespace footproof::api {

// The state of some keys under the root in the last record of one checkpoint.
struct StateReceipt {
  std::string checkpoint;    // signed note as in attest/receipt.h
  LoggedRecord last_record;  // index = size - 1
  Bytes proof;               // encoded multi-proof (attest/state_proof.h)
  // In the order the keys were asked in: the record's bytes, or none where absence is proved.
  std::vector<std::optional<Bytes>> records;
};

// In the published log. Its receipt can be had from the same node at once (Reader::receipt).
struct Logged {
  Digest entry_id;
  std::uint64_t index = 0;        // of the statement's leaf
  std::uint64_t height = 0;       // of its own record
  std::uint64_t recorded_ms = 0;  // of its own record, since 1970
};

// A statement the rules forbid. `final` only after execution: an early refusal is one node's view
// at `height` and the statement may be sent again.
struct Refusal {
  std::string reason;  // stable code, e.g. "unknown-key" (ledger/refusal.h)
  std::string rule;    // the group of rules it belongs to, e.g. "key"
  std::string detail;  // names the field; may be empty
  std::string remedy;  // what the submitter can do; may be empty
  bool final = false;
  std::uint64_t height = 0;  // the height whose state it was judged by
};

// Taken in: signature checked, rules passed once, waiting to be ordered or to be cosigned.
struct Accepted {
  Digest entry_id;
};

// Not taken in, nothing remembered: a queue is full or there is no quorum to order it.
struct TooBusy {
  std::uint32_t retry_after_s = 1;
};

// Poll and await only: neither known, nor pending, nor refused here in the last 24 hours.
struct Unknown {};

using Answer = std::variant<Logged, Accepted, Refusal, TooBusy, Unknown>;

struct DryRun {
  std::uint64_t height = 0;        // the height whose state it was judged by
  std::optional<Refusal> refusal;  // of the rules alone; none = they would accept
  // Apart from the rules, so that a verifier may ask before anything is signed (with 64 zero
  // bytes).
  bool signature_verifies = false;
};

class Submissions {
 public:
  virtual ~Submissions() = default;

  // Each statement: canonical COSE_Sign1 bytes with empty unprotected header, at most 16 KiB, at
  // most 4,096 of them and 1 MiB together. Checks the signatures (on the worker pool), runs the
  // rules once, hands what passes to the mempool. One answer for each, in order:
  //   Logged    it was accepted before and is published: where the first one stands
  //   Accepted  taken in now, or known and not yet published
  //   Refusal   final = false for early ones; final = true if execution refused these bytes lately
  //   TooBusy   this one did not fit any more
  // Returns within 2 s whatever happens; never waits for consensus.
  virtual std::vector<Answer> submit(const std::vector<Bytes>& statements) = 0;

  // Waits until every entry is logged or finally refused, or until the deadline; whatever is still
  // open then reads Accepted. At most api's waiters_max threads are in here at one time.
  // Ends early when the node stops.
  virtual std::vector<Answer> await(const std::vector<Digest>& entry_ids,
                                    std::chrono::steady_clock::time_point deadline) = 0;

  // Empty: this node takes statements. Else why not, and where to submit: the answer to them is
  // 421.
  [[nodiscard]] virtual std::string elsewhere() const { return {}; }

  // What is known of an entry now. Never waits.
  virtual Answer poll(const Digest& entry_id) = 0;

  // The rules and, apart from them, the signature, on the executed state. Nothing is remembered and
  // nothing leaves the node. Errors: malformed (not a statement), too_busy.
  virtual Result<DryRun> dry_run(const Bytes& statement) = 0;
};

struct PeerFacts {
  std::string validator_id;
  bool connected = false;
  std::uint64_t height = 0;         // as it last said; a hint
  std::uint64_t last_heard_ms = 0;  // how long ago
};

// A node that this one follows over HTTP.
struct SourceFacts {
  std::string url;
  std::uint64_t height = 0;  // as it last said; a hint
  std::string trouble;       // why it is left for now; empty: it is not
};

// Of a node that follows others over HTTP and has no vote.
struct FollowFacts {
  std::vector<SourceFacts> sources;
  std::uint64_t behind = 0;             // blocks, by the highest that a source has shown
  std::uint64_t blocks_per_minute = 0;  // executed in the last minute
  std::string doing;                    // for people: "following", "snapshot: state 12 of 40", …
};

// The validators in force, and what this node is among them.
struct SetFacts {
  std::uint64_t epoch = 0;
  std::vector<std::string> members;  // ids, ascending
  bool member = false;
  bool votes = false;
  std::string why_no_vote;    // empty while it votes
  std::uint64_t ends_at = 0;  // height of the block that ends the epoch; 0: none is fixed
  std::vector<std::string> next_members;  // of the set that was decided and is not in force yet
};

// Facts for people and probes. Cheap: copied from counters.
struct Health {
  Digest chain_id;
  std::string origin;        // of checkpoints
  std::string validator_id;  // this node; empty for an observer
  std::string version;
  std::uint64_t epoch = 0;
  std::uint64_t height = 0;  // executed
  std::uint64_t view = 0;
  std::uint64_t published_size = 0;          // of the newest checkpoint with q cosignatures
  std::uint64_t block_time_ms = 0;           // of the executed block, since 1970
  std::uint64_t node_time_ms = 0;            // this node's clock, since 1970
  std::uint32_t validators = 0;              // n
  std::uint32_t quorum = 0;                  // q
  std::vector<PeerFacts> peers;              // without this node
  std::optional<FollowFacts> follow;         // none: a validator, or its observer
  std::optional<SetFacts> set;               // none: it is fetching its snapshot
  std::uint64_t tls_certificate_ends_s = 0;  // of links, since 1970; 0: it has none
  std::uint64_t mempool_bytes = 0;
  std::uint64_t disk_free_bytes = 0;
  // May it be given traffic: caught up, q - 1 peers connected, disk above its floor. The reason
  // says what is missing in words for an operator and names the remedy.
  bool ready = false;
  std::string not_ready_reason;
  // Views of this epoch in which that validator is proven to have signed what excludes each other.
  struct Offences {
    std::string validator;
    std::uint64_t count = 0;
  };
  std::vector<Offences> evidence;  // of every validator
};

class Reader {
 public:
  virtual ~Reader() = default;

  // Of a published statement, to the newest published checkpoint, with exactly q cosignatures.
  // `declaration_root` as in attest/receipt.h; usage if the statement is no attestation of many.
  virtual Result<Receipt> receipt(const Digest& entry_id,
                                  const std::optional<Digest>& declaration_root) const = 0;

  // Any keys of the state tree at the newest published checkpoint; 1 to 64, distinct.
  virtual Result<StateReceipt> state_receipt(const std::vector<Digest>& keys) const = 0;

  // RFC 9162 paths between published sizes. inclusion: index < size <= published; consistency:
  // 0 < from <= to <= published.
  virtual Result<std::vector<Digest>> inclusion(std::uint64_t index, std::uint64_t size) const = 0;
  virtual Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t to) const = 0;

  // The newest published checkpoint as a signed note. not_found before the first.
  virtual Result<std::string> checkpoint() const = 0;

  // C2SP tlog-tiles: `width` 1 to 256 (256 = full), the exact body. not_found if the published log
  // does not reach that far. level 0 to 63.
  virtual Result<Bytes> tile(std::uint32_t level, std::uint64_t index,
                             std::uint32_t width) const = 0;
  virtual Result<Bytes> entry_bundle(std::uint64_t index, std::uint32_t width) const = 0;
  // Statements and records, each u32 length ‖ bytes, numbered like the entries.
  virtual Result<Bytes> statement_bundle(std::uint64_t index, std::uint32_t width) const = 0;

  // One page of the published log (ledger/history.h).
  virtual Result<ledger::HistoryPage> history(const ledger::HistoryFilter& filter,
                                              std::uint64_t from, std::size_t limit) const = 0;

  // What this node has seen validators sign that excludes each other, as a file that proves it
  // (attest/accusation.h), against the set of the published epoch. not_found if it saw nothing.
  virtual Result<Accusation> accusation() const = 0;

  // As attest/policy.h encodes it, made from the published head: all epochs up to now.
  virtual Result<std::string> trust_policy() const = 0;
  // The hop that ends this epoch (attest/hop.h). not_found where it has not ended, or where this
  // node has not got its hop yet.
  virtual Result<Hop> hop(std::uint64_t epoch) const = 0;
  // The exact bytes whose hash the chain id is made of.
  virtual Result<Bytes> genesis() const = 0;

  // For nodes that follow (docs/formats.md §11); none of it has to be published, for it proves
  // itself. Finalised blocks from a height on, a bounded stretch. too_busy: too many ask at once.
  virtual Result<Bytes> chain(std::uint64_t from) const = 0;
  // A published checkpoint whose state this node keeps for a while, and the parts of that state.
  virtual Result<Bytes> snapshot_offer() const = 0;
  virtual Result<Bytes> snapshot_state(std::uint64_t size, const std::string& prefix) const = 0;

  virtual Health health() const = 0;
};

}  // namespace footproof::api
