// I8: an epoch has one set and one end, nothing is built on its boundary block, and no vote is made
// in it once that block is final here, nor in the next one before its end and hop are on the disk.
// Every vote is signed with the key that the set of its epoch names.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Epoch;
using consensus::Record;
using consensus::Vote;

class EpochsFollow final : public Checker {
  void started(World& world, const Host& host) override {
    const Epoch epoch = host.epoch();
    begins(world, host);
    Epoch& reached = reached_[host.place()];
    if (epoch < reached) world.fail(name(host) + "went back to epoch " + std::to_string(epoch));
    reached = epoch;
    over_[host.place()] = host.replica().info().closed;
    delivered_.erase(host.place());
  }

  // The end of the epoch before, and that its set has handed over.
  static void begins(World& world, const Host& host) {
    if (host.epoch() == 0 || host.hop_on_disk(host.epoch() - 1)) return;
    world.fail(name(host) + "is in epoch " + std::to_string(host.epoch()) +
               " and the hop of the one before is not durable");
  }

  void delivered(World& world, const Host& host, const consensus::Deliver& deliver) override {
    const auto& header = deliver.block.header;
    if (header.epoch != host.epoch()) world.fail(name(host) + "delivers of another epoch");
    if (header.boundary == 1) {
      boundaries_.insert(deliver.block_id);
      over_[host.place()] = true;
      delivered_.insert(host.place());
    } else if (delivered_.contains(host.place())) {
      world.fail(name(host) + "delivers beyond the end of its epoch");
    }
  }

  void persisted(World& world, const Host& host, const consensus::Persist& effect,
                 const Record& record) override {
    if (effect.epoch != host.epoch() || consensus::epoch_of(record) != host.epoch()) {
      world.fail(name(host) + "keeps what is of another epoch");
    }
    if (const auto* block = std::get_if<consensus::Block>(&record)) {
      const Digest id = consensus::block_id(block->header);
      if (block->header.boundary == 1) boundaries_.insert(id);
      parents_.emplace(id, block->header.parent);
    }
    const auto* vote = std::get_if<Vote>(&record);
    if (vote == nullptr) return;
    begins(world, host);
    if (over_[host.place()]) world.fail(name(host) + "votes in an epoch that is over");
    if (!host.facts().membership.verify(*vote, world.keys())) {
      world.fail(name(host) + "votes with a key that the set of its epoch does not name");
    }
    if (vote->type != consensus::VoteType::notarize) return;
    const auto parent = parents_.find(vote->proposal.block_id);
    const bool first = parent != parents_.end() && parent->second == host.facts().root.block_id;
    if (!first && parent != parents_.end() && boundaries_.contains(parent->second)) {
      world.fail(name(host) + "notarizes what is built on a boundary block");
    }
  }

  static std::string name(const Host& host) {
    return "I8: host " + std::to_string(host.place()) + " ";
  }

  std::map<std::size_t, Epoch> reached_;
  std::map<std::size_t, bool> over_;  // the epoch that the host is in, as it knows
  std::set<std::size_t> delivered_;   // that epoch's boundary block, in this life
  std::set<Digest> boundaries_;
  std::map<Digest, Digest> parents_;
};

}  // namespace

std::unique_ptr<Checker> check_epochs() { return std::make_unique<EpochsFollow>(); }

}  // namespace footproof::simulation
