#include "node/thread_runner.h"

#include <utility>

#include "node/thread_name.h"

namespace footproof::node {

void ThreadRunner::start(Step step) {
  step_ = std::move(step);
  thread_ = std::thread([this] { work(); });
}

void ThreadRunner::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void ThreadRunner::join() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ThreadRunner::work() {
  name_thread(name_);
  MonoTime due = kNever;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || woken_; };
      if (due == kNever) {
        wake_.wait(lock, ready);
      } else if (due > std::chrono::steady_clock::now()) {
        wake_.wait_until(lock, due, ready);
      }
      if (stopping_) return;
      woken_ = false;
    }
    due = step_();
  }
}

}  // namespace footproof::node
