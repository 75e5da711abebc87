// I9: evidence is true and never names an honest validator; an offence whose two halves reached one
// honest host while it watched that view is reported. And no honest host raises an alarm while at
// most f are faulty.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Evidence;
using consensus::ValidatorIndex;
using consensus::View;
using consensus::Vote;

class EvidenceIsTrue final : public Checker {
  void reported(World& world, const Host&, const Evidence& evidence) override {
    const consensus::Epoch epoch = evidence.first.proposal.epoch;
    if (!world.epochs().at(epoch).membership.verify(evidence, world.keys())) {
      return world.fail("I9: evidence that does not verify");
    }
    if (world.is_honest(epoch, evidence.first.signer)) {
      world.fail("I9: evidence against honest validator " + std::to_string(evidence.first.signer));
    }
    reported_.insert({epoch, evidence.first.proposal.view, evidence.first.signer});
  }

  void alarmed(World& world, const Host& host, const consensus::Alarm& alarm) override {
    world.fail("alarm at honest host " + std::to_string(host.place()) + ": " + alarm.detail);
  }

  void started(World&, const Host& host) override {
    heard_.erase(host.place());
    seen_.clear();
  }

  // The host has lived through the step that brought the second half.
  void stepped(World&, const Host& host) override {
    if (host.place() == seen_by_) expected_.insert(seen_.begin(), seen_.end());
    seen_.clear();
  }

  void received(World& world, const Host& host, const consensus::Message& message) override {
    seen_.clear();
    Vote vote;
    if (const auto* direct = std::get_if<Vote>(&message)) {
      vote = *direct;
    } else if (const auto* propose = std::get_if<consensus::Propose>(&message)) {
      const consensus::Block& block = propose->block;
      if (consensus::block_id(block.header) != propose->proposal.block_id) return;
      vote = {consensus::VoteType::notarize, propose->proposal,
              host.facts().membership.leader(propose->proposal.view), propose->signature};
    } else {
      return;
    }
    const consensus::Epoch epoch = host.epoch();
    if (!host.up() || vote.proposal.epoch != epoch || vote.signer >= host.facts().set.size() ||
        world.is_honest(epoch, vote.signer)) {
      return;
    }
    const auto info = host.replica().info();
    const View view = vote.proposal.view;
    if (view + 32 < info.finalized_view || view > info.view + 64) return;
    auto& heard = heard_[host.place()][{epoch, view, vote.signer}];
    for (const Vote& before : heard) {
      if (before.says_same(vote)) return;
    }
    if (heard.size() >= 4 || !host.facts().membership.verify(vote, world.keys())) return;
    for (const Vote& before : heard) {
      if (!consensus::is_offence(before, vote)) continue;
      seen_.insert({epoch, view, vote.signer});
      seen_by_ = host.place();
    }
    heard.push_back(vote);
  }

  void ended(World& world) override {
    std::size_t missing = 0;
    Key which;
    for (const auto& offence : expected_) {
      if (reported_.contains(offence)) continue;
      ++missing;
      which = offence;
    }
    if (missing == 0 || reported_.size() >= 256) return;  // the bound on evidence held
    world.fail("I9: " + std::to_string(missing) + " of " + std::to_string(expected_.size()) +
               " offences that an honest host saw were not reported, the last of validator " +
               std::to_string(std::get<2>(which)) + " in view " +
               std::to_string(std::get<1>(which)));
  }

  using Key = std::tuple<consensus::Epoch, View, ValidatorIndex>;
  std::set<Key> reported_;
  std::set<Key> expected_;
  std::set<Key> seen_;  // in the step under way, of host seen_by_
  std::size_t seen_by_ = 0;
  std::map<std::size_t, std::map<Key, std::vector<Vote>>> heard_;
};

}  // namespace

std::unique_ptr<Checker> check_evidence() { return std::make_unique<EvidenceIsTrue>(); }

}  // namespace footproof::simulation
