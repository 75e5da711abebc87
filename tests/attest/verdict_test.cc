#include "attest/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "attest/disclosure_profile.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {
namespace {

using testing::Certified;
using testing::fixture_declaration;
using testing::present;

constexpr std::uint64_t kDayMs = 86'400'000;

std::string lines_of(const Verdict& verdict) {
  std::string text = verdict.summary() + '\n';
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    text += std::string(to_text(static_cast<Question>(i))) + ": " +
            std::string(to_text(verdict.findings[i].outcome)) + ": " + verdict.findings[i].reason +
            '\n';
  }
  return text;
}

// One case a line and outcome: what is changed, and what the verdict must say then.
struct VerdictCase {
  std::string name;
  std::function<void(Certified&, Presentation&, VerdictOptions&)> change;
  Question question;
  Outcome outcome;
  Overall overall;
  std::vector<Reservation> reservations = {};
};

// What is changed on the ledger shows only in a presentation made afterwards.
void re_present(Certified& it, Presentation& presentation) {
  it.log.advance(60);
  it.log.append({});
  presentation = present(it.log, it.attestation);
}

void with_status(Certified& it, Presentation& presentation, StatusEvent::What what,
                 std::optional<Reason> reason, Date effective) {
  it.log.add_status(it.attestation, it.log.status_event(what, effective, reason));
  re_present(it, presentation);
}

void with_accreditation_event(Certified& it, Presentation& presentation, AccreditationAction what,
                              Date effective) {
  auto record = it.log.accreditation();
  AccreditationEvent event;
  event.what = what;
  event.origin = it.log.event(effective, AuthorityRole::accreditation_body, testing::kBodyUri);
  event.reason = Reason::misstatement;
  record.events.push_back(event);
  it.log.put_accreditation(record);
  re_present(it, presentation);
}

// Replaces the attestation by one that says something else.
void attest_again(Certified& it, Presentation& presentation,
                  const std::function<void(Attestation&)>& change) {
  Attestation attestation = it.log.attestation(testing::subject_of(fixture_declaration()));
  change(attestation);
  it.attestation = it.log.sign(attestation);
  it.log.append({it.attestation});
  re_present(it, presentation);
}

const SigningKey& holder_key() {
  static const SigningKey key = testing::key_from("holder", Algorithm::es256);
  return key;
}

void with_holder(Certified& it, Presentation& presentation, const std::string& audience,
                 std::optional<Instant> expiry = {}) {
  attest_again(it, presentation, [](Attestation& attestation) {
    attestation.holder_key = holder_key().public_key();
  });
  presentation.holder = HolderBinding{audience, random_bytes(16), expiry, {}};
  ASSERT_TRUE(sign_presentation(presentation, holder_key()));
}

std::vector<VerdictCase> ledger_cases() {
  using P = Presentation;
  using O = VerdictOptions;
  const Date first = utc_day(testing::kFixtureGenesis);
  return {
      {"plain", [](Certified&, P&, O&) {}, Question::well_formed, Outcome::pass,
       Overall::certified},
      {"another_network",
       [](Certified& it, P&, O&) { it.policy = testing::FixtureLog(4, "elsewhere").policy(); },
       Question::network, Outcome::fail, Overall::cannot_evaluate},
      {"old_policy",
       [](Certified&, P& p, O&) {
         auto last = parse_block_record(p.receipt.last_record.record).value();
         last.epoch = 3;
         p.receipt.last_record.record = encode(last);
       },
       Question::network, Outcome::not_checked, Overall::cannot_evaluate},
      {"one_cosignature_too_few",
       [](Certified& it, P& p, O&) {
         p.receipt.checkpoint = it.log.checkpoint({0, 1}, it.log.now().seconds());
       },
       Question::quorum, Outcome::fail, Overall::not_certified},
      {"wrong_path", [](Certified&, P& p, O&) { p.receipt.path[0].bytes[0] ^= 1; },
       Question::inclusion, Outcome::fail, Overall::not_certified},
      {"junk_signature",
       [](Certified& it, P& p, O&) {
         Bytes junk = it.attestation.bytes();
         junk.back() ^= 1;
         it.attestation = parse_statement(junk).value();
         it.log.append({it.attestation});
         re_present(it, p);
       },
       Question::signature, Outcome::fail, Overall::not_certified},
      {"compromised_key",
       [](Certified& it, P& p, O&) {
         auto record = it.log.key_record();
         KeyEvent event;
         event.what = KeyEvent::What::compromised;
         event.origin =
             it.log.event(utc_day(it.log.now()), AuthorityRole::issuer, testing::kVerifierUri);
         event.since = testing::kFixtureGenesis;
         record.events.push_back(event);
         it.log.put_key(record);
         re_present(it, p);
       },
       Question::key, Outcome::fail, Overall::not_certified},
      {"scope_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.scope = "battery.cfb"; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"scheme_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.scheme = {"pact", "3.0"}; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"standard_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.standards = {"iso9001"}; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"level_not_covered",
       [](Certified& it, P& p, O&) {
         auto record = it.log.accreditation();
         record.events[0].scopes->at(0).assurance_max = Assurance::limited;
         it.log.put_accreditation(record);
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"accreditation_of_somebody_else",
       [](Certified& it, P& p, O&) {
         auto record = it.log.accreditation();
         record.verifier = "https://other.example";
         it.log.put_accreditation(record);
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"no_such_accreditation",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.accreditation.id = "KOLAS-PCF-999"; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_is_none",
       [](Certified& it, P& p, O&) {
         it.log.state.erase(state_key::party(testing::kBodyUri));
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_was_removed_before_it_was_recorded",
       [](Certified& it, P& p, O&) {
         const Digest key = state_key::party(testing::kBodyUri);
         auto body = parse_party_record(*it.log.state.find(key)).value();
         body.events.push_back({PartyEvent::What::remove,
                                it.log.event(utc_day(it.log.now()), AuthorityRole::ballot, "")});
         it.log.state.put(key, encode(body));
         it.log.append({});
         it.log.advance(60);
         attest_again(it, p, [](Attestation&) {});
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_was_removed_later",
       [](Certified& it, P& p, O&) {
         it.log.advance(60);
         const Digest key = state_key::party(testing::kBodyUri);
         auto body = parse_party_record(*it.log.state.find(key)).value();
         body.events.push_back({PartyEvent::What::remove,
                                it.log.event(utc_day(it.log.now()), AuthorityRole::ballot, "")});
         it.log.state.put(key, encode(body));
         re_present(it, p);
       },
       Question::accreditation, Outcome::pass, Overall::certified},
      {"withdrawn_before_it_was_recorded",
       [first](Certified& it, P& p, O&) {
         with_accreditation_event(it, p, AccreditationAction::withdraw, first);
         attest_again(it, p, [](Attestation&) {});
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"withdrawn_later_in_the_same_block",
       [first](Certified& it, P& p, O&) {
         const Attestation attestation =
             it.log.attestation(testing::subject_of(fixture_declaration()));
         it.attestation = it.log.sign(attestation);
         auto record = it.log.accreditation();
         AccreditationEvent event;
         event.what = AccreditationAction::withdraw;
         event.origin = it.log.event(first, AuthorityRole::accreditation_body, testing::kBodyUri);
         event.reason = Reason::misstatement;
         record.events.push_back(event);
         it.log.put_accreditation(record);
         it.log.append({it.attestation});
         p = present(it.log, it.attestation);
       },
       Question::accreditation_now,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::accreditation_withdrawn}},
      {"withdrawn_retroactively",
       [first](Certified& it, P& p, O&) {
         with_accreditation_event(it, p, AccreditationAction::withdraw, first);
       },
       Question::accreditation_now,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::accreditation_withdrawn}},
      {"withdrawn_later",
       [first](Certified& it, P& p, O& o) {
         it.log.advance(86'400 * 30);
         with_accreditation_event(it, p, AccreditationAction::withdraw, first.plus(20));
         o = testing::options_at(it.log);
       },
       Question::accreditation_now, Outcome::pass, Overall::certified},
      {"regime_not_asked", [](Certified&, P&, O&) {}, Question::recognition, Outcome::not_checked,
       Overall::certified},
      {"regime_recognised", [](Certified&, P&, O& o) { o.regime = "iaf-mla"; },
       Question::recognition, Outcome::pass, Overall::certified},
      {"regime_not_recognised",
       [](Certified&, P&, O& o) { o.regime = "eu-nab"; },
       Question::recognition,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_recognised}},
      {"regime_of_the_body_only",
       [](Certified&, P&, O& o) { o.regime = "kitech"; },
       Question::recognition,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_recognised}},
      {"suspended",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::suspended}},
      {"reinstated",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
         with_status(it, p, StatusEvent::What::reinstate, Reason::cleared, first);
       },
       Question::status, Outcome::pass, Overall::certified},
      {"superseded",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::supersede, {}, first);
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::superseded}},
      {"revoked",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud, first);
       },
       Question::status, Outcome::fail, Overall::not_certified},
      // Recorded at 08:00 in Seoul, while the UTC day is still yesterday.
      {"revoked_on_the_day_that_has_begun_elsewhere",
       [](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud,
                     utc_day(it.log.now()).plus(1));
       },
       Question::status, Outcome::fail, Overall::not_certified},
      {"reinstated_only_from_the_day_that_has_begun_elsewhere",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
         with_status(it, p, StatusEvent::What::reinstate, Reason::cleared,
                     utc_day(it.log.now()).plus(1));
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::suspended}},
      {"revoked_after_the_day_asked",
       [first](Certified& it, P& p, O& o) {
         it.log.advance(86'400 * 30);
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud, first.plus(20));
         o = testing::options_at(it.log);
         o.on = first.plus(10);
       },
       Question::status, Outcome::pass, Overall::certified},
      {"stale",
       [](Certified&, P&, O& o) { o.now.ms += 8 * kDayMs; },
       Question::status,
       Outcome::pass,
       Overall::certified_but,
       {Reservation::stale}},
      {"older_than_the_age_asked",
       [](Certified&, P&, O& o) { o.age_max = 59; },
       Question::status,
       Outcome::pass,
       Overall::certified_but,
       {Reservation::stale}},
      {"as_old_as_allowed", [](Certified&, P&, O& o) { o.age_max = 60; }, Question::status,
       Outcome::pass, Overall::certified},
      {"clock_behind_the_checkpoint",
       [](Certified& it, P&, O& o) { o.now.ms = it.log.now().ms - 301'000; }, Question::status,
       Outcome::not_checked, Overall::cannot_evaluate},
      {"clock_a_little_behind",
       [first](Certified& it, P&, O& o) {
         o.on = first;
         o.now.ms = it.log.now().ms - 299'000;
       },
       Question::status, Outcome::pass, Overall::certified},
      {"not_yet_valid",
       [first](Certified&, P&, O& o) { o.on = first.plus(-1); },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_yet_valid}},
      {"expired",
       [first](Certified&, P&, O& o) { o.on = first.plus(3 * 365 + 1); },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::expired}},
      {"last_day_of_validity", [first](Certified&, P&, O& o) { o.on = first.plus(3 * 365); },
       Question::validity, Outcome::pass, Overall::certified},
      {"expired_and_stale",
       [](Certified&, P&, O& o) { o.now.ms += 4 * 365 * kDayMs; },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::expired, Reservation::stale}},
  };
}

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

std::vector<VerdictCase> all_cases() {
  auto cases = ledger_cases();
  for (auto& more : {declaration_cases(), holder_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

class VerdictTest : public ::testing::TestWithParam<VerdictCase> {};

TEST_P(VerdictTest, SaysWhatItMust) {
  const auto& [name, change, question, outcome, overall, reservations] = GetParam();
  Certified it;
  Presentation presentation = present(it.log, it.attestation);
  VerdictOptions options = testing::options_at(it.log);
  change(it, presentation, options);
  const Verdict verdict = it.judge(presentation, options);
  EXPECT_EQ(verdict.at(question).outcome, outcome) << lines_of(verdict);
  EXPECT_EQ(verdict.overall, overall) << lines_of(verdict);
  EXPECT_EQ(verdict.reservations, reservations) << lines_of(verdict);
  for (const Finding& finding : verdict.findings) EXPECT_FALSE(finding.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(Lines, VerdictTest, ::testing::ValuesIn(all_cases()),
                         [](const auto& c) { return c.param.name; });

TEST(Verdict, EveryLineHasACaseThatFails) {
  const auto cases = all_cases();
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    const auto question = static_cast<Question>(i);
    EXPECT_TRUE(std::ranges::any_of(cases, [question](const VerdictCase& one) {
      return one.question == question && one.outcome == Outcome::fail;
    })) << to_text(question);
  }
}

TEST(Verdict, EveryLinePassesWhereEverythingIsAskedAndRight) {
  Certified it;
  Presentation presentation;
  with_holder(it, presentation, "buyer");
  std::set<std::string> labels = profile_labels(*find_disclosure_profile("border"));
  presentation.openings = open_labels_with_documents(fixture_declaration(), labels, {0, 1}).value();
  presentation.disclosure_profile = "border";
  ASSERT_TRUE(sign_presentation(presentation, holder_key()));
  VerdictOptions options = testing::options_at(it.log);
  options.audience = "buyer";
  options.nonce = presentation.holder->nonce;
  options.regime = "iaf-mla";
  options.document = testing::fixture_report();
  options.disclosure_profile = "border";
  const Verdict verdict = it.judge(presentation, options);
  EXPECT_EQ(verdict.summary(), "certified");
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    EXPECT_TRUE(verdict.findings[i].passed()) << lines_of(verdict);
  }
}

TEST(Verdict, PremiseThatFailedLeavesTheRestUnchecked) {
  Certified it;
  Presentation presentation = present(it.log, it.attestation);
  presentation.receipt.checkpoint = it.log.checkpoint({0, 1}, it.log.now().seconds());
  const Verdict verdict = it.judge(presentation);
  for (const Question question :
       {Question::inclusion, Question::signature, Question::key, Question::accreditation,
        Question::accreditation_now, Question::recognition, Question::status, Question::validity,
        Question::membership, Question::openings, Question::document, Question::disclosure,
        Question::holder}) {
    EXPECT_EQ(verdict.at(question).outcome, Outcome::not_checked) << to_text(question);
  }
}

TEST(Verdict, OneOfManyNeedsBothStatusProofs) {
  Certified it;
  const auto tree = testing::tree_of(fixture_declaration());
  std::vector<Bytes> entries;
  for (const std::string_view filler : {"a", "b", "c"}) {
    entries.push_back(to_bytes(sha256(as_bytes(filler)).view()));
  }
  entries.insert(entries.begin() + 2, declaration_entry(tree));
  const Subject subject = make_subject(entries).value();
  it.attestation = it.log.sign(it.log.attestation(subject));
  it.log.append({it.attestation});
  const auto shown = [&](const std::optional<Digest>& root) {
    Presentation presentation = present(it.log, it.attestation);
    presentation.position = 2;
    presentation.subject_path = subject_path(entries, 2).value();
    presentation.receipt = it.log.receipt(it.attestation, root);
    return presentation;
  };
  EXPECT_EQ(it.judge(shown(tree.root)).overall, Overall::certified);
  EXPECT_EQ(it.judge(shown({})).overall, Overall::not_certified);
  // The status of some other declaration under it.
  EXPECT_EQ(it.judge(shown(sha256(as_bytes("other")))).overall, Overall::not_certified);

  it.log.add_status(
      it.attestation,
      it.log.status_event(StatusEvent::What::revoke, utc_day(it.log.now()), Reason::misstatement),
      tree.root);
  it.log.append({});
  EXPECT_EQ(it.judge(shown(tree.root)).overall, Overall::not_certified);
  EXPECT_EQ(it.judge(shown(sha256(as_bytes("other")))).overall, Overall::not_certified);
}

TEST(Verdict, WorksWithFiveAndSevenValidators) {
  for (const std::size_t validators : {5U, 7U}) {
    const Certified it(validators);
    EXPECT_EQ(it.judge_now().overall, Overall::certified) << lines_of(it.judge_now());
  }
}

TEST(Verdict, SummaryNamesEveryReservation) {
  Certified it;
  VerdictOptions options = testing::options_at(it.log);
  options.now.ms += 4 * 365 * kDayMs;
  options.regime = "eu-nab";
  const Verdict verdict = it.judge(present(it.log, it.attestation), options);
  EXPECT_EQ(verdict.summary(), "certified but expired, stale, not-recognised");
  EXPECT_EQ(verdict.exit_code(), 1);
}

}  // namespace
}  // namespace footproof
