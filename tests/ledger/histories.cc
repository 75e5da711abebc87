#include "tests/ledger/histories.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using namespace cast;
using maker::number;
using naive::today;

constexpr std::size_t kUriSize = 256;  // the longest

std::string long_uri(std::string uri) {
  uri.resize(kUriSize, 'x');
  return uri;
}

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

// The same statement under another signature.
Offered with_junk_signature(Bytes bytes) {
  bytes[bytes.size() - 9] ^= 4;
  return {std::move(bytes), false};
}

// Its header names the other algorithm.
Offered with_other_algorithm(Bytes bytes) {
  constexpr std::array<std::uint8_t, 2> kEs256 = {0x01, 0x26};  // the first member: alg (1) = −7
  const std::array<std::uint8_t, 2> eddsa = {0x01, 0x27};
  auto found = std::search(bytes.begin(), bytes.end(), kEs256.begin(), kEs256.end());
  const auto other = std::search(bytes.begin(), bytes.end(), eddsa.begin(), eddsa.end());
  found = std::min(found, other);
  CHECK(found != bytes.end());
  *(found + 1) ^= 1U;
  return {std::move(bytes), false};
}

}  // namespace

const std::string& cast::long_body() {
  static const std::string uri = long_uri("https://long-body.example/");
  return uri;
}
const std::string& cast::long_operator() {
  static const std::string uri = long_uri("https://long-operator.example/");
  return uri;
}
const std::string& cast::long_verifier() {
  static const std::string uri = long_uri("https://long-verifier.example/");
  return uri;
}
std::string cast::association(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

Digest maker::number(std::string_view tag, std::uint64_t at) {
  return tagged_hash(tag, {ByteWriter().u64(at).bytes()});
}

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31U);
}

Theme theme_of(std::uint64_t seed) {
  const std::uint64_t at = seed % 40;
  return at <= static_cast<std::uint64_t>(Theme::full_set) ? static_cast<Theme>(at) : Theme::none;
}

HistoryMaker::HistoryMaker(std::uint64_t seed, const Digest& chain_id)
    : dice_(seed), chain_id_(chain_id), theme_(theme_of(seed)) {
  const bool other = theme_ == Theme::status || theme_ == Theme::own_reports;
  second_ = other ? long_verifier() : "https://second-verifier.example";
  second_body_ = theme_ == Theme::reports ? long_body() : kOther;
  parties_ = {kBody, kOther, kOwner, kFirst, second_, kOperator, association(0)};
  // Every history dwells on something else.
  constexpr std::array<std::uint64_t, 6> kLeast = {12, 10, 7, 5, 3, 5};
  for (std::size_t kind = 0; kind < weights_.size(); ++kind) {
    weights_.at(kind) = kLeast.at(kind) + dice_.below(12);
  }
  if (dice_.chance(25)) weights_.back() += 60;  // a time of change
}

Offered HistoryMaker::next(const NaiveRules& ledger, Instant now) {
  const std::size_t step = step_++;
  Offered offered = [&] {
    careful_ = theme_ != Theme::none;  // which rests on what they begin with
    if (step < 7) return sign(ledger, begin(step, now), now);
    if (auto saying = on_theme(step, ledger, now)) return sign(ledger, std::move(*saying), now);
    careful_ = false;
    if (dice_.chance(2) && !offered_.empty()) {  // once more
      Offered again = dice_.one_of(offered_);
      const bool whole = parse_statement(again.bytes).has_value();
      return whole && dice_.chance(30) ? with_junk_signature(again.bytes) : again;
    }
    return sign(ledger, anything(ledger, now), now);
  }();
  offered_.push_back(offered);
  return offered;
}

HistoryMaker::Saying HistoryMaker::anything(const NaiveRules& ledger, Instant now) {
  std::uint64_t all = 0;
  for (const std::uint64_t weight : weights_) all += weight;
  std::uint64_t roll = dice_.below(all);
  std::size_t kind = 0;
  while (roll >= weights_.at(kind)) roll -= weights_.at(kind++);
  switch (kind) {
    case 0:
      return attestation(ledger, now);
    case 1:
      return status(ledger, now);
    case 2:
      return accreditation(ledger, now);
    case 3:
      return key(ledger, now);
    case 4:
      return dataset(ledger, now);
    default:
      return ballot(ledger, now);
  }
}

HistoryMaker::Saying HistoryMaker::begin(std::size_t step, Instant now) {
  const bool second = step >= 4;
  const std::string& verifier = second ? second_ : kFirst;
  const std::string& body = second ? second_body_ : kBody;
  if (step == 0 || step == 4 || step == 3) {
    AccreditationChange grant;
    grant.id = step == 3 ? "A-2" : second ? "B-1" : "A-1";
    grant.action = AccreditationAction::grant;
    grant.effective = today(now).plus(dice_.days(150, 0));
    grant.verifier = verifier;
    auto scopes = some_scopes();
    for (Scope& scope : scopes) scope.scheme = "cbam";  // of both bodies: else nothing follows
    grant.scopes = maker::in_order(std::move(scopes));
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

// --- keys and signatures -------------------------------------------------------------------------

NewKey HistoryMaker::fresh_key(const std::string& party, KeyUsage usage) {
  const std::string role(to_text(usage));
  const std::uint64_t number = slip(5) ? dice_.below(fresh_ + 1) : fresh_++;
  const std::string name = party + role + std::to_string(number);
  const SigningKey& key = made_key(name, usage);
  made_[party + '/' + role].push_back(name);
  by_kid_[key.public_key().kid()] = &key;
  return {key.public_key(), usage, possession(key, chain_id_, party, role)};
}

const SigningKey& HistoryMaker::signing_key(const NaiveRules& ledger, const std::string& party,
                                            KeyUsage usage) {
  const auto good = ledger.good_keys(party, usage);
  if (!good.empty() && !slip(5)) {
    const auto known = by_kid_.find(dice_.one_of(good));
    return known == by_kid_.end() ? genesis_key(party, usage) : *known->second;
  }
  const auto& made = made_[party + '/' + std::string(to_text(usage))];
  return made.empty() ? genesis_key(party, usage) : made_key(dice_.one_of(made), usage);
}

PublicKey HistoryMaker::some_holder_key(const NaiveRules& ledger) {
  if (dice_.chance(70)) {
    return made_key("holder-" + std::to_string(dice_.below(9)), KeyUsage::sign).public_key();
  }
  if (dice_.chance(20)) return some_validator(ledger).vote_key;
  return signing_key(ledger, some_party(ledger), static_cast<KeyUsage>(dice_.below(2)))
      .public_key();
}

HistoryMaker::Saying HistoryMaker::key(const NaiveRules& ledger, Instant now) {
  KeyChange change;
  change.party = dice_.chance(80) ? (dice_.chance(50) ? kFirst : second_) : some_party(ledger);
  if (dice_.chance(3)) change.party = kNobody;
  const auto owner = ledger.party(change.party);
  const bool registrar = owner && owner->registrar && dice_.chance(60);
  std::string issuer = registrar ? *owner->registrar : change.party;
  if (dice_.chance(10)) issuer = dice_.one_of(parties_);
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
    if (dice_.chance(10)) change.certificate_chain = number("chain", dice_.below(3));
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
  if (!subjects_.empty() && slip(1)) draft.subject = dice_.one_of(subjects_);
  subjects_.push_back(draft.subject);
  draft.chain_id = chain_id_;
  if (slip(1)) draft.chain_id.bytes[0] ^= 1;
  draft.issued_at = now.seconds();
  if (slip(10)) draft.issued_at -= dice_.below(8 * 86'400);
  if (slip(3)) draft.issued_at += dice_.below(400);
  draft.payload = std::move(saying.payload);
  KeyUsage usage = by_status ? KeyUsage::status : KeyUsage::sign;
  if (slip(2)) usage = by_status ? KeyUsage::sign : KeyUsage::status;
  const std::string signer = slip(2) ? dice_.one_of(parties_) : draft.issuer;
  auto statement = sign_statement(draft, signing_key(ledger, signer, usage));
  CHECK(statement);
  Bytes bytes = statement->bytes();
  if (slip(1)) return with_junk_signature(std::move(bytes));
  if (slip(1)) return with_other_algorithm(std::move(bytes));
  if (slip(1)) bytes.resize(1 + dice_.below(bytes.size() - 1));  // it arrives cut off
  return {std::move(bytes), true};
}

}  // namespace footproof::testing
