#include "tests/simulation/whole/background.h"

#include <dlfcn.h>
#include <leveldb/env.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace footproof::whole {
namespace {

class CountingEnv final : public leveldb::EnvWrapper {
 public:
  explicit CountingEnv(leveldb::Env* real) : EnvWrapper(real) {}

  void Schedule(void (*work)(void*), void* argument) override {
    {
      const std::lock_guard lock(mutex_);
      ++scheduled_;
    }
    target()->Schedule(&CountingEnv::run, new Task{this, work, argument});
  }

  void wait() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return scheduled_ == 0; });
  }

 private:
  struct Task {
    CountingEnv* env;
    void (*work)(void*);
    void* argument;
  };

  static void run(void* given) {
    const Task task = *static_cast<Task*>(given);
    delete static_cast<Task*>(given);
    task.work(task.argument);  // schedules what comes after it before it ends
    const std::lock_guard lock(task.env->mutex_);
    if (--task.env->scheduled_ == 0) task.env->none_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable none_;
  int scheduled_ = 0;  // guarded by mutex_
};

CountingEnv& env() {
  static auto* one = [] {
    using Default = leveldb::Env* (*)();
    const auto real = reinterpret_cast<Default>(::dlsym(RTLD_NEXT, "_ZN7leveldb3Env7DefaultEv"));
    if (real == nullptr) std::abort();
    return new CountingEnv(real());
  }();
  return *one;
}

}  // namespace

void wait_for_background() { env().wait(); }

}  // namespace footproof::whole

// Found by the library before its own.
leveldb::Env* leveldb::Env::Default() { return &footproof::whole::env(); }
