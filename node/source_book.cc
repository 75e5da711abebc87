#include "node/source_book.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "node/log.h"

namespace footproof::node {
namespace {

using std::chrono::seconds;

seconds doubled(seconds first, std::uint32_t times, seconds most) {
  return std::min(first * (std::int64_t{1} << std::min<std::uint32_t>(times, 20)), most);
}

}  // namespace

Fault fault_of(Errc code) {
  if (code == Errc::too_busy) return Fault::busy;
  return code == Errc::not_found ? Fault::lacking : Fault::unreachable;
}

SourceBook::SourceBook(std::vector<std::unique_ptr<Source>> sources) {
  CHECK(!sources.empty());
  for (auto& source : sources) {
    entries_.emplace_back();
    entries_.back().source = std::move(source);
  }
}

Source* SourceBook::pick(MonoTime now) {
  for (std::size_t tried = 0; tried < entries_.size(); ++tried) {
    if (entries_[at_].left_until <= now) return give_turn(now);
    go_on();
  }
  for (std::size_t tried = 0; tried < entries_.size(); ++tried) {
    Entry& entry = entries_[at_];
    if (entry.is_slow) {
      entry.left_until = now;
      entry.trouble.clear();
      return give_turn(now);
    }
    go_on();
  }
  return nullptr;
}

MonoTime SourceBook::due() const {
  return std::ranges::min_element(entries_, {}, &Entry::left_until)->left_until;
}

bool SourceBook::saw_height(std::uint64_t height) {
  Entry& entry = entries_[at_];
  if (height < entry.height) return false;
  entry.height = height;
  return true;
}

void SourceBook::answered() {
  Entry& entry = entries_[at_];
  entry.heard = true;
  entry.misses = 0;
  entry.slows = 0;
  entry.is_slow = false;
  if (entry.trouble.empty()) return;
  log(LogLevel::info, "source_back", {{"source", entry.source->name()}});
  entry.trouble.clear();
}

void SourceBook::go_on() { at_ = (at_ + 1) % entries_.size(); }

Source* SourceBook::give_turn(MonoTime now) {
  Source* source = entries_[at_].source.get();
  if (std::exchange(turn_of_, source) != source) turn_since_ = now;
  return source;
}

void SourceBook::go_on_after_turn(bool has_given_all, MonoTime now) {
  if (!has_given_all && now - turn_since_ < kTurn) return;
  go_on();
  turn_of_ = nullptr;
}

void SourceBook::stay(std::string why) {
  Entry& entry = entries_[at_];
  if (entry.trouble != why) {
    log(LogLevel::info, "source_waited_for", {{"source", entry.source->name()}, {"why", why}});
  }
  entry.trouble = std::move(why);
}

seconds SourceBook::pause_for(Entry& entry, Fault fault, MonoTime now,
                              std::chrono::steady_clock::duration cost) const {
  const auto dear = std::min(std::chrono::ceil<seconds>(10 * cost), kSlowPauseMax);
  switch (fault) {
    case Fault::busy:
      return kBusyPause;
    case Fault::lacking:
      return kLackingPause;
    case Fault::unreachable: {
      const auto pause = doubled(seconds(1), entry.misses++, kUnreachablePauseMax);
      // One that holds us up for long before it fails must not have most of our time.
      return entries_.size() > 1 ? std::max(pause, dear) : pause;
    }
    case Fault::slow:
    case Fault::withholding:
      return std::max(dear, doubled(kSlowPause, entry.slows++, kSlowPauseMax));
    case Fault::wrong:
      break;
  }
  const auto forgiven = static_cast<std::uint64_t>((now - entry.wrong_at) / kWrongForgiven);
  entry.wrongs -= static_cast<std::uint32_t>(std::min<std::uint64_t>(forgiven, entry.wrongs));
  entry.wrong_at = now;
  return doubled(kWrongPause, entry.wrongs++, kWrongPauseMax);
}

void SourceBook::leave(Fault fault, std::string why, MonoTime now,
                       std::chrono::steady_clock::duration cost) {
  leave(entries_[at_], fault, std::move(why), now, cost);
  go_on();
}

void SourceBook::distrust(const Source& source, std::string why, MonoTime now) {
  const auto entry =
      std::ranges::find(entries_, &source, [](const Entry& one) { return one.source.get(); });
  CHECK(entry != entries_.end());
  leave(*entry, Fault::wrong, std::move(why), now, {});
  if (&*entry == &entries_[at_]) go_on();
}

void SourceBook::leave(Entry& entry, Fault fault, std::string why, MonoTime now,
                       std::chrono::steady_clock::duration cost) const {
  const bool is_slow = fault == Fault::slow || fault == Fault::withholding;
  // Whoever has nobody else to ask goes on with it: told once.
  const bool is_told = is_slow ? entry.slows > 0 : entry.trouble == why && fault != Fault::wrong;
  const seconds pause = pause_for(entry, fault, now, cost);
  entry.is_slow = is_slow;
  entry.heard = entry.heard || is_slow;
  // What it said counts for nothing.
  if (fault == Fault::wrong || fault == Fault::withholding) entry.height = 0;
  entry.left_until = now + pause;
  if (!is_told) {
    log(fault == Fault::busy ? LogLevel::info : LogLevel::warning, "source_left",
        {{"source", entry.source->name()}, {"why", why}, {"seconds", pause.count()}});
  }
  entry.trouble = std::move(why);
}

std::uint64_t SourceBook::height() const {
  std::uint64_t highest = 0;
  for (const Entry& entry : entries_) {
    if (entry.trouble.empty() || entry.is_slow) highest = std::max(highest, entry.height);
  }
  return highest;
}

bool SourceBook::all_heard() const {
  return std::ranges::all_of(
      entries_, [](const Entry& entry) { return entry.heard || !entry.trouble.empty(); });
}

std::vector<api::SourceFacts> SourceBook::facts(MonoTime) const {
  std::vector<api::SourceFacts> out;
  // Slowness is a trouble where there is anybody better.
  const bool none_better =
      std::ranges::none_of(entries_, [](const Entry& entry) { return entry.trouble.empty(); });
  for (const Entry& entry : entries_) {
    const bool is_used = none_better && entry.is_slow;
    out.push_back({entry.source->name(), entry.height, is_used ? "" : entry.trouble});
  }
  return out;
}

}  // namespace footproof::node
