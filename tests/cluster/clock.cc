// clock: another wall clock for the process that loads this library before the C library
// (LD_PRELOAD). The file named by FOOTPROOF_CHAOS_CLOCK holds an edition, real time, told time (all
// int64, times in ns since 1970) and a rate (double). It may change at any moment; its edition is
// odd meanwhile (tests/cluster/chaos/clock.py). The monotonic clock and all timers stay as they
// are. A test's tool: no program links it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

struct Face {
  std::int64_t edition;
  std::int64_t real_ns;
  std::int64_t told_ns;
  double rate;
};

constexpr std::int64_t kSecond = 1'000'000'000;

const volatile Face* face() {
  static const volatile Face* const mapped = []() -> const volatile Face* {
    const char* path = std::getenv("FOOTPROOF_CHAOS_CLOCK");
    const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* memory = ::mmap(nullptr, sizeof(Face), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return memory == MAP_FAILED ? nullptr : static_cast<const volatile Face*>(memory);
  }
  ();
  return mapped;
}

// What stands in the file at one moment.
Face read_face() {
  Face seen{};
  for (;;) {
    const std::int64_t before = face()->edition;
    std::atomic_thread_fence(std::memory_order_acquire);
    seen.real_ns = face()->real_ns;
    seen.told_ns = face()->told_ns;
    seen.rate = face()->rate;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && face()->edition == before) return seen;
  }
}

int tell(clockid_t clock, timespec* out) {
  static const auto ask =
      reinterpret_cast<int (*)(clockid_t, timespec*)>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int done = ask(clock, out);
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (done != 0 || !wall || face() == nullptr) return done;
  const Face seen = read_face();
  const std::int64_t since = std::int64_t{out->tv_sec} * kSecond + out->tv_nsec - seen.real_ns;
  const bool as_fast = seen.rate == 1.0;  // exactly: a double has not all digits of the time
  const std::int64_t told =
      seen.told_ns +
      (as_fast ? since : static_cast<std::int64_t>(static_cast<double>(since) * seen.rate));
  out->tv_sec = told / kSecond;
  out->tv_nsec = told % kSecond;
  return 0;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept { return tell(clock, out); }

int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  tell(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  tell(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
