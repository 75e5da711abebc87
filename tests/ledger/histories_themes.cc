// Histories that do one thing until a limit is reached: of a record, of a party's own keys, of the
// seats.
#include <algorithm>
#include <utility>

#include "tests/ledger/histories.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using namespace cast;
using maker::number;

constexpr std::size_t kLastWords = 185;  // of 200: from here on anybody says anything about it

// The first statement of this kind that this party had accepted.
const NaiveEntry* first_of(const NaiveRules& ledger, const std::string& issuer,
                           StatementKind kind) {
  for (const NaiveEntry& entry : ledger.list()) {
    if (entry.statement.issuer() == issuer && entry.statement.kind() == kind) return &entry;
  }
  return nullptr;
}

}  // namespace

std::optional<HistoryMaker::Saying> HistoryMaker::on_theme(std::size_t step,
                                                           const NaiveRules& ledger, Instant now) {
  careful_ = true;
  const bool last_words = step >= kLastWords && dice_.chance(30);
  switch (theme_) {
    case Theme::none:
      return std::nullopt;
    case Theme::crowd:
      return crowd(step, ledger, now);
    case Theme::status:
      if (last_words) return status(ledger, now);
      return one_more_status(ledger, now);
    case Theme::own_keys:
      if (dice_.chance(25)) return std::nullopt;
      return one_more_key();
    case Theme::errata:
      if (last_words) return dataset(ledger, now);
      return one_more_erratum(ledger, now);
    case Theme::own_reports:
      if (last_words) return one_more_report(ledger, now, true);
      return one_more_report(ledger, now, false);
    case Theme::reports:
      if (last_words) return one_more_report(ledger, now, false);
      return one_more_report(ledger, now, true);
    case Theme::full_set: {
      careful_ = false;
      if (dice_.chance(85)) return std::nullopt;
      Saying saying = proposal(ledger, now);
      ValidatorProposal one_more = some_validator(ledger);
      one_more.id = "validator-" + std::to_string(kValidatorsMax + dice_.below(4));
      std::get<Ballot>(saying.payload).proposal.change = AdmitValidator{std::move(one_more)};
      return saying;
    }
    case Theme::scopes:
      if (dice_.chance(50)) return std::nullopt;
      return one_more_extension(ledger, now);
  }
  return std::nullopt;
}

// One seat is left. Two proposals want it; a majority of 127 gives it to one.
std::optional<HistoryMaker::Saying> HistoryMaker::crowd(std::size_t step, const NaiveRules& ledger,
                                                        Instant now) {
  constexpr std::size_t kBegin = 7;
  constexpr std::size_t kMajority = 85;
  if (step < kBegin + 2) {
    Saying saying = proposal(ledger, now);
    auto& ballot = std::get<Ballot>(saying.payload);
    ballot.proposal.change = some_newcomer(ledger, PartyRole::association);
    auto& party = std::get<AdmitParty>(ballot.proposal.change);
    party.uri = "https://candidate-" + std::to_string(step) + ".example";
    party.role = PartyRole::association;
    party.keys = {fresh_key(party.uri, KeyUsage::sign), fresh_key(party.uri, KeyUsage::status)};
    ballot.proposal.lapses = utc_day(now).plus(150);
    ballot.approve = true;
    return Saying{association(0), ballot};
  }
  const NaiveEntry* wanted = first_of(ledger, association(0), StatementKind::ballot);
  const std::size_t voter = step - kBegin - 1;
  if (wanted != nullptr && voter < kMajority + 2) {
    return Saying{association(voter), *wanted->statement.as<Ballot>()};
  }
  return std::nullopt;
}

HistoryMaker::Saying HistoryMaker::one_more_status(const NaiveRules& ledger, Instant now) {
  const NaiveEntry* about = first_of(ledger, second_, StatementKind::attestation);
  if (about == nullptr) {
    // Within what was granted.
    const auto& grant = *first_of(ledger, second_body_, StatementKind::accreditation)
                             ->statement.as<AccreditationChange>();
    const Scope& scope = grant.scopes->front();
    Attestation attested;
    attested.root = number("root", dice_.next());
    attested.accreditation = {second_body_, grant.id};
    attested.scope = scope.code;
    attested.scheme = {scope.scheme, "1"};
    attested.standards = scope.standards;
    attested.issued_on = utc_day(now);
    attested.valid_from = attested.issued_on;
    attested.valid_until = attested.issued_on.plus(400);
    return {second_, attested};
  }
  StatusChange change;
  change.target = about->statement.entry_id();
  change.effective = utc_day(now);
  change.previous = ledger.last_of_status(change.target, std::nullopt);
  const Status stands = ledger.status(change.target, std::nullopt, change.effective, now);
  change.action = stands == Status::active ? StatusAction::suspend : StatusAction::reinstate;
  change.reason = stands == Status::active ? Reason::investigation : Reason::cleared;
  return {second_, change};
}

HistoryMaker::Saying HistoryMaker::one_more_key() {
  KeyChange change;
  change.party = kFirst;
  change.added = fresh_key(kFirst, dice_.chance(50) ? KeyUsage::sign : KeyUsage::status);
  return {dice_.below(200) == 0 ? kBody : kFirst, change};
}

HistoryMaker::Saying HistoryMaker::one_more_erratum(const NaiveRules& ledger, Instant now) {
  DatasetRelease release;
  release.database = "long-lci";
  release.release = "2026";
  release.released_on = utc_day(now);
  release.root = number("release", dice_.next());
  release.replaces = ledger.last_of_release(release.database, release.release);
  if (release.replaces) release.notice = DatasetNotice::erratum;
  if (dice_.below(400) == 0 && release.replaces) {
    release.notice = DatasetNotice::withdrawn;
    release.root = ledger.release(release.database, release.release).root;
  }
  return {long_operator(), release};
}

HistoryMaker::Saying HistoryMaker::one_more_report(const NaiveRules& ledger, Instant now,
                                                   bool by_registrar) {
  KeyChange change;
  change.action = KeyAction::compromised;
  change.party = second_;
  // Its first sign key.
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* add = entry.statement.as<KeyChange>();
    if (change.kid || add == nullptr || add->party != second_) continue;
    if (add->added && add->added->usage == KeyUsage::sign) change.kid = add->added->key.kid();
  }
  if (!change.kid) change.kid = number("nobody", 1);
  change.since = Instant{now.ms - dice_.below(86'400'000)};
  return {by_registrar ? second_body_ : second_, change};
}

// 128 scopes with long names are what one statement holds; a few such are what a record holds.
HistoryMaker::Saying HistoryMaker::one_more_extension(const NaiveRules& ledger, Instant now) {
  AccreditationChange change;
  change.id = "A-1";
  change.action = AccreditationAction::extend;
  change.effective = utc_day(now);
  change.previous = ledger.last_of_accreditation(kBody, change.id);
  std::vector<Scope> scopes;
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* it = entry.statement.as<AccreditationChange>();
    if (it != nullptr && it->id == change.id && it->scopes) scopes = *it->scopes;
  }
  for (std::uint64_t more = scopes.size() < 40 ? 6 : 1; more != 0; --more) {
    if (scopes.size() >= 80) break;
    Scope scope = some_scope();
    scope.code = "scope-" + number("code", dice_.next()).hex().substr(0, 58);
    scope.scheme = "cbam";
    scopes.push_back(scope);
  }
  change.scopes = maker::in_order(std::move(scopes));
  return {kBody, change};
}

}  // namespace footproof::testing
