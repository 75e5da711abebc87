#include "api/workers.h"

#include <string>
#include <utility>

#include "attest/check.h"

namespace footproof::api {
namespace {

// Enough for a request's deepest path, measured with sanitizers on; 96 of these are 48 MiB of
// address space, of which only what is touched is memory.
constexpr std::size_t kStackSize = std::size_t{512} * 1024;

}  // namespace

Workers::Workers(std::size_t workers, std::size_t queue_max) : queue_max_(queue_max) {
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstacksize(&attributes, kStackSize) == 0);
  for (std::size_t i = 0; i < workers; ++i) {
    pthread_t thread;
    // Fewer threads than asked for still serve; none at all cannot.
    if (pthread_create(&thread, &attributes, &Workers::run, this) != 0) break;
    pthread_setname_np(thread, ("http-" + std::to_string(i)).c_str());
    threads_.push_back(thread);
  }
  pthread_attr_destroy(&attributes);
  CHECK(!threads_.empty());
}

Workers::~Workers() { shutdown(); }

void* Workers::run(void* self) {
  static_cast<Workers*>(self)->serve();
  return nullptr;
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    woken_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

bool Workers::enqueue(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= queue_max_ + idle_) return false;
  queue_.push_back(std::move(job));
  woken_.notify_one();
  return true;
}

void Workers::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  threads_.clear();
}

}  // namespace footproof::api
