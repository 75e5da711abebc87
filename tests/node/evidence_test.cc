// Evidence that validators hold against each other is what an accusation proves to outsiders: the
// same bytes are signed, the same pairs are offences, and a file of real votes verifies by policy.
#include <gtest/gtest.h>

#include "attest/accusation.h"
#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "node/evidence_book.h"
#include "node/port.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

using consensus::Vote;
using consensus::VoteType;

// Every kind, two blocks, two parents, two views, two epochs, two signers.
std::vector<Vote> all_votes() {
  std::vector<Vote> votes;
  for (const VoteType type : {VoteType::notarize, VoteType::nullify, VoteType::finalize}) {
    for (std::uint32_t bits = 0; bits < 32; ++bits) {
      Vote vote;
      vote.type = type;
      vote.signer = static_cast<consensus::ValidatorIndex>(bits & 1U);
      vote.proposal.epoch = bits >> 1U & 1U;
      vote.proposal.view = 5 + (bits >> 2U & 1U);
      if (type != VoteType::nullify) {
        vote.proposal.parent_view = 3 + (bits >> 3U & 1U);
        vote.proposal.block_id = sha256(ByteWriter().u8(bits >> 4U & 1U).bytes());
      }
      votes.push_back(vote);
    }
  }
  return votes;
}

TEST(Evidence, AnAccusationSaysWhatTheProtocolSays) {
  const Digest chain_id = sha256(as_bytes("chain"));
  for (const Vote& a : all_votes()) {
    EXPECT_EQ(vote_message(chain_id, signed_vote(a)),
              consensus::sign_bytes(chain_id, a.type, a.proposal));
    for (const Vote& b : all_votes()) {
      EXPECT_EQ(exclude_each_other(signed_vote(a), signed_vote(b)), consensus::is_offence(a, b));
    }
  }
}

consensus::Evidence offence(consensus::View view, consensus::ValidatorIndex signer,
                            consensus::Epoch epoch = 0) {
  consensus::Evidence made;
  made.first = {VoteType::finalize, {epoch, view, 0, {}}, signer, {}};
  made.second = {VoteType::nullify, {epoch, view, 0, {}}, signer, {}};
  return made;
}

TEST(EvidenceBook, OneOffenderLeavesRoomForAnother) {
  EvidenceBook book;
  consensus::Block block;
  for (consensus::View view = 1; view <= 5000; ++view) {
    block.header.height = view;
    block.evidence = {offence(view, 3)};
    EXPECT_EQ(book.add(block).size(), view <= consensus::kSignerEvidenceMax ? 1U : 0U);
  }
  block.evidence = {offence(1, 2)};
  EXPECT_EQ(book.add(block).size(), 1U);
  EXPECT_EQ(book.add(block).size(), 0U);
  EXPECT_EQ(book.all().size(), consensus::kSignerEvidenceMax + 1);
  EXPECT_EQ(book.all().back().evidence, offence(1, 2));
  // Of another epoch the same validator is another one.
  block.evidence = {offence(1, 3, 1)};
  EXPECT_EQ(book.add(block).size(), 1U);
}

// Stores with the next block what it is given.
struct GivenBlobs final : testing::Ordering {
  Digest genesis_id(ByteView) override { return sha256(as_bytes("genesis")); }
  Ordered next(const ledger::Head& before, std::uint64_t, const std::vector<Bytes>&,
               bool) override {
    return {sha256(ByteWriter().u64(before.height).bytes()), std::exchange(blobs, {})};
  }
  std::vector<ledger::OrderingBlob> blobs;
};

TEST(EvidenceBook, WhatTheChainHoldsLoadsHoweverMuch) {
  GivenBlobs given;
  const footproof::test::TempFolder folder;
  testing::Sequencer network(folder.path(), 4, "evidence", &given);
  EvidenceBook made;
  for (consensus::Epoch epoch = 0; epoch < 3; ++epoch) {
    for (consensus::View view = 1; view <= consensus::kSignerEvidenceMax; ++view) {
      consensus::Block block;
      block.header.height = view;
      for (consensus::ValidatorIndex signer = 0; signer < consensus::kValidatorsMax; ++signer) {
        block.evidence.push_back(offence(view, signer, epoch));
      }
      for (auto& blob : made.add(block)) given.blobs.push_back(std::move(blob));
    }
  }
  const std::size_t all = 3 * consensus::kSignerEvidenceMax * consensus::kValidatorsMax;
  ASSERT_EQ(given.blobs.size(), all);
  // What another rule may have let in: more of one signer than counts now.
  for (consensus::View view = 1; view <= 100; ++view) {
    ByteWriter out;
    out.u64(1);
    consensus::write(out, offence(1000 + view, 5, 2));
    given.blobs[all - view].bytes = std::move(out).take();
  }
  const auto last_key = given.blobs.back().key;
  network.admit_verifier();
  EvidenceBook loaded;
  const auto done = loaded.load(network.store());
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(loaded.all().size(), all);
  consensus::Block next;
  next.evidence = {offence(1, 0, 3), offence(2000, 5, 2)};
  const auto added = loaded.add(next);
  ASSERT_EQ(added.size(), 1U);
  EXPECT_NE(added[0].key, last_key);
  EXPECT_EQ(loaded.all().back().evidence, offence(1, 0, 3));
}

TEST(EvidenceBook, AnAccusationNamesAllThatAreGuilty) {
  std::vector<consensus::Evidence> all;
  for (consensus::View view = 1; view <= 300; ++view) all.push_back(offence(view, 3));
  all.push_back(offence(7, 1));
  all.push_back(offence(2, 0));
  const auto share = fair_share(all, 256);
  ASSERT_EQ(share.size(), 85U + 2U);
  EXPECT_EQ(share[84], offence(85, 3));
  EXPECT_EQ(share[85], offence(7, 1));
  EXPECT_EQ(share[86], offence(2, 0));
  EXPECT_TRUE(fair_share({}, 256).empty());
}

class VoteAccusationTest : public ::testing::Test {
 protected:
  // By validator `at`, with the key that genesis names.
  [[nodiscard]] SignedVote signed_by(std::size_t at, VoteKind kind, std::uint64_t view,
                                     std::string_view block) const {
    SignedVote vote;
    vote.kind = kind;
    vote.view = view;
    vote.signer = at;
    if (kind != VoteKind::nullify) {
      vote.parent_view = view - 1;
      vote.block_id = sha256(as_bytes(block));
    }
    const auto key =
        testing::key_from("sequencer/validator-" + std::to_string(at) + "/vote", Algorithm::eddsa);
    const Bytes signature = key.sign(vote_message(network_.chain_id(), vote));
    std::copy(signature.begin(), signature.end(), vote.signature.begin());
    return vote;
  }

  [[nodiscard]] VoteAccusation accusation(std::vector<VotePair> pairs) const {
    const auto snapshot = network_.store().published();
    const std::array keys = {state_key::validators(0)};
    auto state = snapshot->prove_state(keys).value();
    return {snapshot->checkpoint(), snapshot->last_record().value(), state.records.front().value(),
            state.proof, std::move(pairs)};
  }
  [[nodiscard]] Result<std::vector<Accused>> judge(const VoteAccusation& made) const {
    const auto parsed = parse_accusation(encode(Accusation(made)));
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return judge_accusation(*parsed, network_.policy());
  }

  test::TempFolder folder_;
  testing::Sequencer network_{folder_.path()};
};

TEST_F(VoteAccusationTest, TwoVotesNameTheirSignerByThePolicyAlone) {
  const auto judged = judge(accusation(
      {{signed_by(2, VoteKind::notarize, 9, "a"), signed_by(2, VoteKind::notarize, 9, "b")},
       {signed_by(3, VoteKind::nullify, 9, ""), signed_by(3, VoteKind::finalize, 9, "a")}}));
  ASSERT_TRUE(judged) << judged.error().detail;
  ASSERT_EQ(judged->size(), 2U);
  EXPECT_EQ(judged->at(0).validator, "validator-2");
  EXPECT_EQ(judged->at(1).validator, "validator-3");
}

TEST_F(VoteAccusationTest, InnocentOrForgedVotesProveNothing) {
  const auto refused = [&](const SignedVote& a, const SignedVote& b) {
    const auto judged = judge(accusation({{a, b}}));
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, Errc::bad_proof) << judged.error().detail;
  };
  const auto a = signed_by(2, VoteKind::notarize, 9, "a");
  refused(a, a);
  refused(a, signed_by(2, VoteKind::nullify, 9, ""));
  refused(a, signed_by(2, VoteKind::notarize, 10, "b"));
  refused(a, signed_by(1, VoteKind::notarize, 9, "b"));
  // Somebody else's signature under validator 2's name.
  SignedVote framed = signed_by(1, VoteKind::notarize, 9, "b");
  framed.signer = 2;
  refused(a, framed);
  SignedVote broken = signed_by(2, VoteKind::notarize, 9, "b");
  broken.signature[4] ^= 1;
  refused(a, broken);
}

TEST_F(VoteAccusationTest, TheValidatorsShownMustBeThoseOfTheCheckpoint) {
  const VotePair pair{signed_by(2, VoteKind::notarize, 9, "a"),
                      signed_by(2, VoteKind::notarize, 9, "b")};
  VoteAccusation made = accusation({pair});
  auto record = parse_validators_record(made.validators).value();
  std::swap(record.members[1].vote_key, record.members[2].vote_key);
  made.validators = encode(record);
  EXPECT_FALSE(judge(made));
  made = accusation({pair});
  made.last_record.record[20] ^= 1;
  EXPECT_FALSE(judge(made));
  made = accusation({pair});
  made.checkpoint.resize(made.checkpoint.size() / 2);
  EXPECT_FALSE(judge(made));
}

}  // namespace
}  // namespace footproof::node
