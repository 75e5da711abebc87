#include "api/reception.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "attest/check.h"

namespace footproof::api {
namespace {

constexpr std::size_t kChunk = std::size_t{16} * 1024;
constexpr std::size_t kBufferedMax = std::size_t{48} * 1024 * 1024;
constexpr std::size_t kMebi = std::size_t{1024} * 1024;
constexpr std::chrono::milliseconds kLinger{200};
constexpr std::size_t kLingerBytesMax = std::size_t{256} * 1024;
constexpr int kTickMs = 50;
constexpr int kEventsMax = 64;
constexpr std::uint64_t kWakeId = 0;

// The socket's own address, never what a header claims (pitfall W5).
std::string address_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  const void* raw =
      address.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr)
          : &reinterpret_cast<sockaddr_in*>(&address)->sin_addr;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(address.ss_family, raw, text.data(), text.size()) == nullptr) return "unknown";
  return text.data();
}

// How many bytes the socket took at once; none if it is broken.
std::pair<std::size_t, bool> send_some(int socket, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now =
        ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
    } else if (now < 0 && errno == EINTR) {
      continue;
    } else {
      return {sent, now < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)};
    }
  }
  return {sent, true};
}

}  // namespace

enum class Phase { head, body, handled, writing, lingering };

struct Reception::Held {
  std::uint64_t id = 0;
  int socket = -1;
  std::string address;
  Phase phase = Phase::head;
  Instant since;     // it has been in this phase
  Instant deadline;  // of this phase
  Instant begun;     // the first byte of the request in hand
  bool has_begun = false;
  RequestHead head;
  std::string in;   // received, not yet consumed
  std::string out;  // not yet sent
  bool keep_alive = false;
  std::size_t served = 0;
  std::size_t drained = 0;    // while lingering
  std::size_t counted = 0;    // of buffered_
  std::uint32_t watched = 0;  // epoll events
};

Reception::Reception(ServerConfig config, Deliver deliver)
    : config_(std::move(config)),
      deliver_(std::move(deliver)),
      door_(config_.waiting_max, config_.connections_per_address_max),
      meter_(*config_.meter) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeId;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "http-reception");
    run();
  });
}

Reception::~Reception() {
  stop();
  // Visits whose answer was still under way when the thread ended.
  while (!held_.empty()) end(held_.begin()->first);
  for (const int socket : new_) ::close(socket);
  ::close(epoll_);
  ::close(wake_);
}

void Reception::wake() {
  const std::uint64_t one = 1;
  // It can only fail because the counter is full: then the thread is about to wake anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Reception::admit(int socket) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      new_.push_back(socket);
      socket = -1;
    }
  }
  if (socket >= 0) {
    ::close(socket);
  } else {
    wake();
  }
}

void Reception::answer(const Visit& visit, std::string bytes, bool keep_alive) {
  const auto [sent, sound] = send_some(visit.socket, bytes);
  bytes.erase(0, sent);
  {
    const std::lock_guard lock(mutex_);
    answered_.push_back({visit.connection, std::move(bytes), keep_alive, !sound});
  }
  wake();
}

void Reception::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

ServerCounters Reception::counters() const { return meter_.counters(); }

void Reception::run() {
  std::array<epoll_event, kEventsMax> events;
  for (;;) {
    const bool nobody = held_.empty() && door_.waiting().empty();
    const int ready = ::epoll_wait(epoll_, events.data(), kEventsMax, nobody ? -1 : kTickMs);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == kWakeId) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
        continue;
      }
      const auto found = held_.find(event.data.u64);
      if (found == held_.end()) continue;
      Held& held = *found->second;
      if (held.phase == Phase::writing) {
        write_on(held);
      } else if (held.phase != Phase::handled) {
        receive(held);
      }
    }
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    take_answered();
    expire(std::chrono::steady_clock::now());
    take_new();
  }
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, held] : held_) {
    if (held->phase != Phase::handled) waiting.push_back(id);
  }
  for (const std::uint64_t id : waiting) end(id);
  while (!door_.waiting().empty()) ::close(door_.take_at(0).socket);
}

// --- coming and going ---------------------------------------------------------------------------

void Reception::take_new() {
  std::vector<int> sockets;
  {
    const std::lock_guard lock(mutex_);
    sockets.swap(new_);
  }
  const auto deadline = std::chrono::steady_clock::now() + config_.header_deadline;
  for (const int socket : sockets) door_.add({socket, address_of(socket), deadline});
  let_in();
}

// Whoever waits at the door and finds a place, in order; where it is crowded, by force.
void Reception::let_in() {
  std::set<std::string> full;  // addresses
  for (std::size_t i = 0; i < door_.waiting().size();) {
    const std::string& address = door_.waiting()[i].address;
    if (!full.contains(address) && make_place(address, true)) {
      place(door_.take_at(i));
    } else {
      full.insert(address);
      ++i;
    }
  }
  while (const auto address = door_.crowded()) {
    if (make_place(*address, false)) {
      place(door_.take_first(*address));
    } else {
      ++meter_.shed_connections;
      ::close(door_.take_last(*address).socket);
    }
  }
}

void Reception::place(Door::Waiting newcomer) {
  auto held = std::make_unique<Held>();
  held->id = next_id_++;
  held->socket = newcomer.socket;
  held->address = std::move(newcomer.address);
  held->since = std::chrono::steady_clock::now();
  held->deadline = held->since + config_.header_deadline;
  ++per_address_[held->address];
  ++meter_.open_connections;
  Held& placed = *held_.emplace(held->id, std::move(held)).first->second;
  // Most clients have sent their request by now; what is not there yet is watched for.
  receive(placed);
}

// The connection that has kept its place waiting for longest, of those that fulfil the condition.
template <class Condition>
Reception::Held* Reception::oldest(const Condition& condition) {
  Held* found = nullptr;
  for (const auto& [id, held] : held_) {
    if (held->phase == Phase::handled || !condition(*held)) continue;
    if (found == nullptr || held->since < found->since) found = held.get();
  }
  return found;
}

bool Reception::make_place(const std::string& address, bool with_grace) {
  for (;;) {
    const auto count = per_address_.find(address);
    const bool address_full =
        count != per_address_.end() && count->second >= config_.connections_per_address_max;
    if (!address_full && held_.size() < config_.connections_max) return true;
    const auto grown_up = std::chrono::steady_clock::now() - config_.newcomer_grace;
    Held* given_up = oldest([&](const Held& held) {
      if (address_full && held.address != address) return false;
      const bool idle = held.phase == Phase::head && !held.has_begun && held.served > 0;
      return !with_grace || idle || held.since <= grown_up;
    });
    if (given_up == nullptr) return false;
    // Its request may have come just now.
    const std::uint64_t id = given_up->id;
    const bool waits = given_up->phase == Phase::head || given_up->phase == Phase::body;
    if (waits) receive(*given_up);
    const auto still = held_.find(id);
    if (still == held_.end()) continue;
    const Phase phase = still->second->phase;
    if (waits && phase != Phase::head && phase != Phase::body) continue;
    ++meter_.shed_connections;
    end(id);
  }
}

void Reception::end(std::uint64_t id) {
  const auto found = held_.find(id);
  Held& held = *found->second;
  ::close(held.socket);  // leaves the epoll set with it
  buffered_ -= held.counted;
  const auto count = per_address_.find(held.address);
  if (--count->second == 0) per_address_.erase(count);
  --meter_.open_connections;
  held_.erase(found);
}

void Reception::watch(Held& held, std::uint32_t events) {
  if (held.watched == events) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = held.id;
  const int operation = held.watched == 0 ? EPOLL_CTL_ADD
                        : events == 0     ? EPOLL_CTL_DEL
                                          : EPOLL_CTL_MOD;
  ::epoll_ctl(epoll_, operation, held.socket, &event);
  held.watched = events;
}

void Reception::count_bytes(Held& held) {
  const std::size_t now = held.in.size() + held.out.size();
  buffered_ += now - held.counted;
  held.counted = now;
}

void Reception::expire(Instant now) {
  std::vector<std::uint64_t> late;
  for (const auto& [id, held] : held_) {
    if (held->phase != Phase::handled && held->deadline <= now) late.push_back(id);
  }
  for (const std::uint64_t id : late) {
    Held& held = *held_.at(id);
    if (held.phase == Phase::body) {
      refuse(held, {408, "too-slow", "the body took too long"});
    } else if (held.phase == Phase::head && !held.in.empty()) {
      refuse(held, {408, "too-slow", "the header section took too long"});
    } else {
      end(id);
    }
  }
  while (!door_.waiting().empty() && door_.waiting().front().deadline <= now) {
    ++meter_.shed_connections;
    ::close(door_.take_at(0).socket);
  }
  while (buffered_ > kBufferedMax) {
    Held* heaviest = oldest([](const Held& held) { return held.counted > 0; });
    if (heaviest == nullptr) break;
    ++meter_.shed_connections;
    end(heaviest->id);
  }
}

// --- requests -----------------------------------------------------------------------------------

void Reception::receive(Held& held) {
  std::array<char, kChunk> chunk;
  const ssize_t got = ::recv(held.socket, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    watch(held, EPOLLIN);
    return;
  }
  if (held.phase == Phase::lingering) {
    held.drained += got > 0 ? static_cast<std::size_t>(got) : kLingerBytesMax;
    if (held.drained >= kLingerBytesMax) end(held.id);
    return;
  }
  if (got <= 0) {
    // Between requests that is the normal end.
    const bool in_the_middle = held.has_begun && got == 0;
    if (!in_the_middle) return end(held.id);
    return refuse(held, {400, "malformed-request", "the request ended before it was complete"});
  }
  held.in.append(chunk.data(), static_cast<std::size_t>(got));
  count_bytes(held);
  watch(held, EPOLLIN);
  advance(held);
}

// As far as the bytes that are there lead.
void Reception::advance(Held& held) {
  if (held.phase == Phase::head && !advance_head(held)) return;
  if (held.phase == Phase::body && held.in.size() >= held.head.content_length) hand_over(held);
}

// True once the phase is body. False: more is needed, or the request was refused.
bool Reception::advance_head(Held& held) {
  if (held.in.empty()) return false;
  if (!held.has_begun) {
    held.has_begun = true;
    held.begun = std::chrono::steady_clock::now();
    held.since = held.begun;
    held.deadline = held.begun + config_.header_deadline;
  }
  const auto end_of_head = held.in.find("\r\n\r\n");
  const std::size_t size = end_of_head == std::string::npos ? held.in.size() : end_of_head + 4;
  if (size > config_.header_bytes_max ||
      (end_of_head == std::string::npos && size == config_.header_bytes_max)) {
    ++meter_.requests;
    refuse(held, {431, "headers-too-large", "the header section is larger than 16 KiB"});
    return false;
  }
  if (end_of_head == std::string::npos) return false;
  ++meter_.requests;
  auto parsed = parse_request_head(std::string_view(held.in).substr(0, size),
                                   {config_.header_count_max, config_.body_bytes_max});
  if (const auto* refusal = std::get_if<HeadRefusal>(&parsed)) {
    refuse(held, *refusal);
    return false;
  }
  held.in.erase(0, size);
  count_bytes(held);
  held.head = std::move(std::get<RequestHead>(parsed));
  held.phase = Phase::body;
  held.deadline = held.begun + config_.request_deadline;
  return true;
}

void Reception::hand_over(Held& held) {
  Visit visit;
  visit.connection = held.id;
  visit.socket = held.socket;
  // The memory goes with the body: a string that was only cut would keep a MiB for each connection.
  std::string rest = held.in.substr(held.head.content_length);
  held.in.resize(held.head.content_length);
  visit.request.body = std::exchange(held.in, std::move(rest));
  count_bytes(held);
  visit.request.method = std::move(held.head.method);
  visit.request.path = std::move(held.head.path);
  visit.request.query = std::move(held.head.query);
  visit.request.content_type = std::move(held.head.content_type);
  visit.request.peer = held.address;
  ++held.served;
  visit.may_keep_alive = held.head.keep_alive && held.served < config_.keep_alive_requests_max;
  held.phase = Phase::handled;
  watch(held, 0);
  if (!deliver_(std::move(visit))) {
    ++meter_.shed_connections;
    refuse(held, {503, "busy", "too many requests wait; try again in a second"});
  }
}

// --- answers ------------------------------------------------------------------------------------

void Reception::take_answered() {
  std::vector<Answered> answered;
  {
    const std::lock_guard lock(mutex_);
    answered.swap(answered_);
  }
  for (Answered& one : answered) {
    const auto found = held_.find(one.connection);
    if (found == held_.end()) continue;
    if (one.broken) {
      end(one.connection);
    } else if (one.rest.empty()) {
      finish(*found->second, one.keep_alive);
    } else {
      write(*found->second, std::move(one.rest), one.keep_alive);
    }
  }
}

void Reception::refuse(Held& held, const HeadRefusal& refusal) {
  ++meter_.refused_requests;
  held.in.clear();
  write(held, refusal_text(refusal), false);
}

void Reception::write(Held& held, std::string bytes, bool keep_alive) {
  held.phase = Phase::writing;
  held.since = std::chrono::steady_clock::now();
  // A slow line may take its time in proportion, but not for ever.
  held.deadline = held.since + config_.write_deadline * static_cast<int>(1 + bytes.size() / kMebi);
  held.out = std::move(bytes);
  held.keep_alive = keep_alive;
  count_bytes(held);
  write_on(held);
}

void Reception::write_on(Held& held) {
  const auto [sent, sound] = send_some(held.socket, held.out);
  if (!sound) return end(held.id);
  held.out.erase(0, sent);
  count_bytes(held);
  if (!held.out.empty()) return watch(held, EPOLLOUT);
  finish(held, held.keep_alive);
}

void Reception::finish(Held& held, bool keep_alive) {
  held.since = std::chrono::steady_clock::now();
  held.has_begun = false;
  std::string().swap(held.out);
  if (!keep_alive) {
    // Reads away what is still coming, a little while and a few bytes: a reset would take the
    // answer with it.
    ::shutdown(held.socket, SHUT_WR);
    held.phase = Phase::lingering;
    held.deadline = held.since + kLinger;
    held.in.clear();
    count_bytes(held);
    return watch(held, EPOLLIN);
  }
  held.phase = Phase::head;
  held.deadline = held.since + config_.keep_alive_idle;
  watch(held, EPOLLIN);
  advance(held);  // the next request may be here already
}

}  // namespace footproof::api
