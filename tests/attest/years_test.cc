// Trust across years: validator sets come and go, a presentation stays. The epochs are signed by
// the fixture's own keys; tests/ledger/forty_epochs_test.cc has a ledger that makes them.
#include <gtest/gtest.h>

#include <functional>
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

// Whoever has the policy of the first day is shown something forty epochs later, with the hops
// between. What of them does not hold refuses the whole; what the policy cannot know, it cannot
// judge.
class Hops : public ::testing::Test {
 protected:
  Hops() {
    for (std::size_t epoch = 0; epoch < 40; ++epoch) {
      if (epoch == 3) of_epoch_3 = encode_presentation(present(it.log, it.attestation));
      it.log.advance(kYear / 40);
      it.log.begin_epoch(4 + epoch % 4);
    }
    first = through_a_file(it.policy);
    shown = present(it.log, it.attestation);
    shown.hops = it.log.hops();
  }

  [[nodiscard]] Verdict judge(const Policy& policy) const {
    return judge_presentation(encode_presentation(shown), policy, testing::options_at(it.log));
  }
  // Of what must not be believed: the line that says why.
  [[nodiscard]] std::string refused(const std::function<void(Presentation&)>& change) const {
    Presentation changed = shown;
    change(changed);
    const Verdict verdict =
        judge_presentation(encode_presentation(changed), first, testing::options_at(it.log));
    EXPECT_EQ(verdict.overall, Overall::not_certified) << verdict.summary();
    EXPECT_TRUE(verdict.at(Question::well_formed).failed());
    EXPECT_EQ(verdict.walked, nullptr);
    return verdict.at(Question::well_formed).reason;
  }

  Certified it;
  Policy first;
  Bytes of_epoch_3;
  Presentation shown;
};

TEST_F(Hops, APolicyOfEpoch0JudgesAPresentationOfEpoch40) {
  const Verdict verdict = judge(first);
  EXPECT_EQ(verdict.summary(), "certified");
  const std::string network = verdict.at(Question::network).reason;
  EXPECT_NE(network.find("epoch 40"), std::string::npos) << network;
  EXPECT_NE(network.find("by 40 hops"), std::string::npos) << network;
  ASSERT_NE(verdict.walked, nullptr);
  EXPECT_EQ(verdict.walked->epochs, it.log.policy().epochs);
  // Without them it cannot.
  Presentation bare = shown;
  bare.hops.clear();
  const Verdict without =
      judge_presentation(encode_presentation(bare), first, testing::options_at(it.log));
  EXPECT_EQ(without.overall, Overall::cannot_evaluate);
  EXPECT_EQ(without.walked, nullptr);
}

TEST_F(Hops, AFileOfEpoch3VerifiesUnderThePolicyOfEpoch40) {
  VerdictOptions options = testing::options_at(it.log);
  options.age_max = 20 * kYear;
  options.on = utc_day(testing::kFixtureGenesis).plus(300);
  const Policy today = through_a_file(it.log.policy());
  const Verdict verdict = judge_presentation(of_epoch_3, today, options);
  EXPECT_EQ(verdict.summary(), "certified");
  EXPECT_NE(verdict.at(Question::network).reason.find("epoch 3"), std::string::npos);
  // And under one that was walked there.
  const Policy walked = through_a_file(walk_hops(first, it.log.hops()).value());
  EXPECT_EQ(judge_presentation(of_epoch_3, walked, options).summary(), "certified");
}

TEST_F(Hops, AreVerifiedWhereThePolicyKnowsThemToo) {
  const Policy today = it.log.policy();
  EXPECT_EQ(judge(today).summary(), "certified");
  Policy half = today;
  half.epochs.resize(20);
  half.epochs.back().last_size.reset();
  half.epochs.back().last_root.reset();
  half.epochs.back().last_day.reset();
  EXPECT_EQ(judge(half).summary(), "certified");
  // A policy that was told something else about an epoch between.
  Policy other = today;
  other.epochs[7].last_root = sha256(as_bytes("another root"));
  EXPECT_EQ(judge(other).overall, Overall::not_certified);
}

TEST_F(Hops, ThatBeginTooLateOrTooEarlySayNothing) {
  Presentation late = shown;
  late.hops.erase(late.hops.begin());
  const Verdict verdict =
      judge_presentation(encode_presentation(late), first, testing::options_at(it.log));
  EXPECT_EQ(verdict.overall, Overall::cannot_evaluate);
  EXPECT_NE(verdict.at(Question::network).reason.find("hop 0: leaves epoch 1"), std::string::npos)
      << verdict.at(Question::network).reason;
  Policy forgetful = it.log.policy();
  forgetful.epochs.erase(forgetful.epochs.begin(), forgetful.epochs.begin() + 5);
  EXPECT_EQ(judge(forgetful).overall, Overall::cannot_evaluate);
  EXPECT_EQ(judge(FixtureLog(4, "elsewhere").policy()).overall, Overall::cannot_evaluate);
}

TEST_F(Hops, LiesAreRefusedByName) {
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(refused([](Presentation& lie) { lie.hops.erase(lie.hops.begin() + 5); }),
      "hop 5: leaves epoch 6 where that of epoch 5 must follow");
  has(refused([](Presentation& lie) { lie.hops.pop_back(); }),
      "hops: lead to epoch 39, the receipt is of epoch 40");
  has(refused([](Presentation& lie) { std::swap(lie.hops[8], lie.hops[9]); }), "hop 8");
  has(refused([](Presentation& lie) { lie.hops[3] = lie.hops[2]; }), "hop 3");
  has(refused([](Presentation& lie) {
        auto record = parse_validators_record(lie.hops[11].validators).value();
        record.members.front().tls_pin = Digest{};
        lie.hops[11].validators = encode(record);
      }),
      "hop 11: state proof");
  has(refused(
          [](Presentation& lie) { std::swap(lie.hops[17].checkpoint, lie.hops[18].checkpoint); }),
      "hop 17: checkpoint");
  has(refused([](Presentation& lie) {
        Note note = parse_note(as_bytes(lie.hops[20].checkpoint)).value();
        note.signatures.front().signature.back() ^= 1;
        lie.hops[20].checkpoint = encode(note);
      }),
      "hop 20");
  FixtureLog elsewhere(4, "elsewhere");
  elsewhere.begin_epoch(4);
  has(refused([&](Presentation& lie) { lie.hops[0] = elsewhere.hops()[0]; }), "hop 0");
}

TEST_F(Hops, NoChangedByteIsBelieved) {
  const Bytes good = encode_presentation(shown);
  for (std::size_t at = 0; at < good.size(); at += 211) {
    Bytes changed = good;
    changed[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    const Verdict verdict = judge_presentation(changed, first, testing::options_at(it.log));
    ASSERT_NE(verdict.overall, Overall::certified) << "byte " << at;
    ASSERT_NE(verdict.overall, Overall::certified_but) << "byte " << at;
  }
}

}  // namespace
}  // namespace footproof
