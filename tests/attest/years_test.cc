// Trust across years: validator sets come and go, a presentation stays. The epochs are signed by
// the fixture's own keys; no network makes any yet.
#include <gtest/gtest.h>

#include <string>

#include "attest/policy.h"
#include "attest/verdict.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {
namespace {

using testing::Certified;
using testing::FixtureLog;
using testing::present;

constexpr std::uint64_t kYear = std::uint64_t{365} * 86'400;

// As a file on disk: what does not survive it is no trust policy.
Policy through_a_file(const Policy& policy) {
  auto parsed = parse_policy(as_bytes(encode(policy)));
  EXPECT_TRUE(parsed) << parsed.error().detail;
  return std::move(*parsed);
}

class TrustAcrossYears : public ::testing::Test {
 protected:
  TrustAcrossYears() {
    of_2026 = encode_presentation(present(it.log, it.attestation));
    policy_of_2026 = through_a_file(it.log.policy());
    early = it.log;
    for (const std::size_t validators : {5U, 7U, 4U}) {
      it.log.advance(kYear / 2);
      it.log.append({it.log.sign(it.log.attestation({sha256(as_bytes("of another")), 1}))});
      it.log.begin_epoch(validators);
    }
    policy_of_2027 = through_a_file(it.log.policy());
  }

  [[nodiscard]] static VerdictOptions options_at(Instant now) {
    VerdictOptions options;
    options.now = Instant{now.ms + 60'000};
    return options;
  }
  [[nodiscard]] static std::string reason_of(const Verdict& verdict, Question question) {
    return verdict.at(question).reason;
  }

  Certified it;
  Bytes of_2026;
  Policy policy_of_2026;
  Policy policy_of_2027;
  FixtureLog early;  // as its first validators left it, with their keys
};

TEST_F(TrustAcrossYears, AFileOfAnOldEpochVerifiesUnderANewerPolicy) {
  ASSERT_EQ(policy_of_2027.epochs.size(), 4U);
  VerdictOptions options = options_at(it.log.now());
  const Verdict stale = judge_presentation(of_2026, policy_of_2027, options);
  EXPECT_EQ(stale.summary(), "certified but stale");
  EXPECT_NE(reason_of(stale, Question::network).find("epoch 0"), std::string::npos);
  EXPECT_NE(reason_of(stale, Question::quorum).find("3 of 4"), std::string::npos);
  // Was it in force on the day the goods arrived? The age does not matter to whoever says so.
  options.on = utc_day(early.now());
  options.age_max = 10 * kYear;
  EXPECT_EQ(judge_presentation(of_2026, policy_of_2027, options).summary(), "certified");
}

TEST_F(TrustAcrossYears, AnOldAttestationIsProvenFreshByTheNewestSet) {
  const Bytes fresh = encode_presentation(present(it.log, it.attestation));
  const Verdict verdict = judge_presentation(fresh, policy_of_2027, options_at(it.log.now()));
  EXPECT_EQ(verdict.summary(), "certified");
  EXPECT_NE(reason_of(verdict, Question::network).find("epoch 3"), std::string::npos);
  // Recorded long before its checkpoint's epoch began.
  EXPECT_EQ(verdict.receipt.own_record->epoch, 0U);
  EXPECT_EQ(verdict.receipt.last_record->epoch, 3U);
}

TEST_F(TrustAcrossYears, APolicyThatDoesNotReachSaysSo) {
  const Bytes fresh = encode_presentation(present(it.log, it.attestation));
  const Verdict too_old = judge_presentation(fresh, policy_of_2026, options_at(it.log.now()));
  EXPECT_EQ(too_old.overall, Overall::cannot_evaluate);
  EXPECT_NE(reason_of(too_old, Question::network).find("get a newer policy"), std::string::npos);

  Policy short_memory = policy_of_2027;
  short_memory.epochs.erase(short_memory.epochs.begin(), short_memory.epochs.begin() + 2);
  const Verdict too_new =
      judge_presentation(of_2026, through_a_file(short_memory), options_at(it.log.now()));
  EXPECT_EQ(too_new.overall, Overall::cannot_evaluate);
  EXPECT_NE(reason_of(too_new, Question::network).find("earlier epochs"), std::string::npos);
}

// The keys of a set that left are stolen years later.
TEST_F(TrustAcrossYears, StolenKeysOfAnOldSetMakeNothingFresh) {
  FixtureLog forged = early;
  forged.advance(2 * kYear);
  const auto judged = [&](const FixtureLog& log) {
    VerdictOptions options = options_at(it.log.now());
    options.now = std::max(options.now, Instant{log.now().ms + 60'000});
    return judge_presentation(encode_presentation(present(log, it.attestation)), policy_of_2027,
                              options);
  };
  // The same head, said to be of today.
  const Verdict fresh = judged(forged);
  EXPECT_EQ(fresh.overall, Overall::not_certified);
  EXPECT_NE(reason_of(fresh, Question::quorum).find("had left"), std::string::npos)
      << reason_of(fresh, Question::quorum);
  // A longer log of their own: those sizes are another set's.
  while (forged.size() <= *policy_of_2027.epochs[0].last_size) forged.append({});
  EXPECT_EQ(judged(forged).overall, Overall::not_certified);
  // Another log of the very size at which they left.
  FixtureLog fork = early;
  while (fork.size() < *policy_of_2027.epochs[0].last_size) fork.append({});
  const Verdict at_the_end = judged(fork);
  EXPECT_EQ(at_the_end.overall, Overall::not_certified);
  EXPECT_NE(reason_of(at_the_end, Question::quorum).find("another root"), std::string::npos)
      << reason_of(at_the_end, Question::quorum);
}

// A key that was good when a statement was recorded stays good for it, whatever took its place.
TEST_F(TrustAcrossYears, ARenewedStatementKeyLeavesOldWorkStanding) {
  auto record = it.log.key_record();
  KeyEvent rotation;
  rotation.what = KeyEvent::What::rotate;
  rotation.origin =
      it.log.event(utc_day(it.log.now()), AuthorityRole::issuer, testing::kVerifierUri);
  rotation.successor = testing::key_from("renewed", Algorithm::eddsa).public_key().kid();
  record.events.push_back(rotation);
  it.log.put_key(record);
  it.log.append({});
  it.log.begin_epoch(4);
  const Verdict verdict =
      judge_presentation(encode_presentation(present(it.log, it.attestation)),
                         through_a_file(it.log.policy()), options_at(it.log.now()));
  EXPECT_EQ(verdict.summary(), "certified");
  EXPECT_TRUE(verdict.at(Question::key).passed());
}

}  // namespace
}  // namespace footproof
