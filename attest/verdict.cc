#include "attest/verdict.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "attest/disclosure_profile.h"
#include "attest/ledger_lines.h"
#include "attest/opening.h"
#include "attest/printable.h"
#include "attest/subject.h"

namespace footproof {
namespace {

// One run over one presentation. Each judge_…() sets the findings of its lines.
class Judge {
 public:
  Judge(const Policy& policy, const VerdictOptions& options)
      : policy_(&policy), options_(options), on_(options.on.value_or(utc_day(options.now))) {}

  Verdict run(ByteView bytes) {
    if (parse(bytes)) {
      if (options_.known_by && verdict_.receipt.signature.passed()) {
        verdict_.receipt.key =
            key_as_known(verdict_.receipt, known_to_reader(verdict_.receipt, options_));
      }
      copy_receipt_findings();
      if (verdict_.receipt.holds()) ledger_ = judge_ledger_lines(verdict_, options_, on_);
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
    verdict_.receipt = verify_receipt(shown.receipt, *policy_);
    const ReceiptCheck& receipt = verdict_.receipt;
    if (!receipt.well_formed.passed()) return refuse(receipt.well_formed.reason);
    // Of another network than the policy, they could not be judged, nor anything else.
    if (!shown.hops.empty() && !receipt.network.failed()) {
      if (const auto walked = walk(); !walked) return refuse(walked.error().detail);
    }
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

  // Learns from the hops, all of which must hold. An error is one that does not. One that leaves an
  // epoch which the policy does not know says nothing: then the reader cannot evaluate.
  Result<void> walk() {
    auto walked = walk_hops(*policy_, presentation().hops);
    if (!walked && walked.error().code != Errc::not_found) return fail(walked.error());
    ReceiptCheck& receipt = verdict_.receipt;
    if (!walked) {
      receipt.network = not_checked(walked.error().detail);
      receipt.quorum = receipt.inclusion = receipt.signature = receipt.key =
          not_checked("the hops begin at an epoch that the policy does not know");
      return {};
    }
    verdict_.walked = std::make_shared<const Policy>(std::move(*walked));
    const std::string from = std::to_string(policy_->newest().epoch);
    policy_ = verdict_.walked.get();
    receipt = verify_receipt(presentation().receipt, *policy_);
    if (receipt.network.passed()) {
      receipt.network.reason += ", by " + std::to_string(presentation().hops.size()) +
                                " hops beside a policy that knew epochs up to " + from;
    }
    return {};
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
      if (!found.absent.empty()) why += "; the declaration says nothing in " + joined(found.absent);
      line = passes(std::move(why));
      return;
    }
    line = fails("'" + id + "' also asks for " + joined(found.missing));
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
        return !ledger_.revoked;
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
    bool unknown = ledger_.clock_contradicts;
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

  const Policy* policy_;  // the reader's, or verdict_.walked
  const VerdictOptions& options_;
  const Date on_;
  Verdict verdict_;
  LedgerJudgement ledger_;
  bool holder_contradicts_ = false;
};

}  // namespace

Verdict judge_presentation(ByteView presentation, const Policy& policy,
                           const VerdictOptions& options) {
  return Judge(policy, options).run(presentation);
}

}  // namespace footproof
