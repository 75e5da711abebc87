// The batches that are not yet executed and synced: this node's own and those of others, and which
// ones consensus waits for (consensus/README.md §3). Core thread only; no sockets and no clock:
// time comes in, requests to send come out.
//
// Bounds: of one producer at most kUnorderedMax batches that no block has used; what was asked for
// by digest does not count. Batches that no block uses go after kUnusedFor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "consensus/replica.h"
#include "node/batch.h"
#include "node/mono_time.h"

namespace footproof::node {

constexpr std::size_t kOwnWindowMax = 64;  // W_b: own batches that are in no finalised block
constexpr std::size_t kUnorderedMax = 2 * kOwnWindowMax;
constexpr std::chrono::minutes kUnusedFor{10};
constexpr std::size_t kWantedMax = 4096;
constexpr std::size_t kGetBatchMax = 512;  // digests in one request

[[nodiscard]] Bytes encode_get_batch(const std::vector<Digest>& digests);
[[nodiscard]] Result<std::vector<Digest>> parse_get_batch(ByteView bytes);

class BatchStore {
 public:
  struct Held {
    HeldBatch batch;
    MonoTime since;
    bool delivered = false;        // in a finalised block
    consensus::Height height = 0;  // of that block
  };
  struct Request {
    consensus::ValidatorIndex to = 0;
    std::vector<Digest> digests;
  };

  [[nodiscard]] const Held* find(const Digest& digest) const;
  // False if it is here already.
  bool put(HeldBatch batch, MonoTime now);
  // Room for one more that nobody asked for.
  [[nodiscard]] bool has_room(consensus::ValidatorIndex producer) const;
  void set_delivered(const Digest& digest, consensus::Height height);
  void erase(const Digest& digest);

  // Those delivered at or below this height, or unused for too long.
  [[nodiscard]] std::vector<Digest> delivered_up_to(consensus::Height height) const;
  [[nodiscard]] std::vector<Digest> unused_since(MonoTime now) const;
  [[nodiscard]] std::vector<HeldBatch> all() const;
  [[nodiscard]] std::size_t undelivered(consensus::ValidatorIndex producer) const;
  [[nodiscard]] std::size_t size() const { return held_.size(); }

  // Asks at the next due() call; asking again does nothing while a request is out.
  void want(const consensus::BatchRef& ref, consensus::ValidatorIndex ask_first, MonoTime now);
  [[nodiscard]] bool is_wanted(const Digest& digest) const { return wanted_.contains(digest); }
  void no_longer_wanted(const Digest& digest) { wanted_.erase(digest); }
  // The requests to send now: the named peer first, then the others in turn, a new one every
  // `patience`.
  [[nodiscard]] std::vector<Request> due(const std::vector<consensus::ValidatorIndex>& connected,
                                         MonoTime now, std::chrono::milliseconds patience);

 private:
  struct Wanted {
    consensus::ValidatorIndex ask_first = 0;
    std::size_t asked = 0;
    MonoTime next;
  };
  std::map<Digest, Held> held_;
  std::map<consensus::ValidatorIndex, std::size_t> undelivered_;
  std::set<std::pair<consensus::Height, Digest>> by_height_;  // the delivered ones
  std::map<Digest, Wanted> wanted_;
};

}  // namespace footproof::node
