#include "attest/ledger_lines.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/late_anchoring.h"
#include "attest/printable.h"
#include "attest/x509.h"

namespace footproof {
namespace {

constexpr std::uint64_t kMinute = 60;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

// "3 hours": rounded down, for people.
std::string duration_text(std::uint64_t seconds) {
  const auto in = [seconds](std::uint64_t unit, std::string_view name) {
    const std::uint64_t count = seconds / unit;
    return std::to_string(count) + ' ' + std::string(name) + (count == 1 ? "" : "s");
  };
  if (seconds >= 2 * kDay) return in(kDay, "day");
  if (seconds >= 2 * kHour) return in(kHour, "hour");
  if (seconds >= 2 * kMinute) return in(kMinute, "minute");
  return in(1, "second");
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

class LedgerJudge {
 public:
  LedgerJudge(Verdict& verdict, const VerdictOptions& options, Date on)
      : verdict_(verdict),
        options_(options),
        on_(on),
        known_(known_to_reader(verdict.receipt, options)) {}

  LedgerJudgement run() {
    judge_certificate();
    judge_accreditation();
    judge_recognition();
    judge_status();
    judge_validity();
    return judgement_;
  }

 private:
  Finding& at(Question question) { return verdict_.findings[static_cast<std::size_t>(question)]; }
  void reserve(Reservation reservation) { verdict_.reservations.push_back(reservation); }
  [[nodiscard]] const Attestation& attestation() const {
    return *verdict_.receipt.statement->as<Attestation>();
  }
  [[nodiscard]] std::string known_name() const {
    const bool earlier = known_ < verdict_.receipt.known();
    return earlier ? "the end of " + options_.known_by->text() : "T";
  }

  // The chain itself is judged by nobody here: no date, name or authority of X.509.
  void judge_certificate() {
    Finding& line = at(Question::certificate);
    const KeyRecord& key = *verdict_.receipt.signing_key;
    if (!options_.certificate_chain) {
      line = not_checked(key.certificate_chain
                             ? "no chain given; the key was registered with one"
                             : "no chain given, and the key was registered without one");
      return;
    }
    if (!key.certificate_chain) {
      line = not_checked("the key was registered without a certificate chain to compare with");
      return;
    }
    const auto chain = parse_certificate_chain(*options_.certificate_chain);
    if (!chain) {
      line = fails(chain.error().detail);
    } else if (chain->digest != *key.certificate_chain) {
      line = fails("the chain given is not the one that the key was registered with");
    } else if (chain->key != key.key) {
      line = fails("the first certificate of the chain is of another key");
    } else {
      line = passes("the chain that the key was registered with, " +
                    std::to_string(chain->certificates.size()) +
                    (chain->certificates.size() == 1 ? " certificate" : " certificates") +
                    ", the first of this key; who issued them was not checked");
    }
  }

  void judge_accreditation() {
    const ReceiptCheck& receipt = verdict_.receipt;
    Finding& then = at(Question::accreditation);
    Finding& now = at(Question::accreditation_now);
    const auto& [body, id] = attestation().accreditation;
    const auto refuse_both = [&](std::string why) {
      then = fails(std::move(why));
      now = not_checked("the accreditation did not cover it in the first place");
    };
    if (!receipt.accreditation)
      return refuse_both("there is no accreditation " + id + " of " + body);
    if (!receipt.party || receipt.party->role != PartyRole::accreditation_body) {
      return refuse_both(body + " is not an accreditation body of this network");
    }
    const AccreditationRecord& record = *receipt.accreditation;
    if (record.verifier != receipt.statement->issuer()) {
      return refuse_both("accreditation " + id + " is of " + record.verifier + ", not of " +
                         receipt.statement->issuer());
    }
    const Instant recorded = receipt.own_record->time;
    // What came later in the very same block has the same time: execution has judged the order.
    const Instant before{recorded.ms == 0 ? 0 : recorded.ms - 1};
    const auto admitted = [&](Instant known) {
      return admitted_on(*receipt.party, latest_day(recorded), known);
    };
    if (!admitted(recorded) && !admitted(before)) {
      return refuse_both(body + " was no accreditation body any more when this was recorded");
    }
    const bool late = receipt.status && receipt.status->anchored_late();
    if (late) {
      if (auto why = countersignature_fault(); !why.empty()) return refuse_both(std::move(why));
    }
    const auto covered = [&](Instant known, Hindsight hindsight) {
      const auto coverage = coverage_of(record, attestation(), recorded, known, hindsight);
      const bool when_issued = coverage.when_issued != CoverageAnswer::covered;
      if (!when_issued && (late || coverage.when_recorded == CoverageAnswer::covered)) {
        return std::string();
      }
      return "accreditation " + attestation().accreditation.id + " on " +
             (when_issued ? attestation().issued_on : coverage.recorded_on).text() + ": " +
             std::string(to_text(when_issued ? coverage.when_issued : coverage.when_recorded));
    };
    const std::string why = covered(recorded, Hindsight::no);
    if (!why.empty() && !covered(before, Hindsight::no).empty()) return refuse_both(why);
    then = passes(
        "accreditation " + id + " of " + body + " covered " + attestation().scope + ", " +
        attestation().scheme.id + ", " + std::string(to_text(attestation().assurance)) +
        " assurance on " + attestation().issued_on.text() +
        (late ? "; anchored late, on " + utc_day(recorded).text() + ", which its body countersigned"
              : " and when recorded"));
    judge_accreditation_now(covered(known_, Hindsight::yes), record);
  }

  // Why the body's word that this may be recorded late does not hold; empty where it does.
  [[nodiscard]] std::string countersignature_fault() const {
    const ReceiptCheck& receipt = verdict_.receipt;
    const auto& key = receipt.countersigning_key;
    if (!attestation().countersignature) return "anchored late, and not countersigned by its body";
    const std::string whose = "anchored late, and the countersigning key ";
    if (!key || key->party != attestation().accreditation.body || key->usage != KeyUsage::sign) {
      return whose + "is no sign key of " + attestation().accreditation.body;
    }
    const Instant recorded = receipt.own_record->time;
    const auto answer = key_at(*key, recorded, known_, StatementKind::attestation);
    if (answer != KeyAnswer::good) return whose + "was " + std::string(to_text(answer));
    const Statement& statement = *receipt.statement;
    if (!verify_countersignature(key->key, statement.chain_id(), statement.issuer(),
                                 attestation())) {
      return "anchored late, and the countersignature does not verify";
    }
    return {};
  }

  void judge_accreditation_now(const std::string& why, const AccreditationRecord& record) {
    if (!why.empty()) {
      at(Question::accreditation_now) = fails("as known at " + known_name() + ": " + why);
      reserve(Reservation::accreditation_withdrawn);
      return;
    }
    std::string text = "as known at " + known_name() + " it still did";
    // A later end does not undo earlier work; the reader should know all the same.
    const auto view = accreditation_on(record, utc_day(known_), known_);
    using Standing = AccreditationView::Standing;
    if (view.standing == Standing::suspended || view.standing == Standing::withdrawn) {
      text += view.standing == Standing::suspended ? "; suspended from " : "; withdrawn from ";
      text += view.because->origin.effective.text() + ", after that";
    }
    if (!admitted_on(*verdict_.receipt.party, latest_day(known_), known_)) {
      text += "; its body has been removed since";
    }
    at(Question::accreditation_now) = passes(std::move(text));
  }

  void judge_recognition() {
    Finding& line = at(Question::recognition);
    const ReceiptCheck& receipt = verdict_.receipt;
    if (!at(Question::accreditation).passed()) return;
    const auto view = accreditation_on(*receipt.accreditation, attestation().issued_on, known_);
    const std::string named = joined_or_none(view.regimes);
    if (!options_.regime) {
      line = not_checked("no regime asked; the accreditation names " + named);
    } else if (contains(view.regimes, *options_.regime) &&
               contains(receipt.party->regimes, *options_.regime)) {
      line = passes("recognised under " + *options_.regime);
    } else {
      line =
          fails("not recognised under " + *options_.regime + "; the accreditation names " + named);
      reserve(Reservation::not_recognised);
    }
  }

  // Superseded lies before revoked.
  static bool is_worse(const StatusAnswer& a, const StatusAnswer& b) {
    constexpr std::array<int, 4> kRank = {0, 1, 3, 2};
    return kRank[static_cast<std::size_t>(a.status)] > kRank[static_cast<std::size_t>(b.status)];
  }

  // Of the attestation and of the declaration, whichever is worse.
  StatusAnswer status_of(Date day) const {
    const ReceiptCheck& receipt = verdict_.receipt;
    const auto answer = [this, day](const std::optional<StatusRecord>& record) {
      return status_on(record ? &*record : nullptr, day, known_);
    };
    StatusAnswer whole = answer(receipt.status);
    StatusAnswer one = answer(receipt.declaration_status);
    return is_worse(one, whole) ? one : whole;
  }

  static std::string status_text(const StatusAnswer& answer) {
    std::string text(to_text(answer.status));
    if (answer.because && answer.status != Status::active) {
      const StatusEvent& event = *answer.because;
      text += " from " + event.origin.effective.text();
      if (event.reason) text += " (" + std::string(to_text(*event.reason)) + ')';
    }
    return text;
  }

  void judge_status() {
    Finding& line = at(Question::status);
    const std::uint64_t as_of = verdict_.receipt.checkpoint->as_of;
    const std::uint64_t now = options_.now.seconds();
    const std::string when = instant_from_seconds(as_of).text();
    if (as_of > now + kClockAheadMax) {
      judgement_.clock_contradicts = true;
      line =
          not_checked("the checkpoint is of " + when + ", which is " + duration_text(as_of - now) +
                      " ahead of this computer's clock; set the clock");
      return;
    }
    // What is asked to have been known by a day long past need not be proven any later than that.
    const std::uint64_t asked =
        options_.known_by ? std::min(now, end_of_utc_day(*options_.known_by).seconds()) : now;
    const std::uint64_t age = asked > as_of ? asked - as_of : 0;
    const Instant recorded = verdict_.receipt.own_record->time;
    if (options_.known_by && end_of_utc_day(*options_.known_by) < recorded) {
      line = fails("not recorded by " + options_.known_by->text() + ", but on " + recorded.text());
      reserve(Reservation::not_yet_recorded);
      return;
    }
    const StatusAnswer last = status_of(Date::from_days(INT32_MAX));
    StatusAnswer answer = status_of(on_);
    // What was revoked this morning in Seoul is effective tomorrow by the UTC day: who asks about
    // no day in particular is told.
    if (!options_.on && is_worse(last, answer)) answer = last;
    std::string text = status_text(answer);
    if (options_.on) text += " on " + on_.text();
    if (options_.known_by) text += " as known by " + options_.known_by->text();
    text += ", as of " + when + " (" + duration_text(now > as_of ? now - as_of : 0) +
            " ago); later events are unknown";
    if (last.status != answer.status) text += "; but " + status_text(last);
    if (age > options_.age_max) {
      text += "; older than the " + duration_text(options_.age_max) + " allowed";
      reserve(Reservation::stale);
    }
    line = answer.status == Status::active ? passes(std::move(text)) : fails(std::move(text));
    if (answer.status == Status::suspended) reserve(Reservation::suspended);
    if (answer.status == Status::superseded) reserve(Reservation::superseded);
    judgement_.revoked = answer.status == Status::revoked;
  }

  void judge_validity() {
    const Date from = attestation().valid_from;
    const Date until = attestation().valid_until;
    const std::string text = on_.text() + ", valid from " + from.text() + " until " + until.text();
    if (on_ < from) {
      at(Question::validity) = fails("not yet valid on " + text);
      reserve(Reservation::not_yet_valid);
    } else if (until < on_) {
      at(Question::validity) = fails("expired on " + text);
      reserve(Reservation::expired);
    } else {
      at(Question::validity) = passes("on " + text);
    }
  }

  Verdict& verdict_;
  const VerdictOptions& options_;
  const Date on_;
  const Instant known_;
  LedgerJudgement judgement_;
};

}  // namespace

Instant known_to_reader(const ReceiptCheck& receipt, const VerdictOptions& options) {
  const Instant all = receipt.known();
  if (!options.known_by) return all;
  return std::max(std::min(end_of_utc_day(*options.known_by), all), receipt.own_record->time);
}

LedgerJudgement judge_ledger_lines(Verdict& verdict, const VerdictOptions& options, Date on) {
  return LedgerJudge(verdict, options, on).run();
}

}  // namespace footproof
