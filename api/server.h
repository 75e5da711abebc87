// The HTTP server: cpp-httplib behind a guard of our own, because the library bounds neither the
// bytes nor the time of a request (docs/api.md "limits").
//
// Per request: 16 KiB of header section, 1 MiB of body, 5 s to the end of the headers, 10 s in all,
// counted by the stream the library reads from. Connections are capped in all and per address; what
// cannot be queued is closed at once. While somebody queues no connection is kept alive.
// server.cc is the only file that sees httplib.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/http.h"
#include "attest/result.h"

namespace footproof::api {

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any free one; see Server::port
  std::size_t workers = 96;
  std::size_t queue_max = 64;                    // connections that wait for a worker
  std::size_t connections_per_address_max = 16;  // load tools bind 127.0.1.x, or raise it
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t header_count_max = 64;
  std::size_t body_bytes_max = 1024 * 1024;
  std::chrono::milliseconds header_deadline{5'000};
  std::chrono::milliseconds request_deadline{10'000};
  std::chrono::milliseconds write_deadline{5'000};  // for a whole response
  std::chrono::milliseconds keep_alive_idle{5'000};
  std::size_t keep_alive_requests_max = 100;
};

// Counters since the start, for metrics.
struct ServerCounters {
  std::uint64_t requests = 0;
  std::uint64_t refused_requests = 0;  // answered 4xx by the guard, or cut
  std::uint64_t shed_connections = 0;  // queue full or too many of one address
  std::uint64_t open_connections = 0;  // now
};

class Server {
 public:
  // Binds and starts the threads. Errors: usage (address or port not to be had; the detail says
  // which and what to do).
  static Result<std::unique_ptr<Server>> start(const ServerConfig& config, Handler handler);
  // Stops and joins: closes the port, cuts open connections, waits for running handlers.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] ServerCounters counters() const;

 private:
  class Guard;
  explicit Server(std::unique_ptr<Guard> guard);
  std::unique_ptr<Guard> guard_;
};

}  // namespace footproof::api
