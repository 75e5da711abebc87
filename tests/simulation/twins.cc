#include "tests/simulation/twins.h"

#include <algorithm>
#include <array>
#include <map>

#include "attest/check.h"

namespace footproof::simulation {

using consensus::View;

namespace {

constexpr std::uint64_t kDelta = 100;
// For all views of the scenario, their groups waited out; and then until all is final: more than
// any run needed by a factor, so that a run that comes to a halt is told from a slow one.
constexpr std::uint64_t kViewsMs = 120'000;
constexpr std::uint64_t kFinalMs = 60'000;

Plan plan_of(const TwinsScenario& scenario, consensus::Mutation mutation) {
  Random random(mix(scenario.number ^ 0x7477696e73U) + static_cast<std::uint64_t>(scenario.kind));
  Plan plan;
  plan.seed = random.next();
  plan.n = scenario.n;
  plan.real_keys = random.chance(10);
  plan.parameters.delta_ms = kDelta;
  plan.parameters.idle_ms = 3'000;
  plan.parameters.mutation = mutation;
  plan.adversaries.assign(scenario.people(), AdversaryKind::none);
  // Who may hear whom is the scenario's from the first view on.
  plan.parameters.guard_own_key = plan.parameters.listen_first = false;
  if (!scenario.changes.empty()) {
    plan.people = scenario.people();
    plan.changes = scenario.changes;
    plan.parameters.checkpoint_lag = 1;
    plan.parameters.boundary_delay = scenario.boundary_delay;
  }
  std::fill_n(plan.adversaries.begin(), scenario.twins, AdversaryKind::twin);
  for (std::size_t i = 0; i < scenario.first_steps(); ++i) {
    plan.leaders.push_back(scenario.steps[i].leader);
  }
  plan.calm_delay_ms = random.between(2, 60);
  plan.disk_ms = random.between(0, 8);
  plan.execution_ms = random.between(0, 10);
  plan.offers = 0;
  plan.deadline_ms = kViewsMs + kFinalMs;
  return plan;
}

class Twins {
 public:
  Twins(const TwinsScenario& scenario, World& world) : scenario_(scenario), world_(world) {}

  Outcome run() {
    world_.route = [this](const Host& from, const Host& to, const Wire& wire) {
      return hears(from, to, wire);
    };
    for (std::size_t place = 0; place < world_.hosts().size(); ++place) world_.offer(place);
    world_.run_until(
        [this] {
          look();
          return behind_us();
        },
        kViewsMs);
    if (world_.failed()) return world_.finish();
    world_.route = nullptr;  // and each twin serves its half, as in other runs
    world_.restart_all();
    for (std::size_t place = 0; place < world_.hosts().size(); ++place) world_.offer(place);
    const std::uint64_t healed = world_.now();
    world_.count("views with a partition", scenario_.steps.size());
    Outcome outcome = world_.run();
    outcome.counts["ms until all was final, together"] += world_.now() - healed;
    return outcome;
  }

 private:
  // A view begins when the first host enters it: offers go on, and who is to crash does.
  void look() {
    for (const auto& host : world_.hosts()) {
      if (!host->up() || !host->member() || host->epoch() > 1) continue;
      const View view = host->replica().info().view;
      auto& entered = entered_[host->epoch()];
      while (entered.size() < view) enter(host->epoch(), entered.size() + 1);
    }
  }

  void enter(consensus::Epoch epoch, View view) {
    entered_[epoch].push_back(world_.now());
    world_.offer(world_.random().below(world_.hosts().size()));
    for (const auto& crash : scenario_.crashes) {
      const bool here = epoch == 0 && crash.view == view;
      const bool next = epoch == 1 && crash.view == scenario_.first_steps() + view;
      if (!(here || next) || !world_.host(crash.place).up()) continue;
      world_.host(crash.place).crash();
      if (crash.loses_disk) world_.host(crash.place).lose_disk();
      world_.schedule_restart(world_.host(crash.place), crash.away_ms);
    }
  }

  [[nodiscard]] bool behind_us() const {
    return std::all_of(world_.hosts().begin(), world_.hosts().end(), [this](const auto& host) {
      if (!host->honest()) return true;
      const consensus::Epoch last = scenario_.changes.empty() ? 0 : 1;
      if (!host->up() || host->epoch() < last) return false;
      return !host->member() || host->replica().info().view > steps_of(last);
    });
  }

  [[nodiscard]] std::size_t steps_of(consensus::Epoch epoch) const {
    return epoch == 0 ? scenario_.first_steps() : scenario_.steps_of_next;
  }

  // The view that a message is of, or else the one that its sender is in.
  [[nodiscard]] static View view_of(const Host& from, const Wire& wire) {
    if (wire.message) {
      if (const auto* vote = std::get_if<consensus::Vote>(&*wire.message)) {
        return vote->proposal.view;
      }
      if (const auto* propose = std::get_if<consensus::Propose>(&*wire.message)) {
        return propose->proposal.view;
      }
      if (const auto* certificate = std::get_if<consensus::Certificate>(&*wire.message)) {
        return certificate->proposal.view;
      }
    }
    return from.up() && from.member() ? from.replica().info().view : 0;
  }

  [[nodiscard]] bool hears(const Host& from, const Host& to, const Wire& wire) const {
    const View view = view_of(from, wire);
    const auto named = wire.message ? consensus::epoch_of(*wire.message) : std::nullopt;
    const consensus::Epoch epoch = named.value_or(from.epoch());
    if (view == 0 || epoch > 1 || view > steps_of(epoch)) return true;
    const auto& entered = entered_[epoch];
    const bool open =
        view <= entered.size() && world_.now() > entered[view - 1] + scenario_.patience_ms;
    const std::size_t at = view - 1 + (epoch == 0 ? 0 : scenario_.first_steps());
    const std::uint32_t sides = scenario_.steps[at].sides;
    return open || ((sides >> from.place()) & 1U) == ((sides >> to.place()) & 1U);
  }

  const TwinsScenario& scenario_;
  World& world_;
  // Of views 1, 2, … of both epochs: when somebody first did.
  std::array<std::vector<std::uint64_t>, 2> entered_;
};

}  // namespace

Outcome run_twins(const TwinsScenario& scenario, consensus::Mutation mutation, bool only_agreement,
                  bool trace) {
  World world(plan_of(scenario, mutation));
  if (trace) world.trace_to_stdout();
  if (only_agreement) {
    world.checkers().clear();
    world.checkers().push_back(check_agreement());
  }
  return Twins(scenario, world).run();
}

}  // namespace footproof::simulation
