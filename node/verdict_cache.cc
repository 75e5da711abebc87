#include "node/verdict_cache.h"

#include <cstring>

namespace footproof::node {

std::size_t VerdictCache::IdHash::operator()(const Id& id) const {
  // A hash of bytes that the sender chose; SHA-256 keeps him from choosing this one.
  std::size_t out = 0;
  std::memcpy(&out, id.statement_hash.bytes.data(), sizeof out);
  return out;
}

bool VerdictCache::verify(const PublicKey& key, const Statement& statement) {
  const Id id{key.kid(), statement.statement_hash()};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = verdicts_.find(id); found != verdicts_.end()) return found->second;
  }
  const bool good = statement.verify(key).has_value();
  const std::lock_guard lock(mutex_);
  if (!verdicts_.emplace(id, good).second) return good;
  order_.push_back(id);
  if (order_.size() > verdicts_max_) {
    verdicts_.erase(order_.front());
    order_.pop_front();
  }
  return good;
}

std::size_t VerdictCache::size() const {
  const std::lock_guard lock(mutex_);
  return verdicts_.size();
}

}  // namespace footproof::node
