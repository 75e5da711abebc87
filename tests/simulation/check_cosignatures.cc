// I10: honest hosts execute to one root at each height, and cosign no head that goes back: none of
// a smaller log, of another root at a size that they have signed, or of an earlier time than the
// last, over restarts too. What q cosignatures vouch for is what honest hosts have executed.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

class Cosignatures final : public Checker {
  void executed(World& world, const Host& host, const consensus::Checkpoint& head) override {
    const auto [at, first] = by_height_.try_emplace(head.height, head);
    if (!first && at->second != head) {
      world.fail("I10: host " + std::to_string(host.place()) + " executes height " +
                 std::to_string(head.height) + " to another head than others");
    }
    agree(world, head.log_size, head.log_root);
  }

  void cosigned(World& world, const Host& host, const Cosigned& now) override {
    auto& before = last_[host.place()];
    const std::string who = "I10: host " + std::to_string(host.place()) + " cosigns ";
    if (now.size < before.size) world.fail(who + "a smaller log than before");
    if (now.time_ms < before.time_ms) world.fail(who + "an earlier time than before");
    if (now.size == before.size && before.size != 0 && now.root != before.root) {
      world.fail(who + "two roots at one size");
    }
    before = now;
    world.count("cosignatures judged");
    agree(world, now.size, now.root);
  }

  void vouched(World& world, const Host&, std::uint64_t size, const Digest& root) override {
    world.count("heads with q cosignatures");
    agree(world, size, root);
  }

  void agree(World& world, std::uint64_t size, const Digest& root) {
    const auto [at, first] = roots_.try_emplace(size, root);
    if (!first && at->second != root) {
      world.fail("I10: two roots at log size " + std::to_string(size));
    }
  }

  std::map<consensus::Height, consensus::Checkpoint> by_height_;
  std::map<std::uint64_t, Digest> roots_;  // by log size
  std::map<std::size_t, Cosigned> last_;   // by host
};

}  // namespace

std::unique_ptr<Checker> check_cosignatures() { return std::make_unique<Cosignatures>(); }

}  // namespace footproof::simulation
