// One accepted socket, and what one request on it may cost: bytes and absolute deadlines.
//
// Deadlines are points in time, not per read: a client that sends a byte a second is cut like one
// that sends none (the attack is called slowloris). Nothing is allocated by a number from the wire
// before it is below its limit. Not shared between threads, but for shut(), which Connections
// calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace footproof::api {

using Deadline = std::chrono::steady_clock::time_point;

enum class ReadOutcome {
  complete,
  closed,     // the peer ended before the first byte (between requests: normal)
  cut_short,  // the peer ended in the middle
  late,
  too_large,
};

class Connection {
 public:
  // Does not own the socket.
  explicit Connection(int socket) : socket_(socket) {}

  // Waits for the first byte of a request; false when the deadline or the end comes first.
  [[nodiscard]] bool wait_readable(Deadline deadline);
  // The header section with its final empty line, at most `size_max` bytes.
  [[nodiscard]] ReadOutcome read_head(std::string& head, std::size_t size_max, Deadline deadline);
  // Exactly `size` bytes; the caller has checked the number against its limit.
  [[nodiscard]] ReadOutcome read_body(std::string& body, std::size_t size, Deadline deadline);
  [[nodiscard]] bool write_all(std::string_view bytes, Deadline deadline);
  // Ends our side and reads away what is still coming, a little while and a few bytes, so that the
  // answer is not lost to a reset.
  void linger();

  // The socket's own address, never what a header claims (pitfall W5).
  [[nodiscard]] static std::string address_of(int socket, bool peer);

 private:
  // Appends what has arrived to the buffer.
  [[nodiscard]] ReadOutcome fill(Deadline deadline);

  int socket_;
  std::string buffer_;  // received, not yet consumed; at most one head and one chunk
};

}  // namespace footproof::api
