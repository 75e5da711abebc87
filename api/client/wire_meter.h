// How many bytes have come in over a connection, whoever has read them yet.
//
// A library that reads an answer's head into memory, line by line, says nothing of how long it is.
// The kernel knows. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace footproof::api {

class WireMeter {
 public:
  // A new connection, of which nothing has come yet.
  void connected(int socket) {
    before_ = 0;
    socket_ = socket;
  }
  // What has come until now belongs to earlier answers.
  void begin_answer() { before_ = total(); }
  [[nodiscard]] std::uint64_t of_answer() const {
    const std::uint64_t now = total();
    const std::uint64_t before = before_;
    return now > before ? now - before : 0;
  }

 private:
  // 0 where there is no connection.
  [[nodiscard]] std::uint64_t total() const;

  std::atomic<int> socket_ = -1;
  std::atomic<std::uint64_t> before_ = 0;
};

}  // namespace footproof::api
