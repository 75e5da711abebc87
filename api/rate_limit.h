// How many requests one address may make: a token bucket for each, checked before a route sees the
// request. Over it: 429 with Retry-After. An IPv6 address counts with its /64, which one host holds
// whole.
//
// Behind a reverse proxy all clients have the proxy's address: there the proxy has to limit, and
// this stays off.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "api/http.h"

namespace footproof::api {

class RateLimit {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // Sustained; a bucket holds two seconds' worth. More than 0.
  explicit RateLimit(unsigned requests_per_second) : rate_(requests_per_second) {}

  // Takes a token. 0: go on; else the seconds after which there will be one. Any thread.
  [[nodiscard]] unsigned take(const std::string& address, Instant now);

  // A newcomer past this many addresses finds the buckets that are full again dropped; where none
  // is, it goes unlimited: the server's limit of connections is the bound then.
  static constexpr std::size_t kAddressesMax = 10'000;

 private:
  struct Bucket {
    double tokens;
    Instant at;
  };
  [[nodiscard]] double tokens_at(const Bucket& bucket, Instant now) const;

  const double rate_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // guarded by mutex_
};

// `inner` behind a limit; 0 requests a second: no limit.
[[nodiscard]] Handler with_rate_limit(unsigned requests_per_second, Handler inner);

}  // namespace footproof::api
