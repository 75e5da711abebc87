#include "ledger/history.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/block_record.h"
#include "ledger/snapshot.h"

namespace footproof::ledger {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

Digest term(std::string_view name, ByteView value) {
  constexpr std::array<std::uint8_t, 1> kZero = {0};
  return tagged_hash("footproof/history/v1", {as_bytes(name), kZero, value});
}

Digest kind_term(StatementKind kind) { return term("kind", as_bytes(to_text(kind))); }

// The entries that a statement is about beside itself.
std::vector<Digest> targets_of(const Statement& statement) {
  std::vector<Digest> targets;
  if (const auto* attestation = statement.as<Attestation>(); attestation != nullptr) {
    if (attestation->supersedes) targets.push_back(*attestation->supersedes);
  } else if (const auto* change = statement.as<StatusChange>(); change != nullptr) {
    targets.push_back(change->target);
  } else if (const auto* release = statement.as<DatasetRelease>(); release != nullptr) {
    if (release->replaces) targets.push_back(*release->replaces);
  }
  return targets;
}

// The accreditation that a statement changes or rests on; none for other kinds.
std::optional<AccreditationRef> accreditation_of(const Statement& statement) {
  if (const auto* attestation = statement.as<Attestation>(); attestation != nullptr) {
    return attestation->accreditation;
  }
  const auto* change = statement.as<AccreditationChange>();
  if (change == nullptr) return std::nullopt;
  return AccreditationRef{statement.issuer(), change->id};
}

// The narrowest index that the filter allows; none: the log itself is walked.
std::optional<Digest> term_of(const HistoryFilter& filter) {
  if (filter.about) return term("about", filter.about->view());
  if (filter.accreditation) return term("accreditation", as_bytes(*filter.accreditation));
  if (filter.issuer) return term("issuer", as_bytes(*filter.issuer));
  if (filter.scope) return term("scope", as_bytes(*filter.scope));
  if (filter.body) return term("body", as_bytes(*filter.body));
  if (filter.scheme) return term("scheme", as_bytes(*filter.scheme));
  if (filter.kind) return kind_term(*filter.kind);
  if (filter.standing) return kind_term(StatementKind::attestation);
  return std::nullopt;
}

Result<std::uint64_t> recorded_ms(const Snapshot& snapshot, std::uint64_t index) {
  auto item = snapshot.own_record(index);
  if (!item) return fail(item.error());
  const auto record = parse_block_record(item->bytes);
  if (!record) return fail(Errc::corrupt, "block record: " + record.error().detail);
  return record->time.ms;
}

// The first index of the log that was recorded on that UTC day or later; recorded times ascend.
Result<std::uint64_t> first_recorded(const Snapshot& snapshot, Date day) {
  std::uint64_t low = 0;
  std::uint64_t high = snapshot.head().log_size;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto at = recorded_ms(snapshot, middle);
    if (!at) return fail(at.error());
    if (utc_day({*at}) < day) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

class Page {
 public:
  Page(const Snapshot& snapshot, const HistoryFilter& filter)
      : snapshot_(snapshot), filter_(filter) {
    page_.log_size = snapshot.head().log_size;
    const Date today = utc_day({snapshot.head().time_ms});
    as_of_ = filter.as_of.value_or(today);
    known_ = Instant{snapshot.head().time_ms};
    if (filter.known_by) known_ = end_of(*filter.known_by);
  }

  Result<HistoryPage> make(std::uint64_t from, std::size_t limit) {
    if (filter_.recorded_from) {
      const auto first = first_recorded(snapshot_, *filter_.recorded_from);
      if (!first) return fail(first.error());
      from = std::max(from, *first);
    }
    const auto indexes = candidates(from);
    if (!indexes) return fail(indexes.error());
    for (const std::uint64_t index : *indexes) {
      if (page_.entries.size() == limit) {
        page_.next = index;
        return std::move(page_);
      }
      if (auto looked = look_at(index); !looked) return fail(looked.error());
      if (ended_) return std::move(page_);
    }
    if (indexes->size() == kHistoryScanMax) page_.next = indexes->back() + 1;
    return std::move(page_);
  }

 private:
  static Instant end_of(Date day) {
    const auto days = day.plus(1).days();
    return Instant{days <= 0 ? 0 : static_cast<std::uint64_t>(days) * kDayMs - 1};
  }

  Result<std::vector<std::uint64_t>> candidates(std::uint64_t from) const {
    if (const auto wanted = term_of(filter_)) {
      return snapshot_.postings(*wanted, from, kHistoryScanMax);
    }
    std::vector<std::uint64_t> indexes;
    for (; from < page_.log_size && indexes.size() < kHistoryScanMax; ++from) {
      indexes.push_back(from);
    }
    return indexes;
  }

  Result<void> look_at(std::uint64_t index) {
    auto item = snapshot_.item(index);
    if (!item) return fail(item.error());
    if (item->kind == ItemKind::record) return {};
    auto statement = parse_statement(item->bytes);
    if (!statement) return fail(Errc::corrupt, "logged statement: " + statement.error().detail);
    if (!matches(filter_, *statement)) return {};
    const auto recorded = recorded_ms(snapshot_, index);
    if (!recorded) return fail(recorded.error());
    const bool late = (filter_.recorded_until && utc_day({*recorded}) > *filter_.recorded_until) ||
                      (filter_.known_by && known_ < Instant{*recorded});
    if (late) {
      ended_ = true;  // whatever follows was recorded later still
      return {};
    }
    auto standing = standing_of(*statement, {*recorded});
    if (!standing) return fail(standing.error());
    if (filter_.standing && *standing != filter_.standing) return {};
    page_.entries.push_back({index, *recorded, std::move(*statement), *standing});
    return {};
  }

  Result<std::optional<Standing>> standing_of(const Statement& statement, Instant recorded) const {
    if (statement.kind() != StatementKind::attestation) return std::optional<Standing>();
    const auto key = parsed(state_key::key(statement.kid()), parse_key_record);
    if (!key) return fail(key.error());
    if (*key && key_at(**key, recorded, known_, statement.kind()) == KeyAnswer::compromised) {
      return std::optional(Standing::void_entry);
    }
    const auto record = parsed(state_key::status(statement.entry_id()), parse_status_record);
    if (!record) return fail(record.error());
    const Status status = status_on(*record ? &**record : nullptr, as_of_, known_).status;
    return std::optional(static_cast<Standing>(status));
  }

  template <class Record>
  Result<std::optional<Record>> parsed(const Digest& state_key,
                                       Result<Record> (*parse)(ByteView)) const {
    auto bytes = snapshot_.record(state_key);
    if (!bytes) return fail(bytes.error());
    if (!*bytes) return std::optional<Record>();
    auto record = parse(**bytes);
    if (!record) return fail(Errc::corrupt, "state record: " + record.error().detail);
    return std::optional<Record>(std::move(*record));
  }

  const Snapshot& snapshot_;
  const HistoryFilter& filter_;
  HistoryPage page_;
  Date as_of_;
  Instant known_;
  bool ended_ = false;
};

}  // namespace

std::string_view to_text(Standing standing) {
  return standing == Standing::void_entry ? "void" : to_text(static_cast<Status>(standing));
}

std::optional<Standing> to_standing(std::string_view text) {
  for (const Standing standing : {Standing::active, Standing::suspended, Standing::revoked,
                                  Standing::superseded, Standing::void_entry}) {
    if (to_text(standing) == text) return standing;
  }
  return std::nullopt;
}

std::vector<Digest> history_terms(const Statement& statement) {
  std::vector<Digest> terms = {kind_term(statement.kind()),
                               term("issuer", as_bytes(statement.issuer())),
                               term("about", statement.entry_id().view())};
  for (const Digest& target : targets_of(statement)) terms.push_back(term("about", target.view()));
  if (const auto accreditation = accreditation_of(statement)) {
    terms.push_back(term("accreditation", as_bytes(accreditation->id)));
  }
  if (const auto* attestation = statement.as<Attestation>(); attestation != nullptr) {
    terms.push_back(term("scope", as_bytes(attestation->scope)));
    terms.push_back(term("scheme", as_bytes(attestation->scheme.id)));
    terms.push_back(term("body", as_bytes(attestation->accreditation.body)));
  }
  return terms;
}

bool matches(const HistoryFilter& filter, const Statement& statement) {
  if (filter.kind && *filter.kind != statement.kind()) return false;
  if (filter.issuer && *filter.issuer != statement.issuer()) return false;
  if (filter.about && *filter.about != statement.entry_id()) {
    const auto targets = targets_of(statement);
    if (std::ranges::find(targets, *filter.about) == targets.end()) return false;
  }
  if (filter.accreditation) {
    const auto named = accreditation_of(statement);
    if (!named || named->id != *filter.accreditation) return false;
    if (filter.body && named->body != *filter.body) return false;
  }
  const auto* attestation = statement.as<Attestation>();
  const bool asks_attestation =
      filter.scope || filter.scheme || filter.standing || (filter.body && !filter.accreditation);
  if (!asks_attestation) return true;
  return attestation != nullptr && (!filter.scope || *filter.scope == attestation->scope) &&
         (!filter.scheme || *filter.scheme == attestation->scheme.id) &&
         (!filter.body || *filter.body == attestation->accreditation.body);
}

Result<HistoryPage> history(const Snapshot& snapshot, const HistoryFilter& filter,
                            std::uint64_t from, std::size_t limit) {
  if (limit == 0 || limit > kHistoryPageMax) {
    return fail(Errc::usage, "limit: 1 to " + std::to_string(kHistoryPageMax));
  }
  return Page(snapshot, filter).make(from, limit);
}

}  // namespace footproof::ledger
