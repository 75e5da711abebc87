#include "attest/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "attest/disclosure_profile.h"
#include "attest/x509.h"
#include "tests/attest/verdict_cases.h"
#include "tests/support/certificates.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {
namespace {

std::string lines_of(const Verdict& verdict) {
  std::string text = verdict.summary() + '\n';
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    text += std::string(to_text(static_cast<Question>(i))) + ": " +
            std::string(to_text(verdict.findings[i].outcome)) + ": " + verdict.findings[i].reason +
            '\n';
  }
  return text;
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
  const std::string chain =
      testing::certificate(it.log.sign_key(), it.log.sign_key(), "The Verifier");
  auto key = it.log.key_record();
  key.certificate_chain = parse_certificate_chain(as_bytes(chain)).value().digest;
  it.log.put_key(key);
  Presentation presentation;
  with_holder(it, presentation, "buyer");
  std::set<std::string> labels = profile_labels(*find_disclosure_profile("border"));
  presentation.openings = open_labels_with_documents(fixture_declaration(), labels, {0, 1}).value();
  presentation.disclosure_profile = "border";
  ASSERT_TRUE(sign_presentation(presentation, holder_key()));
  VerdictOptions options = testing::options_at(it.log);
  options.audience = "buyer";
  options.nonce = presentation.holder->nonce;
  options.certificate_chain = to_bytes(as_bytes(chain));
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
