// What parties say to one another: attestations, their status, accreditations, datasets.
#include <algorithm>
#include <tuple>
#include <utility>

#include "attest/late_anchoring.h"
#include "tests/ledger/histories.h"

namespace footproof::testing {
namespace {

using namespace cast;
using maker::number;
using naive::today;

const std::vector<std::string> kIds = {"A-1", "A-2", "B-1"};

}  // namespace

std::vector<Scope> maker::in_order(std::vector<Scope> scopes) {
  const auto order = [](const Scope& scope) {
    return std::tie(scope.code, scope.scheme, scope.standards);
  };
  std::sort(scopes.begin(), scopes.end(),
            [&](const Scope& a, const Scope& b) { return order(a) < order(b); });
  scopes.erase(std::unique(scopes.begin(), scopes.end(),
                           [&](const Scope& a, const Scope& b) { return order(a) == order(b); }),
               scopes.end());
  return scopes;
}

Scope HistoryMaker::some_scope() {
  Scope scope;
  scope.code = dice_.chance(70) ? "steel.cbam" : "battery.cfb";
  scope.scheme = dice_.chance(80) ? "cbam" : dice_.chance(70) ? "kitech-cfp" : "pact";
  scope.standards = {"iso14064-3-2019", "iso14067-2018"};
  if (dice_.chance(30)) scope.standards.erase(scope.standards.begin());
  scope.assurance_max = dice_.chance(70) ? Assurance::reasonable : Assurance::limited;
  return scope;
}

std::vector<Scope> HistoryMaker::some_scopes() {
  std::vector<Scope> scopes;
  for (std::uint64_t count = 1 + dice_.below(3); count != 0; --count) {
    scopes.push_back(some_scope());
  }
  return maker::in_order(std::move(scopes));
}

Digest HistoryMaker::some_entry(const NaiveRules& ledger, StatementKind kind) {
  std::vector<Digest> ids;
  for (const NaiveEntry& entry : ledger.list()) {
    if (entry.statement.kind() == kind) ids.push_back(entry.statement.entry_id());
  }
  // Mostly of the latest: so histories of one thing grow.
  if (ids.size() > 4 && dice_.chance(70)) ids.erase(ids.begin(), ids.end() - 4);
  return ids.empty() || dice_.chance(2) ? number("nobody", dice_.below(3)) : dice_.one_of(ids);
}

HistoryMaker::Saying HistoryMaker::attestation(const NaiveRules& ledger, Instant now) {
  const std::string issuer =
      dice_.chance(97) ? (dice_.chance(60) ? kFirst : second_) : association(0);
  Attestation attested;
  attested.root = number("root", dice_.next());
  attested.count = dice_.chance(40) ? 4 : 1;
  const bool own = dice_.chance(90);
  const bool first = own == (issuer == kFirst);
  attested.accreditation = {first ? kBody : second_body_,
                            first ? (dice_.chance(70) ? "A-1" : "A-2") : "B-1"};
  attested.scope = dice_.chance(75) ? "steel.cbam" : "battery.cfb";
  attested.scheme = {dice_.chance(80) ? "cbam" : dice_.chance(70) ? "kitech-cfp" : "pact", "1"};
  attested.standards = {"iso14067-2018"};
  if (dice_.chance(20)) attested.standards.insert(attested.standards.begin(), "iso14064-3-2019");
  attested.assurance = static_cast<Assurance>(dice_.below(3));
  const std::int64_t back = dice_.chance(60) ? dice_.days(1, 1) : dice_.days(140, 1);
  attested.issued_on = today(now).plus(back);
  attested.valid_from = attested.issued_on.plus(dice_.days(5, 5));
  attested.valid_until = attested.valid_from.plus(dice_.days(0, dice_.chance(90) ? 900 : 3));
  if (dice_.chance(25)) attested.supersedes = some_entry(ledger, StatementKind::attestation);
  if (dice_.chance(2)) attested.supersedes = some_entry(ledger, StatementKind::status);
  if (dice_.chance(8)) attested.holder_key = some_holder_key(ledger);
  if (dice_.chance(25)) {
    const bool right = dice_.chance(85);
    const std::string& by = right ? attested.accreditation.body : dice_.one_of(parties_);
    const KeyUsage usage = right || dice_.chance(50) ? KeyUsage::sign : KeyUsage::status;
    attested.countersignature =
        *countersign(signing_key(ledger, by, usage), chain_id_, issuer, attested);
    if (dice_.chance(5)) attested.countersignature->signature[7] ^= 1;
  }
  return {issuer, attested};
}

HistoryMaker::Saying HistoryMaker::status(const NaiveRules& ledger, Instant now) {
  StatusChange change;
  change.target = some_entry(
      ledger, dice_.chance(97) ? StatementKind::attestation : StatementKind::accreditation);
  std::string issuer = dice_.one_of(parties_);
  Date issued_on = today(now);
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* attested = entry.statement.as<Attestation>();
    if (attested == nullptr || entry.statement.entry_id() != change.target) continue;
    issued_on = attested->issued_on;
    const std::uint64_t roll = dice_.below(100);
    if (roll < 50) issuer = entry.statement.issuer();
    if (roll >= 50 && roll < 75) issuer = attested->accreditation.body;
    if (roll >= 75 && roll < 92) issuer = kOwner;
    if (attested->count > 1 && dice_.chance(40)) {
      change.declaration = number("declaration", dice_.below(2));
    }
  }
  if (dice_.chance(2)) change.declaration = number("declaration", 0);
  const std::array<StatusAction, 4> actions = {StatusAction::suspend, StatusAction::reinstate,
                                               StatusAction::reinstate, StatusAction::revoke};
  change.action = actions.at(dice_.below(4));
  if (change.action == StatusAction::revoke && dice_.chance(50)) {
    change.action = StatusAction::suspend;
  }
  const std::array<Reason, 4> reasons = {Reason::investigation, Reason::complaint, Reason::cleared,
                                         Reason::fraud};
  change.reason = change.action == StatusAction::suspend     ? Reason::data_doubt
                  : change.action == StatusAction::reinstate ? Reason::cleared
                                                             : Reason::misstatement;
  if (dice_.chance(4)) change.reason = reasons.at(dice_.below(4));
  change.effective = dice_.chance(60) ? today(now) : today(now).plus(dice_.days(20, 1));
  if (dice_.chance(60)) change.effective = std::max(change.effective, issued_on);
  change.previous = ledger.last_of_status(change.target, change.declaration);
  if (dice_.chance(15)) change.previous.reset();
  if (dice_.chance(5)) change.previous = change.target;
  return {issuer, change};
}

HistoryMaker::Saying HistoryMaker::accreditation(const NaiveRules& ledger, Instant now) {
  AccreditationChange change;
  change.id = dice_.one_of(kIds);
  const std::string& owner = change.id == "B-1" ? second_body_ : kBody;
  const std::string issuer = dice_.chance(93) ? owner : dice_.one_of(parties_);
  const std::array<AccreditationAction, 8> actions = {
      AccreditationAction::extend,  AccreditationAction::extend,    AccreditationAction::reduce,
      AccreditationAction::reduce,  AccreditationAction::suspend,   AccreditationAction::reinstate,
      AccreditationAction::suspend, AccreditationAction::reinstate,
  };
  change.action = actions.at(dice_.below(8));
  if (dice_.below(1000) < 15) change.action = AccreditationAction::withdraw;
  if (dice_.chance(10)) {
    change.action = AccreditationAction::grant;
    change.id = "N-" + std::to_string(dice_.below(4));
    change.verifier =
        dice_.chance(80) ? (dice_.chance(50) ? kFirst : second_) : dice_.one_of(parties_);
    change.regimes.emplace();
    if (dice_.chance(30)) change.regimes->push_back(dice_.chance(70) ? "iaf-mla" : "eu-nab");
  }
  const bool grant = change.action == AccreditationAction::grant;
  const bool rescope =
      change.action == AccreditationAction::extend || change.action == AccreditationAction::reduce;
  if (grant) change.scopes = some_scopes();
  if (rescope && dice_.chance(80)) change.scopes = next_scopes(ledger, issuer, change);
  if (grant || (rescope && (!change.scopes || dice_.chance(15)))) {
    change.validity =
        DateRange{today(now).plus(-400 - dice_.days(0, 3)), today(now).plus(dice_.days(30, 400))};
  }
  if (!grant && !rescope) change.reason = Reason::investigation;
  change.effective = dice_.chance(50) ? today(now) : today(now).plus(dice_.days(30, 10));
  if (!grant) change.previous = ledger.last_of_accreditation(issuer, change.id);
  if (!grant && dice_.chance(8)) change.previous = number("nobody", 0);
  return {issuer, change};
}

// What the last change of it set: a sensible next one builds on that.
std::vector<Scope> HistoryMaker::next_scopes(const NaiveRules& ledger, const std::string& issuer,
                                             const AccreditationChange& change) {
  std::vector<Scope> scopes;
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* it = entry.statement.as<AccreditationChange>();
    if (it == nullptr || it->id != change.id || entry.statement.issuer() != issuer) continue;
    if (it->scopes) scopes = *it->scopes;
  }
  if (scopes.empty() || dice_.chance(25)) return some_scopes();
  if (change.action == AccreditationAction::extend) {
    for (Scope& scope : scopes) scope.assurance_max = Assurance::reasonable;
    scopes.push_back(some_scope());
  } else if (scopes.size() > 1) {
    scopes.erase(scopes.begin() + static_cast<std::ptrdiff_t>(dice_.below(scopes.size())));
  } else {
    scopes[0].assurance_max = dice_.chance(50) ? Assurance::limited : Assurance::none;
  }
  return maker::in_order(std::move(scopes));
}

HistoryMaker::Saying HistoryMaker::dataset(const NaiveRules& ledger, Instant now) {
  std::vector<const NaiveEntry*> releases;
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* it = entry.statement.as<DatasetRelease>();
    if (it != nullptr && !it->notice) releases.push_back(&entry);
  }
  std::string issuer = dice_.chance(70) ? kOperator : some_party(ledger);
  DatasetRelease release;
  release.database = dice_.chance(60) ? "kr-lci" : "eu-lci";
  release.release = "2026." + std::to_string(dice_.below(40));
  release.released_on = dice_.chance(75) ? today(now) : today(now).plus(dice_.days(6, 2));
  release.root = number("release", dice_.next());
  if (releases.empty() || dice_.chance(25)) return {issuer, release};
  // Mostly of the latest, and by whoever made it.
  if (releases.size() > 4 && dice_.chance(70)) releases.erase(releases.begin(), releases.end() - 4);
  const NaiveEntry& named = *dice_.one_of(releases);
  const auto& about = *named.statement.as<DatasetRelease>();
  if (dice_.chance(80)) issuer = named.statement.issuer();
  if (dice_.chance(95)) release.database = about.database;
  release.replaces = dice_.chance(85) ? ledger.last_of_release(about.database, about.release)
                                      : named.statement.entry_id();
  if (dice_.chance(4)) release.replaces = some_entry(ledger, StatementKind::attestation);
  const std::uint64_t roll = dice_.below(100);
  if (roll < 35) return {issuer, release};
  release.notice = roll < 75 ? DatasetNotice::erratum : DatasetNotice::withdrawn;
  if (dice_.chance(95)) release.release = about.release;
  if ((release.notice == DatasetNotice::withdrawn) != dice_.chance(10)) {
    release.root = ledger.release(about.database, about.release).root;
  }
  return {issuer, release};
}

}  // namespace footproof::testing
