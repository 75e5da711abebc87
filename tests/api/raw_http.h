// A client that sends exactly the bytes it is given: what no decent HTTP library would send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace footproof::api {

class RawHttp {
 public:
  // `receive_buffer` bytes in the kernel, where not 0: it takes no more until it is read.
  explicit RawHttp(std::uint16_t port, const char* from = "127.0.0.1", int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    connected_ = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(port);
    connected_ = connected_ &&
                 ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawHttp() { ::close(socket_); }
  RawHttp(const RawHttp&) = delete;
  RawHttp& operator=(const RawHttp&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  // False once the other side has ended the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // All until the other side closes; for answers with Connection: close.
  [[nodiscard]] std::string read_to_end() const {
    std::string text;
    while (read_some(text)) {
    }
    return text;
  }

  // One answer with its Content-Length.
  [[nodiscard]] std::string read_answer() const {
    std::string text;
    for (;;) {
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto field = text.find("Content-Length: ");
        const std::size_t length =
            field == std::string::npos ? 0 : std::strtoul(text.c_str() + field + 16, nullptr, 10);
        if (text.size() >= end + 4 + length) return text;
      }
      if (!read_some(text)) return text;
    }
  }

  [[nodiscard]] std::string ask(std::string_view request) const {
    send(request);
    return read_answer();
  }

  // Whether an answer or the end has come.
  [[nodiscard]] bool has_news(std::chrono::milliseconds within) const {
    pollfd watched{socket_, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(within.count())) > 0;
  }

  // Whether the other side has closed (an answer that is still there counts as not).
  [[nodiscard]] bool is_closed(std::chrono::milliseconds within) const {
    pollfd watched{socket_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(within.count())) <= 0) return false;
    char c = 0;
    return ::recv(socket_, &c, 1, MSG_PEEK) <= 0;
  }

 private:
  bool read_some(std::string& text) const {
    char chunk[16 * 1024];
    const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    text.append(chunk, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool connected_ = false;
};

// The status of an answer, 0 where there is none.
[[nodiscard]] inline int status_of(std::string_view answer) {
  return answer.size() < 12 ? 0 : std::atoi(std::string(answer.substr(9, 3)).c_str());
}

}  // namespace footproof::api
