#include "api/client/wire_meter.h"

// Of the kernel: glibc's has not the counter, and the two do not go together.
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace footproof::api {

void WireMeter::connected(int socket) {
  disconnected();
  const std::lock_guard lock(mutex_);
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void WireMeter::disconnected() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  before_ = 0;
}

void WireMeter::begin_answer() {
  const std::lock_guard lock(mutex_);
  before_ = total();
}

std::uint64_t WireMeter::of_answer() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = total();
  return now > before_ ? now - before_ : 0;
}

std::uint64_t WireMeter::total() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;
}

}  // namespace footproof::api
