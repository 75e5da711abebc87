#include "api/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace footproof::api {
namespace {

constexpr std::size_t kChunk = 16 * 1024;
constexpr std::chrono::milliseconds kLinger{200};
constexpr std::size_t kLingerBytesMax = 256 * 1024;

// Waits for `events` until the deadline; false when it comes first or the socket is broken.
bool wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd watched{socket, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready > 0) return (watched.revents & (POLLERR | POLLNVAL)) == 0;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

bool Connection::wait_readable(Deadline deadline) {
  return !buffer_.empty() || wait_for(socket_, POLLIN, deadline);
}

ReadOutcome Connection::fill(Deadline deadline) {
  std::array<char, kChunk> chunk;
  for (;;) {
    // The clock is asked before each read: a peer that always has one more byte ready is late too.
    if (std::chrono::steady_clock::now() >= deadline) return ReadOutcome::late;
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got > 0) {
      buffer_.append(chunk.data(), static_cast<std::size_t>(got));
      return ReadOutcome::complete;
    }
    if (got == 0) return ReadOutcome::cut_short;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return ReadOutcome::cut_short;
    if (!wait_for(socket_, POLLIN, deadline)) return ReadOutcome::late;
  }
}

ReadOutcome Connection::read_head(std::string& head, std::size_t size_max, Deadline deadline) {
  std::size_t searched = 0;
  for (;;) {
    const auto end = buffer_.find("\r\n\r\n", searched);
    if (end != std::string::npos && end + 4 <= size_max) {
      head = buffer_.substr(0, end + 4);
      buffer_.erase(0, end + 4);
      return ReadOutcome::complete;
    }
    if (buffer_.size() >= size_max) return ReadOutcome::too_large;
    searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    const bool untouched = buffer_.empty();
    if (const auto outcome = fill(deadline); outcome != ReadOutcome::complete) {
      return untouched && outcome == ReadOutcome::cut_short ? ReadOutcome::closed : outcome;
    }
  }
}

ReadOutcome Connection::read_body(std::string& body, std::size_t size, Deadline deadline) {
  body.clear();
  for (;;) {
    const std::size_t taken = std::min(size - body.size(), buffer_.size());
    body.append(buffer_, 0, taken);
    buffer_.erase(0, taken);
    if (body.size() == size) return ReadOutcome::complete;
    if (const auto outcome = fill(deadline); outcome != ReadOutcome::complete) return outcome;
  }
}

bool Connection::write_all(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(socket_, POLLOUT, deadline)) return false;
    } else if (sent == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Connection::linger() {
  ::shutdown(socket_, SHUT_WR);
  const Deadline deadline = std::chrono::steady_clock::now() + kLinger;
  std::array<char, kChunk> chunk;
  for (std::size_t total = 0; total < kLingerBytesMax;) {
    if (!wait_for(socket_, POLLIN, deadline)) return;
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    total += static_cast<std::size_t>(got);
  }
}

std::string Connection::address_of(int socket, bool peer) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const int got =
      peer ? ::getpeername(socket, generic, &size) : ::getsockname(socket, generic, &size);
  if (got != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* raw =
      address.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr)
          : &reinterpret_cast<sockaddr_in*>(&address)->sin_addr;
  if (::inet_ntop(address.ss_family, raw, text.data(), text.size()) == nullptr) return "unknown";
  return text.data();
}

}  // namespace footproof::api
