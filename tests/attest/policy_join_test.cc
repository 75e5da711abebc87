// Joining trust policies: nothing that either knows is lost, and no contradiction gets through.
#include "attest/policy_join.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "attest/verdict.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {
namespace {

using testing::Certified;
using testing::present;

constexpr std::uint64_t kYear = std::uint64_t{365} * 86'400;

// The policies of five years, each as it was made then; epoch y begins in year y.
class PolicyJoin : public ::testing::Test {
 protected:
  PolicyJoin() {
    of_first_year = encode_presentation(present(it.log, it.attestation));
    for (const std::size_t validators : {5U, 7U, 4U, 6U}) {
      years.push_back(it.log.policy());
      it.log.advance(kYear);
      it.log.append({});
      it.log.begin_epoch(validators);
    }
    years.push_back(it.log.policy());
  }

  [[nodiscard]] static Policy from_epoch(Policy policy, std::size_t first) {
    policy.epochs.erase(policy.epochs.begin(),
                        policy.epochs.begin() + static_cast<std::ptrdiff_t>(first));
    return policy;
  }
  // Joined in either order, with the same answer.
  static Result<Policy> join(const Policy& a, const Policy& b) {
    auto one = join_policies(a, b);
    const auto other = join_policies(b, a);
    EXPECT_EQ(one.has_value(), other.has_value());
    if (one && other) {
      EXPECT_EQ(*one, *other);
    }
    return one;
  }
  // Refused in these words, with a remedy.
  static void expect_refused(const Policy& a, const Policy& b, const std::string& field,
                             const std::string& remedy = "rely on neither") {
    EXPECT_TRUE(check(a) && check(b)) << "each by itself is a policy";
    for (const auto& joined : {join_policies(a, b), join_policies(b, a)}) {
      ASSERT_FALSE(joined) << field;
      EXPECT_EQ(joined.error().code, Errc::mismatch);
      EXPECT_NE(joined.error().detail.find(field), std::string::npos) << joined.error().detail;
      EXPECT_NE(joined.error().detail.find(remedy), std::string::npos) << joined.error().detail;
    }
  }
  // The newest policy with one thing in it changed, against that of the second year.
  void expect_contradicted(const std::function<void(Policy&)>& change, const std::string& field) {
    Policy changed = years[4];
    change(changed);
    expect_refused(years[2], changed, field);
  }

  Certified it;
  Bytes of_first_year;
  std::vector<Policy> years;
};

TEST_F(PolicyJoin, OfOneHistoryAnyTwoThatMeetAreThatHistory) {
  for (std::size_t older = 0; older < years.size(); ++older) {
    for (std::size_t newer = older; newer < years.size(); ++newer) {
      for (std::size_t first = 0; first <= older; ++first) {
        const auto joined = join(years[older], from_epoch(years[newer], first));
        ASSERT_TRUE(joined) << joined.error().detail;
        EXPECT_EQ(*joined, years[newer]) << older << ' ' << newer << ' ' << first;
      }
    }
  }
}

// Whoever kept the policy of the first year judges files of the first year and of today.
TEST_F(PolicyJoin, AShortMemoryAndAnOldPolicyJudgeEveryYear) {
  const Policy of_today = from_epoch(years[4], 2);
  VerdictOptions options;
  options.now = Instant{it.log.now().ms + 60'000};
  options.age_max = 10 * kYear;
  options.on = Date::parse("2026-06-01").value();
  const auto judged = [&](const Bytes& file, const Policy& policy) {
    return judge_presentation(file, policy, options).summary();
  };
  const Bytes fresh = encode_presentation(present(it.log, it.attestation));
  EXPECT_EQ(judged(of_first_year, of_today), "cannot evaluate");
  EXPECT_EQ(judged(fresh, years[2]), "cannot evaluate");
  const auto joined = join(years[2], of_today);
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_EQ(judged(of_first_year, *joined), "certified");
  EXPECT_EQ(judged(fresh, *joined), "certified");
}

TEST_F(PolicyJoin, TwoNetworksAreNeverOne) {
  expect_refused(years[2], testing::FixtureLog(4, "elsewhere").policy(),
                 "chain:", "keep them apart");
}

TEST_F(PolicyJoin, AGapIsNamedAndHowToCloseIt) {
  expect_refused(years[1], from_epoch(years[4], 3),
                 "epochs: one ends with epoch 1, the other "
                 "begins with epoch 3",
                 "get one that holds epoch 1");
  // Next to one another is not enough: where the earlier one ended would be unknown.
  expect_refused(years[1], from_epoch(years[4], 2), "where epoch 1 ended is in neither",
                 "get one that holds epoch 1");
  EXPECT_TRUE(join(years[1], from_epoch(years[4], 1)));
}

TEST_F(PolicyJoin, OtherValidatorsInOneEpochAreRefused) {
  const auto stranger = it.log.policy().newest().members[0];
  expect_contradicted([&](Policy& p) { p.epochs[1].members.pop_back(); }, "epoch 1: validators:");
  expect_contradicted(
      [&](Policy& p) {
        // Of the same name, with keys that nobody else has.
        auto& member = p.epochs[1].members[0];
        const auto key = testing::key_from("stranger", Algorithm::eddsa).public_key();
        member.cosign_key =
            NoteKey::make(member.cosign_key.name(), NoteKeyType::cosignature, key).value();
      },
      "epoch 1: cosign key of validator-0");
  expect_contradicted(
      [&](Policy& p) {
        auto& member = p.epochs[1].members[0];
        const auto key = testing::key_from("stranger", Algorithm::eddsa).public_key();
        member.log_key = NoteKey::make(p.origin, NoteKeyType::ed25519, key).value();
      },
      "epoch 1: log key of validator-0");
}

TEST_F(PolicyJoin, OtherSizesRootsAndDaysAreRefused) {
  const auto longer = [](Policy& p, std::size_t epoch) {
    ++*p.epochs[epoch].last_size;
    ++p.epochs[epoch + 1].first_size;
  };
  expect_contradicted([&](Policy& p) { longer(p, 0); }, "epoch 0: last size:");
  // Of an epoch that the older one has as its newest, where it began.
  Policy later = years[4];
  longer(later, 1);
  expect_refused(from_epoch(years[2], 2), later, "epoch 2: first size:");
  expect_contradicted([](Policy& p) { p.epochs[0].last_root = Digest{}; }, "epoch 0: root:");
  expect_contradicted([](Policy& p) { p.epochs[0].last_day = p.epochs[0].last_day->plus(-1); },
                      "epoch 0: ended:");
}

// The older policy was made when epoch 2 was in force: it cannot have ended before that day.
TEST_F(PolicyJoin, AnEpochThatWasStillInForceLaterIsRefused) {
  const Date made = years[2].made_on;
  Policy late = years[2];
  late.made_on = years[4].epochs[2].last_day->plus(1);
  expect_refused(late, years[4], "epoch 2: ended: on");
  late.made_on = *years[4].epochs[2].last_day;
  EXPECT_TRUE(join(late, years[4]));
  EXPECT_LT(made, late.made_on);
}

TEST_F(PolicyJoin, TheOneThatKnowsMoreMustNotBeOlder) {
  Policy late = years[2];
  late.made_on = years[4].made_on.plus(1);
  expect_refused(late, years[4], "made: one of");
  // Of two with the same epochs, the day it was made on is the later one.
  Policy again = years[4];
  again.made_on = again.made_on.plus(30);
  EXPECT_EQ(join(years[4], again)->made_on, again.made_on);
}

// An old validator's key in another one's hand shows only when both are seen together.
TEST_F(PolicyJoin, AKeyInTwoHandsAcrossTheTwoIsRefused) {
  Policy newer = from_epoch(years[4], 2);
  auto& member = newer.epochs[1].members[0];
  member.cosign_key = NoteKey::make(member.cosign_key.name(), NoteKeyType::cosignature,
                                    years[2].epochs[0].members[1].cosign_key.key())
                          .value();
  ASSERT_TRUE(check(newer));
  const auto joined = join(years[2], newer);
  ASSERT_FALSE(joined);
  EXPECT_NE(joined.error().detail.find("two hands"), std::string::npos) << joined.error().detail;
}

}  // namespace
}  // namespace footproof
