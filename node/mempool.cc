#include "node/mempool.h"

#include <algorithm>
#include <utility>

namespace footproof::node {

void Mempool::insert(const PendingStatement& statement, Stage stage) {
  if (entries_.emplace(statement.statement_hash, Entry{statement.entry_id, stage}).second) {
    ++entry_ids_[statement.entry_id];
  }
}

void Mempool::erase(const Digest& statement_hash) {
  const auto found = entries_.find(statement_hash);
  if (found == entries_.end()) return;
  const auto id = entry_ids_.find(found->second.entry_id);
  if (id != entry_ids_.end() && --id->second == 0) entry_ids_.erase(id);
  entries_.erase(found);
}

Mempool::Added Mempool::add(PendingStatement statement) {
  const std::lock_guard lock(mutex_);
  if (entries_.contains(statement.statement_hash)) {
    ++waiters_[statement.statement_hash];
    return Added::known;
  }
  if (stopped_ || entries_.size() >= statements_max_) return Added::full;
  ++waiters_[statement.statement_hash];
  insert(statement, Stage::waiting);
  queue_bytes_ += statement.bytes.size();
  queue_.push_back(std::move(statement));
  return Added::taken;
}

std::vector<bool> Mempool::wait_durable(const std::vector<Digest>& statement_hashes,
                                        std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  // Gone means executed: the submitter learns the rest by polling.
  const auto is_done = [this](const Digest& hash) {
    const auto found = entries_.find(hash);
    return found == entries_.end() || found->second.stage == Stage::durable;
  };
  changed_.wait_until(lock, deadline,
                      [&] { return stopped_ || std::ranges::all_of(statement_hashes, is_done); });
  std::vector<bool> taken;
  for (const auto& hash : statement_hashes) {
    taken.push_back(is_done(hash));
    const auto waiting = waiters_.find(hash);
    const bool last = waiting == waiters_.end() || --waiting->second == 0;
    if (last && waiting != waiters_.end()) waiters_.erase(waiting);
    const auto found = entries_.find(hash);
    if (!last || taken.back() || found->second.stage != Stage::waiting) continue;
    const auto queued = std::ranges::find_if(
        queue_, [&](const auto& statement) { return statement.statement_hash == hash; });
    if (queued != queue_.end()) {
      queue_bytes_ -= queued->bytes.size();
      queue_.erase(queued);
    }
    erase(hash);
  }
  return taken;
}

std::vector<PendingStatement> Mempool::take(std::size_t count_max, std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  std::vector<PendingStatement> out;
  std::size_t bytes = 0;
  while (!queue_.empty() && out.size() < count_max) {
    auto& next = queue_.front();
    if (!out.empty() && bytes + next.bytes.size() + 4 > bytes_max) break;
    bytes += next.bytes.size() + 4;
    queue_bytes_ -= next.bytes.size();
    if (const auto found = entries_.find(next.statement_hash); found != entries_.end()) {
      found->second.stage = Stage::batched;
      out.push_back(std::move(next));
    }
    queue_.pop_front();
  }
  return out;
}

std::size_t Mempool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::size_t Mempool::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return queue_bytes_;
}

void Mempool::set_durable(const std::vector<Digest>& statement_hashes) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& hash : statement_hashes) {
      const auto found = entries_.find(hash);
      if (found != entries_.end()) found->second.stage = Stage::durable;
    }
  }
  changed_.notify_all();
}

void Mempool::offer_again(std::vector<PendingStatement> statements) {
  const std::lock_guard lock(mutex_);
  for (auto statement = statements.rbegin(); statement != statements.rend(); ++statement) {
    if (!entries_.contains(statement->statement_hash)) continue;
    queue_bytes_ += statement->bytes.size();
    queue_.push_front(std::move(*statement));
  }
}

void Mempool::restore(const PendingStatement& statement) {
  const std::lock_guard lock(mutex_);
  insert(statement, Stage::durable);
}

void Mempool::remove(const std::vector<Digest>& statement_hashes) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& hash : statement_hashes) erase(hash);
  }
  changed_.notify_all();
}

bool Mempool::has_entry(const Digest& entry_id) const {
  const std::lock_guard lock(mutex_);
  return entry_ids_.contains(entry_id);
}

std::size_t Mempool::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void Mempool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace footproof::node
