#include "tests/ledger/naive_rules.h"

#include <algorithm>
#include <utility>

#include "attest/late_anchoring.h"

namespace footproof::testing {

Date naive::day_at(Instant at, std::uint64_t hours_ahead) {
  return Date::from_days(static_cast<std::int64_t>((at.ms / 3'600'000 + hours_ahead) / 24));
}
bool naive::holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

namespace {

using naive::furthest_day;
using naive::holds;
using naive::kFine;
using naive::today;

// As the records number what happened.
constexpr int kSuspend = 1;
constexpr int kReinstate = 2;
constexpr int kRevoke = 3;
constexpr int kSupersede = 4;
constexpr int kLate = 5;

std::string refusal_of(const std::string& coverage) {
  if (coverage == "scope not covered") return "scope-not-covered";
  if (coverage == "scheme not covered") return "scheme-not-covered";
  if (coverage == "standard not covered") return "standard-not-covered";
  if (coverage == "assurance level not covered") return "assurance-not-covered";
  return "accreditation-not-in-force";
}

}  // namespace

NaiveRules::NaiveRules(Digest chain_id, std::map<Digest, Bytes> genesis,
                       std::vector<std::string> parties)
    : chain_id_(chain_id), genesis_(std::move(genesis)), genesis_parties_(std::move(parties)) {
  for (const std::string& uri : genesis_parties_) {
    const PartyRecord party = parse_party_record(genesis_.at(state_key::party(uri))).value();
    for (const Digest& kid : party.keys) {
      first_keys_.emplace(kid, parse_key_record(genesis_.at(state_key::key(kid))).value());
    }
    first_parties_.emplace(uri, party);
  }
  validators_ = parse_validators_record(genesis_.at(state_key::validators(0))).value().members;
}

std::string NaiveRules::offer(const Bytes& bytes, Instant now, bool signature_verifies) {
  const auto statement = parse_statement(bytes);
  if (!statement) return "malformed";
  NaiveEntry entry{*statement, now};
  const std::string answer = judge(*statement, now, signature_verifies, entry);
  if (answer != kFine) return answer;
  list_.push_back(std::move(entry));
  if (!overflows(list_.back())) return "accepted";
  list_.pop_back();
  return "record-full";
}

// A record of more than 56 KiB takes only what must never be refused, one of 64 KiB nothing.
bool NaiveRules::overflows(const NaiveEntry& entry) const {
  bool ends = false;
  if (const auto* it = entry.statement.as<StatusChange>()) {
    ends = it->action == StatusAction::revoke ||
           (it->action == StatusAction::suspend && entry.role != AuthorityRole::issuer);
  } else if (const auto* change = entry.statement.as<AccreditationChange>()) {
    ends = change->action == AccreditationAction::withdraw;
  } else if (const auto* release = entry.statement.as<DatasetRelease>()) {
    ends = release->notice == DatasetNotice::withdrawn;
  } else if (const auto* key = entry.statement.as<KeyChange>()) {
    std::size_t own_reports = 0;  // this one among them
    for (const NaiveEntry& earlier : list_) {
      const auto* other = earlier.statement.as<KeyChange>();
      if (other == nullptr || other->action != KeyAction::compromised) continue;
      if (other->kid == key->kid && earlier.role == AuthorityRole::issuer) ++own_reports;
    }
    ends = key->action == KeyAction::compromised &&
           (entry.role != AuthorityRole::issuer || own_reports == 1);
  }
  const std::size_t limit = std::size_t{ends ? 64U : 56U} * 1024;
  const Records records = touched(entry);
  return std::any_of(records.begin(), records.end(),
                     [&](const auto& record) { return record.second.size() > limit; });
}

std::string NaiveRules::judge(const Statement& statement, Instant now, bool signature_verifies,
                              NaiveEntry& entry) const {
  if (find(statement.entry_id()) != nullptr) return "known";
  if (statement.chain_id() != chain_id_) return "wrong-network";
  const std::uint64_t issued = statement.issued_at();
  const Parameters limits = parameters();
  if (issued + limits.issued_before_max_s < now.ms / 1000) return "stale";
  if (issued > now.ms / 1000 + limits.issued_ahead_max_s) return "from-the-future";
  if (auto why = judge_signer(statement, signature_verifies); why != kFine) return why;
  for (const NaiveEntry& earlier : list_) {
    if (earlier.statement.issuer() == statement.issuer() &&
        earlier.statement.subject() == statement.subject()) {
      return "subject-used";
    }
  }
  if (const auto* it = statement.as<Attestation>())
    return judge_attestation(entry, *it, entry.late);
  if (const auto* it = statement.as<StatusChange>()) return judge_status(entry, *it);
  if (const auto* it = statement.as<AccreditationChange>()) return judge_accreditation(entry, *it);
  if (const auto* it = statement.as<KeyChange>()) return judge_key(entry, *it);
  if (const auto* it = statement.as<Ballot>()) return judge_ballot(entry, *it);
  return judge_dataset(entry, *statement.as<DatasetRelease>());
}

std::string NaiveRules::judge_signer(const Statement& statement, bool verifies) const {
  const auto signer = key(statement.kid());
  if (!signer) return "unknown-key";
  if (signer->party != statement.issuer()) return "wrong-issuer";
  if (signer->key.algorithm() != statement.algorithm()) return "wrong-algorithm";
  const bool by_status_key =
      statement.as<StatusChange>() != nullptr || statement.as<KeyChange>() != nullptr;
  if ((signer->usage == KeyUsage::status) != by_status_key) return "wrong-usage";
  if (compromised_since(statement.kid())) return "key-compromised";
  if (rotated(statement.kid())) return "key-rotated";
  if (!is_member(statement.issuer())) return "party-removed";
  return verifies ? kFine : "bad-signature";
}

// --- attestation ---------------------------------------------------------------------------------

std::string NaiveRules::judge_attestation(const NaiveEntry& entry, const Attestation& it,
                                          bool& late) const {
  const auto& [body, id] = it.accreditation;
  const auto history = accreditation_history(body, id);
  if (history.empty()) return "unknown-accreditation";
  const auto& grant = *history.front().entry->statement.as<AccreditationChange>();
  if (*grant.verifier != entry.statement.issuer()) return "accreditation-of-another";
  if (!is_member(body)) return "body-removed";
  if (it.valid_until < it.issued_on) return "dates-out-of-order";
  const Instant now = entry.recorded;
  if (it.issued_on > furthest_day(now)) return "issued-in-the-future";
  if (it.holder_key && taken(it.holder_key->kid())) return "holder-key-registered";
  const auto issued = coverage(body, id, it, it.issued_on, now);
  if (issued != "covered") return refusal_of(issued);
  const Parameters limits = parameters();
  const std::int64_t age = today(now).days() - it.issued_on.days();
  std::string too_late;
  if (age > static_cast<std::int64_t>(limits.anchoring_days_max)) {
    too_late = "anchored-late";
  } else {
    const Date recorded_on = std::max(today(now), it.issued_on);
    auto now_covered = coverage(body, id, it, recorded_on, now);
    if (now_covered == "covered") {
      now_covered = coverage(body, id, it, recorded_on, furthest_day(now), now);
    }
    if (now_covered != "covered") too_late = refusal_of(now_covered);
  }
  if (it.countersignature) {
    if (auto why = judge_countersignature(entry, it); why != kFine) return why;
    if (!too_late.empty()) {
      std::int64_t days = 0;
      for (const auto& [scheme, allowed] : limits.late_days) {
        if (scheme == it.scheme.id) days = static_cast<std::int64_t>(allowed);
      }
      if (age > days) return "late-not-allowed";
      late = true;
    }
  } else if (!too_late.empty()) {
    return too_late;
  }
  return it.supersedes ? judge_supersession(entry, it) : kFine;
}

std::string NaiveRules::judge_countersignature(const NaiveEntry& entry,
                                               const Attestation& it) const {
  const auto by = key(it.countersignature->kid);
  const bool good = by && by->party == it.accreditation.body && by->usage == KeyUsage::sign &&
                    !rotated(it.countersignature->kid) &&
                    !compromised_since(it.countersignature->kid) &&
                    verify_countersignature(by->key, chain_id_, entry.statement.issuer(), it);
  return good ? kFine : "bad-countersignature";
}

std::string NaiveRules::judge_supersession(const NaiveEntry& entry, const Attestation& it) const {
  const NaiveEntry* target = find(*it.supersedes);
  if (target == nullptr) return "unknown-target";
  const auto* old = target->statement.as<Attestation>();
  if (old == nullptr) return "wrong-target-kind";
  if (target->statement.issuer() != entry.statement.issuer()) return "not-the-issuer";
  if (it.issued_on < old->issued_on) return "dates-out-of-order";
  const auto history = status_history(*it.supersedes, std::nullopt);
  if (history.empty()) return kFine;
  const int last = history.back().what;
  if (last == kSupersede) return "already-superseded";
  return last == kReinstate || last == kLate ? kFine : "not-supersedable";
}

// --- status --------------------------------------------------------------------------------------

std::string NaiveRules::judge_status(NaiveEntry& entry, const StatusChange& it) const {
  const NaiveEntry* target = find(it.target);
  if (target == nullptr) return "unknown-target";
  const auto* attested = target->statement.as<Attestation>();
  if (attested == nullptr) return "wrong-target-kind";
  const std::string& issuer = entry.statement.issuer();
  const auto who = party(issuer);
  if (issuer == target->statement.issuer()) {
    entry.role = AuthorityRole::issuer;
  } else if (issuer == attested->accreditation.body) {
    entry.role = AuthorityRole::accreditation_body;
  } else if (who && who->role == PartyRole::scheme_owner &&
             holds(who->schemes, attested->scheme.id)) {
    entry.role = AuthorityRole::scheme_owner;
  } else {
    return "no-authority";
  }
  if (it.declaration && attested->count == 1) return "declaration-not-separate";
  static const std::map<std::string, StatusAction> kReasons = {
      {"investigation", StatusAction::suspend},
      {"complaint", StatusAction::suspend},
      {"data-doubt", StatusAction::suspend},
      {"key-doubt", StatusAction::suspend},
      {"cleared", StatusAction::reinstate},
      {"misstatement", StatusAction::revoke},
      {"fraud", StatusAction::revoke},
      {"key-compromise", StatusAction::revoke},
      {"withdrawn-by-declarant", StatusAction::revoke},
      {"issued-in-error", StatusAction::revoke}};
  if (kReasons.at(std::string(to_text(it.reason))) != it.action) return "reason-not-allowed";
  if (it.effective < attested->issued_on || it.effective > furthest_day(entry.recorded)) {
    return "effective-out-of-range";
  }
  const auto history = status_history(it.target, it.declaration);
  const Happening* last = history.empty() ? nullptr : &history.back();
  const bool active = last == nullptr || last->what == kReinstate || last->what == kLate;
  const AuthorityRole last_role = last == nullptr            ? AuthorityRole::issuer
                                  : last->what == kSupersede ? AuthorityRole::issuer
                                                             : last->entry->role;
  const bool superior = last != nullptr && entry.role > last_role;
  bool legal = false;
  switch (it.action) {
    case StatusAction::suspend:
      legal = active || (last->what == kSuspend && superior);
      break;
    case StatusAction::reinstate:
      if (last != nullptr && last->what == kSuspend && !superior &&
          issuer != last->entry->statement.issuer()) {
        return "not-the-suspender";
      }
      legal = last != nullptr &&
              (last->what == kSuspend || (last->what == kSupersede &&
                                          successor_is_gone(last->entry->statement.entry_id(), 0)));
      break;
    case StatusAction::revoke:
      legal = active || last->what != kRevoke || superior;
      break;
  }
  if (!legal) return "illegal-transition";
  const bool unstoppable =
      it.action == StatusAction::revoke ||
      (it.action == StatusAction::suspend && entry.role != AuthorityRole::issuer);
  if (unstoppable || it.previous == last_of_status(it.target, it.declaration)) return kFine;
  return "last-event-differs";
}

// Revoked or void, and so is whatever succeeded it in turn; of a longer chain 64 are looked at.
bool NaiveRules::successor_is_gone(const Digest& successor, std::size_t looked_at) const {
  if (looked_at == 64) return false;
  const auto history = status_history(successor, std::nullopt);
  const bool revoked = !history.empty() && history.back().what == kRevoke;
  const NaiveEntry* entry = find(successor);
  const auto since = compromised_since(entry->statement.kid());
  if (!revoked && !(since && *since <= entry->recorded.ms)) return false;
  const NaiveEntry* next = nullptr;
  for (const Happening& one : history) {
    if (one.what == kSupersede) next = one.entry;
  }
  return next == nullptr || successor_is_gone(next->statement.entry_id(), looked_at + 1);
}

}  // namespace footproof::testing
