// The door: accepted connections for which there is no place yet, in the order they came.
//
// A handful of programs behind one address often connect within the same millisecond; none of them
// is to be thrown out for that. Nothing is read here, so one that waits costs a descriptor. At most
// waiting_max wait in all, and waiting_per_address_max of one address; what is too much is for the
// owner to say. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace footproof::api {

class Door {
 public:
  struct Waiting {
    int socket = -1;
    std::string address;
    std::chrono::steady_clock::time_point deadline;
  };

  Door(std::size_t waiting_max, std::size_t waiting_per_address_max)
      : waiting_max_(waiting_max), per_address_max_(waiting_per_address_max) {}

  void add(Waiting waiting);
  [[nodiscard]] const std::deque<Waiting>& waiting() const { return waiting_; }
  // An address of which too many wait; of any, where too many wait in all.
  [[nodiscard]] std::optional<std::string> crowded() const;
  // The first or the last of this address; there must be one.
  Waiting take_first(const std::string& address);
  Waiting take_last(const std::string& address);
  Waiting take_at(std::size_t index);

 private:
  const std::size_t waiting_max_;
  const std::size_t per_address_max_;
  std::deque<Waiting> waiting_;
  std::map<std::string, std::size_t> per_address_;
};

}  // namespace footproof::api
