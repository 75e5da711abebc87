#include "node/asio_reactor.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace footproof::node {
namespace {

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(boost::asio::io_context& io) : timer_(io) {}

  void start(MonoTime at, std::function<void()> fired) override {
    timer_.expires_at(at);  // cancels the wait before
    timer_.async_wait(
        [this, wait = ++waits_, fired = std::move(fired)](const boost::system::error_code& error) {
          // One that has expired already cannot be cancelled: it is told by its number.
          if (!error && wait == waits_) fired();
        });
  }
  void cancel() override {
    ++waits_;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::uint64_t waits_ = 0;
};

}  // namespace

MonoTime AsioReactor::now() const { return std::chrono::steady_clock::now(); }

std::uint64_t AsioReactor::wall_ms() const {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

void AsioReactor::post(std::function<void()> task) { boost::asio::post(io_, std::move(task)); }

std::unique_ptr<Timer> AsioReactor::make_timer() { return std::make_unique<AsioTimer>(io_); }

}  // namespace footproof::node
