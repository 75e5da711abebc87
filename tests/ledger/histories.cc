#include "tests/ledger/histories.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "attest/check.h"
#include "attest/late_anchoring.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

const std::string kBody(kBodyUri);
const std::string kOther(kOtherBodyUri);
const std::string kOwner(kSchemeOwnerUri);
const std::string kFirst = "https://first-verifier.example";
const std::string kSecond = "https://second-verifier.example";
const std::string kStranger = "https://association-0.example";
const std::vector<std::string> kParties = {kBody, kOther, kOwner, kFirst, kSecond, kStranger};
const std::vector<std::string> kIds = {"A-1", "A-2", "B-1"};

// Keys cost more to make than to use: made once for all histories.
const SigningKey& made_key(const std::string& name, KeyUsage usage) {
  static std::map<std::string, SigningKey> keys;
  const auto found = keys.find(name);
  if (found != keys.end()) return found->second;
  // Both algorithms occur; the party of genesis has ES256 to sign.
  const auto algorithm =
      usage == KeyUsage::sign && name.size() % 2 == 0 ? Algorithm::es256 : Algorithm::eddsa;
  return keys.emplace(name, key_from(name, algorithm)).first->second;
}

const SigningKey& genesis_key(const std::string& party, KeyUsage usage) {
  static std::map<std::pair<std::string, KeyUsage>, SigningKey> keys;
  const auto at = std::pair(party, usage);
  const auto found = keys.find(at);
  if (found != keys.end()) return found->second;
  return keys.emplace(at, party_key(party, usage)).first->second;
}

Digest number(std::string_view tag, std::uint64_t at) {
  return tagged_hash(tag, {ByteWriter().u64(at).bytes()});
}

Date today(Instant now) { return utc_day(now); }

// As payloads want them.
std::vector<Scope> in_order(std::vector<Scope> scopes) {
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

}  // namespace

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31U);
}

Offered HistoryMaker::next(const NaiveRules& ledger, Instant now) {
  const std::size_t step = step_++;
  Offered offered = [&] {
    if (step < 7) return sign(ledger, begin(step, now), now);
    const std::uint64_t roll = dice_.below(100);
    if (roll < 2 && !offered_.empty()) return dice_.one_of(offered_);  // once more
    if (roll < 38) return sign(ledger, attestation(ledger, now), now);
    if (roll < 70) return sign(ledger, status(ledger, now), now);
    if (roll < 88) return sign(ledger, accreditation(ledger, now), now);
    return sign(ledger, key(ledger, now), now);
  }();
  offered_.push_back(offered);
  return offered;
}

HistoryMaker::Saying HistoryMaker::begin(std::size_t step, Instant now) {
  const bool second = step >= 4;
  const std::string& verifier = second ? kSecond : kFirst;
  const std::string& body = second ? kOther : kBody;
  if (step == 0 || step == 4 || step == 3) {
    AccreditationChange grant;
    grant.id = step == 3 ? "A-2" : second ? "B-1" : "A-1";
    grant.action = AccreditationAction::grant;
    grant.effective = today(now).plus(dice_.days(150, 0));
    grant.verifier = verifier;
    auto scopes = some_scopes();
    for (Scope& scope : scopes) scope.scheme = "cbam";  // of both bodies: else nothing follows
    grant.scopes = in_order(std::move(scopes));
    grant.validity = DateRange{today(now).plus(-400), today(now).plus(dice_.days(0, 400))};
    grant.regimes.emplace();
    if (!second && dice_.chance(50)) grant.regimes->push_back("iaf-mla");
    return {body, grant};
  }
  KeyChange add;
  add.party = verifier;
  add.added = fresh_key(verifier, step % 4 == 1 ? KeyUsage::sign : KeyUsage::status);
  return {body, add};
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
  return in_order(std::move(scopes));
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
  const std::string issuer = dice_.chance(97) ? (dice_.chance(60) ? kFirst : kSecond) : kStranger;
  Attestation attested;
  attested.root = number("root", dice_.next());
  attested.count = dice_.chance(40) ? 4 : 1;
  const bool own = dice_.chance(90);
  const bool first = own == (issuer == kFirst);
  attested.accreditation = {first ? kBody : kOther,
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
  if (dice_.chance(25)) {
    const bool right = dice_.chance(85);
    const std::string& by = right ? attested.accreditation.body : dice_.one_of(kParties);
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
  std::string issuer = dice_.one_of(kParties);
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
  const std::string& owner = change.id == "B-1" ? kOther : kBody;
  const std::string issuer = dice_.chance(93) ? owner : dice_.one_of(kParties);
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
        dice_.chance(80) ? (dice_.chance(50) ? kFirst : kSecond) : dice_.one_of(kParties);
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

NewKey HistoryMaker::fresh_key(const std::string& party, KeyUsage usage) {
  const std::string role(to_text(usage));
  const std::uint64_t number = dice_.chance(95) ? fresh_++ : dice_.below(fresh_ + 1);
  const std::string name = party + role + std::to_string(number);
  const SigningKey& key = made_key(name, usage);
  made_[party + '/' + role].push_back(name);
  by_kid_[key.public_key().kid()] = &key;
  return {key.public_key(), usage, possession(key, chain_id_, party, role)};
}

const SigningKey& HistoryMaker::signing_key(const NaiveRules& ledger, const std::string& party,
                                            KeyUsage usage) {
  const auto good = ledger.good_keys(party, usage);
  if (!good.empty() && dice_.chance(95)) {
    const auto known = by_kid_.find(dice_.one_of(good));
    return known == by_kid_.end() ? genesis_key(party, usage) : *known->second;
  }
  const auto& made = made_[party + '/' + std::string(to_text(usage))];
  return made.empty() ? genesis_key(party, usage) : made_key(dice_.one_of(made), usage);
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
  return in_order(std::move(scopes));
}

HistoryMaker::Saying HistoryMaker::key(const NaiveRules& ledger, Instant now) {
  KeyChange change;
  change.party = dice_.chance(80) ? (dice_.chance(50) ? kFirst : kSecond) : dice_.one_of(kParties);
  if (dice_.chance(3)) change.party = "https://nobody.example";
  std::string issuer = dice_.chance(40) ? change.party : change.party == kFirst ? kBody : kOther;
  if (dice_.chance(10)) issuer = dice_.one_of(kParties);
  const KeyUsage usage = dice_.chance(70) ? KeyUsage::sign : KeyUsage::status;
  const std::uint64_t roll = dice_.below(100);
  change.action = roll < 50   ? KeyAction::add
                  : roll < 92 ? KeyAction::rotate
                              : KeyAction::compromised;
  if (change.action != KeyAction::add) {
    const KeyUsage named = dice_.chance(90) ? usage : KeyUsage::sign;
    change.kid = signing_key(ledger, change.party, named).public_key().kid();
    if (dice_.chance(4)) change.kid = number("nobody", 1);
  }
  if (change.action == KeyAction::compromised) {
    const std::uint64_t back = dice_.below(dice_.chance(70) ? 5 : 60) * 86'400'000;
    change.since = Instant{now.ms - back + (dice_.chance(5) ? 1'000 + back : 0)};
  } else {
    change.added = fresh_key(change.party, usage);
    if (dice_.chance(5)) change.added->proof[3] ^= 1;
  }
  return {issuer, change};
}

Offered HistoryMaker::sign(const NaiveRules& ledger, Saying saying, Instant now) {
  const bool by_status = std::holds_alternative<StatusChange>(saying.payload) ||
                         std::holds_alternative<KeyChange>(saying.payload);
  StatementDraft draft;
  draft.issuer = saying.issuer;
  draft.subject = "urn:uuid:";
  const std::string hex = number("subject", dice_.next()).hex();
  draft.subject += hex.substr(0, 8) + '-' + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" +
                   hex.substr(17, 3) + '-' + hex.substr(20, 12);
  if (!subjects_.empty() && dice_.chance(1)) draft.subject = dice_.one_of(subjects_);
  subjects_.push_back(draft.subject);
  draft.chain_id = chain_id_;
  if (dice_.chance(1)) draft.chain_id.bytes[0] ^= 1;
  draft.issued_at = now.seconds();
  if (dice_.chance(10)) draft.issued_at -= dice_.below(8 * 86'400);
  if (dice_.chance(3)) draft.issued_at += dice_.below(400);
  draft.payload = std::move(saying.payload);
  KeyUsage usage = by_status ? KeyUsage::status : KeyUsage::sign;
  if (dice_.chance(2)) usage = by_status ? KeyUsage::sign : KeyUsage::status;
  const std::string& signer = dice_.chance(98) ? draft.issuer : dice_.one_of(kParties);
  auto statement = sign_statement(draft, signing_key(ledger, signer, usage));
  CHECK(statement);
  if (!dice_.chance(1)) return {std::move(*statement), true};
  Bytes junk = statement->bytes();
  junk[junk.size() - 9] ^= 4;
  return {parse_statement(junk).value(), false};
}

}  // namespace footproof::testing
