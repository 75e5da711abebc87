// I9: evidence is true and never names an honest validator, in the chain neither; an offence whose
// two halves reached one honest host while it watched that view is reported; and no block of an
// honest proposer that has evidence leaves it out, unless an ancestor has it or the block is full.
// And no honest host raises an alarm while at most f are faulty.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Evidence;
using consensus::ValidatorIndex;
using consensus::View;
using consensus::Vote;

class EvidenceIsTrue final : public Checker {
  void reported(World& world, const Host& host, const Evidence& evidence) override {
    const consensus::Epoch epoch = evidence.first.proposal.epoch;
    if (!world.epochs().at(epoch).membership.verify(evidence, world.keys())) {
      return world.fail("I9: evidence that does not verify");
    }
    if (world.is_honest(epoch, evidence.first.signer)) {
      world.fail("I9: evidence against honest validator " + std::to_string(evidence.first.signer));
    }
    if (reported_.insert({epoch, evidence.first.proposal.view, evidence.first.signer}).second) {
      ++reported_of_[{epoch, evidence.first.signer}];
    }
    const auto info = host.replica().info();
    if (info.epoch != epoch) return;
    Pending& pending = pending_[{epoch, host.index()}];
    pending.place = host.place();
    pending.views.emplace(consensus::key_of(evidence), info.view);
  }

  void delivered(World& world, const Host&, const consensus::Deliver& deliver) override {
    const consensus::Block& block = deliver.block;
    const consensus::Epoch epoch = block.header.epoch;
    if (block.header.height <= height_) return;
    height_ = block.header.height;
    for (const Evidence& evidence : block.evidence) {
      if (!world.epochs().at(epoch).membership.verify(evidence, world.keys()) ||
          world.is_honest(epoch, evidence.first.signer)) {
        world.fail("I9: false evidence in the block of height " + std::to_string(height_));
      }
      const auto [view, signer] = consensus::key_of(evidence);
      if (in_chain_.insert({epoch, view, signer}).second) {
        ++in_chain_of_[{epoch, signer}];
        world.count("evidence in blocks");
      }
    }
    if (block.evidence.size() == consensus::kBlockEvidenceMax) return;
    for (const auto& [key, view] : pending_[{epoch, block.header.proposer}].views) {
      const bool known = in_chain_.contains({epoch, key.first, key.second});
      const bool enough = in_chain_of_[{epoch, key.second}] >= consensus::kSignerEvidenceMax;
      if (view >= block.header.view || known || enough) continue;
      world.fail("I9: the block of height " + std::to_string(height_) +
                 " leaves out evidence that its proposer has");
    }
  }

  void alarmed(World& world, const Host& host, const consensus::Alarm& alarm) override {
    world.fail("alarm at honest host " + std::to_string(host.place()) + ": " + alarm.detail);
  }

  void started(World&, const Host& host) override {
    heard_.erase(host.place());
    // What was not synced may be gone.
    std::erase_if(pending_, [&](const auto& one) { return one.second.place == host.place(); });
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
      const auto& [epoch, view, signer] = offence;
      const bool enough = reported_of_[{epoch, signer}] >= consensus::kSignerEvidenceMax;
      if (enough || reported_.contains(offence)) continue;
      ++missing;
      which = offence;
    }
    if (missing == 0) return;
    world.fail("I9: " + std::to_string(missing) + " of " + std::to_string(expected_.size()) +
               " offences that an honest host saw were not reported, the last of validator " +
               std::to_string(std::get<2>(which)) + " in view " +
               std::to_string(std::get<1>(which)));
  }

  using Key = std::tuple<consensus::Epoch, View, ValidatorIndex>;
  using Accused = std::pair<consensus::Epoch, ValidatorIndex>;
  std::set<Key> reported_;
  std::map<Accused, std::size_t> reported_of_;
  struct Pending {
    std::size_t place = 0;
    std::map<consensus::EvidenceKey, View> views;  // the view it was in
  };
  std::map<std::pair<consensus::Epoch, ValidatorIndex>, Pending> pending_;
  std::set<Key> in_chain_;
  std::map<Accused, std::size_t> in_chain_of_;
  consensus::Height height_ = 0;
  std::set<Key> expected_;
  std::set<Key> seen_;  // in the step under way, of host seen_by_
  std::size_t seen_by_ = 0;
  std::map<std::size_t, std::map<Key, std::vector<Vote>>> heard_;
};

}  // namespace

std::unique_ptr<Checker> check_evidence() { return std::make_unique<EvidenceIsTrue>(); }

}  // namespace footproof::simulation
