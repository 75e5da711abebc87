// Mempool: the statements that this node has taken in and that are not yet executed.
//
// A statement is *waiting* (in no batch), then *batched*, then *durable* (its batch is in the
// write-ahead log: from here on a submitter may be told 202), and leaves when its block was
// executed. Keyed by H(exact bytes): a copy with a junk signature cannot stand in the way of the
// real one. HTTP threads add and wait; the core thread takes and reports. At most statements_max.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"

namespace footproof::node {

struct PendingStatement {
  Digest statement_hash;
  Digest entry_id;
  Bytes bytes;
};

class Mempool {
 public:
  enum class Added { taken, known, full };

  explicit Mempool(std::size_t statements_max) : statements_max_(statements_max) {}

  // known: these very bytes are in already. Whoever was not told `full` calls wait_durable().
  [[nodiscard]] Added add(PendingStatement statement);
  // Waits until all of them are durable or gone. What is not durable at the deadline and is in no
  // batch yet is taken out again, unless somebody else still waits for it: only so does gone mean
  // executed. The answer says, for each, whether it may be called taken in.
  [[nodiscard]] std::vector<bool> wait_durable(const std::vector<Digest>& statement_hashes,
                                               std::chrono::steady_clock::time_point deadline);

  // Core thread: the oldest waiting ones, at most so many and so many bytes with 4 for each length.
  [[nodiscard]] std::vector<PendingStatement> take(std::size_t count_max, std::size_t bytes_max);
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t waiting_bytes() const;
  void set_durable(const std::vector<Digest>& statement_hashes);
  // Puts batched ones back to the front, if they are still here (their batch was dropped unused).
  void offer_again(std::vector<PendingStatement> statements);
  // From a batch of this node's own that the log gave back after a restart.
  void restore(const PendingStatement& statement);
  void remove(const std::vector<Digest>& statement_hashes);

  // Some statement of this entry id is in here.
  [[nodiscard]] bool has_entry(const Digest& entry_id) const;
  [[nodiscard]] std::size_t size() const;
  // Ends every wait, now and later.
  void stop();

 private:
  enum class Stage { waiting, batched, durable };
  struct Entry {
    Digest entry_id;
    Stage stage = Stage::waiting;
  };

  void insert(const PendingStatement& statement, Stage stage);
  void erase(const Digest& statement_hash);

  const std::size_t statements_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::map<Digest, Entry> entries_;
  std::map<Digest, std::size_t> entry_ids_;  // how many statements have it
  std::map<Digest, std::size_t> waiters_;    // how many will ask what became of the statement
  std::deque<PendingStatement> queue_;       // the waiting ones
  std::size_t queue_bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace footproof::node
