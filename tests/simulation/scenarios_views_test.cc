// Named scenarios of consensus/README.md §15 about how views end and who builds on what.
#include "tests/simulation/scenario.h"
#include "tests/simulation/watch.h"

namespace footproof::simulation {
namespace {

using consensus::ValidatorIndex;
using consensus::View;
using consensus::VoteType;

// A plan of that size whose first leader is honest validator 0.
Plan led_by_zero(std::size_t n, AdversaryKind last_f) {
  Plan plan = calm_plan(n);
  for (std::size_t i = n - consensus::faulty_max(n); i < n; ++i) plan.adversaries[i] = last_f;
  for (;; ++plan.seed) {
    World probe(plan);
    if (probe.membership().leader(1) == 0) return plan;
  }
}

// 1. Some honest validators leave view 1 by its notarization, the others by its nullification, and
// neither can show the other. Afterwards all of it must be found and followed.
TEST(Scenario, SplitEndingFinalizesWithinOneRoundOfLeaders) {
  for (const std::size_t n : {4U, 7U}) {
    World world(led_by_zero(n, AdversaryKind::double_voter));
    const std::size_t f = world.membership().f();
    // The first `f` honest ones see the notarization, the others only NULLIFY.
    const auto sees_notarization = [f](ValidatorIndex i) { return i < f; };
    world.filter = [&](ValidatorIndex, ValidatorIndex to, const Wire& wire) {
      if (as<consensus::Status>(wire) != nullptr) return true;
      if (is_certificate(wire, VoteType::notarize, 1) ||
          is_certificate(wire, VoteType::nullify, 1)) {
        return true;
      }
      if (as<consensus::Propose>(wire) != nullptr) return !is_notarize(wire, 1);
      return sees_notarization(to) ? is_vote(wire, VoteType::nullify, 1)
                                   : is_vote(wire, VoteType::notarize, 1);
    };
    world.offer(0);
    world.run_until(
        [&] {
          for (std::size_t i = 0; i < n - f; ++i) {
            if (info(world, i).view < 2) return false;
          }
          return true;
        },
        30'000);
    ASSERT_EQ(world.failure(), "");
    EXPECT_EQ(info(world, 0).views_nullified, 0U);
    EXPECT_EQ(info(world, n - f - 1).views_nullified, 1U);
    const View before = info(world, 0).view;
    world.filter = nullptr;
    world.run_until([&] { return lowest_height(world) >= 1; }, 60'000);
    EXPECT_LE(info(world, 0).finalized_view, before + n);
    expect_sound(world);
  }
}

// 2. All nullify view 1, then its notarization comes: no FINALIZE, but the next leader builds on
// it.
TEST(Scenario, NullifiedThenNotarizedViewIsBuiltOn) {
  World world(led_by_zero(4, AdversaryKind::none));
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  bool nullified = false;
  world.filter = [&](ValidatorIndex, ValidatorIndex, const Wire& wire) {
    if (is_vote(wire, VoteType::nullify, 1)) return true;
    return !nullified && is_vote(wire, VoteType::notarize, 1);
  };
  world.offer(0);
  world.run_until(
      [&] {
        for (std::size_t i = 0; i < 4; ++i) {
          if (books.signed_votes[{i, 1}].size() < 2) return false;  // NOTARIZE and NULLIFY
        }
        return true;
      },
      10'000);
  nullified = true;
  world.run_until([&] { return lowest_height(world) >= 2; }, 60'000);
  ASSERT_EQ(world.failure(), "");
  EXPECT_EQ(books.chain.at(1).view, 1U);
  EXPECT_GT(books.chain.at(2).view, 1U);
  for (std::size_t i = 0; i < 4; ++i) {
    for (const auto& vote : books.signed_votes[{i, 1}]) EXPECT_NE(vote.type, VoteType::finalize);
  }
  expect_sound(world);
}

// 3.
TEST(Scenario, LeaderEquivocatesAndAllRestartInThatView) {
  Plan plan = led_by_zero(4, AdversaryKind::none);
  plan.adversaries[0] = AdversaryKind::equivocating_proposer;
  for (const std::uint64_t wait : {1U, 4U, 8U, 12U, 20U, 60U}) {
    World world(plan);
    world.offer(0);
    world.run_until(wait);
    world.crash_all();
    world.restart_all();
    commit_one(world, 1);
    expect_sound(world);
  }
}

// 13. More than f collude: a second finalization of a view, or a nullification beside one. Whoever
// sees both says so, names who signed both, and stops voting.
TEST(Scenario, ConflictingBranchesAreDetectedAndSignersNamed) {
  for (const VoteType second : {VoteType::finalize, VoteType::nullify}) {
    World world(calm_plan());
    Watch::Books books;
    world.checkers().clear();
    world.checkers().push_back(std::make_unique<Watch>(books));
    commit_one(world, 0);
    Host& host = world.host(0);
    const auto final = host.finalization_at(1);
    ASSERT_TRUE(final);
    consensus::Certificate other{second, final->proposal, 0, {}};
    other.proposal.block_id.bytes[0] ^= 1U;
    if (second == VoteType::nullify) other.proposal = {0, final->proposal.view, 0, {}};
    for (const std::size_t signer : {1U, 2U, 3U}) {
      other.signers |= 1U << signer;
      const auto message =
          consensus::sign_bytes(world.membership().chain_id(), second, other.proposal);
      other.signatures.push_back(world.keys().sign(signer, message));
    }
    host.step(consensus::Received{3, other});
    ASSERT_EQ(books.alarms.size(), 1U);
    EXPECT_EQ(books.alarms[0].second.kind, consensus::AlarmKind::conflicting_finality);
    EXPECT_EQ(books.alarms[0].second.signers, final->signers & other.signers);
    EXPECT_NE(books.alarms[0].second.signers, 0U);
    EXPECT_GE(books.evidence.size(), 2U);
    EXPECT_FALSE(info(world, 0).voting);
    EXPECT_EQ(info(world, 0).finalized_height, 1U);  // and it keeps what it has
  }
}

// 17. The header's view is the proposal's; only a boundary block is proposed twice.
TEST(Scenario, ProposalOfAnotherViewOrOfAnOldBlockIsRefused) {
  for (const bool old_block : {false, true}) {
    const ValidatorIndex leader = 3;
    Plan plan = calm_plan();
    plan.adversaries[leader] = AdversaryKind::finalize_withholder;  // the rest is done below
    World world(plan);
    Watch::Books books;
    world.checkers().push_back(std::make_unique<Watch>(books));
    View view = 0;
    do {
      commit_one(world, 0);
      world.run_until(world.now() + 500);
      view = info(world, 1).view;
    } while (world.membership().leader(view) != leader && !world.failed());
    const consensus::Block last = *world.host(1).block_at(world.host(1).store_height());
    consensus::Propose propose;
    propose.block = last;
    if (!old_block) {
      auto& header = propose.block.header;
      header.parent = consensus::block_id(last.header);
      header.height += 1;
      header.time_ms += 1;
      header.proposer = leader;
      header.view = view + 4;  // led by the same validator
      header.batch_count = 0;
      propose.block.batch_refs.clear();
      header.batch_root = consensus::batch_root({});
    }
    propose.proposal = {0, view, info(world, 1).finalized_view,
                        consensus::block_id(propose.block.header)};
    propose.signature = world.host(leader).sign(VoteType::notarize, propose.proposal).signature;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != leader) world.host(i).step(consensus::Received{leader, propose});
    }
    for (std::size_t i = 0; i < 4; ++i) {
      for (const auto& vote : books.signed_votes[{i, view}]) {
        EXPECT_NE(vote.type, VoteType::notarize);
      }
    }
    commit_one(world, 0);
    EXPECT_EQ(world.failure(), "");
  }
}

// 18. The Byzantine ones give up every view at once and one honest validator is slow; q needs it.
TEST(Scenario, NullifiersAndOneSlowHonestValidator) {
  Plan plan = led_by_zero(7, AdversaryKind::nullify_only);
  plan.disk_ms = 1;
  plan.slow_disk_host = 2;
  World world(plan);
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  for (int i = 0; i < 20; ++i) commit_one(world, static_cast<std::size_t>(i % 5));
  for (const View view : books.nullified) {
    EXPECT_GE(world.membership().leader(view), 5U) << "view " << view;
  }
  expect_sound(world);
}

// 14. What a double voter did stands in the chain within a round of leaders, once, and nothing else
// does; also while no statement comes.
TEST(Scenario, EvidenceIsInTheChainWithinARoundOfLeaders) {
  for (const std::size_t n : {4U, 7U}) {
    World world(led_by_zero(n, AdversaryKind::double_voter));
    Watch::Books books;
    world.checkers().push_back(std::make_unique<Watch>(books));
    commit_one(world, 0);
    ASSERT_FALSE(books.evidence.empty());
    const auto first = consensus::key_of(books.evidence.front());
    const consensus::Height height = lowest_height(world);
    world.run_until([&] { return books.in_chain.contains(first); }, 60'000);
    ASSERT_TRUE(books.in_chain.contains(first)) << n;
    EXPECT_LE(books.in_chain[first], height + n);
    for (const auto& [key, at] : books.in_chain) EXPECT_GE(key.second, n - (n - 1) / 3);
    expect_sound(world);
  }
}

// 15. Without an offence no block carries evidence, and idle leaders make no block for it.
TEST(Scenario, AChainWithoutOffencesHoldsNoEvidence) {
  World world(calm_plan(4));
  Watch::Books books;
  world.checkers().push_back(std::make_unique<Watch>(books));
  for (std::size_t i = 0; i < 4; ++i) commit_one(world, i);
  EXPECT_TRUE(books.in_chain.empty());
  for (const auto& [height, header] : books.chain) EXPECT_TRUE(header.evidence_root.is_zero());
  expect_sound(world);
}

}  // namespace
}  // namespace footproof::simulation
