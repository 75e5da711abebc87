#include "node/follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/epochs.h"
#include "node/chain_check.h"
#include "node/execution.h"
#include "node/log.h"
#include "node/source_pace.h"

namespace footproof::node {
Follower::Follower(FollowerParts parts, std::vector<std::unique_ptr<Source>> sources)
    : parts_(std::move(parts)),
      sources_(std::move(sources)),
      progress_(parts_.store.snapshot()->head().height, parts_.clock.now()) {
  facts_.doing = "following";
  facts_.sources = sources_.facts(parts_.clock.now());
}

MonoTime Follower::step() {
  if (is_stopped()) return kNever;
  const MonoTime begun = parts_.clock.now();
  Source* source = sources_.pick(begun);
  if (source == nullptr) {
    note_progress(false);
    return sources_.due();
  }
  const Taken taken = ask(*source);
  if (taken.sourceless) return kNever;
  const MonoTime got = parts_.clock.now();
  if (taken.trouble) {
    sources_.leave(taken.trouble->fault, taken.trouble->why, got, got - begun);
    note_progress(taken.trouble->fault == Fault::slow);
    return got;
  }
  sources_.answered();
  note_progress(true);
  sources_.go_on_after_turn(taken.is_all, got);
  if (is_caught_up()) return got + kAskEvery;
  return taken.blocks > 0 ? got : got + kAskEvery / 10;
}

// For the next blocks; at the end of an epoch for its hop first.
Follower::Taken Follower::ask(Source& source) {
  constexpr auto failed = [] { return Taken{.sourceless = true}; };
  if (!load_set()) return failed();
  if (owes_hop_) {
    Taken hop = ask_hop(source);
    if (hop.sourceless || hop.trouble) return hop;
    if (!load_set()) return failed();
  }
  // The boundary block once more, for the checkpoint at its end: no further without its hop.
  const auto from = parts_.store.snapshot()->head().height + (owes_hop_ ? 0 : 1);
  const MonoTime begun = parts_.clock.now();
  const auto body = source.get(fmt::format("/v1/chain?from={}", from), kChainAnswerBytesMax);
  const auto cost = parts_.clock.now() - begun;
  if (!body) return {.trouble = Trouble{fault_of(body.error().code), body.error().detail}};
  Taken taken = take(*body);
  if (!taken.trouble) taken.trouble = slow(body->size(), cost);
  return taken;
}

// It proves itself, so whoever has it may give it. Who has it not yet is in no trouble for it.
Follower::Taken Follower::ask_hop(Source& source) {
  const auto snapshot = parts_.store.snapshot();
  const auto epoch = snapshot->head().epoch;
  const auto body = source.get(fmt::format("/v1/epochs/{}", epoch), kHopSizeMax);
  if (!body && body.error().code == Errc::not_found) return {};
  if (!body) return {.trouble = Trouble{fault_of(body.error().code), body.error().detail}};
  const auto hop = parse_hop(*body);
  if (!hop) return {.trouble = Trouble{Fault::wrong, hop.error().detail}};
  const auto judged = judge_hop(*snapshot, *hop);
  if (!judged && judged.error().code == Errc::mismatch) {
    raise_alarm(judged.error().detail);
    return {.sourceless = true};
  }
  if (!judged && (judged.error().code == Errc::corrupt || judged.error().code == Errc::io)) {
    fail_for_good("database: " + judged.error().detail);
    return {.sourceless = true};
  }
  if (!judged) return {.trouble = Trouble{Fault::wrong, "hop: " + judged.error().detail}};
  return {.sourceless = !keep_hop(*hop, epoch)};
}

// The set that finalises the next block, and whether the hop to it is still to be made.
bool Follower::load_set() {
  const auto snapshot = parts_.store.snapshot();
  auto set = set_after(*snapshot, set_);
  if (!set) {
    fail_for_good("database: " + set.error().detail);
    return false;
  }
  set_ = *std::move(set);
  const auto owes = owes_hop(parts_.store, snapshot->head(), *set_);
  if (!owes) {
    fail_for_good("database: " + owes.error().detail);
    return false;
  }
  owes_hop_ = *owes;
  return true;
}

// Of the head after a boundary block, by its checkpoint.
bool Follower::make_hop(const ledger::Snapshot& ended, const std::string& note) {
  const auto hop = ledger::make_hop(ended, note);
  if (hop) return keep_hop(*hop, ended.head().epoch);
  raise_alarm("hop: " + hop.error().detail);
  return false;
}

bool Follower::keep_hop(const Hop& hop, std::uint64_t epoch) {
  if (auto kept = parts_.store.keep_hop(hop); !kept) {
    fail_for_good("hop: " + kept.error().detail);
    return false;
  }
  owes_hop_ = false;
  log(LogLevel::info, "epoch_ended", {{"epoch", epoch}});
  return true;
}

Follower::Taken Follower::take(ByteView bytes) {
  const auto wrong = [](std::string why) {
    return Taken{.trouble = Trouble{Fault::wrong, std::move(why)}};
  };
  auto answer = parse_chain_answer(bytes);
  if (!answer) return wrong(answer.error().detail);
  const auto snapshot = parts_.store.snapshot();
  const auto& head = snapshot->head();
  if (!sources_.saw_height(answer->height)) {
    return wrong(fmt::format("says height {} after a higher one", answer->height));
  }
  if (answer->blocks.empty() && answer->height > head.height) {
    return wrong(
        fmt::format("says height {} and gives no block after {}", answer->height, head.height));
  }
  if (owes_hop_) return take_boundary(*answer);
  const std::string note = std::move(answer->checkpoint);
  const auto shown = answer->height;
  auto less = withheld(*answer, bytes.size());
  auto blocks = check_stretch(*std::move(answer), {head.block_id, head.height, head.time_ms},
                              set_->membership, set_->verifier);
  if (!blocks) return wrong(blocks.error().detail);
  Taken out = execute(*blocks);
  if (out.sourceless) return out;
  Taken checkpoint = take_checkpoint(note);
  checkpoint.blocks = out.blocks;
  if (blocks->empty()) return checkpoint;
  checkpoint.is_all = blocks->back().block.header.height >= shown;
  if (!checkpoint.trouble && !checkpoint.sourceless) checkpoint.trouble = std::move(less);
  return checkpoint;
}

// Of a source that has not the hop: the checkpoint of which it is made.
Follower::Taken Follower::take_boundary(const ChainAnswer& answer) {
  const auto head = parts_.store.snapshot()->head();
  Taken out = take_checkpoint(answer.checkpoint);
  if (out.sourceless || out.trouble || !owes_hop_ || answer.height <= head.height) return out;
  out.trouble =
      Trouble{Fault::lacking,
              fmt::format("is beyond epoch {} and has not the hop that ends it", head.epoch)};
  return out;
}

Follower::Taken Follower::execute(const std::vector<DeliveredBlock>& blocks) {
  if (blocks.empty()) return {};
  check_signatures(blocks);
  for (const auto& block : blocks) {
    if (!execute_one(block)) return {.sourceless = true};
  }
  if (auto synced = parts_.store.sync(); !synced) {
    fail_for_good("sync: " + synced.error().detail);
    return {.sourceless = true};
  }
  return {.blocks = blocks.size()};
}

bool Follower::execute_one(const DeliveredBlock& block) {
  const auto& header = block.block.header;
  if (!names_our_log(header.checkpoint)) return false;
  const auto verify = [this](const PublicKey& key, const Statement& statement) {
    return parts_.verdicts.verify(key, statement);
  };
  auto result = execute_delivered(*parts_.store.snapshot(), block, verify);
  if (!result) {
    fail_for_good(fmt::format("executing height {}: {}", header.height, result.error().detail));
    return false;
  }
  for (auto& blob : parts_.evidence.add(block.block)) result->ordering.push_back(std::move(blob));
  const auto applied = parts_.store.apply(*result, ledger::Durability::buffered);
  if (!applied && applied.error().code == Errc::mismatch) {
    raise_alarm(applied.error().detail);
    return false;
  }
  if (!applied) {
    fail_for_good(fmt::format("writing height {}: {}", header.height, applied.error().detail));
    return false;
  }
  for (const auto& outcome : result->outcomes) {
    if (std::holds_alternative<ledger::Accepted>(outcome.verdict)) ++parts_.counters.executed;
    if (std::holds_alternative<ledger::Refusal>(outcome.verdict)) ++parts_.counters.refused;
  }
  return true;
}

// Validators vote for a block only where the head that it names is their own.
bool Follower::names_our_log(const consensus::Checkpoint& named) {
  const auto snapshot = parts_.store.snapshot();
  if (named.log_size == 0 || named.log_size > snapshot->head().log_size) {
    raise_alarm(fmt::format("the network's log had {} entries at height {}, this node's has {}",
                            named.log_size, named.height, snapshot->head().log_size));
    return false;
  }
  const auto own = ledger::log_root(*snapshot, named.log_size);
  if (!own) {
    fail_for_good("database: " + own.error().detail);
    return false;
  }
  if (*own == named.log_root) return true;
  raise_alarm(fmt::format("the network's log of {} entries is not this node's", named.log_size));
  return false;
}

// Signatures ahead of execution, on all workers. A key that its own block registers is not there
// yet: its verdicts are found at execution, as is every other that is missing.
void Follower::check_signatures(const std::vector<DeliveredBlock>& blocks) {
  if (parts_.workers == nullptr) return;
  const auto snapshot = parts_.store.snapshot();
  std::vector<Workers::Task> tasks;
  for (const auto& block : blocks) {
    for (const auto& held : block.batches) {
      tasks.emplace_back([this, &snapshot, &held] {
        const auto batch = parse_batch(*held.bytes);
        if (!batch) return;
        for (const Bytes& bytes : batch->statements) {
          const auto statement = parse_statement(bytes);
          if (!statement) continue;
          const auto record = snapshot->record(state_key::key(statement->kid()));
          if (!record || !*record) continue;
          const auto key = parse_key_record(**record);
          if (key) (void)parts_.verdicts.verify(key->key, *statement);
        }
      });
    }
  }
  (void)parts_.workers->run_all(std::move(tasks));
}

Follower::Taken Follower::take_checkpoint(const std::string& note) {
  if (note.empty()) return {};
  const auto snapshot = parts_.store.snapshot();
  const auto published = parts_.store.published();
  if (published && published->checkpoint() == note && !owes_hop_) return {};
  const auto trusted = judge_checkpoint(*snapshot, note);
  if (!trusted && trusted.error().code == Errc::mismatch) {
    raise_alarm(trusted.error().detail);
    return {.sourceless = true};
  }
  if (!trusted && trusted.error().code == Errc::corrupt) {
    fail_for_good("database: " + trusted.error().detail);
    return {.sourceless = true};
  }
  if (!trusted) return {.trouble = Trouble{Fault::wrong, trusted.error().detail}};
  const auto size = trusted->checkpoint.size;
  if (owes_hop_ && size == snapshot->head().log_size && !make_hop(*snapshot, note)) {
    return {.sourceless = true};
  }
  const auto before = published ? published->head().log_size : 0;
  if (size < before || (size == before && trusted->as_of <= published_as_of_)) return {};
  const auto done = parts_.store.publish(size, trusted->checkpoint.root, note);
  if (!done && done.error().code == Errc::not_found) return {};  // too old to serve from
  if (!done) {
    fail_for_good("publish: " + done.error().detail);
    return {.sourceless = true};
  }
  published_as_of_ = trusted->as_of;
  if (parts_.published) parts_.published();
  return {};
}

void Follower::raise_alarm(std::string why) {
  log(LogLevel::error, "alarm", {{"why", why}, {"effect", "this node follows no further"}});
  const std::lock_guard lock(mutex_);
  alarm_ = std::move(why);
  is_caught_up_ = false;
}

void Follower::fail_for_good(const std::string& why) {
  log(LogLevel::error, "disk_failed", {{"why", why}});
  failed_ = true;
  if (parts_.fatal) parts_.fatal(why);
}

bool Follower::is_stopped() const { return failed_ || !alarm().empty(); }

void Follower::note_progress(bool answered) {
  auto facts = progress_.look(parts_.store.snapshot()->head(), sources_, parts_.clock.now());
  const std::lock_guard lock(mutex_);
  const bool is_current = answered && facts.behind == 0 && sources_.all_heard();
  if (answered || facts.behind > 0) is_caught_up_ = is_current;
  facts_ = std::move(facts);
}

api::FollowFacts Follower::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

std::string Follower::alarm() const {
  const std::lock_guard lock(mutex_);
  return alarm_;
}

bool Follower::is_caught_up() const {
  const std::lock_guard lock(mutex_);
  return is_caught_up_;
}

}  // namespace footproof::node
