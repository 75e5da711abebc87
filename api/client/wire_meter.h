// How many bytes have come in over a connection, whoever has read them yet.
//
// A library that reads an answer's head into memory, line by line, says nothing of how long it is.
// The kernel knows. The meter has a descriptor of its own: the library closes its one whenever it
// likes, and its number is then another connection's. Any thread.
#pragma once

#include <cstdint>
#include <mutex>

namespace footproof::api {

class WireMeter {
 public:
  WireMeter() = default;
  ~WireMeter() { disconnected(); }
  WireMeter(const WireMeter&) = delete;
  WireMeter& operator=(const WireMeter&) = delete;

  // A new connection, of which nothing has come yet.
  void connected(int socket);
  // It is not used any more.
  void disconnected();
  // What has come until now belongs to earlier answers.
  void begin_answer();
  [[nodiscard]] std::uint64_t of_answer() const;

 private:
  // 0 where there is no connection. With the mutex held.
  [[nodiscard]] std::uint64_t total() const;

  mutable std::mutex mutex_;
  int socket_ = -1;           // guarded by mutex_
  std::uint64_t before_ = 0;  // guarded by mutex_
};

}  // namespace footproof::api
