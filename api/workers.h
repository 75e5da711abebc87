// The threads that answer requests: a fixed number, and a queue of at most queue_max behind them.
// What finds no place is not taken. Stacks are small: there may be a hundred of these threads.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace footproof::api {

class Workers {
 public:
  using Job = std::function<void()>;

  Workers(std::size_t workers, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Never waits. False: all threads are busy and the queue is full.
  [[nodiscard]] bool enqueue(Job job);
  // Runs what is queued, then joins. Idempotent.
  void shutdown();

 private:
  static void* run(void* self);
  void serve();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Job> queue_;  // guarded by mutex_
  std::size_t idle_ = 0;   // guarded by mutex_: workers without a job
  bool stopping_ = false;  // guarded by mutex_
  std::vector<pthread_t> threads_;
};

}  // namespace footproof::api
