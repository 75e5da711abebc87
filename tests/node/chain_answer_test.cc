// A stretch of the chain: what a node gives, and what of it whoever follows believes.
#include "node/chain_answer.h"

#include <gtest/gtest.h>

#include <functional>

#include "attest/note.h"
#include "node/chain_check.h"
#include "node/key_verifier.h"
#include "node/serve_chain.h"
#include "tests/node/chain_maker.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

class ChainAnswerTest : public ::testing::Test {
 protected:
  [[nodiscard]] ChainAnswer serve(consensus::Height from) const {
    return serve_chain(chain_.store(), from).value();
  }
  [[nodiscard]] ChainTip tip(consensus::Height height) const {
    const auto head = chain_.store().head_at(height).value().value();
    return {head.block_id, head.height, head.time_ms};
  }
  [[nodiscard]] Result<std::vector<DeliveredBlock>> check(ChainAnswer answer,
                                                          consensus::Height after) const {
    const KeyVerifier verifier(chain_.network().validators);
    return check_stretch(std::move(answer), tip(after), chain_.network().membership, verifier);
  }

  footproof::test::TempFolder folder_;
  test::ChainMaker chain_{folder_.path() / "chain"};
};

TEST_F(ChainAnswerTest, GivesWhatTheStoreKeepsAndPassesTheCheck) {
  chain_.grow(3, 2);
  const auto bytes = encode_chain_answer(serve(1));
  auto parsed = parse_chain_answer(bytes);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(encode_chain_answer(*parsed), bytes);
  EXPECT_EQ(parsed->height, chain_.head().height);
  EXPECT_EQ(parsed->blocks.size(), chain_.head().height);
  EXPECT_FALSE(parsed->checkpoint.empty());
  const auto blocks = check(*std::move(parsed), 0);
  ASSERT_TRUE(blocks) << blocks.error().detail;
  EXPECT_EQ(blocks->back().block_id, chain_.head().block_id);
  EXPECT_EQ(blocks->back().batches.size(), 1U);
}

TEST_F(ChainAnswerTest, BeyondTheHeadHasNoBlocksAndTellsTheHeight) {
  chain_.grow(1);
  const auto answer = serve(chain_.head().height + 1);
  EXPECT_TRUE(answer.blocks.empty());
  EXPECT_EQ(answer.height, chain_.head().height);
  EXPECT_FALSE(answer.checkpoint.empty());
  EXPECT_EQ(serve_chain(chain_.store(), 0).error().code, Errc::usage);
}

TEST_F(ChainAnswerTest, IsBoundedInBlocks) {
  chain_.grow(kStretchBlocksMax + 3);
  auto answer = serve(2);
  EXPECT_EQ(answer.blocks.size(), kStretchBlocksMax);
  EXPECT_TRUE(check(std::move(answer), 1));
}

TEST_F(ChainAnswerTest, IsBoundedInBytes) {
  chain_.grow(8, 1000);
  auto answer = serve(4);
  EXPECT_LT(answer.blocks.size(), 8U);
  EXPECT_LT(encode_chain_answer(answer).size(), 3 * kStretchBytes);
  EXPECT_TRUE(check(std::move(answer), 3));
}

// A view without a finalization: the next certificate covers the block before it, too.
TEST_F(ChainAnswerTest, LinksABlockToTheOneItsCertificateNames) {
  chain_.grow(kStretchBlocksMax - 1);
  const auto last = chain_.head().height;
  chain_.begin_stretch({}, 1);
  chain_.go_on();
  auto answer = serve(last + 2 - kStretchBlocksMax);
  ASSERT_EQ(answer.blocks.back().applied.block.header.height, last + 1);
  EXPECT_EQ(answer.link.size(), 1U);
  const auto parsed = parse_chain_answer(encode_chain_answer(answer));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(check(*parsed, last + 1 - kStretchBlocksMax));
  answer.link.clear();
  EXPECT_FALSE(check(std::move(answer), last + 1 - kStretchBlocksMax));
}

// Its certificate names a block that nobody can be shown yet.
TEST_F(ChainAnswerTest, EndsWithTheLastBlockThatCanBeVerified) {
  chain_.grow(3);
  const auto whole = chain_.head();
  chain_.begin_stretch({chain_.attestation()}, 1);
  ASSERT_EQ(chain_.head().height, whole.height + 1);
  const auto served = serve_chain(chain_.store(), 1);
  ASSERT_TRUE(served) << served.error().detail;
  EXPECT_EQ(served->height, whole.height);
  EXPECT_EQ(served->blocks.size(), whole.height);
  EXPECT_NE(served->checkpoint.find("\n" + std::to_string(whole.log_size) + "\n"),
            std::string::npos);
  EXPECT_TRUE(check(*served, 0));
  const auto none = serve(whole.height + 1);
  EXPECT_TRUE(none.blocks.empty());
  EXPECT_EQ(none.height, whole.height);
  EXPECT_EQ(none.checkpoint, served->checkpoint);
  chain_.go_on();
  auto all = serve(whole.height + 1);
  EXPECT_EQ(all.blocks.size(), 2U);
  EXPECT_TRUE(check(std::move(all), whole.height));
}

// Who was restarted in the midst of a stretch finalises what is left of it by a later certificate.
TEST_F(ChainAnswerTest, EndsBeforeAStretchOfWhichTheLastIsNotExecuted) {
  chain_.grow(3);
  const auto whole = chain_.head().height;
  chain_.begin_stretch({chain_.attestation()}, 2);
  chain_.finalise_later();
  chain_.go_on();
  ASSERT_EQ(chain_.head().height, whole + 2);
  const auto served = serve_chain(chain_.store(), 1);
  ASSERT_TRUE(served) << served.error().detail;
  EXPECT_EQ(served->height, whole);
  EXPECT_TRUE(check(*served, 0));
  chain_.go_on();
  const auto first = serve(1);
  EXPECT_EQ(first.height, whole + 1);
  EXPECT_TRUE(check(first, 0));
  chain_.go_on();
  EXPECT_EQ(serve(1).height, whole + 4);
  EXPECT_TRUE(check(serve(1), 0));
}

// Sources had other certificates for it: one of a block in the midst names a later block than the
// last one's.
TEST_F(ChainAnswerTest, LinksToTheHighestBlockThatACertificateNames) {
  chain_.grow(kStretchBlocksMax - 1);
  const auto last = chain_.head().height;
  chain_.begin_stretch({}, 2);
  chain_.finalise_next();
  chain_.go_on();
  chain_.go_on();
  const auto from = last + 3 - kStretchBlocksMax;
  const auto answer = serve(from);
  ASSERT_EQ(answer.blocks.back().applied.block.header.height, last + 2);
  EXPECT_EQ(answer.link.size(), 1U);
  const auto checked = check(answer, from - 1);
  EXPECT_TRUE(checked) << checked.error().detail;
}

// The longest link, behind the most that a node adds to before it stops and one block more.
TEST_F(ChainAnswerTest, TheLargestFitsItsLimit) {
  ChainAnswer answer;
  answer.link.resize(kStretchLinkMax);
  constexpr std::size_t kBlockMax = std::size_t{256} << 10U;
  EXPECT_LT(encode_chain_answer(answer).size() + kNoteSizeMax + kStretchBytes +
                consensus::kBlockPayloadBytesMax + kBlockMax,
            kChainAnswerBytesMax);
}

struct Lie {
  const char* name;
  std::function<void(ChainAnswer&)> tell;
};
class ChainLies : public ChainAnswerTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(ChainLies, AreRefused) {
  chain_.grow(4, 2);
  auto answer = serve(5);  // 1 to 4 admit the verifier
  ASSERT_GE(answer.blocks.size(), 3U);
  ASSERT_TRUE(check(answer, 4));
  GetParam().tell(answer);
  EXPECT_FALSE(check(std::move(answer), 4));
}

INSTANTIATE_TEST_SUITE_P(
    All, ChainLies,
    ::testing::Values(
        Lie{"Signature",
            [](ChainAnswer& a) { a.blocks[1].applied.finalization.signatures[0][5] ^= 1U; }},
        Lie{"OtherSigners", [](ChainAnswer& a) { a.blocks[1].applied.finalization.signers ^= 9U; }},
        Lie{"EarlierCertificate",
            [](ChainAnswer& a) {
              a.blocks[1].applied.finalization = a.blocks[0].applied.finalization;
            }},
        Lie{"LeftOut", [](ChainAnswer& a) { a.blocks.erase(a.blocks.begin() + 1); }},
        Lie{"First", [](ChainAnswer& a) { a.blocks.erase(a.blocks.begin()); }},
        Lie{"Twice", [](ChainAnswer& a) { a.blocks.insert(a.blocks.begin(), a.blocks.front()); }},
        Lie{"Time", [](ChainAnswer& a) { ++a.blocks[2].applied.block.header.time_ms; }},
        Lie{"Epoch", [](ChainAnswer& a) { a.blocks[0].applied.block.header.epoch = 1; }},
        Lie{"BatchByte", [](ChainAnswer& a) { a.blocks[0].batches[0].back() ^= 1U; }},
        Lie{"OtherBatch", [](ChainAnswer& a) { a.blocks[0].batches[0] = a.blocks[1].batches[0]; }},
        Lie{"RefChanged", [](ChainAnswer& a) { ++a.blocks[0].applied.block.batch_refs[0].count; }},
        Lie{"Vote",
            [](ChainAnswer& a) {
              a.blocks[2].applied.finalization.type = consensus::VoteType::notarize;
            }},
        Lie{"LinkAlone",
            [](ChainAnswer& a) {
              a.link.push_back(a.blocks[0].applied.block.header);
              a.blocks.clear();
            }}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(ChainAnswerTest, EveryCutOrChangedLengthIsRefused) {
  chain_.grow(1);
  const auto bytes = encode_chain_answer(serve(1));
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(parse_chain_answer(ByteView(bytes).first(size)));
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_chain_answer(longer));
}

}  // namespace
}  // namespace footproof::node
