// The reactor of a running node: an io_context, and the system's clocks.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "node/ports.h"

namespace footproof::node {

class AsioReactor final : public Reactor {
 public:
  // `io` outlives the reactor; its thread is the reactor's.
  explicit AsioReactor(boost::asio::io_context& io) : io_(io) {}

  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] std::uint64_t wall_ms() const override;
  void post(std::function<void()> task) override;
  [[nodiscard]] std::unique_ptr<Timer> make_timer() override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace footproof::node
