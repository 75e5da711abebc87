#include "attest/policy.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using samples::day;
using samples::filled;
using samples::kOrigin;
using samples::signing_key;

ValidatorsRecord validators(std::uint64_t epoch, std::uint64_t from_size, std::size_t count) {
  ValidatorsRecord record{epoch, 0, from_size, quorum_of(count), samples::members(count)};
  return record;
}

// Four validators up to size 345, five from there on.
Policy two_epochs() {
  Policy policy{std::string(kOrigin), filled(0xcc), day("2026-11-24"), {}};
  policy.epochs.push_back(make_policy_epoch(kOrigin, validators(0, 0, 4)));
  policy.epochs.back().last_size = 345;
  policy.epochs.back().last_root = filled(0xab);
  policy.epochs.back().last_day = day("2026-06-30");
  policy.epochs.push_back(make_policy_epoch(kOrigin, validators(1, 345, 5)));
  return policy;
}

Policy seven_validators() {
  return {std::string(kOrigin),
          filled(0xcc),
          day("2026-11-24"),
          {make_policy_epoch(kOrigin, validators(0, 0, 7))}};
}

// A checkpoint with the log line of v0 and the cosignatures of these validators at these times.
Note note_of(std::uint64_t size, const std::vector<std::pair<int, std::uint64_t>>& cosignatures) {
  Note note{encode(Checkpoint{std::string(kOrigin), size, filled(0xee), {}}), {}};
  note.signatures.push_back(sign_note(signing_key(40), kOrigin, note.text));
  for (const auto& [validator, time] : cosignatures) {
    note.signatures.push_back(cosign(signing_key(static_cast<std::uint8_t>(30 + validator)),
                                     cosigner_name(kOrigin, "v" + std::to_string(validator)), time,
                                     note.text));
  }
  return note;
}

Result<TrustedCheckpoint> presented(const Policy& policy, const Note& note) {
  return judge_presented_checkpoint(policy, as_bytes(encode(note)));
}
Result<TrustedCheckpoint> live(const Policy& policy, const Note& note) {
  return judge_live_checkpoint(policy, as_bytes(encode(note)));
}

TEST(Policy, FileIsGolden) {
  const std::string golden = testing::golden_file("two_epochs.policy");
  EXPECT_EQ(encode(two_epochs()), golden);
  const auto parsed = parse_policy(as_bytes(golden));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, two_epochs());
}

TEST(Policy, WhatParsesHasOneSpelling) {
  const std::string golden = testing::golden_file("two_epochs.policy");
  for (std::size_t i = 0; i < golden.size(); ++i) {
    std::string changed = golden;
    changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1U << (i % 7)));
    const auto parsed = parse_policy(as_bytes(changed));
    if (parsed) {
      ASSERT_EQ(encode(*parsed), changed) << "byte " << i;
    }
  }
  EXPECT_FALSE(parse_policy(as_bytes(golden + "\n")).has_value());
  EXPECT_FALSE(parse_policy(as_bytes(golden + "# comment\n")).has_value());
  for (std::size_t size = 0; size < golden.size(); ++size) {
    ASSERT_FALSE(parse_policy(as_bytes(golden).first(size)).has_value());
  }
}

// The golden file with one text replaced, and what the refusal must say.
void expect_refused(std::string_view text, std::string_view by, std::string_view why) {
  std::string changed = testing::golden_file("two_epochs.policy");
  const auto at = changed.find(text);
  ASSERT_NE(at, std::string::npos) << text;
  changed.replace(at, text.size(), by);
  const auto parsed = parse_policy(as_bytes(changed));
  ASSERT_FALSE(parsed.has_value()) << by;
  EXPECT_NE(parsed.error().detail.find(why), std::string::npos) << parsed.error().detail;
}

TEST(Policy, AStatedQuorumIsComputedAgain) {
  expect_refused("quorum 3 of 4", "quorum 2 of 4", "4 validators need 3, not 2");
  expect_refused("quorum 4 of 5", "quorum 3 of 5", "5 validators need 4, not 3");
  expect_refused("group validators 4 ", "group validators 1 ", "line 27");
}

TEST(Policy, RefusalsNameTheLine) {
  expect_refused("policy 1", "policy 2", "line 1");
  expect_refused("# chain cc", "# chain CC", "line 2");
  expect_refused("# made 2026-11-24", "# made 2026-11-31", "line 4");
  expect_refused("sizes 346", "sizes 347", "epoch 1");
  expect_refused("sizes 346", "sizes 0346", "line 11");
  expect_refused("sizes 1 to 345", "sizes 1 to 0", "epoch 0");
  expect_refused("to now", "to 999", "expected");
  expect_refused("# member v0 ", "# member v9 ", "epoch 0");
  expect_refused("footproof.example/main/cc", "footproof.example/main/cd", "origin");
  expect_refused("witness validator/v1", "witness validator/v2", "line 23");
  expect_refused("log footproof", "log  footproof", "line 17");
}

TEST(Policy, ItsInvariantsAreChecked) {
  const auto refused = [](const std::function<void(Policy&)>& by, std::string_view why) {
    Policy policy = two_epochs();
    by(policy);
    const auto valid = check(policy);
    ASSERT_FALSE(valid.has_value()) << why;
    EXPECT_NE(valid.error().detail.find(why), std::string::npos) << valid.error().detail;
  };
  ASSERT_TRUE(check(two_epochs()).has_value());
  refused([](auto& p) { p.chain_id = filled(1); }, "origin");
  refused([](auto& p) { p.epochs.clear(); }, "epochs");
  refused([](auto& p) { p.epochs[0].members.pop_back(); }, "4 to 31");
  refused([](auto& p) { std::swap(p.epochs[0].members[0], p.epochs[0].members[1]); }, "ascend");
  refused([](auto& p) { p.epochs[0].last_root.reset(); }, "end");
  refused([](auto& p) { p.epochs[0].last_day.reset(); }, "end");
  refused([](auto& p) { p.epochs[1].last_day = day("2026-11-24"); }, "end");
  refused([](auto& p) { p.epochs[0].last_day = day("2026-11-25"); }, "after the policy was made");
  refused([](auto& p) { p.epochs[1].last_size = 900; }, "end");
  refused([](auto& p) { p.epochs[1].epoch = 2; }, "gap");
  refused([](auto& p) { p.epochs[1].first_size = 400; }, "gap");
  refused([](auto& p) { p.epochs[0].first_size = 2; }, "begins at size 1");
  // A cosign key that is somebody's log key, and a key in two hands across epochs.
  refused(
      [](auto& p) {
        p.epochs[1].members[4].log_key =
            NoteKey::make(std::string(kOrigin), NoteKeyType::ed25519, samples::public_key(30))
                .value();
      },
      "two hands or two roles");
  refused([](auto& p) { p.epochs[1].members[4].log_key = p.epochs[0].members[0].log_key; },
          "two hands or two roles");
}

TEST(Policy, TheSetIsChosenByTheSize) {
  const Policy policy = two_epochs();
  EXPECT_EQ(policy.epoch_of_size(0), nullptr);
  EXPECT_EQ(policy.epoch_of_size(1), &policy.epochs[0]);
  EXPECT_EQ(policy.epoch_of_size(345), &policy.epochs[0]);
  EXPECT_EQ(policy.epoch_of_size(346), &policy.epochs[1]);
  EXPECT_EQ(policy.epoch_of_size(UINT64_MAX), &policy.epochs[1]);
}

TEST(Policy, AQuorumOfTheRightSetIsNeeded) {
  Policy policy = two_epochs();
  policy.epochs[0].last_root = filled(0xee);  // that of note_of()
  const auto three = presented(policy, note_of(345, {{0, 100}, {1, 101}, {2, 102}}));
  ASSERT_TRUE(three.has_value()) << three.error().detail;
  EXPECT_EQ(three->epoch, &policy.epochs[0]);
  EXPECT_EQ(three->served_by, "v0");
  EXPECT_EQ(three->cosigners, (std::vector<std::string>{"v0", "v1", "v2"}));
  EXPECT_EQ(three->checkpoint.size, 345U);
  EXPECT_FALSE(presented(policy, note_of(346, {{0, 100}, {1, 101}, {2, 102}})).has_value());
  EXPECT_TRUE(presented(policy, note_of(346, {{0, 1}, {1, 1}, {2, 1}, {4, 1}})).has_value());
  EXPECT_FALSE(presented(policy, note_of(345, {{0, 100}, {1, 101}})).has_value());
  // v4 is of the later set: its cosignature counts nothing before.
  EXPECT_FALSE(presented(policy, note_of(345, {{0, 1}, {1, 1}, {4, 1}})).has_value());
  EXPECT_FALSE(live(policy, note_of(345, {{0, 1}, {1, 1}, {4, 1}})).has_value());
}

// A set that left may have lost its keys since: at the size where it ended, the policy knows
// better.
TEST(Policy, AnEndedEpochEndedAtItsRoot) {
  Policy policy = two_epochs();
  policy.epochs[0].last_root = filled(0xee);  // that of note_of()
  const std::vector<std::pair<int, std::uint64_t>> three = {{0, 100}, {1, 101}, {2, 102}};
  EXPECT_TRUE(presented(policy, note_of(345, three)).has_value());
  policy.epochs[0].last_root = filled(0xab);
  const auto forked = presented(policy, note_of(345, three));
  ASSERT_FALSE(forked.has_value());
  EXPECT_NE(forked.error().detail.find("another root"), std::string::npos) << forked.error().detail;
  EXPECT_FALSE(live(policy, note_of(345, three)).has_value());
  EXPECT_TRUE(presented(policy, note_of(344, three)).has_value());
}

// Nor can stolen keys of a set that left make a checkpoint that looks fresh: one validator's word
// is not enough to move T, and T may not be later than the day the set left.
TEST(Policy, ASetThatLeftVouchesForNothingAfterItsDay) {
  const Policy policy = two_epochs();
  const auto at = [&](std::uint64_t size, std::string_view date) {
    const auto seconds = static_cast<std::uint64_t>(day(date).days()) * 86'400 + 86'399;
    return note_of(size, {{0, seconds}, {1, seconds}, {2, seconds}});
  };
  EXPECT_TRUE(presented(policy, at(9, "2026-06-30")).has_value());
  const auto late = presented(policy, at(9, "2026-07-01"));
  ASSERT_FALSE(late.has_value());
  EXPECT_NE(late.error().detail.find("had left, on 2026-06-30"), std::string::npos);
  EXPECT_FALSE(live(policy, at(9, "2026-07-01")).has_value());
  const auto odd = note_of(9, {{0, 4'000'000'000}, {1, 1}, {2, 1}});
  EXPECT_TRUE(presented(policy, odd).has_value());
}

TEST(Policy, AValidatorOfManyEpochsIsKnownOnce) {
  Policy policy{std::string(kOrigin), filled(0xcc), day("2026-11-24"), {}};
  for (std::uint64_t e = 0; e < 40; ++e) {
    ValidatorsRecord record{e, 0, e * 10, quorum_of(4), samples::members(4)};
    policy.epochs.push_back(make_policy_epoch(kOrigin, record));
    if (e == 39) break;
    policy.epochs.back().last_size = (e + 1) * 10;
    policy.epochs.back().last_root = filled(0xab);
    policy.epochs.back().last_day = day("2026-06-30");
  }
  // The same log keys in all of them count once, whichever epoch a checkpoint is of.
  for (const std::uint64_t size : {5U, 205U, 399U}) {
    EXPECT_EQ(presented(policy, note_of(size, {{0, 1}, {1, 1}, {2, 1}}))->served_by, "v0");
  }
}

TEST(Policy, AsOfTimeIsVouchedForByAnHonestValidator) {
  // n = 4, f = 1: the second largest. One validator ahead of time changes nothing.
  const Policy four = two_epochs();
  EXPECT_EQ(presented(four, note_of(9, {{0, 900}, {1, 500}, {2, 400}}))->as_of, 500U);
  EXPECT_EQ(presented(four, note_of(9, {{0, 400}, {1, 500}, {2, 999999}}))->as_of, 500U);
  // n = 7, f = 2: the third largest.
  const Policy seven = seven_validators();
  EXPECT_EQ(presented(seven, note_of(9, {{0, 9}, {1, 9}, {2, 5}, {3, 4}, {4, 3}}))->as_of, 5U);
  EXPECT_EQ(
      live(seven, note_of(9, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}}))->as_of, 5U);
}

TEST(Policy, APresentedCheckpointHasExactlyItsLines) {
  const Policy policy = two_epochs();
  const Note good = note_of(9, {{0, 1}, {1, 1}, {2, 1}});
  ASSERT_TRUE(presented(policy, good).has_value());
  const auto refused = [&](const std::function<void(Note&)>& by, std::string_view why,
                           bool is_live_accepted) {
    Note note = good;
    by(note);
    const auto judged = presented(policy, note);
    ASSERT_FALSE(judged.has_value()) << why;
    EXPECT_NE(judged.error().detail.find(why), std::string::npos) << judged.error().detail;
    EXPECT_EQ(live(policy, note).has_value(), is_live_accepted) << why;
  };
  refused([](Note& n) { n.signatures.push_back(cosign(signing_key(99), "stranger", 1, n.text)); },
          "exactly", true);
  refused(
      [](Note& n) {
        n.signatures.push_back(cosign(signing_key(33), cosigner_name(kOrigin, "v3"), 1, n.text));
      },
      "exactly", true);
  refused([](Note& n) { n.signatures.push_back(sign_note(signing_key(41), kOrigin, n.text)); },
          "exactly", true);
  refused([](Note& n) { std::swap(n.signatures[1], n.signatures[2]); }, "ascend", true);
  refused([](Note& n) { std::swap(n.signatures[0], n.signatures[1]); }, "first", true);
  refused([](Note& n) { n.signatures.erase(n.signatures.begin()); }, "served", false);
  refused([](Note& n) { n.signatures[3].signature.back() ^= 1U; }, "wrong", false);
  refused([](Note& n) { n.signatures[3] = n.signatures[2]; }, "two lines", false);
}

TEST(Policy, ACheckpointOfAnotherShapeOrLogIsRefused) {
  const Policy policy = two_epochs();
  const auto sign_all = [](Note& note, std::string_view origin) {
    note.signatures = {sign_note(signing_key(40), origin, note.text)};
    for (int i = 0; i < 3; ++i) {
      note.signatures.push_back(cosign(signing_key(static_cast<std::uint8_t>(30 + i)),
                                       cosigner_name(kOrigin, "v" + std::to_string(i)), 1,
                                       note.text));
    }
  };
  Note note = note_of(9, {});
  note.text += "extension\n";
  sign_all(note, kOrigin);
  EXPECT_FALSE(presented(policy, note).has_value());
  note.text = encode(Checkpoint{"footproof.example/test/cccccccccccccccc", 9, filled(0xee), {}});
  sign_all(note, kOrigin);
  EXPECT_FALSE(presented(policy, note).has_value());
  EXPECT_FALSE(presented(policy, note_of(0, {{0, 1}, {1, 1}, {2, 1}})).has_value());
}

TEST(Policy, AnIdOfTheFilesOwnWordsIsHarmless) {
  Policy policy{std::string(kOrigin), filled(0xcc), day("2026-11-24"), {}};
  auto record = validators(0, 0, 4);
  const std::string_view ids[] = {"all", "any", "none", "validators"};
  for (std::size_t i = 0; i < 4; ++i) {
    record.members[i].id = ids[i];
    record.members[i].cosign_name = cosigner_name(kOrigin, ids[i]);
  }
  policy.epochs.push_back(make_policy_epoch(kOrigin, record));
  const auto parsed = parse_policy(as_bytes(encode(policy)));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, policy);
}

}  // namespace
}  // namespace footproof
