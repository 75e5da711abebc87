// Dataset releases: an operator releases under its own database ids, corrects and withdraws
// (docs/rules.md, dataset).
#include <string>
#include <utility>

#include "attest/dataset_record.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

using What = DatasetEvent::What;

DatasetEvent event_of(const Case& it, What what, Date effective, std::optional<Digest> root) {
  return DatasetEvent{what, effective, it.now(), it.issuer(), it.statement.entry_id(), root};
}

Result<std::optional<Refusal>> judge_operator(const Case& it, std::string_view uri) {
  auto party = read_record(it.view, state_key::party(uri), parse_party_record);
  if (!party) return fail(party.error());
  const bool admitted = *party && (*party)->role == PartyRole::dataset_operator &&
                        admitted_on(**party, latest_day(it.now()), it.now());
  if (admitted) return std::optional<Refusal>();
  return std::optional(refuse(R::not_an_operator, "issuer: not an admitted dataset operator"));
}

// The database id is the issuer's, nobody's yet, or of an operator that is no longer admitted.
Result<std::optional<Refusal>> take_database(const Case& it, const DatasetRelease& release,
                                             StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  const Digest key = state_key::database(release.database);
  auto record = read_record(it.view, key, parse_database_record);
  if (!record) return fail(record.error());
  if (*record) {
    const std::string& holder = (*record)->holdings.back().operator_uri;
    if (holder == it.issuer()) return Answer();
    auto gone = judge_operator(it, holder);
    if (!gone) return fail(gone.error());
    if (!*gone) {
      return Answer(refuse(R::database_of_another,
                           "database: " + release.database + " belongs to another operator"));
    }
  }
  DatabaseRecord next = *record ? std::move(**record) : DatabaseRecord{};
  next.holdings.push_back({it.issuer(), it.now(), it.statement.entry_id()});
  return put_record(changes, key, next);
}

std::optional<Refusal> judge_last_event(const DatasetRelease& release,
                                        const DatasetRecord& record) {
  const Digest& last = record.events.back().entry;
  if (release.replaces == last) return std::nullopt;
  return refuse(R::last_event_differs, "replaces: the last event is " + last.hex());
}

// Nothing that is about a release is dated before it.
std::optional<Refusal> judge_date(const DatasetRelease& release, const DatasetRecord& record) {
  const Date begun = record.events.front().effective;
  if (release.released_on >= begun) return std::nullopt;
  return refuse(R::effective_out_of_range,
                "date: before the release that it is about, which is of " + begun.text());
}

// Erratum or withdrawal: under the release's own record.
Result<Judgement> judge_notice(const Case& it, const DatasetRelease& release, const Digest& key,
                               DatasetRecord record, StateChanges changes) {
  const bool withdrawal = *release.notice == DatasetNotice::withdrawn;
  if (record.withdrawn()) {
    return Judgement(refuse(R::illegal_transition, "notice: the release is withdrawn"));
  }
  if (auto refusal = judge_last_event(release, record)) return Judgement(std::move(*refusal));
  if (auto refusal = judge_date(release, record)) return Judgement(std::move(*refusal));
  if ((release.root == record.root()) != withdrawal) {
    return Judgement(refuse(R::wrong_root, "root: the release stands at " + record.root().hex()));
  }
  record.events.push_back(event_of(it, withdrawal ? What::withdrawn : What::erratum,
                                   release.released_on, release.root));
  if (auto refusal = put_record(changes, key, record, withdrawal)) {
    return Judgement(std::move(*refusal));
  }
  return Judgement(Acceptance{std::move(changes)});
}

// Writes into the record of the earlier release that this one takes its place.
Result<std::optional<Refusal>> replace_earlier(const Case& it, const DatasetRelease& release,
                                               StateChanges& changes) {
  using Answer = std::optional<Refusal>;
  auto logged = it.view.logged(*release.replaces);
  if (!logged) return fail(logged.error());
  std::optional<Statement> named;
  if (*logged) {
    auto statement = parse_statement((*logged)->statement);
    if (!statement) return fail(Errc::corrupt, "logged statement: " + statement.error().detail);
    named = std::move(*statement);
  }
  const auto* earlier = named ? named->as<DatasetRelease>() : nullptr;
  if (earlier == nullptr || earlier->database != release.database) {
    return Answer(refuse(R::not_a_release, "replaces: no release of database " + release.database +
                                               " under " + release.replaces->hex()));
  }
  const Digest key = state_key::dataset(earlier->database, earlier->release);
  auto record = read_record(it.view, key, parse_dataset_record);
  if (!record) return fail(record.error());
  if (!*record) return fail(Errc::corrupt, "state: no record of a logged release");
  if (const auto successor = (*record)->successor()) {
    return Answer(refuse(R::already_superseded, "replaces: replaced by " + successor->hex()));
  }
  if (auto refusal = judge_last_event(release, **record)) return Answer(std::move(refusal));
  if (auto refusal = judge_date(release, **record)) return Answer(std::move(refusal));
  (*record)->events.push_back(event_of(it, What::replaced, release.released_on, std::nullopt));
  return put_record(changes, key, **record);
}

Result<Judgement> judge_release(const Case& it, const DatasetRelease& release, const Digest& key,
                                StateChanges changes) {
  if (release.replaces) {
    auto refusal = replace_earlier(it, release, changes);
    if (!refusal) return fail(refusal.error());
    if (*refusal) return Judgement(std::move(**refusal));
  }
  DatasetRecord record;
  record.events.push_back(event_of(it, What::release, release.released_on, release.root));
  if (auto refusal = put_record(changes, key, record)) return Judgement(std::move(*refusal));
  return Judgement(Acceptance{std::move(changes)});
}

}  // namespace

Result<Judgement> judge_dataset(const Case& it, const DatasetRelease& release) {
  auto refusal = judge_operator(it, it.issuer());
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Judgement(std::move(**refusal));
  StateChanges changes;
  refusal = take_database(it, release, changes);
  if (!refusal) return fail(refusal.error());
  if (*refusal) return Judgement(std::move(**refusal));
  if (release.released_on > latest_day(it.now())) {
    return Judgement(refuse(R::effective_out_of_range,
                            "date: " + release.released_on.text() + " is in the future"));
  }
  const Digest key = state_key::dataset(release.database, release.release);
  auto record = read_record(it.view, key, parse_dataset_record);
  if (!record) return fail(record.error());
  if (!release.notice) {
    if (*record) {
      return Judgement(refuse(R::release_exists, "release: " + release.release +
                                                     " of this database was released before"));
    }
    return judge_release(it, release, key, std::move(changes));
  }
  if (!*record) {
    return Judgement(
        refuse(R::not_a_release, "release: " + release.release + " was never released"));
  }
  return judge_notice(it, release, key, std::move(**record), std::move(changes));
}

}  // namespace footproof::ledger
