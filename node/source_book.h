// Which of several sources is asked next, and why others are left for now.
//
// A source that was wrong (a lie, garbage, a height and later a lower one) is left for long, one
// that cannot be reached for a time that grows with what it cost. One that is slow, or gives less
// than it says that it has, is left where there are others to ask, and asked on where there are
// none. None is left for ever: who follows must come back to an honest source that had a bad hour,
// and what is long past counts no more. Not for two threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "node/mono_time.h"
#include "node/source.h"

namespace footproof::node {

enum class Fault : std::uint8_t {
  busy,         // says so itself
  unreachable,  // no answer, or none in time
  lacking,      // has not what was asked for
  slow,         // what it gave is good, and little for the time it took
  withholding,  // what it gave is good, and less than it says that it could give
  wrong,        // what it said cannot be
};

// Why a source is of no use for now.
struct Trouble {
  Fault fault;
  std::string why;
};

// Of a request that failed.
[[nodiscard]] Fault fault_of(Errc code);

class SourceBook {
 public:
  static constexpr std::chrono::seconds kTurn{5};  // with one source; then the next
  static constexpr std::chrono::seconds kBusyPause{1};
  static constexpr std::chrono::seconds kUnreachablePauseMax{30};
  static constexpr std::chrono::seconds kSlowPause{10};  // doubled each time in a row
  static constexpr std::chrono::seconds kSlowPauseMax{300};
  static constexpr std::chrono::seconds kLackingPause{60};
  static constexpr std::chrono::seconds kWrongPause{60};  // doubled each time
  static constexpr std::chrono::seconds kWrongPauseMax{3600};
  static constexpr std::chrono::hours kWrongForgiven{4};  // one time, after so long without another

  explicit SourceBook(std::vector<std::unique_ptr<Source>> sources);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Whom to ask; none: all are left, the first until due(). Nobody else to ask: one left as slow.
  [[nodiscard]] Source* pick(MonoTime now);
  [[nodiscard]] MonoTime due() const;
  // All below are of the one picked last.
  // It said that it has executed so far. False: it had said more before, which is a fault.
  [[nodiscard]] bool saw_height(std::uint64_t height);
  void answered();
  void go_on();  // the next one is asked next
  // The same if it has given all, or its turn is over.
  void go_on_after_turn(bool has_given_all, MonoTime now);
  void leave(Fault fault, std::string why, MonoTime now, std::chrono::steady_clock::duration cost);
  // Of one that was picked some time ago: what it said has turned out to be wrong.
  void distrust(const Source& source, std::string why, MonoTime now);
  // It will be asked again and nobody else meanwhile; its trouble is told.
  void stay(std::string why);

  // The highest that a source has shown that is not wrong.
  [[nodiscard]] std::uint64_t height() const;
  // Every source that is not in trouble has answered.
  [[nodiscard]] bool all_heard() const;
  [[nodiscard]] std::vector<api::SourceFacts> facts(MonoTime now) const;

 private:
  struct Entry {
    std::unique_ptr<Source> source;
    std::uint64_t height = 0;
    std::uint32_t misses = 0;  // in a row
    std::uint32_t slows = 0;   // in a row
    std::uint32_t wrongs = 0;  // not forgiven
    MonoTime wrong_at;
    bool is_slow = false;  // left for that alone
    bool heard = false;
    MonoTime left_until;
    std::string trouble;
  };
  Source* give_turn(MonoTime now);
  void leave(Entry& entry, Fault fault, std::string why, MonoTime now,
             std::chrono::steady_clock::duration cost) const;
  [[nodiscard]] std::chrono::seconds pause_for(Entry& entry, Fault fault, MonoTime now,
                                               std::chrono::steady_clock::duration cost) const;

  std::vector<Entry> entries_;
  std::size_t at_ = 0;
  const Source* turn_of_ = nullptr;
  MonoTime turn_since_;
};

}  // namespace footproof::node
