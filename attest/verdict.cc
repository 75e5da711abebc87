#include "attest/verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "attest/disclosure_profile.h"
#include "attest/late_anchoring.h"
#include "attest/opening.h"
#include "attest/subject.h"
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

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// One run over one presentation. Each judge_…() sets the findings of its lines.
class Judge {
 public:
  Judge(const Policy& policy, const VerdictOptions& options)
      : policy_(policy), options_(options), on_(options.on.value_or(utc_day(options.now))) {}

  Verdict run(ByteView bytes) {
    if (parse(bytes)) {
      if (options_.known_by && verdict_.receipt.signature.passed()) {
        verdict_.receipt.key = key_as_known(verdict_.receipt, known());
      }
      copy_receipt_findings();
      if (verdict_.receipt.holds()) judge_ledger_lines();
      judge_declaration_lines();
      judge_holder();
      if (!verdict_.receipt.holds()) withhold_passes();
    }
    conclude();
    return std::move(verdict_);
  }

 private:
  Finding& at(Question question) { return verdict_.findings[static_cast<std::size_t>(question)]; }
  void reserve(Reservation reservation) { verdict_.reservations.push_back(reservation); }
  const Attestation& attestation() const { return *verdict_.receipt.statement->as<Attestation>(); }
  const Presentation& presentation() const { return *verdict_.presentation; }

  // Up to when events count: T, or earlier where the reader asks what was known by some day, but
  // never before the statement itself was recorded.
  [[nodiscard]] Instant known() const {
    const Instant all = verdict_.receipt.known();
    if (!options_.known_by) return all;
    return std::max(std::min(end_of_utc_day(*options_.known_by), all),
                    verdict_.receipt.own_record->time);
  }
  [[nodiscard]] std::string known_name() const {
    const bool earlier = known() < verdict_.receipt.known();
    return earlier ? "the end of " + options_.known_by->text() : "T";
  }

  bool refuse(std::string why) {
    verdict_.findings.fill(not_checked("not well-formed"));
    at(Question::well_formed) = fails(std::move(why));
    return false;
  }

  // Only what is well-formed goes on to be judged.
  bool parse(ByteView bytes) {
    auto parsed = parse_presentation(bytes);
    if (!parsed) return refuse(parsed.error().detail);
    verdict_.presentation = std::move(*parsed);
    const Presentation& shown = presentation();
    if (find_core_profile(shown.core_profile) == nullptr) {
      return refuse("core profile: this version does not know '" + shown.core_profile + "'");
    }
    if (find_disclosure_profile(shown.disclosure_profile) == nullptr) {
      return refuse("disclosure profile: there is none named '" + shown.disclosure_profile + "'");
    }
    verdict_.receipt = verify_receipt(shown.receipt, policy_);
    const ReceiptCheck& receipt = verdict_.receipt;
    if (!receipt.well_formed.passed()) return refuse(receipt.well_formed.reason);
    if (receipt.statement->kind() != StatementKind::attestation) {
      return refuse("statement: presents a statement of kind " +
                    std::string(to_text(receipt.statement->kind())) + ", not an attestation");
    }
    if (attestation().count > 1 && !shown.receipt.declaration_root) {
      return refuse("declaration root: missing; with " + std::to_string(attestation().count) +
                    " declarations under the attestation, the status of this one must be shown");
    }
    if (shown.holder && !attestation().holder_key) {
      return refuse("holder: signed, but the attestation names no holder key");
    }
    return true;
  }

  void copy_receipt_findings() {
    const ReceiptCheck& receipt = verdict_.receipt;
    at(Question::well_formed) = receipt.well_formed;
    at(Question::network) = receipt.network;
    at(Question::quorum) = receipt.quorum;
    at(Question::inclusion) = receipt.inclusion;
    at(Question::signature) = receipt.signature;
    at(Question::key) = receipt.key;
    for (const Question question :
         {Question::certificate, Question::accreditation, Question::accreditation_now,
          Question::recognition, Question::status, Question::validity}) {
      at(question) = not_checked("a line above does not pass");
    }
  }

  // What holds for a statement that is not proven itself proves nothing.
  void withhold_passes() {
    for (const Question question : {Question::membership, Question::openings, Question::document,
                                    Question::disclosure, Question::holder}) {
      if (!at(question).passed()) continue;
      at(question) = not_checked("agrees with the statement shown, but that is not proven");
    }
  }

  void judge_ledger_lines() {
    judge_certificate();
    judge_accreditation();
    judge_recognition();
    judge_status();
    judge_validity();
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
    judge_accreditation_now(covered(known(), Hindsight::yes), record);
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
    const auto answer = key_at(*key, recorded, known(), StatementKind::attestation);
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
    const auto view = accreditation_on(record, utc_day(known()), known());
    using Standing = AccreditationView::Standing;
    if (view.standing == Standing::suspended || view.standing == Standing::withdrawn) {
      text += view.standing == Standing::suspended ? "; suspended from " : "; withdrawn from ";
      text += view.because->origin.effective.text() + ", after that";
    }
    if (!admitted_on(*verdict_.receipt.party, latest_day(known()), known())) {
      text += "; its body has been removed since";
    }
    at(Question::accreditation_now) = passes(std::move(text));
  }

  void judge_recognition() {
    Finding& line = at(Question::recognition);
    const ReceiptCheck& receipt = verdict_.receipt;
    if (!at(Question::accreditation).passed()) return;
    const auto view = accreditation_on(*receipt.accreditation, attestation().issued_on, known());
    const std::string named = view.regimes.empty() ? "none" : join(view.regimes);
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
      return status_on(record ? &*record : nullptr, day, known());
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
      clock_contradicts_ = true;
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
    revoked_ = answer.status == Status::revoked;
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

  // The declaration's own lines need no ledger: a wrong opening is wrong under any policy.
  void judge_declaration_lines() {
    const Presentation& shown = presentation();
    const auto root = declaration_root(shown);
    const auto skip_rest = [this](const std::string& why) {
      at(Question::document) = at(Question::disclosure) = not_checked(why);
    };
    if (!root) {
      at(Question::openings) = fails(root.error().detail);
      at(Question::membership) = not_checked("the openings lead to no root");
      return skip_rest("the openings do not verify");
    }
    const DeclarationTree tree{shown.core_profile, shown.tree_size, *root};
    judge_membership(tree);
    if (const auto opened = verify_openings(tree, shown.openings); !opened) {
      at(Question::openings) = fails(opened.error().detail);
      return skip_rest("the openings do not verify");
    }
    if (!at(Question::membership).passed()) {
      at(Question::openings) = not_checked("they do not lead to what was certified");
      return skip_rest("the openings do not lead to what was certified");
    }
    const std::size_t count = shown.openings.entries.size();
    at(Question::openings) =
        passes(count == 0 ? "no field is opened"
                          : std::to_string(count) + (count == 1 ? " field" : " fields") +
                                " stood in the declaration that was certified");
    judge_document();
    judge_disclosure();
  }

  void judge_membership(const DeclarationTree& tree) {
    const Presentation& shown = presentation();
    const Subject subject{attestation().root, attestation().count};
    const auto& claimed = shown.receipt.declaration_root;
    if (claimed && *claimed != tree.root) {
      at(Question::membership) = fails("the status shown is that of another declaration");
    } else if (const auto member =
                   verify_subject(tree, shown.position, shown.subject_path, subject);
               !member) {
      at(Question::membership) = fails(member.error().detail);
    } else {
      at(Question::membership) = passes(
          subject.count == 1
              ? "the one declaration that was certified"
              : "declaration " + tree.root.hex() + ", at place " + std::to_string(shown.position) +
                    " of " + std::to_string(subject.count) + " that were certified together");
    }
  }

  void judge_document() {
    Finding& line = at(Question::document);
    std::size_t opened = 0;
    std::string why;
    for (const auto& entry : presentation().openings.entries) {
      if (!entry.label.starts_with("doc:")) continue;
      ++opened;
      if (!options_.document) continue;
      std::size_t number = 0;  // verify_openings() has seen to the label's form
      std::from_chars(entry.label.data() + 4, entry.label.data() + entry.label.size(), number);
      const auto same = verify_document(presentation().openings, number, *options_.document);
      if (same) {
        line = passes("the file is document " + std::to_string(number) + " of the declaration");
        return;
      }
      why = same.error().detail;
    }
    if (!options_.document) {
      line = not_checked(opened == 0
                             ? "no document given, and none is opened"
                             : "no document given; " + std::to_string(opened) + " can be compared");
    } else if (opened == 0) {
      line = not_checked("this presentation opens no document; ask for one made --with-document");
    } else {
      line = fails("the file differs from what was certified: " + why);
    }
  }

  void judge_disclosure() {
    Finding& line = at(Question::disclosure);
    const std::string id = options_.disclosure_profile.value_or(presentation().disclosure_profile);
    const DisclosureProfile* profile = find_disclosure_profile(id);
    if (profile == nullptr) {
      line = not_checked("there is no disclosure profile named '" + id + "'");
      return;
    }
    const auto found = completeness(*profile, presentation().openings);
    if (found.complete()) {
      std::string why = "everything that '" + id + "' asks for is opened";
      if (!found.extra.empty()) why += ", and " + std::to_string(found.extra.size()) + " more";
      if (!found.absent.empty()) why += "; the declaration says nothing in " + join(found.absent);
      line = passes(std::move(why));
      return;
    }
    line = fails("'" + id + "' also asks for " + join(found.missing));
    if (options_.disclosure_profile) reserve(Reservation::incomplete_disclosure);
  }

  void judge_holder() {
    Finding& line = at(Question::holder);
    const auto& key = attestation().holder_key;
    if (!key) {
      line = not_checked("the attestation names no holder key: anybody may show it");
      return;
    }
    const auto& holder = presentation().holder;
    if (!holder) {
      line = not_checked("not signed by its holder: this may be a copy");
      return;
    }
    if (const auto verified = verify_holder(presentation(), *key); !verified) {
      line = fails(verified.error().detail);
      return;
    }
    const std::string who = "signed by its holder for " + holder->audience;
    if (options_.audience && *options_.audience != holder->audience) {
      line = fails(who + ", not for " + *options_.audience);
      holder_contradicts_ = true;
    } else if (options_.nonce && options_.nonce != holder->nonce) {
      line = fails(who + ", but not with the nonce asked");
      holder_contradicts_ = true;
    } else if (holder->expiry && *holder->expiry < options_.now) {
      line = fails(who + ", but only until " + holder->expiry->text());
      reserve(Reservation::presentation_expired);
    } else if (!options_.audience) {
      line = not_checked(who + "; whether that is you was not asked");
    } else {
      line =
          passes(options_.nonce ? who + ", with the nonce asked"
                                : who + "; no nonce was asked, so it may have been shown before");
    }
  }

  [[nodiscard]] bool asked(Question question) const {
    switch (question) {
      case Question::certificate:
        return options_.certificate_chain.has_value();
      case Question::recognition:
        return options_.regime.has_value();
      case Question::document:
        return options_.document.has_value();
      case Question::disclosure:
        return options_.disclosure_profile.has_value();
      case Question::holder:
        return options_.audience.has_value() || options_.nonce.has_value();
      default:
        return true;
    }
  }

  // Fails that leave the attestation itself standing: they make a reservation, if anything.
  [[nodiscard]] bool only_reserved(Question question) const {
    switch (question) {
      case Question::status:
        return !revoked_;
      case Question::holder:
        return !holder_contradicts_ && contains_reservation(Reservation::presentation_expired);
      case Question::accreditation_now:
      case Question::recognition:
      case Question::validity:
      case Question::disclosure:
        return true;
      default:
        return false;
    }
  }
  [[nodiscard]] bool contains_reservation(Reservation reservation) const {
    return std::ranges::find(verdict_.reservations, reservation) != verdict_.reservations.end();
  }

  void conclude() {
    bool unknown = clock_contradicts_;
    bool refuted = false;
    for (std::size_t i = 0; i < kQuestionCount; ++i) {
      const auto question = static_cast<Question>(i);
      const Finding& finding = verdict_.findings[i];
      if (question == Question::network) {
        unknown |= !finding.passed() && at(Question::well_formed).passed();
      } else if (finding.failed()) {
        refuted |= !only_reserved(question);
      } else if (!finding.passed()) {
        unknown |= asked(question);
      }
    }
    if (refuted) {
      verdict_.overall = Overall::not_certified;
    } else if (unknown) {
      verdict_.overall = Overall::cannot_evaluate;
    } else {
      verdict_.overall =
          verdict_.reservations.empty() ? Overall::certified : Overall::certified_but;
    }
    if (verdict_.overall != Overall::certified_but) verdict_.reservations.clear();
    std::ranges::sort(verdict_.reservations);
  }

  const Policy& policy_;
  const VerdictOptions& options_;
  const Date on_;
  Verdict verdict_;
  bool clock_contradicts_ = false;
  bool revoked_ = false;
  bool holder_contradicts_ = false;
};

}  // namespace

Verdict judge_presentation(ByteView presentation, const Policy& policy,
                           const VerdictOptions& options) {
  return Judge(policy, options).run(presentation);
}

}  // namespace footproof
