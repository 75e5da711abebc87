#include "api/client/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/answers.h"
#include "api/server.h"
#include "attest/check.h"

namespace footproof::api {
namespace {

TEST(Client, KeepsItsConnectionAndMakesItAnewWhereTheNodeHasEndedIt) {
  const auto answer = [](const Request&) {
    Response response;
    response.body = "text";
    return response;
  };
  ServerConfig config;
  auto server = *Server::start(config, answer);
  config.port = server->port();
  auto client = *Client::make({"http://127.0.0.1:" + std::to_string(config.port)});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.checkpoint());
  EXPECT_EQ(server->counters().open_connections, 1U);
  server.reset();
  server = *Server::start(config, answer);
  EXPECT_TRUE(client.checkpoint());
  server.reset();
  EXPECT_FALSE(client.checkpoint());
}

// Does with the n-th connection, on which something of a request has come, what a test says.
class RawNode {
 public:
  using Answer = std::function<void(int socket, int number)>;

  explicit RawNode(Answer answer)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(listener_, 8) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~RawNode() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  void serve() const {
    for (int i = 0;; ++i) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      std::array<char, 4096> request;
      [[maybe_unused]] const ssize_t got = ::recv(socket, request.data(), request.size(), 0);
      answer_(socket, i);
      ::close(socket);
    }
  }

  const int listener_;
  const Answer answer_;
  std::string url_;
  std::thread thread_;
};

bool send(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
}

// Ends the first connections without an answer, answers on the next.
RawNode::Answer cut_first(int cuts) {
  return [cuts](int socket, int number) {
    if (number >= cuts) send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext");
  };
}

TEST(Client, AsksAgainWhereAConnectionWasCutButNotForEver) {
  const RawNode twice(cut_first(2));
  EXPECT_TRUE(Client::make({twice.url()})->checkpoint());
  const RawNode always(cut_first(1000));
  const auto none = Client::make({always.url()})->checkpoint();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::io);
}

// A byte now and then satisfies every read, wherever in the answer it is.
TEST(Client, ANodeThatDripsIsCutWhenTheTimeIsOver) {
  for (const std::string_view begun :
       {"", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"}) {
    const RawNode dripping([begun](int socket, int) {
      if (!begun.empty()) send(socket, begun);
      pollfd ended{socket, POLLRDHUP, 0};
      while (::poll(&ended, 1, 10) == 0 && send(socket, "h")) {
      }
    });
    ClientConfig hasty;
    hasty.answer_timeout = std::chrono::milliseconds(300);
    const auto none = Client::make({dripping.url()}, hasty)->checkpoint();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::io);
  }
}

// Head lines without end, one line without end, a body in chunks whose sizes have no end: what a
// client keeps of them while it waits for the rest would be its memory's end.
TEST(Client, AnAnswerWithoutEndIsCutOff) {
  for (const std::string_view more : {"X: more\r\n", "0"}) {
    for (const std::string_view begun :
         {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
      std::atomic<std::uint64_t> sent = 0;
      std::string piece;
      while (piece.size() < 10'000) piece += more;
      {
        const RawNode endless([&](int socket, int) {
          // A client that has gone without having read may leave no word of it for a minute.
          const timeval patience{2, 0};
          ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
          send(socket, begun);
          while (send(socket, piece)) sent += piece.size();
        });
        const auto none = Client::make({endless.url()})->checkpoint();
        ASSERT_FALSE(none);
        EXPECT_EQ(none.error().code, Errc::io);
      }
      EXPECT_LT(sent, std::uint64_t{128} << 20U) << begun << more;
    }
  }
}

// Many answers over one connection are each measured by themselves.
TEST(Client, ManyAnswersOverOneConnectionAreNoLongOne) {
  const auto server = Server::start({}, [](const Request&) {
    Response response;
    response.body = std::string(60'000, 'x');
    return response;
  });
  auto client = *Client::make({"http://127.0.0.1:" + std::to_string((*server)->port())});
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(client.checkpoint());
  EXPECT_EQ((*server)->counters().open_connections, 1U);
}

TEST(Client, AsksABusyNodeAgainWhileItsPatienceLasts) {
  std::atomic<int> asked = 0;
  const auto server = Server::start({}, [&](const Request&) {
    if (++asked < 3) return problem(503, "busy", "Too busy", "try again");
    Response response;
    response.body = "text";
    return response;
  });
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port());
  EXPECT_TRUE(Client::make({url})->checkpoint());
  EXPECT_EQ(asked, 3);

  asked = 0;
  ClientConfig hasty;
  hasty.busy_patience = std::chrono::milliseconds(0);
  const auto busy = Client::make({url}, hasty)->checkpoint();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::too_busy);
  EXPECT_EQ(asked, 1);
}

TEST(Client, TakesNoAnswerThatIsTooLargeOrARedirect) {
  const auto server = Server::start({}, [](const Request& request) {
    Response response;
    if (request.path == "/checkpoint") response.body = std::string(100'000, 'x');
    if (request.path == "/v1/policy") {
      response.status = 302;
      response.location = "/v1/genesis";
    }
    if (request.path == "/v1/health") response.body = R"({"ready":"yes"})";
    return response;
  });
  auto client = *Client::make({"http://127.0.0.1:" + std::to_string((*server)->port())});
  EXPECT_FALSE(client.checkpoint());
  EXPECT_FALSE(client.trust_policy());
  const auto health = client.health();
  ASSERT_FALSE(health);
  EXPECT_NE(health.error().detail.find("(ready)"), std::string::npos);
}

}  // namespace
}  // namespace footproof::api
