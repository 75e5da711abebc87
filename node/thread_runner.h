// A runner on a thread of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "node/ports.h"

namespace footproof::node {

class ThreadRunner final : public Runner {
 public:
  // At most 15 characters; a literal.
  explicit ThreadRunner(const char* name) : name_(name) {}
  ~ThreadRunner() override { join(); }
  ThreadRunner(const ThreadRunner&) = delete;
  ThreadRunner& operator=(const ThreadRunner&) = delete;

  void start(Step step) override;
  void wake() override;
  void stop() override { join(); }

 private:
  void work();
  void join();

  const char* name_;
  Step step_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace footproof::node
