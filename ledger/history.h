// History: which statements were logged, asked by issuer, scope, scheme, status and time.
//
// The store writes, in the batch of a block, one posting for each term of each statement: term →
// index. The postings follow from the log alone: a store of an older version makes them anew when
// it is opened. Consensus, rules and proofs never look at them; what a page shows is read from the
// log itself, so a wrong posting can hide an entry and never invent one.
// Pages ascend by index and the cursor is an index: while the log grows, no page changes, and new
// entries come at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/date.h"
#include "attest/digest.h"
#include "attest/payload.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof::ledger {

class Snapshot;

// Changes whenever the terms of a statement do.
inline constexpr std::uint32_t kHistoryVersion = 2;
inline constexpr std::size_t kHistoryPageMax = 256;
// Statements looked at for one page, so that a rare combination cannot keep a thread: the page may
// then be short or empty and still name a next one.
inline constexpr std::size_t kHistoryScanMax = 1024;

// Of an attestation as a whole: its status, or `void_entry` where its key was compromised when it
// was recorded, so that it counts for nothing whatever its status.
enum class Standing : std::uint8_t { active, suspended, revoked, superseded, void_entry };
[[nodiscard]] std::string_view to_text(Standing standing);
[[nodiscard]] std::optional<Standing> to_standing(std::string_view text);

// All that are set must hold.
struct HistoryFilter {
  std::optional<StatementKind> kind;
  std::optional<std::string> issuer;
  std::optional<std::string> body;  // of the accreditation that an attestation names
  // Id of an accreditation: what was said of it, and what was attested under it; with `body`, only
  // of that body's.
  std::optional<std::string> accreditation;
  std::optional<std::string> scope;   // of an attestation
  std::optional<std::string> scheme;  // of an attestation, by id
  std::optional<Digest> about;        // this entry, or what changes, supersedes or replaces it
  std::optional<Date> recorded_from;  // UTC days, inclusive
  std::optional<Date> recorded_until;
  // Of attestations as a whole, on `as_of`, as known at the end of the UTC day `known_by`; by
  // default on the day of the head and as known then. What was recorded after `known_by` is left
  // out.
  std::optional<Standing> standing;
  std::optional<Date> as_of;
  std::optional<Date> known_by;
};

struct HistoryEntry {
  std::uint64_t index = 0;
  std::uint64_t recorded_ms = 0;
  Statement statement;
  std::optional<Standing> standing;  // exactly for attestations
};

struct HistoryPage {
  std::uint64_t log_size = 0;
  std::vector<HistoryEntry> entries;
  std::optional<std::uint64_t> next;  // where the next page begins; none: the log ends here
};

// What an index finds a statement by.
[[nodiscard]] std::vector<Digest> history_terms(const Statement& statement);
// Everything of the filter but time and status, which need more than the statement.
[[nodiscard]] bool matches(const HistoryFilter& filter, const Statement& statement);

// From the first entry at or after `from` on, at most `limit` (1 to kHistoryPageMax) entries.
[[nodiscard]] Result<HistoryPage> history(const Snapshot& snapshot, const HistoryFilter& filter,
                                          std::uint64_t from, std::size_t limit);

}  // namespace footproof::ledger
