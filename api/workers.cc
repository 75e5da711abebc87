#include "api/workers.h"

#include <sys/socket.h>

#include <algorithm>

#include "attest/check.h"

namespace footproof::api {
namespace {

// Enough for a request's deepest path, measured with sanitizers on; 96 of these are 48 MiB of
// address space, of which only what is touched is memory.
constexpr std::size_t kStackSize = std::size_t{512} * 1024;

thread_local bool serving_allowed = true;

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
    serving_allowed = !stopping_;
    lock.unlock();
    job();
    lock.lock();
  }
}

void Workers::enqueue(Job job) {
  bool pressed = false;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < queue_max_ + idle_) {
      queue_.push_back(std::move(job));
      pressed = queue_.size() > idle_;
      job = nullptr;
      woken_.notify_one();
    }
  }
  if (job) {
    serving_allowed = false;
    job();
    serving_allowed = true;
  }
  if (pressed && on_pressure_) on_pressure_();
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

bool Workers::may_serve() { return serving_allowed; }

bool Workers::somebody_queues() {
  const std::lock_guard lock(mutex_);
  return queue_.size() > idle_;
}

Connections::Entry::Entry(Connections& connections, int socket, std::string address)
    : connections_(connections), socket_(socket), address_(std::move(address)) {
  const std::lock_guard lock(connections_.mutex_);
  std::size_t& count = connections_.counts_[address_];
  if (connections_.ended_ || count >= connections_.per_address_max_) {
    if (count == 0) connections_.counts_.erase(address_);
    return;
  }
  ++count;
  admitted_ = true;
  place_ = connections_.entries_.insert(connections_.entries_.end(), this);
}

Connections::Entry::~Entry() {
  if (!admitted_) return;
  const std::lock_guard lock(connections_.mutex_);
  connections_.entries_.erase(place_);
  const auto count = connections_.counts_.find(address_);
  if (--count->second == 0) connections_.counts_.erase(count);
}

void Connections::Entry::set_idle(bool idle) {
  const std::lock_guard lock(connections_.mutex_);
  idle_ = idle;
  auto& entries = connections_.entries_;
  if (idle) entries.splice(entries.end(), entries, place_);
}

void Connections::end_oldest_idle() {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry* entry) { return entry->idle_; });
  if (found == entries_.end()) return;
  (*found)->idle_ = false;  // so that the next one who queues ends another
  ::shutdown((*found)->socket_, SHUT_RD);
}

void Connections::end_all() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const Entry* entry : entries_) ::shutdown(entry->socket_, SHUT_RD);
}

std::size_t Connections::open() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace footproof::api
