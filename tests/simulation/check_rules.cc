// I14: every step of an honest host is one that the rules allow (rules.h), given what it received,
// wrote and had on disk before.
#include "tests/simulation/rules.h"
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

class RulesReplayed final : public Checker {
  Rules& of(World& world, const Host& host) {
    const auto found = rules_.find({host.place(), host.epoch()});
    if (found != rules_.end()) return found->second;
    Rules::Surroundings around;
    around.membership = &host.facts().membership;
    around.root = host.facts().root;
    around.self = host.index();
    around.checkpoint_lag = world.plan().parameters.checkpoint_lag;
    around.boundary_delay = world.plan().parameters.boundary_delay;
    around.listens_first = world.plan().parameters.listen_first;
    around.holds_body = [&host](const Digest& batch) { return host.holds_body(batch); };
    around.executed_here = [&host, &world](const consensus::Checkpoint& head) {
      if (head.height == 0) return head == world.root().checkpoint;
      return head.height <= host.store_height() && host.root_at(head.height) == head.log_root;
    };
    around.latest_time = [&host, &world] {
      return host.wall_ms() + world.plan().parameters.drift_ms;
    };
    around.executed = [&host](consensus::Height height) { return host.block_at(height); };
    around.next_set = [&host, epoch = host.epoch()](consensus::Height height) {
      return host.pending_at(height, epoch);
    };
    return rules_.emplace(std::pair(host.place(), host.epoch()), Rules(std::move(around)))
        .first->second;
  }

  static void judge(World& world, const Host& host, const std::string& wrong) {
    if (wrong.empty()) return;
    world.fail("I14: host " + std::to_string(host.place()) + ": " + wrong);
  }

  void started(World& world, const Host& host) override {
    std::optional<consensus::Applied> applied;
    const auto height = host.store_height();
    const auto block = host.block_at(height);
    const auto finalization = host.finalization_at(height);
    if (block && finalization && height > host.facts().root.height)
      applied = consensus::Applied{*block, *finalization};
    of(world, host).restart(host.disk_records(), applied);
  }
  void received(World& world, const Host& host, const consensus::Message& message) override {
    if (host.up()) of(world, host).received(message);
  }
  void persisted(World& world, const Host& host, const consensus::Persist& effect,
                 const consensus::Record& record) override {
    judge(world, host, of(world, host).persisted(effect.lsn, record));
  }
  void synced(World& world, const Host& host) override {
    of(world, host).durable(host.durable_lsn());
  }
  void sent(World& world, const Host& host, const consensus::Send& send) override {
    judge(world, host, of(world, host).sent(send.message, send.to));
  }
  void delivered(World& world, const Host& host, const consensus::Deliver& deliver) override {
    judge(world, host, of(world, host).delivered(deliver));
  }
  void alarmed(World& world, const Host& host, const consensus::Alarm&) override {
    of(world, host).alarmed();
  }
  void ended(World& world) override {
    for (const auto& [key, rules] : rules_) {
      world.count("rules: votes judged", rules.judged().votes);
      world.count("rules: certificates judged", rules.judged().certificates);
      world.count("rules: sends judged", rules.judged().sends);
    }
  }

  std::map<std::pair<std::size_t, consensus::Epoch>, Rules> rules_;
};

}  // namespace

std::unique_ptr<Checker> check_rules() { return std::make_unique<RulesReplayed>(); }

}  // namespace footproof::simulation
