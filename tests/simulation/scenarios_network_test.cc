// Named scenarios of consensus/README.md §15 about bad input, slow and absent validators.
#include "tests/simulation/scenario.h"
#include "tests/simulation/watch.h"

namespace footproof::simulation {
namespace {

using consensus::ValidatorIndex;
using consensus::View;
using consensus::VoteType;

consensus::Certificate certify(World& world, VoteType type, const consensus::Proposal& proposal) {
  consensus::Certificate certificate{type, proposal, 0, {}};
  const auto message = consensus::sign_bytes(world.membership().chain_id(), type, proposal);
  for (std::size_t i = 0; i < world.membership().q(); ++i) {
    certificate.signers |= 1U << i;
    certificate.signatures.push_back(world.keys().sign(i, message));
  }
  return certificate;
}

// 5. A true notarization of a view that lies below the finalized one moves nobody.
TEST(Scenario, OldNotarizationAfterFinalizationIsNotVotedOn) {
  World world(calm_plan());
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  while (info(world, 0).finalized_view < 10 && !world.failed()) commit_one(world, 0);
  const View below = info(world, 0).finalized_view - 1;
  const std::pair<std::size_t, View> key{0, below};
  const std::size_t before = books.signed_votes[key].size();
  consensus::Proposal proposal{0, below, below - 1, {}};
  proposal.block_id.bytes[5] = 1;
  world.host(0).step(consensus::Received{1, certify(world, VoteType::notarize, proposal)});
  world.run_until(world.now() + 200);
  EXPECT_EQ(books.signed_votes[key].size(), before);
  EXPECT_EQ(world.failure(), "");
}

// 8. Every vote is preceded and followed by the same vote with a bad signature.
TEST(Scenario, BadCopiesOfGoodVotesDoNotKeepCertificatesFromForming) {
  World world(calm_plan());
  world.filter = [&](ValidatorIndex from, ValidatorIndex to, const Wire& wire) {
    const auto* vote = as<consensus::Vote>(wire);
    if (vote == nullptr || !world.host(to).up()) return false;
    consensus::Vote bad = *vote;
    bad.signature[0] ^= 1U;
    auto copy = std::make_shared<Wire>();
    copy->message = bad;
    // From the third one's link, before the true one arrives.
    const auto third =
        static_cast<ValidatorIndex>((from + 1) % 4 == to ? (from + 2) % 4 : (from + 1) % 4);
    world.host(to).receive(third, *copy);
    return false;
  };
  for (std::size_t i = 0; i < 12; ++i) commit_one(world, i % 4);
  EXPECT_GT(info(world, 0).messages_refused, 0U);
  expect_sound(world);
}

// 9.
TEST(Scenario, FarFutureJunkOldBlocksAndForgedHeightsDoNoHarm) {
  Plan plan = calm_plan();
  plan.adversaries[1] = AdversaryKind::junk_sender;
  World world(plan);
  for (std::size_t i = 0; i < 5; ++i) commit_one(world, i % 4);
  Host& host = world.host(0);
  const consensus::Block old = *world.host(1).block_at(1);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const View view = info(world, 0).view + 1 + mix(i) % (1ULL << 40U);
    consensus::Certificate junk = certify(world, VoteType::nullify, {0, view, 0, {}});
    junk.signatures[0][0] ^= 1U;
    host.step(consensus::Received{1, junk});
    consensus::Vote vote = world.host(1).sign(VoteType::nullify, {0, view, 0, {}});
    host.step(consensus::Received{1, vote});
    host.step(consensus::Received{1, consensus::BlockAnswer{old}});
    consensus::Status status;
    status.view = view;
    status.finalized_height = view;
    host.step(consensus::Received{1, status});
  }
  const auto held = info(world, 0);
  EXPECT_LT(held.views_held, 140U);
  EXPECT_LT(held.blocks_held, 20U);
  EXPECT_LT(held.peers_height, 1000U);  // f+1 others must claim it
  for (std::size_t i = 0; i < 5; ++i) commit_one(world, i % 4, 5'000);
  EXPECT_EQ(world.failure(), "");
}

// 12. One of four is gone for good: its views end by their lead timer, the others by their blocks.
TEST(Scenario, OneValidatorDownForGood) {
  Plan plan = calm_plan();
  World world(plan);
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  world.host(3).crash();
  std::uint64_t slowest = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::uint64_t before = world.now();
    commit_one(world, i % 3);
    slowest = std::max(slowest, world.now() - before);
  }
  for (const View view : books.nullified) {
    EXPECT_EQ(world.membership().leader(view), 3) << "view " << view;
  }
  EXPECT_GE(books.nullified.size(), 8U);
  // 2.25 Delta for the silent leader, a Delta more where work came late, and the delays.
  EXPECT_LE(slowest, 450U);
  EXPECT_EQ(world.failure(), "");
}

// 14. What is final is answered for, whenever one asks, and is not ordered again.
TEST(Scenario, RequestForWhatIsFinalIsAnswered) {
  World world(calm_plan());
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  commit_one(world, 0);
  const consensus::Block block = *world.host(1).block_at(1);
  const Digest id = consensus::block_id(block.header);
  const Digest batch = block.batch_refs.at(0).digest;
  world.run_until(world.now() + 3'000);
  books.sent.clear();
  world.host(1).step(consensus::Received{2, consensus::GetBlock{{id}}});
  world.host(1).step(consensus::Received{2, consensus::GetChain{0, 1, 10}});
  bool block_answered = false;
  bool chain_answered = false;
  for (const consensus::Send& send : books.sent[1]) {
    if (const auto* answer = std::get_if<consensus::BlockAnswer>(&send.message)) {
      block_answered = answer->block == block && send.to == ValidatorIndex{2};
    } else if (const auto* chain = std::get_if<consensus::Chain>(&send.message)) {
      chain_answered = chain->blocks.at(0) == block && send.to == ValidatorIndex{2};
    }
  }
  EXPECT_TRUE(block_answered);
  EXPECT_TRUE(chain_answered);
  EXPECT_TRUE(world.host(1).holds_body(batch));
  // The same batch comes once more.
  world.host(1).step(consensus::PayloadReady{block.batch_refs[0], 0, true});
  for (std::size_t i = 0; i < 6; ++i) commit_one(world, i % 4);
  for (consensus::Height height = 2; height <= world.host(0).store_height(); ++height) {
    const consensus::Block later = *world.host(0).block_at(height);
    for (const auto& ref : later.batch_refs) EXPECT_NE(ref.digest, batch);
  }
  expect_sound(world);
}

// 15. A disk that is 100 times slower slows its own views only.
TEST(Scenario, SlowDiskSlowsOnlyItsOwnViews) {
  Plan plan = calm_plan();
  plan.disk_ms = 5;
  plan.slow_disk_host = 2;
  World world(plan);
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  std::uint64_t slowest = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::uint64_t before = world.now();
    const consensus::Height height = info(world, 0).executed_height;
    world.offer(i % 2);
    world.run_until([&] { return info(world, 0).executed_height > height; }, 60'000);
    slowest = std::max(slowest, world.now() - before);
  }
  for (const View view : books.nullified) {
    EXPECT_EQ(world.membership().leader(view), 2) << "view " << view;
  }
  EXPECT_LE(slowest, 600U);
  EXPECT_EQ(world.failure(), "");
}

}  // namespace
}  // namespace footproof::simulation
