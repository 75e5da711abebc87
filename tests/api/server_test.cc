#include "api/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/api/raw_http.h"

namespace footproof::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// More than what the kernel's buffers hold of an answer that nobody reads.
constexpr std::size_t kLarge = std::size_t{12} << 20;

// Says what it was asked; /throw throws; /hold waits until released; /large answers 12 MiB.
class ServerTest : public testing::Test {
 protected:
  ServerTest() { config_.connections_per_address_max = 1000; }

  void start() {
    auto server = Server::start(config_, [this](const Request& request) {
      if (request.path == "/throw") throw std::runtime_error("secret of the inside");
      if (request.path == "/hold") {
        std::unique_lock lock(mutex_);
        ++held_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return released_; });
      }
      Response response;
      response.content_type = "text/plain; charset=utf-8";
      response.body = request.path == "/large"
                          ? std::string(kLarge, 'x')
                          : request.method + ' ' + request.path + ' ' + request.peer + ' ' +
                                std::to_string(request.body.size());
      return response;
    });
    ASSERT_TRUE(server) << server.error().detail;
    server_ = std::move(*server);
  }

  void TearDown() override { release(); }

  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void await_held(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ >= count; });
  }

  [[nodiscard]] std::string ask(std::string_view request) const {
    return RawHttp(server_->port()).ask(request);
  }

  ServerConfig config_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t held_ = 0;
  bool released_ = false;
  std::unique_ptr<Server> server_;
};

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: n\r\n" + std::string(more) + "\r\n";
}
std::string post(std::string_view body, std::string_view more = "") {
  return "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

// What requests may make resident. The sanitizer keeps freed memory back, so there the bound says
// less; a bomb that was inflated would break either.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kGrowthKibMax = 64 * 1024;
#else
constexpr std::size_t kGrowthKibMax = 8 * 1024;
#endif

std::size_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4;
}

TEST_F(ServerTest, AnswersWithOurHeadersAndKeepsTheConnection) {
  start();
  const RawHttp client(server_->port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = client.ask(get("/a"));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_NE(answer.find("GET /a 127.0.0.1 0"), std::string::npos) << answer;
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_NE(answer.find("Connection: keep-alive"), std::string::npos);
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  const RawHttp client(server_->port());
  client.send(get("/1") + post("abc") + get("/3", "Connection: close\r\n"));
  const std::string answers = client.read_to_end();
  const auto first = answers.find("GET /1");
  const auto second = answers.find("POST /p 127.0.0.1 3");
  const auto third = answers.find("GET /3");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(ServerTest, AnExceptionIsA500WithoutItsText) {
  start();
  const std::string answer = ask(get("/throw"));
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST_F(ServerTest, PeerIsTheSocketsAddressWhateverHeadersClaim) {
  start();
  const std::string answer = ask(get("/a", "REMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n"));
  EXPECT_NE(answer.find("GET /a 127.0.0.1"), std::string::npos) << answer;
}

TEST_F(ServerTest, BodyLimitFromBothSides) {
  start();
  EXPECT_EQ(status_of(ask(post(std::string(config_.body_bytes_max, 'b')))), 200);
  EXPECT_EQ(status_of(ask(post(std::string(config_.body_bytes_max + 1, 'b')))), 413);
}

TEST_F(ServerTest, HeaderSectionLimitFromBothSides) {
  start();
  const std::string frame = get("/a", "X: \r\n");
  const std::string fits =
      "X: " + std::string(config_.header_bytes_max - frame.size(), 'v') + "\r\n";
  EXPECT_EQ(status_of(ask(get("/a", fits))), 200);
  EXPECT_EQ(status_of(ask(get("/a", "Y" + fits))), 431);
}

TEST_F(ServerTest, HeaderCountLimitFromBothSides) {
  start();
  std::string lines;
  for (std::size_t i = 1; i < config_.header_count_max; ++i) lines += "X: y\r\n";
  EXPECT_EQ(status_of(ask(get("/a", lines))), 200);
  EXPECT_EQ(status_of(ask(get("/a", lines + "X: y\r\n"))), 431);
}

TEST_F(ServerTest, PathAndQueryLimitsFromBothSides) {
  start();
  EXPECT_EQ(status_of(ask(get("/" + std::string(255, 'p')))), 200);
  EXPECT_EQ(status_of(ask(get("/" + std::string(256, 'p')))), 414);
  EXPECT_EQ(status_of(ask(get("/a?q=" + std::string(1022, 'v')))), 200);
  EXPECT_EQ(status_of(ask(get("/a?q=" + std::string(1023, 'v')))), 414);
  std::string many = "/a?q=1";
  for (int i = 1; i < 16; ++i) many += "&q=1";
  EXPECT_EQ(status_of(ask(get(many))), 200);
  EXPECT_EQ(status_of(ask(get(many + "&q=1"))), 400);
}

// H2, H3 of the catalogue of bad input: each is a refusal, and the connection ends.
TEST_F(ServerTest, RefusesWhatCouldBeReadInTwoWays) {
  start();
  const std::string line = "POST /p HTTP/1.1\r\nHost: n\r\n";
  const std::vector<std::pair<int, std::string>> cases = {
      {411, line + "\r\n"},
      {411, line + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"},
      {411, line + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"},
      {411, line + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"},
      {400, line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nabcd"},
      {400, line + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd"},
      {400, line + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
      {400, line + "Content-Length: 4, 4\r\n\r\nabcd"},
      {400, line + "Content-Length: -1\r\n\r\n"},
      {400, line + "Content-Length: +4\r\n\r\nabcd"},
      {400, line + "Content-Length: 0x4\r\n\r\nabcd"},
      {400, line + "Content-Length:\r\n\r\n"},
      {400, line + "Content-Length: 18446744073709551615\r\n\r\n"},
      {413, line + "Content-Length: 9223372036854775807\r\n\r\n"},
      {413, line + "Content-Length: 1073741824\r\n\r\n"},
      {415, line + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"},
      {415, line + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\nab"},
      {415, line + "Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\nab"},
      {417, line + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab"},
      {400, get("/a", "Range: bytes=0-1\r\n")},
      {400, get("/a", "Upgrade: h2c\r\n")},
      {400, get("/a", "Content-Length: 2\r\n") + "ab"},
      {400, get("/a", "Host: second\r\n")},
      {400, "GET /a HTTP/1.1\r\n\r\n"},
      {400, get("/a", "X : space before the colon\r\n")},
      {400, get("/a", "X: folded\r\n here\r\n")},
      {400, get("/a", "X: bare\nY: line feed\r\n")},
      {400, get("/a", "X: bare\rcarriage return\r\n")},
      {400, get("/a", std::string("X: nul\0here\r\n", 13))},
      {400, get("/a", std::string("X\0: y\r\n", 7))},
      {400, get("/a", "no colon\r\n")},
      {400, get("/a", ": no name\r\n")},
      {400, get("a")},
      {400, get("http://n/a")},
      {400, get("/a%0d%0aX:y")},
      {400, get("/a b")},
      {400, get("/a?q=%0d%0a")},
      {400, get("/a?q")},
      {400, get("/a?=v")},
      {405, "DELETE /a HTTP/1.1\r\nHost: n\r\n\r\n"},
      {405, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {505, "GET /a HTTP/3.0\r\nHost: n\r\n\r\n"},
      {400, "\r\n\r\n"},
      {400, "GET\r\n\r\n"},
      {414, get("/" + std::string(8000, 'p'))},
  };
  for (const auto& [status, request] : cases) {
    const RawHttp client(server_->port());
    client.send(request);
    const std::string answer = client.read_to_end();
    const int got = status_of(answer);
    if (request.starts_with("PRI")) {
      EXPECT_TRUE(got == 405 || got == 505) << got;
    } else {
      EXPECT_EQ(got, status) << request.substr(0, 80);
    }
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_NE(answer.find("urn:footproof:problem:"), std::string::npos);
  }
  EXPECT_EQ(status_of(ask(get("/a"))), 200);
}

TEST_F(ServerTest, NeverReflectsAHeaderValue) {
  start();
  const std::string answer = ask(get("/a", "X: %0d%0aSet-Cookie: evil=1\r\nOrigin: evil\r\n"));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer.find("evil"), std::string::npos);
}

TEST_F(ServerTest, AGzipBombIsRefusedBeforeAnythingIsInflated) {
  start();
  const std::size_t before = resident_kib();
  for (int i = 0; i < 20; ++i) {
    const RawHttp client(server_->port());
    client.send(
        "POST /p HTTP/1.1\r\nHost: n\r\nContent-Encoding: gzip\r\nContent-Length: 300000\r\n\r\n");
    client.send(std::string(300'000, '\0'));
    EXPECT_EQ(status_of(client.read_to_end()), 415);
  }
  EXPECT_LT(resident_kib(), before + kGrowthKibMax);
}

// The sanitizers keep freed memory back, so there this says nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(ServerTest, AConnectionThatIdlesKeepsNoneOfItsBodysMemory) {
  start();
  const std::size_t before = resident_kib();
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawHttp>(server_->port()));
    EXPECT_EQ(status_of(clients.back()->ask(post(std::string(config_.body_bytes_max, 'b')))), 200);
  }
  EXPECT_EQ(server_->counters().open_connections, 100U);
  EXPECT_LT(resident_kib(), before + 4 * kGrowthKibMax);
}
#endif

TEST_F(ServerTest, AMillionHeadersAndAnEndlessLineAreCutAtTheLimit) {
  start();
  const std::size_t before = resident_kib();
  for (const std::string_view piece : {"X: y\r\n", "XXXXXXXX"}) {
    const RawHttp client(server_->port());
    client.send("GET /a HTTP/1.1\r\nHost: n\r\n");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += piece;
    int sent = 0;
    while (sent < 1000 && client.send(many)) ++sent;
    EXPECT_LT(sent, 1000);
  }
  EXPECT_LT(resident_kib(), before + kGrowthKibMax);
  EXPECT_EQ(status_of(ask(get("/a"))), 200);
}

TEST_F(ServerTest, ALyingLengthIsCutAtTheDeadlineOrTheEnd) {
  config_.request_deadline = milliseconds(300);
  start();
  const RawHttp late(server_->port());
  late.send("POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 100\r\n\r\nonly this");
  EXPECT_EQ(status_of(late.read_to_end()), 408);
  // What comes after a body that was longer than its length is the next request, and none.
  const RawHttp more(server_->port());
  more.send("POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 1\r\n\r\nabc\r\n\r\n");
  const std::string answers = more.read_to_end();
  EXPECT_EQ(status_of(answers), 200);
  EXPECT_NE(answers.find("HTTP/1.1 400"), std::string::npos);
}

// H1 in small: each drip restarts a per-read timeout, but not a deadline; and it holds no worker.
TEST_F(ServerTest, DrippingClientsAreCutAndOthersServed) {
  config_.workers = 1;
  config_.header_deadline = milliseconds(400);
  config_.request_deadline = milliseconds(600);
  start();
  std::atomic<int> cut = 0;
  std::vector<std::thread> drippers;
  for (int i = 0; i < 12; ++i) {
    drippers.emplace_back([this, i, &cut] {
      const RawHttp client(server_->port());
      const std::string request = i % 2 == 0 ? get("/a", "X: " + std::string(4000, 'v') + "\r\n")
                                             : post(std::string(4000, 'b'));
      std::string_view rest = request;
      if (i % 2 == 1) {
        const auto body = request.find("\r\n\r\n") + 4;
        client.send(rest.substr(0, body));
        rest.remove_prefix(body);
      }
      while (!rest.empty() && !client.has_news(milliseconds(20)) &&
             client.send(rest.substr(0, 1))) {
        rest.remove_prefix(1);
      }
      if (!rest.empty()) ++cut;
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(ask(get("/a"))), 200);
  for (auto& thread : drippers) thread.join();
  EXPECT_EQ(cut, 12);
}

// H4 in small: what a slow reader leaves lying holds no worker either.
TEST_F(ServerTest, SlowReadersHoldNoWorkerAndAreCutAtTheWriteDeadline) {
  config_.workers = 1;
  config_.write_deadline = milliseconds(30);  // for each MiB and a part of one
  start();
  std::vector<std::unique_ptr<RawHttp>> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<RawHttp>(server_->port(), "127.0.0.1", 4096));
    slow.back()->send(get("/large"));
  }
  EXPECT_EQ(status_of(ask(get("/a"))), 200);
  while (server_->counters().open_connections > 1) std::this_thread::yield();
  for (const auto& client : slow) EXPECT_LT(client->read_to_end().size(), kLarge);
}

TEST_F(ServerTest, ALargeAnswerReachesAReaderInEarnestWhole) {
  config_.workers = 1;
  start();
  const std::string answer = ask(get("/large"));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_GT(answer.size(), kLarge);
}

TEST_F(ServerTest, WhoeverComesTakesThePlaceOfTheLongestIdleOfItsAddress) {
  config_.connections_per_address_max = 2;
  config_.workers = 1;  // of two, the one that has answered first may say so last
  start();
  const RawHttp first(server_->port());
  EXPECT_EQ(status_of(first.ask(get("/a"))), 200);
  const RawHttp second(server_->port());
  EXPECT_EQ(status_of(second.ask(get("/a"))), 200);
  const RawHttp elsewhere(server_->port(), "127.0.1.7");
  EXPECT_EQ(status_of(elsewhere.ask(get("/a"))), 200);
  const RawHttp third(server_->port());
  EXPECT_EQ(status_of(third.ask(get("/a"))), 200);
  EXPECT_TRUE(first.is_closed(milliseconds(2000)));
  EXPECT_EQ(status_of(second.ask(get("/a"))), 200);
  EXPECT_EQ(status_of(elsewhere.ask(get("/a"))), 200);
  EXPECT_EQ(server_->counters().shed_connections, 1U);
}

// Programs behind one address that start together: those that were accepted first are not thrown
// out for those that came after, though none has sent anything yet.
TEST_F(ServerTest, ABurstFromOneAddressIsServedWhole) {
  config_.connections_per_address_max = 4;
  config_.newcomer_grace = config_.header_deadline;
  start();
  std::vector<std::unique_ptr<RawHttp>> burst;
  for (int i = 0; i < 8; ++i) burst.push_back(std::make_unique<RawHttp>(server_->port()));
  // All eight are accepted: somebody from elsewhere, who came later, was answered.
  EXPECT_EQ(status_of(RawHttp(server_->port(), "127.0.1.7").ask(get("/a"))), 200);
  for (const auto& client : burst) client->send(get("/a", "Connection: close\r\n"));
  for (const auto& client : burst) EXPECT_EQ(status_of(client->read_to_end()), 200);
  EXPECT_EQ(server_->counters().shed_connections, 0U);
}

TEST_F(ServerTest, WhoseRequestHasComeIsNeverThrownOut) {
  config_.connections_max = 80;
  config_.queue_max = 1000;
  config_.newcomer_grace = milliseconds(0);
  start();
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 80; ++i) clients.push_back(std::make_unique<RawHttp>(server_->port()));
  for (const auto& client : clients) client->send(get("/a"));
  for (int i = 0; i < 80; ++i) {
    clients.push_back(std::make_unique<RawHttp>(server_->port()));
    clients.back()->send(get("/a"));
  }
  for (const auto& client : clients) EXPECT_EQ(status_of(client->read_answer()), 200);
}

TEST_F(ServerTest, WhereAllOfAnAddressAreBeingAnsweredAsManyWaitAndTheNextIsClosedAtOnce) {
  config_.connections_per_address_max = 2;
  start();
  std::vector<std::unique_ptr<RawHttp>> answered;
  for (int i = 0; i < 2; ++i) {
    answered.push_back(std::make_unique<RawHttp>(server_->port()));
    answered.back()->send(get("/hold", "Connection: close\r\n"));
  }
  await_held(2);
  std::vector<std::unique_ptr<RawHttp>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(std::make_unique<RawHttp>(server_->port()));
    waiting.back()->send(get("/a", "Connection: close\r\n"));
  }
  const RawHttp over(server_->port());
  over.send(get("/a"));
  EXPECT_TRUE(over.is_closed(milliseconds(2000)));
  const RawHttp elsewhere(server_->port(), "127.0.1.7");
  EXPECT_EQ(status_of(elsewhere.ask(get("/a"))), 200);
  release();
  for (const auto& client : answered) EXPECT_EQ(status_of(client->read_to_end()), 200);
  for (const auto& client : waiting) EXPECT_EQ(status_of(client->read_to_end()), 200);
}

TEST_F(ServerTest, WhoWaitsForAPlaceIsClosedAtTheDeadline) {
  config_.connections_per_address_max = 1;
  config_.header_deadline = milliseconds(100);
  start();
  const RawHttp answered(server_->port());
  answered.send(get("/hold"));
  await_held(1);
  const RawHttp waiting(server_->port());
  EXPECT_TRUE(waiting.is_closed(milliseconds(5000)));
  release();
  EXPECT_EQ(status_of(answered.read_answer()), 200);
}

TEST_F(ServerTest, ConnectionsInAllAreCapped) {
  config_.connections_max = 3;
  start();
  std::vector<std::unique_ptr<RawHttp>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RawHttp>(server_->port()));
    EXPECT_EQ(status_of(clients.back()->ask(get("/a"))), 200);
  }
  EXPECT_EQ(server_->counters().open_connections, 3U);
  // Which two gave way depends on whose worker was back first; the newest never does.
  const auto closed = std::count_if(clients.begin(), clients.end(), [](const auto& client) {
    return client->is_closed(milliseconds(200));
  });
  EXPECT_EQ(closed, 2);
  EXPECT_EQ(status_of(clients[4]->ask(get("/a"))), 200);
}

TEST_F(ServerTest, QueueFullIsA503AtOnce) {
  config_.workers = 2;
  config_.queue_max = 3;
  start();
  std::vector<std::unique_ptr<RawHttp>> holders;
  for (int i = 0; i < 2; ++i) {
    holders.push_back(std::make_unique<RawHttp>(server_->port()));
    holders.back()->send(get("/hold"));
  }
  await_held(2);
  std::vector<std::unique_ptr<RawHttp>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(std::make_unique<RawHttp>(server_->port()));
    waiting.back()->send(get("/a"));
    while (server_->counters().requests < 3 + static_cast<std::uint64_t>(i)) {
      std::this_thread::yield();
    }
  }
  const RawHttp over(server_->port());
  over.send(get("/a"));
  const std::string answer = over.read_to_end();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
  release();
  for (const auto& client : waiting) EXPECT_EQ(status_of(client->read_answer()), 200);
}

TEST_F(ServerTest, SilentConnectionsHoldNoWorker) {
  config_.workers = 1;
  start();
  std::vector<std::unique_ptr<RawHttp>> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(std::make_unique<RawHttp>(server_->port()));
    if (i % 2 == 0) silent.back()->send("GET /a HTTP/1.1\r\nHo");
  }
  const auto before = steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(ask(get("/a"))), 200);
  EXPECT_LT(steady_clock::now() - before, config_.header_deadline);
}

TEST_F(ServerTest, KeepAliveEndsAtItsCountAndItsIdleTime) {
  config_.keep_alive_requests_max = 2;
  config_.keep_alive_idle = milliseconds(100);
  start();
  const RawHttp counted(server_->port());
  EXPECT_NE(counted.ask(get("/a")).find("Connection: keep-alive"), std::string::npos);
  EXPECT_NE(counted.ask(get("/a")).find("Connection: close"), std::string::npos);
  EXPECT_TRUE(counted.is_closed(milliseconds(2000)));
  const RawHttp lingering(server_->port());
  EXPECT_EQ(status_of(lingering.ask(get("/a"))), 200);
  EXPECT_TRUE(lingering.is_closed(milliseconds(2000)));
}

TEST_F(ServerTest, StopsWithIdleHalfReadAndQueuedConnectionsOpen) {
  config_.workers = 2;
  start();
  const RawHttp idle(server_->port());
  EXPECT_EQ(status_of(idle.ask(get("/a"))), 200);
  const RawHttp half(server_->port());
  half.send("GET /a HT");
  const auto before = steady_clock::now();
  server_.reset();
  EXPECT_LT(steady_clock::now() - before, milliseconds(3000));
}

TEST_F(ServerTest, ASecondServerOnThePortIsRefusedWithTheReason) {
  start();
  ServerConfig same;
  same.port = server_->port();
  const auto second = Server::start(same, [](const Request&) { return Response{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::usage);
  EXPECT_NE(second.error().detail.find("cannot listen on 127.0.0.1:"), std::string::npos);
}

}  // namespace
}  // namespace footproof::api
