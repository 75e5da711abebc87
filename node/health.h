// What the core thread last said about itself, for HTTP threads and logs: a copy under a mutex.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "consensus/replica.h"

namespace footproof::node {

struct CoreFacts {
  struct Peer {
    std::string id;
    bool connected = false;
    std::uint64_t height = 0;         // finalised, as it last said: a hint
    std::uint64_t last_heard_ms = 0;  // how long ago; 0 if never
  };
  // The set in force (epoch_set.h), and this node's place.
  struct Set {
    std::uint64_t epoch = 0;
    std::vector<std::string> members;
    std::size_t quorum = 0;
    bool member = false;
    bool votes = false;
    std::string why_no_vote;
    std::vector<std::string> next_members;
  };
  consensus::Replica::Info replica;
  Set set;
  std::vector<Peer> peers;
  std::size_t batches_held = 0;
  std::size_t wal_segments = 0;
  std::vector<consensus::Evidence> evidence;  // all that is held, also of before a restart
  std::uint64_t tls_ends_s = 0;               // of the link certificate in use
  std::optional<api::FollowFacts> follow;     // while links do not suffice: whom it asks instead
  std::string alarm;  // why this node votes or cosigns no more; empty: all is well
};

class FactBoard {
 public:
  void set(CoreFacts facts) {
    const std::lock_guard lock(mutex_);
    facts_ = std::move(facts);
  }
  [[nodiscard]] CoreFacts get() const {
    const std::lock_guard lock(mutex_);
    return facts_;
  }

 private:
  mutable std::mutex mutex_;
  CoreFacts facts_;  // guarded by mutex_
};

}  // namespace footproof::node
