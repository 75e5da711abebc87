// Each rule broken on purpose must make some seed out of 300 fail; else the simulator is blind to
// it.
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Mutation;

class Mutants : public testing::TestWithParam<Mutation> {};

TEST_P(Mutants, AreCaughtWithin300Seeds) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    World world(Plan::from_seed(seed, GetParam()));
    const Outcome outcome = world.run();
    if (outcome.failure.empty()) continue;
    std::printf("caught by seed %llu: %s\n", static_cast<unsigned long long>(seed),
                outcome.failure.c_str());
    return;
  }
  FAIL() << "no seed out of 300 noticed";
}

std::string name(const testing::TestParamInfo<Mutation>& info) {
  static constexpr const char* kNames[] = {"None",
                                           "FinalizeAfterNullify",
                                           "ParentWithoutNullifications",
                                           "SendBeforeDurable",
                                           "NotarizeWithoutBodies",
                                           "NoRepetition",
                                           "QuorumTooSmall",
                                           "SignerCountedTwice",
                                           "VoteInClosedEpoch",
                                           "ChildOfBoundary",
                                           "NextEpochWithoutHop",
                                           "OldKeysInNextEpoch"};
  return kNames[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(
    RulesBrokenOnPurpose, Mutants,
    testing::Values(Mutation::finalize_after_nullify, Mutation::parent_without_nullifications,
                    Mutation::send_before_durable, Mutation::notarize_without_bodies,
                    Mutation::no_repetition, Mutation::quorum_too_small,
                    Mutation::signer_counted_twice, Mutation::vote_in_closed_epoch,
                    Mutation::child_of_boundary, Mutation::next_epoch_without_hop,
                    Mutation::old_keys_in_next_epoch),
    name);

// And what breaks the rules between epochs, by the checker of epochs alone.
class EpochMutants : public testing::TestWithParam<Mutation> {};

TEST_P(EpochMutants, AreCaughtByTheCheckerOfEpochs) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    World world(Plan::from_seed(seed, GetParam()));
    world.checkers().clear();
    world.checkers().push_back(check_epochs());
    if (world.run().failure.starts_with("I8:")) return;
  }
  FAIL() << "no seed out of 300 noticed";
}

INSTANTIATE_TEST_SUITE_P(RulesBrokenOnPurpose, EpochMutants,
                         testing::Values(Mutation::vote_in_closed_epoch,
                                         Mutation::child_of_boundary,
                                         Mutation::next_epoch_without_hop,
                                         Mutation::old_keys_in_next_epoch),
                         name);

// The safety rules must also show where it hurts, in what is final or certified, and not only by
// the checker that was written for the rule.
class SafetyMutants : public testing::TestWithParam<Mutation> {};

TEST_P(SafetyMutants, CertifyWhatExcludesEachOther) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    World world(Plan::from_seed(seed, GetParam()));
    world.checkers().clear();
    world.checkers().push_back(check_agreement());
    // With a wrong q every certificate is wrong by form; here only its consequence counts.
    if (GetParam() != Mutation::quorum_too_small) {
      world.checkers().push_back(check_certificates());
    }
    const Outcome outcome = world.run();
    const std::string& why = outcome.failure;
    if (!why.starts_with("I1:") && !why.starts_with("I3:")) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), why.c_str());
    return;
  }
  FAIL() << "no seed out of 3000 certified what excludes each other";
}

INSTANTIATE_TEST_SUITE_P(RulesBrokenOnPurpose, SafetyMutants,
                         testing::Values(Mutation::finalize_after_nullify,
                                         Mutation::parent_without_nullifications,
                                         Mutation::quorum_too_small),
                         name);

}  // namespace
}  // namespace footproof::simulation
