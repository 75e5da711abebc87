// What a node takes from outside itself: time, its own turn to run, threads, links, free disk. The
// composition root passes Asio, threads and the system's clock in (asio_reactor.h,
// thread_runner.h, verifier_pool.h, mesh.h); the simulator of whole nodes passes one queue of
// events in virtual time. The core loop, storage and HTTP's port see only these.
//
// Files are no port: database, anchor and write-ahead log make the system's own calls, and faults
// of the disk are made below those (tests/disk).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/trace.h"
#include "node/disk_guard.h"
#include "node/links.h"
#include "node/mono_time.h"

namespace footproof::node {

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const = 0;           // for timers and durations
  [[nodiscard]] virtual std::uint64_t wall_ms() const = 0;  // since 1970, UTC; may jump
};

// One wait at a time. On the reactor's thread only.
class Timer {
 public:
  virtual ~Timer() = default;
  // `fired` is called once at that time or later, in place of what was waited for before.
  virtual void start(MonoTime at, std::function<void()> fired) = 0;
  // What was waited for is not called any more.
  virtual void cancel() = 0;
};

// Runs what is posted and what timers fire, one after the other, on one thread.
class Reactor : public Clock {
 public:
  // Any thread; in the order of the calls of one thread.
  virtual void post(std::function<void()> task) = 0;
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer() = 0;
};

// Threads for work without order. Tasks do not throw.
class Workers {
 public:
  using Task = std::function<void()>;

  virtual ~Workers() = default;
  // False: too much waits; the task is not run.
  [[nodiscard]] virtual bool post(Task task) = 0;
  // Runs all and waits for them. False: not all were run.
  [[nodiscard]] virtual bool run_all(std::vector<Task> tasks) = 0;
};

// A thread that runs one step again and again: storage.
class Runner {
 public:
  // The time at which the next step is due at the latest; kNever: when woken.
  using Step = std::function<MonoTime()>;

  virtual ~Runner() = default;
  virtual void start(Step step) = 0;
  // Any thread: a step is due. One that comes during a step is not lost.
  virtual void wake() = 0;
  // No step runs any more when this returns.
  virtual void stop() = 0;
};

// All of it outlives what it is passed to.
struct Outside {
  Reactor& reactor;
  Links& links;
  Workers& workers;
  Runner& storage;
  std::function<std::optional<DiskSpace>()> disk_space;  // any thread
  consensus::Trace* trace = nullptr;                     // none: nobody watches
};

}  // namespace footproof::node
