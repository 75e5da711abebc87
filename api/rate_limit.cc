#include "api/rate_limit.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "api/answers.h"

namespace footproof::api {
namespace {

constexpr double kBurstSeconds = 2;

// The address, or the first 64 bits of an IPv6 one.
std::string key_of(const std::string& address) {
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6)) {
    return address;
  }
  return {reinterpret_cast<const char*>(v6.s6_addr), 8};
}

}  // namespace

double RateLimit::tokens_at(const Bucket& bucket, Instant now) const {
  const double elapsed = std::chrono::duration<double>(now - bucket.at).count();
  return std::min(rate_ * kBurstSeconds, bucket.tokens + std::max(0.0, elapsed) * rate_);
}

unsigned RateLimit::take(const std::string& address, Instant now) {
  const std::string key = key_of(address);
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kAddressesMax) {
      std::erase_if(buckets_, [&](const auto& entry) {
        return tokens_at(entry.second, now) >= rate_ * kBurstSeconds;
      });
      if (buckets_.size() >= kAddressesMax) return 0;
    }
    found = buckets_.emplace(key, Bucket{rate_ * kBurstSeconds, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = tokens_at(bucket, now);
  bucket.at = std::max(bucket.at, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return static_cast<unsigned>(std::ceil((1 - bucket.tokens) / rate_));
}

Handler with_rate_limit(unsigned requests_per_second, Handler inner) {
  if (requests_per_second == 0) return inner;
  auto limit = std::make_shared<RateLimit>(requests_per_second);
  return [limit, inner = std::move(inner)](const Request& request) {
    const unsigned wait_s = limit->take(request.peer, std::chrono::steady_clock::now());
    if (wait_s == 0) return inner(request);
    Response response = problem(429, "too-many-requests", "Too many requests",
                                "this address has used up its share; slow down");
    response.retry_after_s = wait_s;
    return response;
  };
}

}  // namespace footproof::api
