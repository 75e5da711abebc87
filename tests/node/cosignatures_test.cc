#include "node/cosignatures.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "attest/policy.h"

namespace footproof::node {
namespace {

class CosignaturesTest : public testing::Test {
 protected:
  static constexpr std::size_t kMembers = 5;  // f = 1, q = 4
  CosignaturesTest() {
    origin_ = *make_origin("footproof.example", "test", chain_id_);
    for (std::size_t i = 0; i < kMembers; ++i) {
      const std::string id(1, static_cast<char>('a' + i));
      votes_.push_back(SigningKey::generate(Algorithm::eddsa));
      cosigns_.push_back(SigningKey::generate(Algorithm::eddsa));
      logs_.push_back(SigningKey::generate(Algorithm::eddsa));
      members_.push_back({id, "https://" + id + ".example", votes_.back().public_key(),
                          cosigner_name(origin_, id), cosigns_.back().public_key(),
                          logs_.back().public_key(), sha256(as_bytes(id))});
    }
    book_.emplace(origin_, ValidatorsRecord{0, 0, 0, 4, members_});
  }

  Cosignature make(std::size_t validator, std::uint64_t size, std::uint64_t time_s,
                   const Digest& root = sha256(as_bytes("root"))) const {
    const std::string text = encode(Checkpoint{origin_, size, root, {}});
    return {0, size, root, time_s, cosigns_[validator].sign(cosignature_message(time_s, text))};
  }
  bool add(std::size_t validator, const Cosignature& cosignature) {
    const auto added = book_->add(validator, cosignature);
    return added && *added;
  }

  const Digest chain_id_ = sha256(as_bytes("chain"));
  const Digest root_ = sha256(as_bytes("root"));
  std::string origin_;
  std::vector<SigningKey> votes_, cosigns_, logs_;
  std::vector<Member> members_;
  std::optional<CosignatureBook> book_;
};

TEST_F(CosignaturesTest, MessageHasOneSpelling) {
  const auto cosignature = make(0, 9, 100);
  const Bytes bytes = encode_cosignature(cosignature);
  EXPECT_EQ(bytes.size(), 8U + 8 + 32 + 8 + 64);
  const auto parsed = parse_cosignature(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(encode_cosignature(*parsed), bytes);
  EXPECT_FALSE(parse_cosignature(ByteView(bytes).first(bytes.size() - 1)));
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_cosignature(longer));
}

// The verifier that outsiders use takes what the book makes.
TEST_F(CosignaturesTest, QuorumMakesANoteThatAPolicyTrusts) {
  const CosignedHead head{9, root_};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(add(i, make(i, 9, 100 + i)));
  EXPECT_FALSE(book_->has_quorum(head));
  EXPECT_FALSE(book_->make_note(head, logs_[0]));
  EXPECT_TRUE(add(4, make(4, 9, 104)));
  ASSERT_TRUE(book_->has_quorum(head));
  EXPECT_EQ(book_->largest(), head);

  Policy policy{origin_, chain_id_, *Date::parse("2026-11-24"), {}};
  policy.epochs.push_back(make_policy_epoch(origin_, ValidatorsRecord{0, 0, 0, 4, members_}));
  const auto note = book_->make_note(head, logs_[0]);
  ASSERT_TRUE(note);
  const auto trusted = judge_presented_checkpoint(policy, as_bytes(*note));
  ASSERT_TRUE(trusted) << trusted.error().detail;
  EXPECT_EQ(trusted->as_of, 102U);  // the second largest of 100, 101, 102, 104 is 102
  EXPECT_EQ(book_->as_of(head), trusted->as_of);
}

// The latest times go into the note, so one that no verifier reads would spoil every checkpoint.
TEST_F(CosignaturesTest, OneValidatorsOddTimeDoesNotSpoilTheNote) {
  const CosignedHead head{9, root_};
  Policy policy{origin_, chain_id_, *Date::parse("2026-11-24"), {}};
  policy.epochs.push_back(make_policy_epoch(origin_, ValidatorsRecord{0, 0, 0, 4, members_}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(add(i, make(i, 9, 100 + i)));
  constexpr std::uint64_t kLatest = (std::uint64_t{1} << 63) - 1;
  for (const std::uint64_t time : {~std::uint64_t{0}, kLatest + 1, kLatest}) {
    EXPECT_EQ(add(4, make(4, 9, time)), time == kLatest) << time;
    const auto note = book_->make_note(head, logs_[0]);
    ASSERT_TRUE(note);
    const auto trusted = judge_presented_checkpoint(policy, as_bytes(*note));
    ASSERT_TRUE(trusted) << trusted.error().detail;
    EXPECT_LE(trusted->as_of, 103U);
  }
}

TEST_F(CosignaturesTest, TakesTheLatestTimesWhenMoreThanAQuorumSigned) {
  for (std::size_t i = 0; i < kMembers; ++i) EXPECT_TRUE(add(i, make(i, 9, 100 + i)));
  EXPECT_EQ(book_->as_of({9, root_}), 103U);
  EXPECT_TRUE(add(0, make(0, 9, 200)));  // renewed
  EXPECT_EQ(book_->as_of({9, root_}), 104U);
  EXPECT_FALSE(add(0, make(0, 9, 150)));  // older than what is known
  EXPECT_EQ(book_->as_of({9, root_}), 104U);
}

TEST_F(CosignaturesTest, SignaturesOfOthersForeignRootsAndForgeriesDoNotCount) {
  EXPECT_FALSE(book_->add(1, make(0, 9, 100)));  // another's, over this link
  auto forged = make(0, 9, 100);
  forged.time_s = 101;
  EXPECT_FALSE(book_->add(0, forged));
  forged = make(0, 9, 100);
  forged.size = 10;
  EXPECT_FALSE(book_->add(0, forged));
  EXPECT_FALSE(book_->add(99, make(0, 9, 100)));
  const Digest other = sha256(as_bytes("other root"));
  for (std::size_t i = 0; i < 3; ++i) add(i, make(i, 9, 100));
  add(3, make(3, 9, 100, other));
  add(4, make(4, 9, 100, other));
  EXPECT_FALSE(book_->has_quorum({9, root_}));
  EXPECT_FALSE(book_->has_quorum({9, other}));
}

TEST_F(CosignaturesTest, AFloodPushesOutItsOwnOnly) {
  for (std::size_t i = 0; i < 3; ++i) add(i, make(i, 1, 100));
  for (std::uint64_t size = 2; size < 2 + CosignatureBook::kHeadsMax + 10; ++size) {
    add(4, make(4, size, 100));
  }
  EXPECT_FALSE(book_->has_quorum({1, root_}));
  EXPECT_TRUE(add(3, make(3, 1, 100)));
  EXPECT_TRUE(book_->has_quorum({1, root_}));
}

TEST_F(CosignaturesTest, SmallerHeadsAreForgotten) {
  for (std::size_t i = 0; i < 4; ++i) add(i, make(i, 9, 100));
  book_->drop_below(10);
  EXPECT_FALSE(book_->has_quorum({9, root_}));
  EXPECT_FALSE(add(0, make(0, 9, 100)));
  EXPECT_TRUE(add(0, make(0, 10, 100)));
}

}  // namespace
}  // namespace footproof::node
