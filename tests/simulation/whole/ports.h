// What a node takes from outside itself (node/ports.h), made of events in virtual time: its clock,
// timers and posts, the worker threads and the storage thread. One of each for every life of a
// host; the clock outlives them.
#pragma once

#include <memory>
#include <vector>

#include "node/ports.h"
#include "tests/simulation/random.h"
#include "tests/simulation/whole/loop.h"
#include "tests/simulation/whole/points.h"

namespace footproof::whole {

// What all simulated parts share.
struct Stage {
  Loop& loop;
  Points& points;
  simulation::Random& random;
};

// Of one machine: how its clocks stand to virtual time.
struct HostClock {
  std::uint64_t wall_base_ms = 0;  // since 1970, when the run began
  std::int64_t offset_ms = 0;      // of the wall clock; jumps
  Micros mono_base = 0;            // differs between machines

  [[nodiscard]] std::uint64_t wall_ms(Micros now) const {
    return wall_base_ms + now / kMilli + static_cast<std::uint64_t>(offset_ms);
  }
};

class SimReactor final : public node::Reactor {
 public:
  SimReactor(Stage stage, Owner owner, const HostClock& clock)
      : stage_(stage), owner_(owner), clock_(clock) {}

  [[nodiscard]] node::MonoTime now() const override;
  [[nodiscard]] std::uint64_t wall_ms() const override { return clock_.wall_ms(stage_.loop.now()); }
  void post(std::function<void()> task) override;
  [[nodiscard]] std::unique_ptr<node::Timer> make_timer() override;
  [[nodiscard]] Micros to_loop(node::MonoTime time) const;

 private:
  Stage stage_;
  Owner owner_;
  const HostClock& clock_;
  Micros last_post_ = 0;
};

class SimWorkers final : public node::Workers {
 public:
  SimWorkers(Stage stage, Owner owner) : stage_(stage), owner_(owner) {}

  [[nodiscard]] bool post(Task task) override;
  [[nodiscard]] bool run_all(std::vector<Task> tasks) override;

 private:
  static constexpr std::size_t kWaitingMax = 64;
  Stage stage_;
  Owner owner_;
  std::size_t waiting_ = 0;
  Micros busy_until_ = 0;  // where one worker does everything
};

class SimRunner final : public node::Runner {
 public:
  // `stepped` is called after each step.
  SimRunner(Stage stage, Owner owner, const SimReactor& reactor, std::function<void()> stepped)
      : stage_(stage), owner_(owner), reactor_(reactor), stepped_(std::move(stepped)) {}

  void start(Step step) override;
  void wake() override;
  void stop() override;

 private:
  void schedule(Micros at);
  void run();

  Stage stage_;
  Owner owner_;
  const SimReactor& reactor_;
  std::function<void()> stepped_;
  Step step_;
  std::uint64_t turn_ = 0;  // of the step that waits
  bool waits_ = false;
  Micros next_ = 0;
  bool running_ = false;
  bool woken_ = false;
};

}  // namespace footproof::whole
