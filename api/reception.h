// Reception: one thread that holds every connection on which no complete request stands, and hands
// over complete requests alone. A client that is slow, idle or silent so costs a place here and a
// few bytes, but never a worker.
//
// Per request: a header section of at most header_bytes_max, a body of at most body_bytes_max,
// absolute deadlines for both (not per read: a client that sends a byte a second is cut like one
// that sends none). The same for answers that a slow reader leaves lying. When places or buffers
// run out, whoever has kept one waiting for longest loses it: a client in earnest is done in
// milliseconds and never the oldest. Nobody loses a place whose request has come, nor within
// newcomer_grace of a request's beginning: the next waits at the door (door.h), and only where that
// is crowded the grace ends.
// Knows HTTP's framing (request_head.h) and no library of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/door.h"
#include "api/http.h"
#include "api/request_head.h"
#include "api/server.h"

namespace footproof::api {

// A complete request. Whoever has it owes Reception::answer().
struct Visit {
  std::uint64_t connection = 0;
  int socket = -1;  // for answer() alone; stays open until then
  Request request;
  bool may_keep_alive = false;
};

class Reception {
 public:
  // Called on the reception's thread with a complete request; must not wait. False: no place, the
  // client gets a 503.
  using Deliver = std::function<bool(Visit)>;

  Reception(ServerConfig config, Deliver deliver);
  ~Reception();
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  // Any thread: takes the socket over.
  void admit(int socket);
  // Any thread, once for each visit: sends what the socket takes at once, the reception the rest.
  void answer(const Visit& visit, std::string bytes, bool keep_alive);
  // Takes no more requests and ends all connections but those being answered. Idempotent.
  void stop();

  [[nodiscard]] ServerCounters counters() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Held;  // one connection
  struct Answered {
    std::uint64_t connection = 0;
    std::string rest;  // not sent yet
    bool keep_alive = false;
    bool broken = false;
  };

  // All below on the reception's thread.
  void run();
  void take_new();
  void let_in();
  void place(Door::Waiting newcomer);
  void take_answered();
  void receive(Held& held);
  void advance(Held& held);
  bool advance_head(Held& held);
  void hand_over(Held& held);
  void refuse(Held& held, const HeadRefusal& refusal);
  void write(Held& held, std::string bytes, bool keep_alive);
  void write_on(Held& held);
  void finish(Held& held, bool keep_alive);
  void expire(Instant now);
  void end(std::uint64_t id);
  void count_bytes(Held& held);
  void watch(Held& held, std::uint32_t events);
  template <class Condition>
  [[nodiscard]] Held* oldest(const Condition& condition);
  [[nodiscard]] bool make_place(const std::string& address, bool with_grace);
  void wake();

  const ServerConfig config_;
  const Deliver deliver_;
  int epoll_ = -1;
  int wake_ = -1;
  std::map<std::uint64_t, std::unique_ptr<Held>> held_;
  std::map<std::string, std::size_t> per_address_;
  Door door_;
  std::uint64_t next_id_ = 1;
  std::size_t buffered_ = 0;  // bytes, over all connections

  std::mutex mutex_;
  std::vector<int> new_;            // guarded by mutex_
  std::vector<Answered> answered_;  // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_

  ServerMeter& meter_;
  std::thread thread_;
};

}  // namespace footproof::api
