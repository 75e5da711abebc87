#include "api/client/client.h"

#include <httplib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "api/client/parse_answer.h"
#include "api/client/wire_meter.h"
#include "attest/statement.h"

namespace footproof::api {
namespace {

constexpr std::size_t kJsonMax = std::size_t{1024} * 1024;
constexpr std::size_t kCheckpointMax = std::size_t{64} * 1024;
constexpr std::size_t kPolicyMax = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kGenesisMax = std::size_t{1024} * 1024;
constexpr std::chrono::milliseconds kPollEvery{200};
constexpr std::chrono::milliseconds kStopEvery{50};
constexpr std::chrono::milliseconds kMeterEvery{20};
// Of an answer over the wire, beyond twice the body that was asked for: its head, chunks, TLS.
constexpr std::uint64_t kWireSlack = std::uint64_t{1} << 20U;
constexpr std::size_t kCutMax = 3;  // connections that were cut, before a node counts as gone
constexpr std::chrono::milliseconds kBusyPauseMin{100};
constexpr std::chrono::milliseconds kBusyPauseMax{2'000};

bool is_node_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return false;
  const std::string name = url.substr(0, scheme);
  const std::string rest = url.substr(scheme + 3);
  return (name == "http" || name == "https") && !rest.empty() && rest.size() < 256 &&
         std::all_of(rest.begin(), rest.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view(".-:[]").find(c) != std::string_view::npos;
         });
}

const char* reason_of(httplib::Error error, bool too_large) {
  if (too_large) return "the answer is larger than it may be";
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect; is the node running, and is this its address?";
    case httplib::Error::ConnectionTimeout:
      return "no connection in time";
    case httplib::Error::Read:
      return "no answer in time, or the connection was cut";
    case httplib::Error::Write:
      return "the connection was cut while sending";
    case httplib::Error::SSLConnection:
      return "no TLS connection; does it speak https, or http:// alone?";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates of the authorities that this machine trusts cannot be read; "
             "SSL_CERT_FILE names another file";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not to be trusted: of an unknown issuer, expired, or for another "
             "host. An authority of one's own is named by SSL_CERT_FILE";
    default:
      return "the request failed";
  }
}

// The trouble may be this node's alone: ask another.
// 421: it is no validator now, and takes no statements.
bool is_nodes_trouble(int status) {
  return status == 408 || status == 421 || status == 429 || status >= 500;
}

bool succeeded(const NodeAnswer& answer) { return answer.status >= 200 && answer.status < 300; }

}  // namespace

Result<Client> Client::make(std::vector<std::string> nodes, const ClientConfig& config) {
  if (nodes.empty()) {
    return fail(Errc::usage, "no node named: use --node URL[,URL] or set FOOTPROOF_NODE");
  }
  for (std::string& node : nodes) {
    while (node.ends_with('/')) node.pop_back();
    if (!is_node_url(node)) {
      return fail(Errc::usage, "node " + node + ": not of the form http://host:port");
    }
    if (!httplib::Client(node).is_valid()) {
      return fail(Errc::usage, "node " + node + ": not the URL of a node");
    }
  }
  return Client(std::move(nodes), config);
}

// One for each node, made when it is first asked.
struct Client::Connections {
  struct One {
    std::shared_ptr<WireMeter> meter = std::make_shared<WireMeter>();
    std::unique_ptr<httplib::Client> http;
  };
  std::vector<One> of_node;
};

Client::Client(std::vector<std::string> nodes, const ClientConfig& config)
    : nodes_(std::move(nodes)), config_(config), connections_(std::make_unique<Connections>()) {
  connections_->of_node.resize(nodes_.size());
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

namespace {

// Ends a call whose time is over, or whose answer is too long. The library's own timeouts are for
// each read, and it reads the head of an answer byte by byte: a node that sends one now and then
// would hold us for ever, and one that sends many would fill our memory.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  Watchdog(httplib::Client& http, const WireMeter& meter, Clock::time_point until,
           std::uint64_t bytes_max)
      : thread_([this, &http, &meter, until, bytes_max] {
          std::unique_lock lock(mutex_);
          const auto is_over = [this] { return over_; };
          bool over = false;
          while (!over && Clock::now() < until && !too_long_) {
            over = ended_.wait_until(lock, std::min(Clock::now() + kMeterEvery, until), is_over);
            too_long_ = !over && meter.of_answer() > bytes_max;
          }
          // Again, for a connection that came up just afterwards.
          for (; !over; over = ended_.wait_for(lock, kStopEvery, is_over)) http.stop();
        }) {}
  ~Watchdog() { (void)end(); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Whether it ended the call because its answer was too long.
  bool end() {
    if (!thread_.joinable()) return too_long_;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_one();
    thread_.join();
    return too_long_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;      // guarded by mutex_
  bool too_long_ = false;  // the thread's own, until it has ended
  std::thread thread_;
};

}  // namespace

// One attempt on the node's connection.
struct Client::Attempt {
  NodeAnswer answer;
  httplib::Error error = httplib::Error::Success;
  bool too_large = false;
  bool is_late = false;
  // Ended by the node, or on the way, before any of the answer came. Asking again does no harm: the
  // same bytes are the same entry.
  [[nodiscard]] bool is_cut() const {
    return (error == httplib::Error::Read || error == httplib::Error::Write) && !is_late &&
           !too_large && answer.body.empty();
  }
};

Client::Attempt Client::attempt(std::size_t which, const Call& call) {
  auto& [meter, http] = connections_->of_node[which];
  if (http == nullptr) {
    http = std::make_unique<httplib::Client>(nodes_[which]);
    http->set_connection_timeout(config_.connect_timeout);
    http->set_read_timeout(config_.answer_timeout);
    http->set_write_timeout(config_.answer_timeout);
    http->set_follow_location(false);
    http->set_decompress(false);
    http->set_tcp_nodelay(true);
    http->set_keep_alive(true);
    http->set_socket_options([kept = meter](int socket) { kept->connected(socket); });
  }
  meter->begin_answer();
  Attempt attempt;
  attempt.answer.node = nodes_[which];
  const auto until = std::chrono::steady_clock::now() + config_.answer_timeout;
  httplib::Request request;
  request.method = call.method;
  request.path = call.path;
  request.body = call.body;
  if (!call.content_type.empty()) request.headers.emplace("Content-Type", call.content_type);
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    attempt.too_large = attempt.answer.body.size() + size > call.size_max;
    if (attempt.too_large) return false;
    attempt.answer.body.append(data, size);
    return true;
  };
  const httplib::Result result = [&] {
    Watchdog watchdog(*http, *meter, until, 2 * call.size_max + kWireSlack);
    auto sent = http->send(request);
    if (watchdog.end()) attempt.too_large = true;
    return sent;
  }();
  attempt.is_late = std::chrono::steady_clock::now() >= until;
  attempt.error = result.error();
  if (!result) {
    http.reset();
    meter->disconnected();
    return attempt;
  }
  attempt.answer.status = result->status;
  attempt.answer.content_type = result->get_header_value("Content-Type");
  return attempt;
}

Result<NodeAnswer> Client::ask_one(std::size_t which, const Call& call) {
  Attempt last = attempt(which, call);
  for (std::size_t cut = 1; cut < kCutMax && last.is_cut(); ++cut) last = attempt(which, call);
  if (last.error == httplib::Error::Success) return std::move(last.answer);
  return fail(Errc::io, nodes_[which] + ": " + reason_of(last.error, last.too_large));
}

Result<NodeAnswer> Client::ask_all(const Call& call) {
  std::string failures;
  Errc code = Errc::io;
  for (std::size_t tried = 0; tried < nodes_.size(); ++tried) {
    const std::size_t which = (preferred_ + tried) % nodes_.size();
    auto answer = ask_one(which, call);
    if (answer && !is_nodes_trouble(answer->status)) {
      preferred_ = which;
      return answer;
    }
    const Error error = answer ? problem_of(*answer) : answer.error();
    if (error.code == Errc::too_busy) code = error.code;
    failures += (failures.empty() ? "" : "\n") + error.detail;
  }
  return fail(code, failures);
}

Result<NodeAnswer> Client::ask(const Call& call) {
  const auto until = std::chrono::steady_clock::now() + config_.busy_patience;
  auto pause = kBusyPauseMin;
  for (;;) {
    auto answer = ask_all(call);
    const bool is_busy = !answer && answer.error().code == Errc::too_busy;
    if (!is_busy || std::chrono::steady_clock::now() + pause > until) return answer;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kBusyPauseMax);
  }
}

Result<NodeAnswer> Client::get(const std::string& path, std::size_t size_max) {
  auto answer = ask({"GET", path, "", "", size_max});
  if (answer && !succeeded(*answer)) return fail(problem_of(*answer));
  return answer;
}

Result<Submitted> Client::submit(const Bytes& statement, std::chrono::milliseconds wait_max) {
  const auto until = std::chrono::steady_clock::now() + wait_max;
  const Call call{"POST", "/v1/statements?wait=yes", "application/cose",
                  std::string(as_text(statement)), kJsonMax};
  const auto answer = ask(call);
  if (!answer) return fail(answer.error());
  if (!succeeded(*answer) && answer->status != 422) return fail(problem_of(*answer));
  auto submitted = parse_submitted(*answer);
  while (submitted && submitted->what == Submitted::What::pending &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kPollEvery);
    auto later = poll(submitted->entry_id);
    // Unknown at another node, or no node at all for the moment: it may still come.
    if (later) submitted = std::move(later);
  }
  return submitted;
}

Result<std::vector<Submitted>> Client::submit_sequence(const std::vector<Bytes>& statements) {
  std::string body;
  for (const Bytes& statement : statements) body += as_text(statement);
  const auto answer =
      ask({"POST", "/v1/statements?wait=yes", "application/cbor-seq", body, 4 * kJsonMax});
  if (!answer) return fail(answer.error());
  if (!succeeded(*answer)) return fail(problem_of(*answer));
  auto items = parse_sequence(*answer, statements.size());
  if (items && items->size() != statements.size()) {
    return fail(Errc::malformed, answer->node + ": answered fewer statements than were sent");
  }
  return items;
}

Result<Submitted> Client::poll(const Digest& entry_id) {
  const auto answer = ask({"GET", "/v1/entries/" + entry_id.hex(), "", "", kJsonMax});
  if (!answer) return fail(answer.error());
  if (!succeeded(*answer) && answer->status != 422) return fail(problem_of(*answer));
  return parse_submitted(*answer);
}

Result<DryRun> Client::dry_run(const Bytes& statement) {
  const auto answer =
      ask({"POST", "/v1/dry-run", "application/cose", std::string(as_text(statement)), kJsonMax});
  if (!answer) return fail(answer.error());
  if (!succeeded(*answer)) return fail(problem_of(*answer));
  return parse_dry_run(*answer);
}

Result<Receipt> Client::receipt(const Digest& entry_id,
                                const std::optional<Digest>& declaration_root) {
  std::string path = "/v1/entries/" + entry_id.hex() + "/receipt";
  if (declaration_root) path += "?declaration=" + declaration_root->hex();
  const auto answer = get(path, kReceiptSizeMax);
  if (!answer) return fail(answer.error());
  auto receipt = parse_receipt(as_bytes(answer->body));
  if (!receipt) return fail(answer->node, std::move(receipt.error()));
  // A receipt that verifies and is of something else is the lie that nobody looks for.
  const auto statement = parse_statement(receipt->statement);
  if (!statement || statement->entry_id() != entry_id) {
    return fail(
        Errc::bad_value,
        answer->node + ": its receipt is about something else than was asked: another entry");
  }
  if (receipt->declaration_root != declaration_root) {
    return fail(
        Errc::bad_value,
        answer->node + ": its receipt is about something else than was asked: another declaration");
  }
  return receipt;
}

Result<StateReceipt> Client::state(const std::vector<Digest>& keys) {
  std::string path = "/v1/proofs/state";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    path += (i == 0 ? "?key=" : "&key=") + keys[i].hex();
  }
  const auto answer = get(path, kJsonMax);
  if (!answer) return fail(answer.error());
  return parse_state_receipt(*answer, keys.size());
}

Result<std::string> Client::checkpoint() {
  auto answer = get("/checkpoint", kCheckpointMax);
  if (!answer) return fail(answer.error());
  return std::move(answer->body);
}

Result<std::string> Client::trust_policy() {
  auto answer = get("/v1/policy", kPolicyMax);
  if (!answer) return fail(answer.error());
  return std::move(answer->body);
}

Result<Hop> Client::hop(std::uint64_t epoch) {
  const auto answer = get("/v1/epochs/" + std::to_string(epoch), kHopSizeMax);
  if (!answer) return fail(answer.error());
  auto hop = parse_hop(as_bytes(answer->body));
  if (!hop) return fail(answer->node, std::move(hop.error()));
  return hop;
}

Result<Bytes> Client::genesis() {
  const auto answer = get("/v1/genesis", kGenesisMax);
  if (!answer) return fail(answer.error());
  return to_bytes(as_bytes(answer->body));
}

Result<Health> Client::health() {
  const auto answer = get("/v1/health", kJsonMax);
  if (!answer) return fail(answer.error());
  return parse_health(*answer);
}

}  // namespace footproof::api
