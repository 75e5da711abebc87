#include "tests/simulation/whole/ports.h"

#include <algorithm>
#include <utility>

namespace footproof::whole {
namespace {

class SimTimer final : public node::Timer {
 public:
  SimTimer(Stage stage, Owner owner, const SimReactor& reactor)
      : stage_(stage), owner_(owner), reactor_(reactor) {}
  ~SimTimer() override { ++*turn_; }

  void start(node::MonoTime at, std::function<void()> fired) override {
    Micros when = std::max(reactor_.to_loop(at), stage_.loop.now());
    if (stage_.points.hit("a timer fires late", 50)) {
      when += stage_.points.between(1, 300) * kMilli;
    }
    if (stage_.points.hit("a timer fires very late", 2)) {
      when += stage_.points.between(1'000, 5'000) * kMilli;
    }
    if (!stage_.points.is_calm() && stage_.points.chosen("timers are coarse")) {
      when += 50 * kMilli - when % (50 * kMilli);
    }
    const std::uint64_t mine = ++*turn_;
    stage_.loop.at(when, owner_, "timer", [turn = turn_, mine, fired = std::move(fired)] {
      if (*turn == mine) fired();
    });
  }
  void cancel() override { ++*turn_; }

 private:
  Stage stage_;
  Owner owner_;
  const SimReactor& reactor_;
  std::shared_ptr<std::uint64_t> turn_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace

node::MonoTime SimReactor::now() const {
  return node::MonoTime(std::chrono::microseconds(clock_.mono_base + stage_.loop.now()));
}

Micros SimReactor::to_loop(node::MonoTime time) const {
  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const auto mono = static_cast<Micros>(std::max<std::int64_t>(since, 0));
  // Not earlier than asked for, whatever was rounded.
  return mono <= clock_.mono_base ? 0 : mono - clock_.mono_base + 1;
}

void SimReactor::post(std::function<void()> task) {
  Micros when = std::max(stage_.loop.now() + stage_.random.below(50), last_post_);
  if (stage_.points.hit("a post waits", 20)) when += stage_.points.between(1, 20) * kMilli;
  if (stage_.points.hit("the core thread is starved", 5)) {
    stage_.loop.pause(owner_, stage_.loop.now() + stage_.points.between(5, 300) * kMilli);
  }
  last_post_ = when;
  stage_.loop.at(when, owner_, "post", std::move(task));
}

std::unique_ptr<node::Timer> SimReactor::make_timer() {
  return std::make_unique<SimTimer>(stage_, owner_, *this);
}

bool SimWorkers::post(Task task) {
  const bool few = !stage_.points.is_calm() && stage_.points.chosen("few tasks may wait");
  if (waiting_ >= (few ? 2 : kWaitingMax) || stage_.points.hit("workers refuse a task", 50))
    return false;
  ++waiting_;
  Micros delay = stage_.random.between(30, 1'000);
  if (stage_.points.hit("a worker is slow", 30)) delay += stage_.points.between(10, 500) * kMilli;
  if (stage_.points.hit("a worker is slow for long", 2)) delay += 3 * kSecond;
  if (!stage_.points.is_calm() && stage_.points.chosen("one worker does everything")) {
    busy_until_ = std::max(busy_until_, stage_.loop.now()) + delay;
    delay = busy_until_ - stage_.loop.now();
  }
  stage_.loop.after(delay, owner_, "work", [this, task = std::move(task)] {
    --waiting_;
    task();
  });
  return true;
}

bool SimWorkers::run_all(std::vector<Task> tasks) {
  if (stage_.points.hit("workers refuse a request", 50)) return false;
  for (auto& task : tasks) task();
  return true;
}

void SimRunner::start(Step step) {
  step_ = std::move(step);
  schedule(stage_.loop.now());
}

void SimRunner::wake() {
  if (running_) {
    woken_ = true;
    return;
  }
  if (!step_) return;
  const bool at_once = stage_.points.chosen("storage runs at once");
  schedule(stage_.loop.now() + (at_once ? 0 : stage_.random.between(20, 2'000)));
}

void SimRunner::stop() {
  step_ = nullptr;
  ++turn_;
  waits_ = false;
}

void SimRunner::schedule(Micros at) {
  if (waits_ && next_ <= at) return;
  waits_ = true;
  next_ = at;
  if (stage_.points.hit("storage is slow", 20)) at += stage_.points.between(5, 400) * kMilli;
  if (stage_.points.hit("storage stands still", 1)) at += stage_.points.between(2, 15) * kSecond;
  const std::uint64_t mine = ++turn_;
  stage_.loop.at(at, owner_, "storage", [this, mine] {
    if (turn_ == mine) run();
  });
}

void SimRunner::run() {
  waits_ = false;
  running_ = true;
  woken_ = false;
  const auto next = step_();
  running_ = false;
  stepped_();
  if (!step_) return;
  if (woken_) {
    schedule(stage_.loop.now() + stage_.random.between(20, 500));
  } else if (stage_.points.hit("storage is woken for nothing", 50)) {
    schedule(stage_.loop.now() + stage_.points.between(0, 30) * kMilli);
  } else if (next != node::kNever && stage_.points.hit("storage oversleeps", 50)) {
    schedule(reactor_.to_loop(next) + stage_.points.between(10, 2'000) * kMilli);
  } else if (next != node::kNever) {
    schedule(std::max(reactor_.to_loop(next), stage_.loop.now() + 20));
  }
}

}  // namespace footproof::whole
