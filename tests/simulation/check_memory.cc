// I11: no container of a replica grows beyond what README.md §5 allows it.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

class Memory final : public Checker {
  void stepped(World& world, const Host& host) override {
    if ((++steps_ & 15U) != 0) return;
    const auto info = host.replica().info();
    const std::uint64_t open = info.view - info.finalized_view;
    const auto over = [&](const char* what, std::size_t held, std::size_t most) {
      if (held > most) {
        world.fail(std::string("I11: ") + what + ": " + std::to_string(held) + " held, " +
                   std::to_string(most) + " allowed");
      }
    };
    over("views", info.views_held, open + 64 + 32 + 2);
    // Delivered ones kept for others, linked ones waiting, one a view above; or those of one who is
    // far behind, and stretches of 64 for it.
    over("blocks", info.blocks_held, 512 + 2 * 64 + 2 * (open + 64 + 4));
    over("batches", info.batches_held, 8192);
    over("evidence", info.evidence_held, host.facts().set.size() * consensus::kSignerEvidenceMax);
  }
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Checker> check_memory() { return std::make_unique<Memory>(); }

}  // namespace footproof::simulation
