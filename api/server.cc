#include "api/server.h"

#include <httplib.h>
#include <pthread.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/answers.h"
#include "api/reception.h"
#include "api/workers.h"
#include "attest/check.h"

namespace footproof::api {
namespace {

// What the library is shown. The real request has been read, checked and parsed before; the library
// is asked to answer one that nobody can shape.
constexpr std::string_view kShown = "GET / HTTP/1.1\r\n\r\n";

// What the library reads from and writes to: memory on both sides.
class MemoryStream final : public httplib::Stream {
 public:
  bool is_readable() const override { return consumed_ < kShown.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t taken = kShown.copy(to, size, consumed_);
    consumed_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, std::size_t size) override {
    written_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { no_address(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { no_address(ip, port); }
  socket_t socket() const override { return INVALID_SOCKET; }

  [[nodiscard]] std::string take() { return std::move(written_); }

 private:
  static void no_address(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }
  std::size_t consumed_ = 0;
  std::string written_;
};

// The library hands each accepted socket to a job; ours only passes it on to the reception.
class AtOnce final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> job) override { job(); }
  void shutdown() override {}
};

// The request that this thread is answering, for the library's hooks to find.
struct InHand {
  const Request* request = nullptr;
  bool keep_alive = false;
  Response response;
};
thread_local InHand* in_hand = nullptr;

}  // namespace

class Server::Guard final : public httplib::Server {
 public:
  Guard(const ServerConfig& config, api::Handler handler)
      : config_(config),
        handler_(std::move(handler)),
        workers_(config.workers, config.queue_max),
        reception_(config, [this](Visit visit) { return take(std::move(visit)); }) {
    new_task_queue = [] { return new AtOnce; };
    set_payload_max_length(config.body_bytes_max);
    set_tcp_nodelay(true);
    // Without the library's SO_REUSEPORT, by which a second server would share our port unnoticed.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    // Everything is answered here: none of the library's routes (regular expressions), body readers
    // or decoders is ever reached.
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& to) {
      answer(to);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [](const httplib::Request&, httplib::Response& to) { set_headers(to); });
  }

  ~Guard() override {
    if (acceptor_.joinable()) {
      // stop() does nothing before the accept loop has begun.
      while (!is_running() && !accept_ended_) std::this_thread::yield();
      stop();
      acceptor_.join();
    }
    reception_.stop();
    workers_.shutdown();
  }

  Result<std::uint16_t> bind() {
    const int port = config_.port == 0
                         ? bind_to_any_port(config_.address)
                         : (bind_to_port(config_.address, config_.port) ? config_.port : -1);
    if (port <= 0) {
      return fail(Errc::usage, "cannot listen on " + config_.address + ':' +
                                   std::to_string(config_.port) +
                                   ": is another program using the port, or is the address not "
                                   "one of this machine?");
    }
    // The library asks for a backlog of 5; Linux takes a second listen() as a new figure.
    ::listen(svr_sock_, 256);
    port_ = static_cast<std::uint16_t>(port);
    return port_;
  }

  void run() {
    acceptor_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "http-accept");
      listen_after_bind();
      accept_ended_ = true;
    });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ServerCounters counters() const { return reception_.counters(); }

 private:
  bool process_and_close_socket(socket_t socket) override {
    reception_.admit(socket);
    return true;
  }

  // On the reception's thread.
  bool take(Visit visit) {
    const auto taken = std::make_shared<const Visit>(std::move(visit));
    return workers_.enqueue([this, taken] { serve(*taken); });
  }

  // On a worker.
  void serve(const Visit& visit) {
    InHand hand{&visit.request, visit.may_keep_alive, {}};
    MemoryStream stream;
    bool closed = false;
    in_hand = &hand;
    const bool written = process_request(stream, true, closed, nullptr);
    in_hand = nullptr;
    reception_.answer(visit, stream.take(), written && hand.keep_alive);
  }

  // In the library's pre-routing hook.
  void answer(httplib::Response& to) {
    CHECK(in_hand != nullptr);
    Response& from = in_hand->response;
    try {
      from = handler_(*in_hand->request);
    } catch (const std::exception&) {
      from = problem(500, "internal", "The node failed to answer",
                     "the node's log says why; another node may answer");
    }
    to.status = from.status;
    to.body = std::move(from.body);
  }

  // In the library's last hook before it writes: the headers are ours alone.
  static void set_headers(httplib::Response& to) {
    if (in_hand == nullptr) return;
    const Response& from = in_hand->response;
    to.headers.clear();
    if (!to.body.empty()) to.headers.emplace("Content-Type", from.content_type);
    to.headers.emplace("Content-Length", std::to_string(to.body.size()));
    to.headers.emplace("Connection", in_hand->keep_alive ? "keep-alive" : "close");
    to.headers.emplace("Cache-Control", from.cache_control);
    to.headers.emplace("X-Content-Type-Options", "nosniff");
    to.headers.emplace("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    to.headers.emplace("Referrer-Policy", "no-referrer");
    if (!from.location.empty()) to.headers.emplace("Location", from.location);
    if (from.retry_after_s != 0) {
      to.headers.emplace("Retry-After", std::to_string(from.retry_after_s));
    }
  }

  const ServerConfig config_;
  const api::Handler handler_;
  std::uint16_t port_ = 0;
  std::atomic<bool> accept_ended_ = false;
  // The reception gives work to the workers, and they give answers to the reception: the destructor
  // stops the one, then the other, before either goes.
  Workers workers_;
  Reception reception_;
  std::thread acceptor_;
};

Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config, Handler handler) {
  auto guard = std::make_unique<Guard>(config, std::move(handler));
  if (const auto port = guard->bind(); !port) return fail(port.error());
  guard->run();
  return std::unique_ptr<Server>(new Server(std::move(guard)));
}

Server::Server(std::unique_ptr<Guard> guard) : guard_(std::move(guard)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return guard_->port(); }
ServerCounters Server::counters() const { return guard_->counters(); }

}  // namespace footproof::api
