// Releases of datasets: whose database it is, and what may become of a release.
#include <algorithm>

#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

using naive::kFine;

std::string NaiveRules::judge_dataset(const NaiveEntry& entry, const DatasetRelease& it) const {
  const std::string& issuer = entry.statement.issuer();
  if (!has_role(issuer, PartyRole::dataset_operator)) return "not-an-operator";
  const auto held = holdings(it.database);
  if (!held.empty() && held.back().operator_uri != issuer && is_member(held.back().operator_uri)) {
    return "database-of-another";
  }
  if (it.released_on > naive::furthest_day(entry.recorded)) return "effective-out-of-range";
  if (it.notice) return judge_notice(it);
  if (!release_history(it.database, it.release).empty()) return "release-exists";
  return it.replaces ? judge_replacement(it) : kFine;
}

// An erratum or a withdrawal.
std::string NaiveRules::judge_notice(const DatasetRelease& it) const {
  const auto history = release_history(it.database, it.release);
  if (history.empty()) return "not-a-release";
  const Release stands = release(it.database, it.release);
  if (stands.withdrawn) return "illegal-transition";
  if (history.back().entry != *it.replaces) return "last-event-differs";
  if (it.released_on < history.front().effective) return "effective-out-of-range";
  const bool same = it.root == stands.root;
  return same == (*it.notice == DatasetNotice::withdrawn) ? kFine : "wrong-root";
}

// A new release in the place of an earlier one of the same database.
std::string NaiveRules::judge_replacement(const DatasetRelease& it) const {
  const NaiveEntry* named = find(*it.replaces);
  const auto* earlier = named == nullptr ? nullptr : named->statement.as<DatasetRelease>();
  if (earlier == nullptr || earlier->database != it.database) return "not-a-release";
  const auto history = release_history(earlier->database, earlier->release);
  if (release(earlier->database, earlier->release).successor) return "already-superseded";
  if (history.back().entry != *it.replaces) return "last-event-differs";
  return it.released_on < history.front().effective ? "effective-out-of-range" : kFine;
}

std::vector<DatasetEvent> NaiveRules::release_history(const std::string& database,
                                                      const std::string& release) const {
  using What = DatasetEvent::What;
  std::vector<DatasetEvent> history;
  for (const NaiveEntry& entry : list_) {
    const auto* it = entry.statement.as<DatasetRelease>();
    if (it == nullptr || it->database != database) continue;
    DatasetEvent event{What::release,
                       it->released_on,
                       entry.recorded,
                       entry.statement.issuer(),
                       entry.statement.entry_id(),
                       it->root};
    if (it->release == release) {
      if (it->notice) {
        event.what = *it->notice == DatasetNotice::erratum ? What::erratum : What::withdrawn;
      }
      history.push_back(event);
    } else if (it->replaces && !it->notice) {
      const auto* named = find(*it->replaces)->statement.as<DatasetRelease>();
      if (named->release != release) continue;
      event.what = What::replaced;
      event.root.reset();
      history.push_back(event);
    }
  }
  return history;
}

NaiveRules::Release NaiveRules::release(const std::string& database,
                                        const std::string& release) const {
  Release stands;
  for (const DatasetEvent& event : release_history(database, release)) {
    if (event.root) stands.root = *event.root;
    if (event.what == DatasetEvent::What::withdrawn) stands.withdrawn = true;
    if (event.what == DatasetEvent::What::replaced) stands.successor = event.entry;
  }
  return stands;
}

std::optional<Digest> NaiveRules::last_of_release(const std::string& database,
                                                  const std::string& release) const {
  const auto history = release_history(database, release);
  return history.empty() ? std::nullopt : std::optional(history.back().entry);
}

std::vector<DatabaseHolding> NaiveRules::holdings(const std::string& database) const {
  std::vector<DatabaseHolding> held;
  for (const NaiveEntry& entry : list_) {
    const auto* it = entry.statement.as<DatasetRelease>();
    if (it == nullptr || it->database != database) continue;
    if (!held.empty() && held.back().operator_uri == entry.statement.issuer()) continue;
    held.push_back({entry.statement.issuer(), entry.recorded, entry.statement.entry_id()});
  }
  return held;
}

}  // namespace footproof::testing
