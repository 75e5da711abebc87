// The threads that serve connections, and the connections they serve: bounded in every direction.
//
// A job is one connection. What finds no worker waits in a queue of at most queue_max; what finds
// no place there is run at once on the caller's thread with may_serve = false, to be closed (a
// dropped job would leak its socket). While somebody queues, the oldest idle connection is ended to
// free its worker. Stacks are small: there may be a hundred of these threads.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace footproof::api {

class Workers {
 public:
  using Job = std::function<void()>;

  Workers(std::size_t workers, std::size_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // From the accepting thread; returns at once.
  void enqueue(Job job);
  // Runs what is queued with may_serve() false, then joins.
  void shutdown();

  // Asked by the running job: false where it must close its connection and go.
  [[nodiscard]] static bool may_serve();
  [[nodiscard]] bool somebody_queues();
  // Called once a job queues and no worker is free. Set before the first enqueue.
  void on_pressure(std::function<void()> call) { on_pressure_ = std::move(call); }

 private:
  static void* run(void* self);
  void serve();

  const std::size_t queue_max_;
  std::function<void()> on_pressure_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Job> queue_;  // guarded by mutex_
  std::size_t idle_ = 0;   // guarded by mutex_: workers without a job
  bool stopping_ = false;  // guarded by mutex_
  std::vector<pthread_t> threads_;
};

// The open connections: who they come from, and which of them are idle between two requests.
class Connections {
 public:
  explicit Connections(std::size_t per_address_max) : per_address_max_(per_address_max) {}

  // One open connection; leaves the register when it goes.
  class Entry {
   public:
    Entry(Connections& connections, int socket, std::string address);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    // False: too many of this address, or the server stops. Close it.
    [[nodiscard]] bool admitted() const { return admitted_; }
    [[nodiscard]] const std::string& address() const { return address_; }
    // Between requests. An idle connection may be shut for somebody who queues.
    void set_idle(bool idle);

   private:
    friend class Connections;
    Connections& connections_;
    int socket_;
    std::string address_;
    bool admitted_ = false;
    bool idle_ = false;  // guarded by connections_.mutex_
    std::list<Entry*>::iterator place_;
  };

  void end_oldest_idle();
  // Ends reading on all of them and admits no more.
  void end_all();
  [[nodiscard]] std::size_t open();

 private:
  const std::size_t per_address_max_;
  std::mutex mutex_;
  std::list<Entry*> entries_;                  // guarded by mutex_; longest idle first
  std::map<std::string, std::size_t> counts_;  // guarded by mutex_
  bool ended_ = false;                         // guarded by mutex_
};

}  // namespace footproof::api
