// Accusations with real keys: what proves an offence is accepted and names who did it; the innocent
// pairs beside it are refused.
#include "attest/accusation.h"

#include <gtest/gtest.h>

#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/statement.h"
#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::FixtureLog;

class AccusationTest : public ::testing::Test {
 protected:
  // A head of this size, root and time, cosigned by these of the four validators.
  [[nodiscard]] std::string head(std::uint64_t size, std::string_view root, std::uint64_t time,
                                 const std::vector<std::size_t>& who) const {
    return head(size, sha256(as_bytes(root)), time, who);
  }
  [[nodiscard]] std::string head(std::uint64_t size, const Digest& root, std::uint64_t time,
                                 const std::vector<std::size_t>& who) const {
    Note note;
    note.text = encode(Checkpoint{log_.origin(), size, root, {}});
    for (const std::size_t at : who) {
      note.signatures.push_back(
          cosign(log_.cosign_key(at), cosigner_name(log_.origin(), id(at)), time, note.text));
    }
    return encode(note);
  }

  [[nodiscard]] Result<std::vector<Accused>> judge(const Accusation& accusation) const {
    // Through its bytes, as a reader gets it.
    const auto parsed = parse_accusation(encode(accusation));
    EXPECT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(*parsed, accusation);
    return judge_accusation(*parsed, log_.policy());
  }
  static std::vector<std::string> names(const Result<std::vector<Accused>>& accused) {
    EXPECT_TRUE(accused) << accused.error().detail;
    std::vector<std::string> found;
    if (accused) {
      for (const Accused& one : *accused) found.push_back(one.validator);
    }
    return found;
  }
  [[nodiscard]] std::string id(std::size_t at) const {
    return log_.policy().epochs.front().members[at].id;
  }

  const FixtureLog log_;
};

TEST_F(AccusationTest, TwoRootsAtOneSizeNameWhoCosignedBoth) {
  const HeadAccusation forked{head(9, "a", 50, {0, 1, 2}), head(9, "b", 50, {1, 2, 3}), {}};
  EXPECT_EQ(names(judge(forked)), (std::vector{id(1), id(2)}));
  // One suffices, at whatever time.
  EXPECT_EQ(names(judge(HeadAccusation{head(9, "a", 50, {0}), head(9, "b", 90, {0}), {}})),
            (std::vector{id(0)}));
}

TEST_F(AccusationTest, ALargerLogAtAnEarlierTimeNamesWhoCosignedBoth) {
  const HeadAccusation back{head(9, "a", 50, {0, 1, 2}), head(12, "b", 49, {2, 3}), {}};
  EXPECT_EQ(names(judge(back)), (std::vector{id(2)}));
}

TEST_F(AccusationTest, InnocentHeadsProveNothing) {
  const auto innocent = [&](const std::string& first, const std::string& second) {
    const auto judged = judge(HeadAccusation{first, second, {}});
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, Errc::bad_proof) << judged.error().detail;
  };
  innocent(head(9, "a", 50, {0, 1, 2}), head(9, "a", 50, {0, 1, 2}));
  innocent(head(9, "a", 50, {0, 1, 2}), head(9, "a", 40, {0, 1, 2}));   // renewed
  innocent(head(9, "a", 50, {0, 1, 2}), head(12, "b", 50, {0, 1, 2}));  // within one second
  innocent(head(9, "a", 50, {0, 1, 2}), head(12, "b", 60, {0, 1, 2}));
  innocent(head(9, "a", 50, {0, 1}), head(9, "b", 50, {2, 3}));  // nobody twice
  innocent(head(9, "a", 50, {0}), head(12, "b", 40, {1}));
}

TEST_F(AccusationTest, SizesThatDoNotContinueEachOtherNeedAConsistencyProof) {
  std::vector<Digest> leaves;
  for (int i = 0; i < 13; ++i) leaves.push_back(sha256(as_bytes("leaf " + std::to_string(i))));
  const Digest whole = tree_root(leaves);
  const Digest prefix = tree_root(Leaves(leaves).first(8));
  const auto path = consistency_path(leaves, 8).value();
  HeadAccusation forked{head(8, "another log", 50, {0, 1, 2}), head(13, whole, 60, {0, 1, 2}),
                        PrefixProof{prefix, path}};
  EXPECT_EQ(names(judge(forked)), (std::vector{id(0), id(1), id(2)}));
  // The honest pair: the larger one continues the smaller.
  HeadAccusation honest = forked;
  honest.first = head(8, prefix, 50, {0, 1, 2});
  EXPECT_FALSE(judge(honest));
  // A prefix that the larger head does not contain.
  HeadAccusation made_up = forked;
  made_up.prefix->root = sha256(as_bytes("made up"));
  EXPECT_FALSE(judge(made_up));
  HeadAccusation swapped{forked.second, forked.first, forked.prefix};
  EXPECT_FALSE(judge(swapped));
}

TEST_F(AccusationTest, ForgedLinesAndForeignNetworksProveNothing) {
  std::string forged = head(9, "b", 50, {0, 1});
  forged.replace(forged.size() - 10, 1, forged[forged.size() - 10] == 'A' ? "B" : "A");
  EXPECT_FALSE(judge(HeadAccusation{head(9, "a", 50, {0, 1}), forged, {}}));
  Policy other = log_.policy();
  other.origin = "other.example/x/0123456789abcdef";
  const HeadAccusation forked{head(9, "a", 50, {0}), head(9, "b", 50, {0}), {}};
  const auto judged = judge_accusation(forked, other);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, Errc::mismatch);
}

// --- votes --------------------------------------------------------------------------------------

SignedVote vote(VoteKind kind, std::uint64_t view, std::string_view block) {
  SignedVote vote;
  vote.kind = kind;
  vote.view = view;
  vote.signer = 1;
  if (kind == VoteKind::nullify) return vote;
  vote.parent_view = view - 1;
  vote.block_id = sha256(as_bytes(block));
  return vote;
}

TEST(SignedVotes, ExcludeEachOtherAsTheProtocolSays) {
  const auto n = VoteKind::notarize;
  const auto x = VoteKind::nullify;
  const auto f = VoteKind::finalize;
  const auto both = [](const SignedVote& a, const SignedVote& b) {
    EXPECT_EQ(exclude_each_other(a, b), exclude_each_other(b, a));
    return exclude_each_other(a, b);
  };
  EXPECT_TRUE(both(vote(n, 5, "a"), vote(n, 5, "b")));
  EXPECT_TRUE(both(vote(f, 5, "a"), vote(f, 5, "b")));
  EXPECT_TRUE(both(vote(x, 5, ""), vote(f, 5, "a")));
  EXPECT_FALSE(both(vote(n, 5, "a"), vote(n, 5, "a")));
  EXPECT_FALSE(both(vote(n, 5, "a"), vote(x, 5, "")));
  EXPECT_FALSE(both(vote(n, 5, "a"), vote(f, 5, "b")));
  EXPECT_FALSE(both(vote(x, 5, ""), vote(x, 5, "")));
  EXPECT_FALSE(both(vote(n, 5, "a"), vote(n, 6, "b")));
  SignedVote other = vote(n, 5, "b");
  other.signer = 2;
  EXPECT_FALSE(both(vote(n, 5, "a"), other));
  other = vote(n, 5, "b");
  other.epoch = 1;
  EXPECT_FALSE(both(vote(n, 5, "a"), other));
}

TEST(SignedVotes, HaveOneSpelling) {
  const Bytes bytes = encode(vote(VoteKind::finalize, 7, "block"));
  ASSERT_EQ(parse_signed_vote(bytes).value(), vote(VoteKind::finalize, 7, "block"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1;
    if (const auto other = parse_signed_vote(changed)) {
      ASSERT_EQ(encode(*other), changed);
    }
    ASSERT_FALSE(parse_signed_vote(ByteView(bytes).first(i)));
  }
  SignedVote nullify = vote(VoteKind::nullify, 7, "");
  nullify.block_id.bytes[0] = 1;
  EXPECT_FALSE(parse_signed_vote(encode(nullify)));
}

}  // namespace
}  // namespace footproof
