// What is counted of a connection, and of none else.
#include "api/client/wire_meter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace footproof::api {
namespace {

// Both ends of a connection over loopback.
class Pair {
 public:
  Pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, where, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, where, &size), 0);
    mine = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(mine, where, size), 0);
    far = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  ~Pair() {
    close();
    ::close(far);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // As a library that lets a connection go.
  void close() {
    if (mine >= 0) ::close(mine);
    mine = -1;
  }
  // Until it has come in.
  void bring(std::size_t bytes) const {
    const std::string text(bytes, 'x');
    EXPECT_EQ(::send(far, text.data(), bytes, 0), static_cast<ssize_t>(bytes));
    std::string read(bytes, ' ');
    EXPECT_EQ(::recv(mine, read.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }

  int mine = -1;
  int far = -1;
};

TEST(WireMeter, CountsWhatHasComeSinceTheAnswerBegan) {
  const Pair pair;
  WireMeter meter;
  EXPECT_EQ(meter.of_answer(), 0U);
  meter.connected(pair.mine);
  pair.bring(300);
  EXPECT_EQ(meter.of_answer(), 300U);
  meter.begin_answer();
  pair.bring(20);
  EXPECT_EQ(meter.of_answer(), 20U);
  meter.disconnected();
  EXPECT_EQ(meter.of_answer(), 0U);
}

TEST(WireMeter, AConnectionThatTakesTheNumberOfAClosedOneIsNotCounted) {
  Pair first;
  WireMeter meter;
  const int number = first.mine;
  meter.connected(first.mine);
  first.bring(10);
  first.close();
  const Pair next;
  const int again = ::dup2(next.mine, number);
  ASSERT_EQ(again, number);
  next.bring(5000);
  EXPECT_EQ(meter.of_answer(), 10U);
  ::close(number);
}

}  // namespace
}  // namespace footproof::api
