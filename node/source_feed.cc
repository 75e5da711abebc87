#include "node/source_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/epochs.h"
#include "node/chain_check.h"
#include "node/log.h"
#include "node/source_pace.h"

namespace footproof::node {
namespace {

constexpr std::chrono::milliseconds kLookEvery{250};    // whether the links suffice
constexpr std::chrono::milliseconds kExecuteEvery{20};  // whether what was handed in is executed
constexpr std::chrono::seconds kPatience{5};            // for that
// As many as a peer would give at once (consensus/README.md §9): no more wait to be executed.
constexpr std::size_t kBlocksMax = 64;

Trouble wrong(std::string why) { return {Fault::wrong, std::move(why)}; }

// Up to the last block, of the first kBlocksMax, that its certificate names directly; or else up to
// the first such. Without one, nothing: what finalises them is still to come.
consensus::Chain chain_of(const std::vector<DeliveredBlock>& blocks) {
  consensus::Chain out;
  std::size_t good = 0;
  for (const auto& block : blocks) {
    if (good > 0 && out.blocks.size() >= kBlocksMax) break;
    out.blocks.push_back(block.block);
    if (block.finalization.proposal.block_id != block.block_id) continue;
    good = out.blocks.size();
    out.finalization = block.finalization;
  }
  out.blocks.resize(good);
  return out;
}

}  // namespace

SourceFeed::SourceFeed(const ledger::Store& store, const Clock& clock, Fed& fed,
                       std::vector<std::unique_ptr<Source>> sources, std::size_t waiting_bytes_max)
    : store_(store),
      clock_(clock),
      fed_(fed),
      sources_(std::move(sources)),
      waiting_bytes_max_(waiting_bytes_max),
      patience_(clock.now()),
      progress_(store.snapshot()->head().height, clock.now()) {}

MonoTime SourceFeed::step() {
  const MonoTime begun = clock_.now();
  const auto epoch = fed_.hungry();
  if (!epoch) {
    waiting_.clear();
    return begun + kLookEvery;
  }
  const auto snapshot = store_.snapshot();
  auto set = set_after(*snapshot, set_);
  const auto owes =
      set ? owes_hop(store_, snapshot->head(), **set) : Result<bool>(fail(set.error()));
  if (!owes) {  // the core loop meets the same, and ends the process
    log(LogLevel::error, "sources", {{"why", owes.error().detail}});
    return begun + kAskEvery;
  }
  set_ = *std::move(set);
  if (const auto due = settle(*snapshot, *owes, begun)) return *due;
  // The hop is kept, and the core loop about to begin the next epoch.
  if (!*owes && set_->record.epoch != *epoch) return begun + kExecuteEvery;
  return ask(*snapshot, *owes, begun);
}

// What was handed in is executed before more is asked for, and then its checkpoint can be judged.
std::optional<MonoTime> SourceFeed::settle(const ledger::Snapshot& snapshot, bool owes_hop,
                                           MonoTime now) {
  const bool executed = snapshot.head().height >= handed_in_;
  if (!executed && now < patience_) return now + kExecuteEvery;
  const std::string note = std::exchange(note_, {});
  if (!executed || note.empty()) return std::nullopt;
  Feed feed;
  feed.epoch = snapshot.head().epoch;
  if (auto trouble = judge_note(note, feed, snapshot, owes_hop)) {
    sources_.distrust(*note_from_, std::move(trouble->why), now);
    return std::nullopt;
  }
  const bool leads_on = feed.hop.has_value();
  hand_in(std::move(feed), handed_in_, now);
  return leads_on ? std::optional(now + kExecuteEvery) : std::nullopt;
}

MonoTime SourceFeed::ask(const ledger::Snapshot& snapshot, bool owes_hop, MonoTime begun) {
  const auto& head = snapshot.head();
  Source* source = sources_.pick(begun);
  if (source == nullptr) {
    hand_in({}, head.height, begun);
    return std::min(sources_.due(), begun + kAskEvery);
  }
  if (!waiting_.empty() && waiting_.front().block.header.height != head.height + 1) {
    waiting_.clear();
  }
  const auto path = owes_hop ? fmt::format("/v1/epochs/{}", head.epoch)
                             : fmt::format("/v1/chain?from={}", head.height + waiting_.size() + 1);
  const auto body = source->get(path, kChainAnswerBytesMax);
  const MonoTime got = clock_.now();
  Judged judged;
  if (body) judged = owes_hop ? judge_hop_of(*body, snapshot) : judge(*body, snapshot);
  // Who has no hop yet is in no trouble for it.
  const bool lacks_hop = owes_hop && !body && body.error().code == Errc::not_found;
  if (body && !judged.trouble) judged.trouble = slow(body->size(), got - begun);
  if (!body && !lacks_hop) {
    judged.trouble = Trouble{fault_of(body.error().code), body.error().detail};
  }
  const auto trouble = std::exchange(judged.trouble, std::nullopt);
  const bool gave =
      !trouble || trouble->fault == Fault::slow || trouble->fault == Fault::withholding;
  if (!gave) {
    waiting_.clear();
    judged = {};
  }
  const bool news = judged.feed.chain || judged.feed.hop || !waiting_.empty();
  if (trouble) {
    sources_.leave(trouble->fault, trouble->why, got, got - begun);
  } else {
    sources_.answered();
    sources_.go_on_after_turn(!news, got);
  }
  note_ = std::move(judged.note);
  note_from_ = source;
  hand_in(std::move(judged.feed), std::max(judged.height, head.height), got);
  if (!gave) return got;
  if (news) return got + kExecuteEvery;
  return judged.shown > head.height || owes_hop ? got + kAskEvery / 10 : got + kAskEvery;
}

// It proves itself, so whoever has it may give it.
SourceFeed::Judged SourceFeed::judge_hop_of(ByteView bytes, const ledger::Snapshot& snapshot) {
  Judged out;
  out.feed.epoch = snapshot.head().epoch;
  auto hop = parse_hop(bytes);
  if (!hop) {
    out.trouble = wrong(hop.error().detail);
    return out;
  }
  const auto judged = judge_hop(snapshot, *hop);
  if (judged) {
    out.feed.hop = *std::move(hop);
  } else if (judged.error().code == Errc::mismatch) {
    out.feed.contradiction = judged.error().detail;
  } else {
    out.trouble = wrong("hop: " + judged.error().detail);
  }
  return out;
}

SourceFeed::Judged SourceFeed::judge(ByteView bytes, const ledger::Snapshot& snapshot) {
  Judged out;
  const auto& head = snapshot.head();
  out.feed.epoch = set_->record.epoch;
  auto answer = parse_chain_answer(bytes);
  if (!answer) {
    out.trouble = wrong(answer.error().detail);
    return out;
  }
  out.shown = answer->height;
  if (!sources_.saw_height(answer->height)) {
    out.trouble = wrong(fmt::format("says height {} after a higher one", answer->height));
    return out;
  }
  std::string note = std::move(answer->checkpoint);
  if (answer->blocks.empty() && answer->height <= head.height) {
    out.trouble = judge_note(note, out.feed, snapshot, false);
    return out;
  }
  if (answer->blocks.empty() && !waiting_.empty()) {  // it has less than the one asked before
    waiting_.clear();
    return out;
  }
  ChainTip tip{head.block_id, head.height, head.time_ms};
  if (!waiting_.empty()) {
    const auto& last = waiting_.back();
    tip = {last.block_id, last.block.header.height, last.block.header.time_ms};
  }
  auto less = withheld(*answer, bytes.size());
  auto blocks = check_stretch(*std::move(answer), tip, set_->membership, set_->verifier);
  if (!blocks || blocks->empty()) {
    out.trouble = wrong(!blocks ? blocks.error().detail
                                : fmt::format("says height {} and gives no block after {}",
                                              out.shown, head.height));
    return out;
  }
  std::ranges::move(*blocks, std::back_inserter(waiting_));
  take_waiting(out, std::move(note));
  if (!out.trouble) out.trouble = std::move(less);
  return out;
}

// What is finalised by a block that is here; the rest is asked for again.
void SourceFeed::take_waiting(Judged& out, std::string note) {
  auto chain = chain_of(waiting_);
  if (chain.blocks.empty()) {
    std::size_t bytes = 0;
    for (const auto& block : waiting_) {
      for (const auto& batch : block.batches) bytes += batch.bytes->size();
    }
    if (waiting_.size() > kStretchLinkMax || bytes > waiting_bytes_max_) {
      out.trouble = wrong("gives no block that its certificate names");
    }
    return;
  }
  out.height = chain.blocks.back().header.height;
  if (out.height == waiting_.back().block.header.height) out.note = std::move(note);
  for (auto& block : waiting_) {
    if (block.block.header.height > out.height) break;
    std::ranges::move(block.batches, std::back_inserter(out.feed.batches));
  }
  out.feed.chain = std::move(chain);
  waiting_.clear();
}

std::optional<Trouble> SourceFeed::judge_note(const std::string& note, Feed& feed,
                                              const ledger::Snapshot& snapshot, bool owes_hop) {
  if (note.empty()) return std::nullopt;
  const auto trusted = judge_checkpoint(snapshot, note);
  if (!trusted && trusted.error().code == Errc::mismatch) {
    feed.contradiction = trusted.error().detail;
    return std::nullopt;
  }
  if (!trusted && trusted.error().code == Errc::corrupt) {
    log(LogLevel::error, "sources", {{"why", "database: " + trusted.error().detail}});
    return std::nullopt;  // no source's doing; the core loop meets the same
  }
  if (!trusted) return wrong(trusted.error().detail);
  feed.checkpoint = CosignedHead{trusted->checkpoint.size, trusted->checkpoint.root};
  feed.note = note;
  feed.as_of = trusted->as_of;
  if (!owes_hop || trusted->checkpoint.size != snapshot.head().log_size) return std::nullopt;
  auto hop = ledger::make_hop(snapshot, note);
  if (!hop) return wrong(hop.error().detail);
  feed.hop = *std::move(hop);
  return std::nullopt;
}

void SourceFeed::hand_in(Feed feed, std::uint64_t height, MonoTime now) {
  if (feed.chain || height > handed_in_) patience_ = now + kPatience;
  handed_in_ = height;
  feed.facts = progress_.look(store_.snapshot()->head(), sources_, now);
  fed_.feed(std::move(feed));
}

}  // namespace footproof::node
