#include "api/server.h"

#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "api/connection.h"
#include "api/request_head.h"
#include "api/workers.h"
#include "attest/check.h"

namespace footproof::api {
namespace {

constexpr std::size_t kWritePiece = std::size_t{1024} * 1024;

const char* reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

// RFC 9457. The texts are constants of ours without quotes in them.
std::string problem_body(int status, const char* type, const char* detail) {
  return std::string(R"({"type":"urn:footproof:problem:)") + type + R"(","title":")" +
         reason_of(status) + R"(","status":)" + std::to_string(status) + R"(,"detail":")" + detail +
         "\"}";
}

constexpr const char* kFixedHeaders =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

// What the library reads from and writes to. The real request has been read, checked and parsed
// before; the library is shown one that nobody can shape, and asked to answer it. The answer goes
// to the socket piece by piece, with a deadline for each.
constexpr std::string_view kShown = "GET / HTTP/1.1\r\n\r\n";

class ReplayStream final : public httplib::Stream {
 public:
  ReplayStream(Connection& connection, int socket, std::chrono::milliseconds write_deadline)
      : connection_(connection), socket_(socket), write_deadline_(write_deadline) {}

  bool is_readable() const override { return consumed_ < kShown.size(); }
  bool is_writable() const override { return !broken_; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t taken = kShown.copy(to, size, consumed_);
    consumed_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, std::size_t size) override {
    std::string_view rest(from, size);
    while (!rest.empty() && !broken_) {
      const auto piece = rest.substr(0, kWritePiece);
      broken_ = !connection_.write_all(piece, std::chrono::steady_clock::now() + write_deadline_);
      rest.remove_prefix(piece.size());
    }
    return broken_ ? -1 : static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return socket_; }

 private:
  Connection& connection_;
  int socket_;
  std::size_t consumed_ = 0;
  std::chrono::milliseconds write_deadline_;
  bool broken_ = false;
};

// Our queue in the library's clothes. It owns nothing: the guard's workers outlive it.
class QueueAdapter final : public httplib::TaskQueue {
 public:
  explicit QueueAdapter(Workers& workers) : workers_(workers) {}
  void enqueue(std::function<void()> job) override { workers_.enqueue(std::move(job)); }
  void shutdown() override { workers_.shutdown(); }

 private:
  Workers& workers_;
};

// The request that this thread is answering, for the library's hooks to find.
struct InHand {
  Request request;
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
        connections_(config.connections_per_address_max),
        workers_(config.workers, config.queue_max) {
    workers_.on_pressure([this] { connections_.end_oldest_idle(); });
    new_task_queue = [this] { return new QueueAdapter(workers_); };
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

  ~Guard() override { finish(); }

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

  void finish() {
    connections_.end_all();
    if (acceptor_.joinable()) {
      // stop() does nothing before the accept loop has begun.
      while (!is_running() && !accept_ended_) std::this_thread::yield();
      stop();
      acceptor_.join();
    }
    workers_.shutdown();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ServerCounters counters() {
    return {requests_, refused_, shed_, connections_.open()};
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    serve(socket);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return true;
  }

  void serve(int socket) {
    if (!Workers::may_serve()) {
      ++shed_;
      return;
    }
    Connections::Entry entry(connections_, socket, Connection::address_of(socket, true));
    if (!entry.admitted()) {
      ++shed_;
      return;
    }
    Connection connection(socket);
    for (std::size_t served = 1;; ++served) {
      if (served > 1) {
        entry.set_idle(true);
        const bool more =
            !workers_.somebody_queues() &&
            connection.wait_readable(std::chrono::steady_clock::now() + config_.keep_alive_idle);
        entry.set_idle(false);
        if (!more) return;
      }
      if (!serve_one(connection, socket, entry.address(),
                     served < config_.keep_alive_requests_max)) {
        return;
      }
    }
  }

  // False when the connection must end.
  bool serve_one(Connection& connection, int socket, const std::string& peer, bool may_keep_alive) {
    const auto start = std::chrono::steady_clock::now();
    std::string head_text;
    const ReadOutcome outcome =
        connection.read_head(head_text, config_.header_bytes_max, start + config_.header_deadline);
    if (outcome == ReadOutcome::closed) return false;
    ++requests_;
    if (outcome != ReadOutcome::complete) return refuse(connection, refusal_of(outcome, true));
    auto parsed = parse_request_head(head_text, {config_.header_count_max, config_.body_bytes_max});
    if (const auto* refusal = std::get_if<HeadRefusal>(&parsed))
      return refuse(connection, *refusal);
    RequestHead& head = std::get<RequestHead>(parsed);

    InHand hand;
    const ReadOutcome body = connection.read_body(hand.request.body, head.content_length,
                                                  start + config_.request_deadline);
    if (body != ReadOutcome::complete) return refuse(connection, refusal_of(body, false));
    hand.request.method = std::move(head.method);
    hand.request.path = std::move(head.path);
    hand.request.query = std::move(head.query);
    hand.request.content_type = std::move(head.content_type);
    hand.request.peer = peer;
    hand.keep_alive = head.keep_alive && may_keep_alive;
    return answer_through_library(connection, socket, hand);
  }

  bool answer_through_library(Connection& connection, int socket, InHand& hand) {
    ReplayStream stream(connection, socket, config_.write_deadline);
    bool closed = false;
    in_hand = &hand;
    const bool written = process_request(stream, true, closed, nullptr);
    in_hand = nullptr;
    return written && hand.keep_alive && stream.is_writable();
  }

  // In the library's pre-routing hook.
  void answer(httplib::Response& to) {
    CHECK(in_hand != nullptr);
    Response& from = in_hand->response;
    try {
      from = handler_(in_hand->request);
    } catch (const std::exception&) {
      from = Response{500,
                      "application/problem+json",
                      problem_body(500, "internal", "the node failed to answer; its log says why"),
                      {},
                      0,
                      "no-store"};
    }
    // Decided late: somebody may have begun to queue while the handler ran.
    if (workers_.somebody_queues()) in_hand->keep_alive = false;
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

  static HeadRefusal refusal_of(ReadOutcome outcome, bool in_head) {
    if (outcome == ReadOutcome::too_large) {
      return {431, "headers-too-large", "the header section is larger than 16 KiB"};
    }
    if (outcome == ReadOutcome::late) {
      return {408, "too-slow",
              in_head ? "the header section took too long" : "the body took too long"};
    }
    return {400, "malformed-request", "the request ended before it was complete"};
  }

  bool refuse(Connection& connection, const HeadRefusal& refusal) {
    ++refused_;
    const std::string body = problem_body(refusal.status, refusal.type, refusal.detail);
    std::string text = "HTTP/1.1 " + std::to_string(refusal.status) + ' ' +
                       reason_of(refusal.status) +
                       "\r\nContent-Type: application/problem+json\r\nContent-Length: " +
                       std::to_string(body.size()) +
                       "\r\nConnection: close\r\nCache-Control: no-store\r\n" + kFixedHeaders;
    if (refusal.status == 405) text += "Allow: GET, POST\r\n";
    text += "\r\n" + body;
    if (connection.write_all(text, std::chrono::steady_clock::now() + config_.write_deadline)) {
      connection.linger();
    }
    return false;
  }

  const ServerConfig config_;
  const api::Handler handler_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> shed_ = 0;
  std::atomic<bool> accept_ended_ = false;
  Connections connections_;
  Workers workers_;
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
