// The HTTP server: cpp-httplib behind a guard of our own, because the library bounds neither the
// bytes nor the time of a request (docs/api.md "limits").
//
// One thread accepts, one (api/reception.h) holds every connection until a complete, well-formed
// request of at most 16 KiB and 1 MiB has come within 5 s and 10 s, and the workers answer those.
// When connections run out, in all or of one address, the one that has idled for longest makes
// room: keep-alive ends when somebody queues. Where none idles the next waits, and where too many
// wait it is closed. A request that finds the workers' queue full gets 503. server.cc is the only
// file that sees httplib.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/meter.h"
#include "attest/result.h"

namespace footproof::api {

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any free one; see Server::port
  std::size_t workers = 96;
  std::size_t queue_max = 64;  // complete requests that wait for a worker
  std::size_t connections_max = 512;
  std::size_t connections_per_address_max = 16;  // load tools bind 127.0.1.x, or raise it
  std::size_t waiting_max = 256;  // accepted, without a place; of one address as many as have one
  std::chrono::milliseconds newcomer_grace{100};  // in which no newcomer takes the place
  std::size_t header_bytes_max = std::size_t{16} * 1024;
  std::size_t header_count_max = 64;
  std::size_t body_bytes_max = std::size_t{1024} * 1024;
  std::chrono::milliseconds header_deadline{5'000};
  std::chrono::milliseconds request_deadline{10'000};
  std::chrono::milliseconds write_deadline{5'000};  // for each MiB of a response, or part of it
  std::chrono::milliseconds keep_alive_idle{5'000};
  std::size_t keep_alive_requests_max = 100;
  std::shared_ptr<ServerMeter> meter = std::make_shared<ServerMeter>();  // of one server
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
