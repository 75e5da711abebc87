#include "node/verifier_pool.h"

#include <future>
#include <memory>
#include <utility>

#include "node/thread_name.h"

namespace footproof::node {

VerifierPool::VerifierPool(std::size_t threads, std::size_t tasks_max) : tasks_max_(tasks_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

VerifierPool::~VerifierPool() { stop(); }

bool VerifierPool::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || tasks_.size() >= tasks_max_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool VerifierPool::run_all(std::vector<Task> tasks) {
  // Shared with the tasks: a dropped task breaks its promise, and waiting ends there too.
  std::vector<std::future<void>> done;
  std::vector<Task> wrapped;
  for (auto& task : tasks) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    wrapped.emplace_back([task = std::move(task), promise = std::move(promise)] {
      task();
      promise->set_value();
    });
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || tasks_.size() + wrapped.size() > tasks_max_) return false;
    for (auto& task : wrapped) tasks_.push_back(std::move(task));
  }
  wake_.notify_all();
  bool complete = true;
  for (auto& one : done) {
    try {
      one.get();
    } catch (const std::future_error&) {  // dropped by stop()
      complete = false;
    }
  }
  return complete;
}

void VerifierPool::stop() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(tasks_);
  }
  dropped.clear();
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void VerifierPool::work() {
  name_thread("fp-verify");
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (stopped_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace footproof::node
