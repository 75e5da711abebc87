// What associations decide: proposals, ballots, and the parties that come and go by them.
#include <algorithm>
#include <utility>

#include "tests/ledger/histories.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using namespace cast;

struct Newcomer {
  std::string uri;
  PartyRole role;
};
const std::vector<Newcomer>& newcomers() {
  static const std::vector<Newcomer> all = {
      {"https://new-body.example", PartyRole::accreditation_body},
      {"https://fifth-association.example", PartyRole::association},
      {"https://sixth-association.example", PartyRole::association},
      {"https://new-owner.example", PartyRole::scheme_owner},
      {"https://new-operator.example", PartyRole::dataset_operator}};
  return all;
}

}  // namespace

// Anybody who was ever let in, mostly of the cast.
std::string HistoryMaker::some_party(const NaiveRules& ledger) {
  return dice_.chance(60) ? dice_.one_of(parties_) : dice_.one_of(ledger.party_uris());
}

HistoryMaker::Saying HistoryMaker::ballot(const NaiveRules& ledger, Instant now) {
  std::vector<const NaiveEntry*> proposals;
  for (const NaiveEntry& entry : ledger.list()) {
    const auto* it = entry.statement.as<Ballot>();
    if (it != nullptr && ledger.first_ballot(it->proposal.nonce) == &entry) {
      proposals.push_back(&entry);
    }
  }
  if (proposals.empty() || dice_.chance(27)) return proposal(ledger, now);
  return vote(ledger, proposals, now);
}

HistoryMaker::Saying HistoryMaker::proposal(const NaiveRules& ledger, Instant now) {
  Ballot ballot{{{}, some_change(ledger), utc_day(now)}, !dice_.chance(3)};
  const Digest nonce = maker::number("nonce", dice_.next());
  std::copy_n(nonce.bytes.begin(), ballot.proposal.nonce.size(), ballot.proposal.nonce.begin());
  std::int64_t days = dice_.days(0, dice_.chance(80) ? 60 : 8);
  if (dice_.chance(4)) days = dice_.chance(50) ? -1 : 179 + dice_.days(0, 3);
  ballot.proposal.lapses = utc_day(now).plus(days);
  // Two of them propose most, so that somebody comes to its limit.
  const auto members = ledger.association_uris();
  std::string issuer = dice_.chance(60) ? members[dice_.below(2)] : dice_.one_of(members);
  if (dice_.chance(4)) issuer = dice_.one_of(parties_);
  return {issuer, ballot};
}

HistoryMaker::Saying HistoryMaker::vote(const NaiveRules& ledger,
                                        const std::vector<const NaiveEntry*>& proposals,
                                        Instant now) {
  std::vector<const NaiveEntry*> candidates;
  for (const NaiveEntry* one : proposals) {
    const Proposal& it = one->statement.as<Ballot>()->proposal;
    const bool open = it.lapses >= utc_day(now) && !ledger.count(it.nonce).decided;
    if (open || dice_.chance(3)) candidates.push_back(one);
  }
  if (candidates.empty()) candidates = proposals;
  // Mostly on one of the latest: so that some are decided.
  if (candidates.size() > 2 && dice_.chance(75)) {
    candidates.erase(candidates.begin(), candidates.end() - 2);
  }
  Ballot ballot = *dice_.one_of(candidates)->statement.as<Ballot>();
  ballot.approve = dice_.chance(88);
  if (dice_.chance(2)) ballot.proposal.lapses = ballot.proposal.lapses.plus(1);
  if (dice_.chance(1)) ballot.proposal.change = some_change(ledger);
  if (ballot.approve && dice_.chance(75)) {
    ballot.ready = some_word(ledger, ballot.proposal);
  } else {
    ballot.ready.reset();
  }
  std::vector<std::string> voters = ledger.association_uris();
  if (voters.size() > 8) voters.resize(8);  // of a crowd, only these come again
  const std::string issuer = dice_.chance(95) ? dice_.one_of(voters) : some_party(ledger);
  return {issuer, ballot};
}

Change HistoryMaker::some_change(const NaiveRules& ledger) {
  const std::uint64_t roll = dice_.below(100);
  if (roll < 22) return some_parameter(ledger);
  if (roll < 42) return some_newcomer(ledger, std::nullopt);
  // Who came by a ballot goes by one sooner than the cast, without which little happens.
  const auto& fresh = dice_.one_of(newcomers());
  std::string uri = dice_.chance(60) ? fresh.uri : some_party(ledger);
  if (dice_.chance(4)) uri = kNobody;
  const auto stands = ledger.party(uri);
  if (roll < 52) return RemoveParty{uri};
  if (roll < 61) {
    const bool same = stands && dice_.chance(90);
    AdmitParty by = some_newcomer(ledger, same ? std::optional(stands->role) : std::nullopt);
    if (by.uri == uri) by.uri += "/new";
    return ReplaceParty{uri, std::move(by)};
  }
  if (roll < 72) {
    if (dice_.chance(50)) uri = dice_.one_of(parties_);
    return RenewPartyKeys{uri, first_keys(uri)};
  }
  if (roll < 81) {
    if (dice_.chance(60)) uri = dice_.chance(50) ? kBody : kOwner;
    AllowParty allow{uri, some_of({"cbam", "kitech-cfp", "pact"}), some_of({"eu-nab", "iaf-mla"})};
    const auto now = ledger.party(uri);
    if (now && dice_.chance(15)) allow = {uri, now->schemes, now->regimes};
    return allow;
  }
  if (roll < 87) {
    const std::string verifier = dice_.chance(85) ? (dice_.chance(50) ? kFirst : second_) : uri;
    const std::string registrar = dice_.chance(80) ? (dice_.chance(50) ? kBody : kOther) : uri;
    return SetRegistrar{verifier, registrar};
  }
  return some_change_of_validators(ledger);
}

SetParameter HistoryMaker::some_parameter(const NaiveRules& ledger) {
  const Parameters now = ledger.parameters();
  switch (dice_.below(12)) {
    case 0:
      return {"issued-before-max-s", dice_.chance(80) ? 3600 + dice_.below(700'000) : 3599};
    case 1:
    case 2:
      return {"issued-ahead-max-s", dice_.chance(80) ? 10 + dice_.below(400) : 3601};
    case 3:
    case 4:
      return {"anchoring-days-max", dice_.chance(85) ? dice_.below(150) : 3651};
    case 5:
      return {"anchoring-days-max", now.anchoring_days_max};
    case 6:
    case 7:
      return {"compromise-reach-days-max", dice_.chance(85) ? dice_.below(60) : 366};
    case 8:
      return {dice_.chance(50) ? "late-days." : "no-such-parameter", 30};
    case 9:
      return {"late-days.pact", dice_.chance(50) ? 0 : 1 + dice_.below(3660)};
    default:
      return {dice_.chance(60) ? "late-days.cbam" : "late-days.kitech-cfp", dice_.below(200)};
  }
}

AdmitParty HistoryMaker::some_newcomer(const NaiveRules& ledger, std::optional<PartyRole> role) {
  std::vector<Newcomer> fitting;
  for (const Newcomer& one : newcomers()) {
    if (!role || one.role == *role) fitting.push_back(one);
  }
  // Somebody who was removed comes back.
  for (const std::string& uri : ledger.party_uris()) {
    const auto stands = ledger.party(uri);
    const bool gone = stands->events.back().what == PartyEvent::What::remove;
    if (gone && (!role || stands->role == *role)) fitting.push_back({uri, stands->role});
  }
  Newcomer chosen = fitting.empty() ? newcomers().front() : dice_.one_of(fitting);
  if (dice_.chance(6)) chosen.uri = some_party(ledger);
  if (dice_.chance(6)) chosen.role = static_cast<PartyRole>(1 + dice_.below(4));
  AdmitParty party;
  party.uri = chosen.uri;
  party.role = chosen.role;
  party.legal_name = "Newcomer";
  if (chosen.role == PartyRole::accreditation_body || chosen.role == PartyRole::scheme_owner) {
    party.schemes = some_of({"cbam", "kitech-cfp", "pact"});
    party.regimes = some_of({"eu-nab", "iaf-mla"});
  }
  party.keys = first_keys(chosen.uri);
  return party;
}

std::vector<NewKey> HistoryMaker::first_keys(const std::string& uri) {
  std::vector<NewKey> keys;
  const auto add = [&](KeyUsage usage) {
    NewKey key = fresh_key(uri, usage);
    if (dice_.chance(2)) key.proof[3] ^= 1;
    const bool twice = std::any_of(keys.begin(), keys.end(),
                                   [&](const NewKey& one) { return one.key == key.key; });
    if (!twice) keys.push_back(std::move(key));
  };
  if (dice_.chance(92)) add(KeyUsage::sign);
  if (keys.empty() || dice_.chance(93)) add(KeyUsage::status);
  if (dice_.chance(10)) add(KeyUsage::sign);
  return keys;
}

std::vector<std::string> HistoryMaker::some_of(const std::vector<std::string>& all) {
  std::vector<std::string> some;
  for (const std::string& one : all) {
    if (dice_.chance(60)) some.push_back(one);
  }
  return some;
}

}  // namespace footproof::testing
