// One queue of events in virtual time for all that a simulated network of whole nodes does. Events
// of one time run in the order in which they were made. What belongs to a life of a host can be
// forgotten with it, or held back while the host is paused.
//
// Time is in microseconds since the run began. The hash of the trace takes in every event that
// runs, and what is added to it: two runs of one seed must agree on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

namespace footproof::whole {

using Micros = std::uint64_t;
inline constexpr Micros kMilli = 1'000;
inline constexpr Micros kSecond = 1'000'000;

using Owner = std::uint32_t;
inline constexpr Owner kWorld = 0;  // never forgotten, never paused

class Loop {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] Micros now() const { return now_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] Owner make_owner() { return ++owners_; }

  // Not before now. `what` is a word for the trace.
  void at(Micros when, Owner owner, std::string_view what, Action action);
  void after(Micros delay, Owner owner, std::string_view what, Action action) {
    at(now_ + delay, owner, what, std::move(action));
  }
  // Destroys what waits of this owner, and whatever it holds.
  void forget(Owner owner);
  void pause(Owner owner, Micros until) { paused_[owner] = until; }
  // Runs the next event; false: there is none.
  bool advance();
  void add_to_hash(std::uint64_t value);
  void trace_to_stdout() { traced_ = true; }
  [[nodiscard]] bool traced() const { return traced_; }
  // A line of the trace, if it is asked for.
  void tell(std::string_view text) const;

 private:
  struct Item {
    Owner owner = kWorld;
    std::string_view what;
    Action action;
  };
  std::map<std::pair<Micros, std::uint64_t>, Item> queue_;
  std::map<Owner, Micros> paused_;
  Micros now_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
  Owner owners_ = kWorld;
  bool traced_ = false;
};

}  // namespace footproof::whole
