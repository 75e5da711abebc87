// I1: finalized blocks at one height are equal; each host delivers every height once in a life, in
// order, from where its store ends. I13: at the end all honest hosts have executed to the same
// state.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

class Agreement final : public Checker {
  void started(World&, const Host& host) override {
    delivered_[host.place()] = host.store_height();
  }

  void delivered(World& world, const Host& host, const consensus::Deliver& deliver) override {
    const consensus::Height height = deliver.block.header.height;
    if (height != ++delivered_[host.place()]) world.fail("I1: delivered out of order");
    const auto [at, inserted] = ids_.try_emplace(height, deliver.block_id);
    if (!inserted && at->second != deliver.block_id) {
      world.fail("I1: two finalized blocks at height " + std::to_string(height));
    }
    if (consensus::block_id(deliver.block.header) != deliver.block_id) {
      world.fail("I1: delivered under a wrong id");
    }
  }

  void ended(World& world) override {
    consensus::Height lowest = UINT64_MAX;
    for (const auto& host : world.hosts()) {
      if (host->honest() && host->up()) lowest = std::min(lowest, host->store_height());
    }
    const Host* first = nullptr;
    for (const auto& host : world.hosts()) {
      if (!host->honest() || !host->up()) continue;
      if (first == nullptr) first = host.get();
      if (host->root_at(lowest) != first->root_at(lowest)) {
        world.fail("I13: roots differ at height " + std::to_string(lowest));
      }
    }
  }

  std::map<std::size_t, consensus::Height> delivered_;
  std::map<consensus::Height, Digest> ids_;
};

}  // namespace

std::unique_ptr<Checker> check_agreement() { return std::make_unique<Agreement>(); }

}  // namespace footproof::simulation
