// How much of this node one peer may use up: messages, bytes and signature checks a second,
// sustained, each with one second's worth in hand. Whoever goes over is read more slowly; TCP then
// holds the sender back, and a sender that goes on queueing drops the link at its own cap.
//
// Takes the time as an argument. A full-speed network on one machine stays below a fifth of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace footproof::node {

constexpr double kMessagesPerSecondMax = 10'000;
constexpr double kBytesPerSecondMax = 32.0 * 1024 * 1024;
// About what one core of a small machine checks.
constexpr double kVerificationsPerSecondMax = 8'000;

class PeerBudget {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit PeerBudget(Instant now) : at_(now) {}

  // Signatures that had to be checked because of what the peer sent.
  void charge(std::size_t verifications) { verifications_ -= static_cast<double>(verifications); }

  // A message was handled: how long to wait before the next is read; mostly 0.
  [[nodiscard]] std::chrono::milliseconds pause_after(std::size_t bytes, Instant now) {
    const double elapsed = std::max(0.0, std::chrono::duration<double>(now - at_).count());
    at_ = std::max(at_, now);
    refill(messages_, kMessagesPerSecondMax, elapsed);
    refill(bytes_, kBytesPerSecondMax, elapsed);
    refill(verifications_, kVerificationsPerSecondMax, elapsed);
    messages_ -= 1;
    bytes_ -= static_cast<double>(bytes);
    const double wait_s =
        std::max({0.0, -messages_ / kMessagesPerSecondMax, -bytes_ / kBytesPerSecondMax,
                  -verifications_ / kVerificationsPerSecondMax});
    if (wait_s <= 0) return std::chrono::milliseconds(0);
    return std::chrono::milliseconds(1 + static_cast<int>(wait_s * 1000));
  }

 private:
  static void refill(double& credit, double per_second, double elapsed) {
    credit = std::min(per_second, credit + elapsed * per_second);
  }

  Instant at_;
  double messages_ = kMessagesPerSecondMax;
  double bytes_ = kBytesPerSecondMax;
  double verifications_ = kVerificationsPerSecondMax;
};

}  // namespace footproof::node
