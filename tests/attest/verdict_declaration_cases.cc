// What the declaration shows: membership, openings, document, disclosure, holder.
#include "attest/opening.h"
#include "tests/attest/verdict_cases.h"

namespace footproof {

std::vector<VerdictCase> declaration_cases() {
  using P = Presentation;
  using O = VerdictOptions;
  return {
      {"garbage", [](Certified&, P& p, O&) { p.core_profile = "footproof-core-999"; },
       Question::well_formed, Outcome::fail, Overall::not_certified},
      {"unknown_disclosure_profile",
       [](Certified&, P& p, O&) { p.disclosure_profile = "everything"; }, Question::well_formed,
       Outcome::fail, Overall::not_certified},
      {"not_an_attestation",
       [](Certified& it, P& p, O&) {
         StatusChange change;
         change.target = it.attestation.entry_id();
         change.effective = utc_day(it.log.now());
         const auto statement = it.log.sign(change);
         it.log.append({statement});
         p.receipt = it.log.receipt(statement);
       },
       Question::well_formed, Outcome::fail, Overall::not_certified},
      {"another_declaration", [](Certified&, P& p, O&) { p.tree_size += 1; }, Question::openings,
       Outcome::fail, Overall::not_certified},
      {"attestation_of_another_declaration",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.root = sha256(as_bytes("other")); });
       },
       Question::membership, Outcome::fail, Overall::not_certified},
      {"position_beyond_the_subject", [](Certified&, P& p, O&) { p.position = 1; },
       Question::membership, Outcome::fail, Overall::not_certified},
      {"no_opening", [](Certified& it, P& p, O&) { p = present(it.log, it.attestation, "none"); },
       Question::openings, Outcome::pass, Overall::certified},
      {"changed_value", [](Certified&, P& p, O&) { p.openings.entries[0].value = absent_value(); },
       Question::membership, Outcome::fail, Overall::not_certified},
      {"no_document_given", [](Certified&, P&, O&) {}, Question::document, Outcome::not_checked,
       Overall::certified},
      {"document_asked_but_not_opened",
       [](Certified&, P&, O& o) { o.document = testing::fixture_document(); }, Question::document,
       Outcome::not_checked, Overall::cannot_evaluate},
      {"document_matches",
       [](Certified& it, P& p, O& o) {
         p.openings = open_labels_with_documents(fixture_declaration(), {}, {0, 1}).value();
         o.document = testing::fixture_report();
         (void)it;
       },
       Question::document, Outcome::pass, Overall::certified},
      {"document_differs",
       [](Certified&, P& p, O& o) {
         p.openings = open_labels_with_documents(fixture_declaration(), {}, {0, 1}).value();
         o.document = testing::fixture_report();
         o.document->push_back('\n');
       },
       Question::document, Outcome::fail, Overall::not_certified},
      {"disclosure_complete", [](Certified&, P&, O&) {}, Question::disclosure, Outcome::pass,
       Overall::certified},
      {"disclosure_incomplete_but_not_asked",
       [](Certified&, P& p, O&) { p.openings = open_labels(fixture_declaration(), {}).value(); },
       Question::disclosure, Outcome::fail, Overall::certified},
      {"disclosure_incomplete",
       [](Certified& it, P& p, O& o) {
         p = present(it.log, it.attestation, "none");
         o.disclosure_profile = "cbam-declarant";
       },
       Question::disclosure,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::incomplete_disclosure}},
  };
}

std::vector<VerdictCase> holder_cases() {
  using P = Presentation;
  using O = VerdictOptions;
  return {
      {"no_holder_key", [](Certified&, P&, O&) {}, Question::holder, Outcome::not_checked,
       Overall::certified},
      {"a_copy",
       [](Certified& it, P& p, O&) {
         with_holder(it, p, "buyer");
         p.holder.reset();
       },
       Question::holder, Outcome::not_checked, Overall::certified},
      {"a_copy_where_the_holder_was_asked_for",
       [](Certified& it, P& p, O& o) {
         with_holder(it, p, "buyer");
         p.holder.reset();
         o.audience = "buyer";
       },
       Question::holder, Outcome::not_checked, Overall::cannot_evaluate},
      {"audience_not_asked", [](Certified& it, P& p, O&) { with_holder(it, p, "buyer"); },
       Question::holder, Outcome::not_checked, Overall::certified},
      {"for_this_audience",
       [](Certified& it, P& p, O& o) {
         with_holder(it, p, "buyer");
         o.audience = "buyer";
         o.nonce = p.holder->nonce;
       },
       Question::holder, Outcome::pass, Overall::certified},
      {"for_another_audience",
       [](Certified& it, P& p, O& o) {
         with_holder(it, p, "buyer");
         o.audience = "rival";
       },
       Question::holder, Outcome::fail, Overall::not_certified},
      {"another_nonce",
       [](Certified& it, P& p, O& o) {
         with_holder(it, p, "buyer");
         o.audience = "buyer";
         o.nonce = random_bytes(16);
       },
       Question::holder, Outcome::fail, Overall::not_certified},
      {"audience_changed",
       [](Certified& it, P& p, O&) {
         with_holder(it, p, "buyer");
         p.holder->audience = "rival";
       },
       Question::holder, Outcome::fail, Overall::not_certified},
      {"opening_removed_after_signing",
       [](Certified& it, P& p, O&) {
         with_holder(it, p, "buyer");
         p.openings = open_labels(fixture_declaration(), {}).value();
       },
       Question::holder, Outcome::fail, Overall::not_certified},
      {"presentation_expired",
       [](Certified& it, P& p, O& o) {
         with_holder(it, p, "buyer", Instant{it.log.now().ms});
         o = testing::options_at(it.log);
         o.audience = "buyer";
       },
       Question::holder,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::presentation_expired}},
      {"holder_of_an_attestation_without_holder_key",
       [](Certified&, P& p, O&) {
         p.holder = HolderBinding{"buyer", {}, {}, {}};
         ASSERT_TRUE(sign_presentation(p, holder_key()));
       },
       Question::well_formed, Outcome::fail, Overall::not_certified},
  };
}

}  // namespace footproof
