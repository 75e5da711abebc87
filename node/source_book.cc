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

SourceBook::SourceBook(std::vector<std::unique_ptr<Source>> sources) {
  CHECK(!sources.empty());
  for (auto& source : sources) {
    entries_.emplace_back();
    entries_.back().source = std::move(source);
  }
}

Source* SourceBook::pick(MonoTime now) {
  for (std::size_t tried = 0; tried < entries_.size(); ++tried) {
    Entry& entry = entries_[at_];
    if (entry.left_until <= now) {
      entry.is_wrong = false;
      return entry.source.get();
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
  entry.misses = 0;
  if (entry.trouble.empty()) return;
  log(LogLevel::info, "source_back", {{"source", entry.source->name()}});
  entry.trouble.clear();
}

void SourceBook::go_on() { at_ = (at_ + 1) % entries_.size(); }

void SourceBook::leave(Fault fault, std::string why, MonoTime now,
                       std::chrono::steady_clock::duration cost) {
  Entry& entry = entries_[at_];
  seconds pause = kBusyPause;
  if (fault == Fault::lacking) pause = kLackingPause;
  if (fault == Fault::unreachable) {
    pause = doubled(seconds(1), entry.misses++, kUnreachablePauseMax);
    // One that holds us up for long before it fails must not have most of our time.
    const auto dear = std::chrono::ceil<seconds>(10 * cost);
    if (entries_.size() > 1) pause = std::max(pause, std::min(dear, kSlowPauseMax));
  }
  if (fault == Fault::wrong) {
    pause = doubled(kWrongPause, entry.wrongs++, kWrongPauseMax);
    entry.is_wrong = true;
    entry.height = 0;  // what it said counts for nothing
  }
  entry.left_until = now + pause;
  if (entry.trouble != why || fault == Fault::wrong) {
    log(fault == Fault::busy ? LogLevel::info : LogLevel::warning, "source_left",
        {{"source", entry.source->name()}, {"why", why}, {"seconds", pause.count()}});
  }
  entry.trouble = std::move(why);
  go_on();
}

std::uint64_t SourceBook::height() const {
  std::uint64_t highest = 0;
  for (const Entry& entry : entries_) {
    if (entry.trouble.empty()) highest = std::max(highest, entry.height);
  }
  return highest;
}

std::vector<api::SourceFacts> SourceBook::facts(MonoTime) const {
  std::vector<api::SourceFacts> out;
  for (const Entry& entry : entries_) {
    out.push_back({entry.source->name(), entry.height, entry.trouble});
  }
  return out;
}

}  // namespace footproof::node
