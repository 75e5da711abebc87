#include "tests/simulation/whole/replay.h"

#include <iterator>
#include <vector>

namespace footproof::whole {

using consensus::Checkpoint;
using consensus::Height;
using simulation::Rules;

namespace {

std::optional<Bytes> record_of(const std::optional<consensus::NextSet>& next) {
  if (!next || !consensus::acceptable(*next)) return std::nullopt;
  return next->record;
}

}  // namespace

Rules::Surroundings Replay::surroundings(const consensus::Parameters& parameters,
                                         consensus::ValidatorIndex self) {
  Rules::Surroundings out;
  out.membership = &known_->membership;
  out.root = known_->root;
  out.self = self;
  out.checkpoint_lag = parameters.checkpoint_lag;
  out.boundary_delay = parameters.boundary_delay;
  out.listens_first = parameters.listen_first;
  out.holds_body = [this](const Digest& batch) { return known_->bodies.contains(batch); };
  out.executed_here = [this](const Checkpoint& head) {
    if (head == known_->root.checkpoint) return true;
    const auto mine = known_->heads.find(head.height);
    return mine != known_->heads.end() && mine->second == head;
  };
  out.latest_time = [this] { return known_->wall_ms + known_->drift_ms; };
  out.executed = [this](Height height) -> std::optional<consensus::Block> {
    const auto block = blocks_.find(height);
    if (height > known_->executed || block == blocks_.end()) return std::nullopt;
    return block->second;
  };
  out.next_set = [this](Height height) -> std::optional<Bytes> {
    const auto after = known_->next_sets.upper_bound(height);
    if (height > known_->executed || after == known_->next_sets.begin()) return std::nullopt;
    return std::prev(after)->second;
  };
  return out;
}

void Replay::made(const consensus::Parameters& parameters, const consensus::Membership& membership,
                  const consensus::EpochRoot& root, std::optional<consensus::ValidatorIndex> self,
                  const consensus::Recovery& recovery) {
  judged_ = judged();
  rules_.reset();
  known_.emplace(Known{membership, root, parameters.drift_ms, 0, root.height, {}, {}, {}});
  if (recovery.applied) {
    known_->executed = recovery.applied->block.header.height;
    blocks_.insert_or_assign(known_->executed, recovery.applied->block);
  }
  for (const auto& head : recovery.heads) known_->heads.emplace(head.height, head);
  for (const auto& [height, next] : recovery.next_sets) {
    if (height >= root.height) known_->next_sets[height] = record_of(next);
  }
  if (!self || parameters.observer) return;
  std::vector<consensus::Record> records;
  for (const auto& bytes : recovery.records) {
    auto record = consensus::parse_record(bytes);
    if (record && consensus::epoch_of(*record) == membership.epoch()) {
      records.push_back(*std::move(record));
    }
  }
  rules_.emplace(surroundings(parameters, *self));
  rules_->restart(records, recovery.applied);
}

std::uint64_t Replay::judged() const {
  return judged_ + (rules_ ? rules_->judged().votes + rules_->judged().certificates : 0);
}

void Replay::take(const consensus::Event& event) {
  known_->wall_ms = event.now.wall_ms;
  if (const auto* executed = std::get_if<consensus::Executed>(&event.what)) {
    known_->executed = executed->head.height;
    known_->heads.emplace(executed->head.height, executed->head);
    known_->next_sets[executed->head.height] = record_of(executed->next);
  } else if (const auto* ready = std::get_if<consensus::PayloadReady>(&event.what)) {
    known_->bodies.insert(ready->ref.digest);
  } else if (const auto* dropped = std::get_if<consensus::PayloadDropped>(&event.what)) {
    known_->bodies.erase(dropped->digest);
  } else if (!rules_) {
    return;
  } else if (const auto* received = std::get_if<consensus::Received>(&event.what)) {
    rules_->received(received->message);
  } else if (const auto* shown = std::get_if<consensus::Shown>(&event.what)) {
    rules_->received(shown->chain);
  } else if (const auto* durable = std::get_if<consensus::Durable>(&event.what)) {
    rules_->durable(durable->lsn);
  }
}

void Replay::judge(const consensus::Effect& effect) {
  if (const auto* deliver = std::get_if<consensus::Deliver>(&effect)) {
    blocks_.insert_or_assign(deliver->block.header.height, deliver->block);
    if (rules_) say(rules_->delivered(*deliver));
  } else if (!rules_) {
    return;
  } else if (const auto* send = std::get_if<consensus::Send>(&effect)) {
    say(rules_->sent(send->message, send->to));
  } else if (const auto* persist = std::get_if<consensus::Persist>(&effect)) {
    const auto record = consensus::parse_record(persist->record);
    say(record ? rules_->persisted(persist->lsn, *record) : "a record that does not parse");
  } else if (std::holds_alternative<consensus::Alarm>(effect)) {
    rules_->alarmed();
  }
}

void Replay::stepped(const consensus::Event& event, const consensus::Effects& effects) {
  take(event);
  for (const auto& effect : effects) judge(effect);
}

}  // namespace footproof::whole
