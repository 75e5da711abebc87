// I7: when a proposal is notarized, at least f+1 honest hosts have its block and all its batches
// on their disks, synced: no power cut can lose them.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

class Bodies final : public Checker {
  void persisted(World& world, const Host&, const consensus::Persist&,
                 const consensus::Record& record) override {
    if (const auto* block = std::get_if<consensus::Block>(&record)) {
      blocks_.emplace(consensus::block_id(block->header), *block);
    }
    const auto* certificate = std::get_if<consensus::Certificate>(&record);
    if (certificate == nullptr || certificate->type != consensus::VoteType::notarize) return;
    const Digest& id = certificate->proposal.block_id;
    if (!checked_.insert(id).second) return;
    std::size_t holders = 0;
    for (const auto& host : world.hosts()) {
      if (host->honest() && host->block_on_disk(id) && bodies(*host, id)) ++holders;
    }
    if (holders < world.epochs().at(certificate->proposal.epoch).membership.f() + 1) {
      world.fail("I7: view " + std::to_string(certificate->proposal.view) + " is notarized and " +
                 std::to_string(holders) + " honest hosts hold it durably");
    }
  }

  bool bodies(const Host& host, const Digest& id) const {
    const auto block = blocks_.find(id);
    if (block == blocks_.end()) return false;
    for (const auto& ref : block->second.batch_refs) {
      if (!host.body_on_disk(ref.digest)) return false;
    }
    return true;
  }

  std::map<Digest, consensus::Block> blocks_;
  std::set<Digest> checked_;
};

}  // namespace

std::unique_ptr<Checker> check_bodies() { return std::make_unique<Bodies>(); }

}  // namespace footproof::simulation
