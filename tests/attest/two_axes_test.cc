// The two time axes: on which day, and as known by which day. The worked example of
// docs/verifying.md is what these tests print.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "attest/late_anchoring.h"
#include "tests/attest/verdict_cases.h"

namespace footproof {
namespace {

class TwoAxes : public ::testing::Test {
 protected:
  // Certified on 2 March 2026; on 20 March its body revokes it, effective 10 March: the
  // misstatement was made before the goods of that day left.
  TwoAxes() {
    it_.log.advance(18 * 86'400);
    it_.log.add_status(it_.attestation, it_.log.status_event(StatusEvent::What::revoke,
                                                             first_.plus(8), Reason::misstatement));
    it_.log.append({});
    it_.log.advance(60);
    it_.log.append({});
    presentation_ = encode_presentation(present(it_.log, it_.attestation));
    options_ = testing::options_at(it_.log);
  }

  Verdict judge(std::optional<Date> on, std::optional<Date> known_by) {
    options_.on = on;
    options_.known_by = known_by;
    return judge_presentation(presentation_, it_.policy, options_);
  }
  std::string line(std::optional<Date> on, std::optional<Date> known_by) {
    const Finding finding = judge(on, known_by).at(Question::status);
    return (finding.passed() ? "PASS  " : "FAIL  ") + finding.reason;
  }

  const Date first_ = utc_day(testing::kFixtureGenesis);
  Certified it_;
  Bytes presentation_;
  VerdictOptions options_;
};

TEST_F(TwoAxes, AllFourCombinationsOfBeforeAndAfter) {
  const Date before_effect = first_.plus(7);
  const Date after_effect = first_.plus(8);
  const Date before_record = first_.plus(17);
  const Date after_record = first_.plus(18);
  EXPECT_EQ(judge(before_effect, before_record).summary(), "certified");
  EXPECT_EQ(judge(before_effect, after_record).summary(), "certified");
  EXPECT_EQ(judge(after_effect, before_record).summary(), "certified");
  EXPECT_EQ(judge(after_effect, after_record).summary(), "not certified");
  // Without a day known by: all that the checkpoint knows. Without a day: today, or worse.
  EXPECT_EQ(judge(before_effect, {}).summary(), "certified");
  EXPECT_EQ(judge(after_effect, {}).summary(), "not certified");
  EXPECT_EQ(judge({}, before_record).summary(), "certified");
  EXPECT_EQ(judge({}, {}).summary(), "not certified");
}

TEST_F(TwoAxes, TheWorkedExampleIsWhatIsPrinted) {
  std::ifstream in(FOOTPROOF_SOURCE_DIR "/docs/verifying.md");
  const std::string doc{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (const Date on : {first_.plus(7), first_.plus(8)}) {
    for (const Date known_by : {first_.plus(17), first_.plus(18)}) {
      const std::string command = "--as-of " + on.text() + " --known-by " + known_by.text() + "\n";
      EXPECT_NE(doc.find(command + line(on, known_by) + '\n'), std::string::npos)
          << command << line(on, known_by);
    }
  }
}

TEST_F(TwoAxes, WhatWasNotRecordedByThenIsNoVerdictAboutIt) {
  const auto verdict = judge(first_, first_.plus(-1));
  EXPECT_EQ(verdict.summary(), "certified but not-yet-recorded");
  EXPECT_TRUE(verdict.at(Question::status).failed());
  EXPECT_TRUE(verdict.at(Question::accreditation_now).passed());
}

// What was known by a day long past can be proven by an old checkpoint, if it is not older than
// that day.
TEST_F(TwoAxes, AnOldCheckpointIsNotStaleForAnOldQuestion) {
  options_.now.ms += 400 * kDayMs;
  EXPECT_EQ(judge(first_.plus(7), first_.plus(18)).summary(), "certified");
  EXPECT_EQ(judge(first_.plus(7), first_.plus(24)).summary(), "certified");
  EXPECT_EQ(judge(first_.plus(7), first_.plus(25)).summary(), "certified but stale");
  EXPECT_EQ(judge(first_.plus(7), {}).summary(), "certified but stale");
}

TEST_F(TwoAxes, ACompromiseReportedLaterWasNotKnownBefore) {
  auto record = it_.log.key_record();
  KeyEvent event;
  event.what = KeyEvent::What::compromised;
  event.origin =
      it_.log.event(utc_day(it_.log.now()), AuthorityRole::accreditation_body, testing::kBodyUri);
  event.since = testing::kFixtureGenesis;
  record.events.push_back(event);
  it_.log.put_key(record);
  it_.log.append({});
  presentation_ = encode_presentation(present(it_.log, it_.attestation));
  EXPECT_EQ(judge(first_.plus(1), first_.plus(17)).summary(), "certified");
  EXPECT_EQ(judge(first_.plus(1), {}).summary(), "not certified");
}

TEST_F(TwoAxes, AWithdrawalThatCameLaterWasNotKnownBefore) {
  auto record = it_.log.accreditation();
  AccreditationEvent event;
  event.what = AccreditationAction::withdraw;
  event.origin = it_.log.event(first_, AuthorityRole::accreditation_body, testing::kBodyUri);
  event.reason = Reason::misstatement;
  record.events.push_back(event);
  it_.log.put_accreditation(record);
  it_.log.append({});
  presentation_ = encode_presentation(present(it_.log, it_.attestation));
  EXPECT_EQ(judge(first_.plus(1), first_.plus(17)).summary(), "certified");
  EXPECT_EQ(judge(first_.plus(1), {}).summary(), "certified but accreditation-withdrawn");
}

// --- anchored late -------------------------------------------------------------------------------

class AnchoredLate : public ::testing::Test {
 protected:
  // Issued on the first day, recorded 100 days later; `change` may break what the body signed.
  Verdict judge(bool marked, const SigningKey& key,
                const std::function<void(Attestation&)>& change) {
    Attestation attestation =
        it_.log.attestation(testing::subject_of(testing::fixture_declaration()));
    it_.log.advance(100 * 86'400);
    attestation.countersignature =
        *countersign(key, it_.log.chain_id(), testing::kVerifierUri, attestation);
    change(attestation);
    it_.attestation = it_.log.sign(attestation);
    if (marked) {
      StatusEvent event;
      event.what = StatusEvent::What::anchored_late;
      event.origin = it_.log.event(attestation.issued_on, AuthorityRole::accreditation_body,
                                   testing::kBodyUri);
      event.origin.entry = it_.attestation.entry_id();
      it_.log.add_status(it_.attestation, event);
    }
    it_.log.append({it_.attestation});
    it_.log.advance(60);
    it_.log.append({});
    return judge_presentation(encode_presentation(present(it_.log, it_.attestation)), it_.policy,
                              testing::options_at(it_.log));
  }
  void suspend_accreditation() {
    auto record = it_.log.accreditation();
    AccreditationEvent event;
    event.what = AccreditationAction::suspend;
    event.origin = it_.log.event(utc_day(testing::kFixtureGenesis).plus(5),
                                 AuthorityRole::accreditation_body, testing::kBodyUri);
    event.reason = Reason::investigation;
    record.events.push_back(event);
    it_.log.put_accreditation(record);
    it_.log.append({});
  }
  // The body's sign key, registered.
  SigningKey body_key() {
    SigningKey key = testing::key_from("body sign", Algorithm::es256);
    KeyRecord record{std::string(testing::kBodyUri), KeyUsage::sign, key.public_key(), {}};
    record.events.push_back(
        {KeyEvent::What::add,
         it_.log.event(utc_day(testing::kFixtureGenesis), AuthorityRole::ballot, ""), std::nullopt,
         std::nullopt});
    it_.log.state.put(state_key::key(key.public_key().kid()), encode(record));
    return key;
  }
  static void as_it_is(Attestation&) {}

  Certified it_;
};

TEST_F(AnchoredLate, IsCertifiedAndSaysSo) {
  const SigningKey key = body_key();
  suspend_accreditation();
  const Verdict verdict = judge(true, key, as_it_is);
  EXPECT_EQ(verdict.summary(), "certified");
  EXPECT_NE(verdict.at(Question::accreditation).reason.find("anchored late"), std::string::npos);
}

TEST_F(AnchoredLate, WithoutTheMarkTheLossCounts) {
  const SigningKey key = body_key();
  suspend_accreditation();
  EXPECT_EQ(judge(false, key, as_it_is).summary(), "not certified");
}

TEST_F(AnchoredLate, TheMarkAloneProvesNothing) {
  const SigningKey key = body_key();
  EXPECT_EQ(judge(true, key, [](Attestation& a) { a.countersignature.reset(); }).summary(),
            "not certified");
}

TEST_F(AnchoredLate, AKeyOfSomebodyElseIsNoCountersignature) {
  const SigningKey stranger = testing::key_from("stranger", Algorithm::es256);
  const Verdict verdict = judge(true, stranger, as_it_is);
  EXPECT_EQ(verdict.summary(), "not certified");
  EXPECT_TRUE(verdict.at(Question::accreditation).failed());
}

TEST_F(AnchoredLate, ACountersignatureOverSomethingElseIsNone) {
  const SigningKey key = body_key();
  const Verdict verdict =
      judge(true, key, [](Attestation& a) { a.valid_until = a.valid_until.plus(1); });
  EXPECT_EQ(verdict.summary(), "not certified");
  EXPECT_NE(verdict.at(Question::accreditation).reason.find("does not verify"), std::string::npos);
}

TEST(LateAnchoring, RequestAndAnswerHaveOneSpelling) {
  Certified it;
  LateRequest request{it.log.chain_id(), std::string(testing::kVerifierUri),
                      it.log.attestation(testing::subject_of(testing::fixture_declaration()))};
  const Bytes bytes = encode(request);
  ASSERT_TRUE(parse_late_request(bytes));
  EXPECT_EQ(*parse_late_request(bytes), request);
  const SigningKey key = testing::key_from("body sign", Algorithm::es256);
  const Countersignature made =
      *countersign(key, request.chain_id, request.issuer, request.attestation);
  ASSERT_TRUE(parse_countersignature(encode(made)));
  EXPECT_EQ(*parse_countersignature(encode(made)), made);
  EXPECT_FALSE(parse_countersignature(bytes));
  EXPECT_FALSE(parse_late_request(encode(made)));
  request.attestation.countersignature = made;
  EXPECT_FALSE(parse_late_request(encode(request)));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_late_request(ByteView(bytes).first(size)));
  }
}

}  // namespace
}  // namespace footproof
