// Worker threads for signatures, hashes and the form of what came in: work that the core thread and
// the HTTP threads must not do in bulk themselves.
//
// Tasks do not throw. At most tasks_max wait; what does not fit is refused, so that a flood is shed
// where it enters. stop() lets running tasks end and drops the waiting ones.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "node/ports.h"

namespace footproof::node {

class VerifierPool final : public Workers {
 public:
  explicit VerifierPool(std::size_t threads, std::size_t tasks_max = 4096);
  ~VerifierPool() override;
  VerifierPool(const VerifierPool&) = delete;
  VerifierPool& operator=(const VerifierPool&) = delete;

  // False: too many wait, or the pool has stopped.
  [[nodiscard]] bool post(Task task) override;
  // False: they did not fit, and none was run; or the pool has stopped.
  [[nodiscard]] bool run_all(std::vector<Task> tasks) override;
  void stop();

 private:
  void work();

  const std::size_t tasks_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool stopped_ = false;    // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace footproof::node
