#include "attest/hop.h"

#include <gtest/gtest.h>

#include "attest/block_record.h"
#include "attest/state_record.h"
#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::FixtureLog;

// Four validators, then five, then seven; a policy of before, and the hops since.
struct Walk {
  FixtureLog log;
  Policy first = log.policy();
  std::vector<Hop> hops;

  Walk() {
    for (const std::size_t validators : {5U, 7U}) {
      log.advance(86400);
      log.begin_epoch(validators);
    }
    hops = log.hops();
  }
  [[nodiscard]] bool holds() const { return walk_hops(first, hops).has_value(); }
  [[nodiscard]] std::string why() const {
    const auto walked = walk_hops(first, hops);
    return walked ? "" : walked.error().detail;
  }
  // Changes the signature lines of a hop's note.
  template <class Change>
  void change_note(std::size_t hop, Change change) {
    Note note = parse_note(as_bytes(hops[hop].checkpoint)).value();
    change(note);
    hops[hop].checkpoint = encode(note);
  }
};

TEST(Hop, LeadsToThePolicyOfToday) {
  const Walk it;
  const auto walked = walk_hops(it.first, it.hops);
  ASSERT_TRUE(walked.has_value()) << walked.error().detail;
  EXPECT_EQ(walked->epochs, it.log.policy().epochs);
  EXPECT_EQ(walk_hops(it.first, {}).value(), it.first);
}

TEST(Hop, WalksFortyEpochsThroughAFile) {
  FixtureLog log;
  const Policy first = log.policy();
  for (std::size_t i = 0; i < 40; ++i) {
    log.advance(std::uint64_t{30} * 86400);
    log.begin_epoch(4 + i % 4);
  }
  std::vector<Hop> read;
  for (const Hop& hop : log.hops()) read.push_back(parse_hop(encode_hop(hop)).value());
  const auto walked = walk_hops(first, read);
  ASSERT_TRUE(walked.has_value()) << walked.error().detail;
  EXPECT_EQ(walked->newest().epoch, 40U);
  EXPECT_EQ(walked->epochs, log.policy().epochs);
  EXPECT_EQ(parse_policy(as_bytes(encode(*walked))).value(), *walked);
}

TEST(Hop, KnownEpochsMustAgree) {
  const Walk it;
  const Policy today = it.log.policy();
  EXPECT_EQ(walk_hops(today, it.hops).value(), today);
  Policy other = today;
  other.epochs[0].last_root = sha256(as_bytes("another root"));
  EXPECT_FALSE(walk_hops(other, it.hops).has_value());
}

TEST(Hop, RefusesTheNewSetsWord) {
  Walk it;
  // Hop 1 is signed by the set of epoch 1. As if that set had signed its own coming, at hop 0.
  const Note by_new = parse_note(as_bytes(it.hops[1].checkpoint)).value();
  ASSERT_EQ(by_new.signatures.size(), quorum_of(5));
  it.change_note(0, [&](Note& note) {
    note.signatures.clear();
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string id = "validator-" + std::to_string(i);
      note.signatures.push_back(cosign(
          testing::key_from("fixture/epoch-1/" + id + "/cosign", Algorithm::eddsa),
          cosigner_name(it.log.origin(), id),
          parse_block_record(it.hops[0].last_record.record).value().time.seconds(), note.text));
    }
  });
  EXPECT_FALSE(it.holds());
}

TEST(Hop, RefusesAGapOrAnotherOrder) {
  Walk it;
  const auto [first, second] = std::pair(it.hops[0], it.hops[1]);
  it.hops = {second};
  EXPECT_NE(it.why().find("ask for the hops from epoch 0"), std::string::npos) << it.why();
  it.hops = {second, first};
  EXPECT_FALSE(it.holds());
  it.hops = {first, first};
  EXPECT_FALSE(it.holds());
}

TEST(Hop, RefusesAnotherNetwork) {
  Walk it;
  FixtureLog other(4, "elsewhere");
  other.begin_epoch(5);
  it.hops = other.hops();
  EXPECT_FALSE(it.holds());
}

TEST(Hop, WantsExactlyTheQuorumOfTheSetThatEnds) {
  const Walk it;
  Walk fewer = it;
  fewer.change_note(0, [](Note& note) { note.signatures.pop_back(); });
  EXPECT_FALSE(fewer.holds());

  // One more of the same set: more than a quorum has a second spelling.
  const auto time = parse_block_record(it.hops[0].last_record.record).value().time.seconds();
  Walk more = it;
  more.change_note(0, [&](Note& note) {
    note.signatures.push_back(
        cosign(testing::key_from("fixture/validator-3/cosign", Algorithm::eddsa),
               cosigner_name(it.log.origin(), "validator-3"), time, note.text));
  });
  EXPECT_FALSE(more.holds());

  // A stranger's line beside them; a line twice; another order.
  Walk stranger = it;
  stranger.change_note(0, [&](Note& note) {
    note.signatures.push_back(cosign(testing::key_from("stranger", Algorithm::eddsa),
                                     cosigner_name(it.log.origin(), "validator-9"), time,
                                     note.text));
  });
  EXPECT_FALSE(stranger.holds());
  Walk twice = it;
  twice.change_note(0, [](Note& note) { note.signatures[1] = note.signatures[0]; });
  EXPECT_FALSE(twice.holds());
  Walk order = it;
  order.change_note(0, [](Note& note) { std::swap(note.signatures[0], note.signatures[1]); });
  EXPECT_FALSE(order.holds());
}

TEST(Hop, TakesTheQuorumFromTheMembersAndNotFromTheRecord) {
  Walk it;
  auto record = parse_validators_record(it.hops[0].validators).value();
  record.quorum = 2;
  it.hops[0].validators = encode(record);
  EXPECT_FALSE(it.holds());
}

TEST(Hop, RefusesAnotherSetThanTheStateHolds) {
  Walk it;
  std::swap(it.hops[0].validators, it.hops[1].validators);
  EXPECT_FALSE(it.holds());

  it = Walk();
  auto record = parse_validators_record(it.hops[0].validators).value();
  record.members.pop_back();
  record.quorum = quorum_of(record.members.size());
  it.hops[0].validators = encode(record);
  EXPECT_NE(it.why().find("state proof"), std::string::npos) << it.why();
}

TEST(Hop, RefusesACheckpointOfAnotherSize) {
  // One block later, honestly cosigned by the same set: not where the epoch ended.
  FixtureLog log;
  const Policy first = log.policy();
  FixtureLog before = log;
  log.begin_epoch(5);
  Hop hop = log.hops()[0];
  before.append({});
  before.append({});
  Note note{before.checkpoint_text(), {}};
  for (std::size_t i = 0; i < 3; ++i) {
    note.signatures.push_back(cosign(
        before.cosign_key(i), cosigner_name(before.origin(), "validator-" + std::to_string(i)),
        before.now().seconds(), note.text));
  }
  hop.checkpoint = encode(note);
  hop.last_record = {encode(before.last_record()), before.path(before.size() - 1)};
  EXPECT_FALSE(walk_hops(first, std::span(&hop, 1)).has_value());
}

TEST(Hop, RefusesAKeyOfAnotherValidator) {
  // The set of epoch 1 gives validator-0 the cosign key that validator-1 had in epoch 0: proven in
  // the state, and still no policy.
  const Walk it;
  Policy mixed = walk_hops(it.first, it.hops).value();
  mixed.epochs.back().members[0].cosign_key =
      NoteKey::make(cosigner_name(it.log.origin(), "validator-0"), NoteKeyType::cosignature,
                    it.first.epochs[0].members[1].cosign_key.key())
          .value();
  EXPECT_FALSE(walk_hops(mixed, {}).has_value());
}

TEST(Hop, NoChangedByteLeads) {
  const Walk it;
  const Bytes good = encode_hop(it.hops[0]);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const auto hop = parse_hop(changed);
    if (!hop) continue;
    ASSERT_EQ(encode_hop(*hop), changed) << "byte " << i;
    ASSERT_FALSE(walk_hops(it.first, std::span(&*hop, 1)).has_value()) << "byte " << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_FALSE(parse_hop(ByteView(good).first(size)).has_value());
  }
}

}  // namespace
}  // namespace footproof
