// Which of several sources is asked next, and why others are left for now.
//
// A source that was wrong (a lie, garbage, a height and later a lower one) is left for long, one
// that cannot be reached or is slow for a time that grows with what it cost. None is left for ever:
// who follows must come back to an honest source that had a bad hour. While a source gives
// something it is kept; without, the next one is asked. Not for two threads.
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
  wrong,        // what it said cannot be
};

class SourceBook {
 public:
  static constexpr std::chrono::seconds kBusyPause{1};
  static constexpr std::chrono::seconds kUnreachablePauseMax{30};
  static constexpr std::chrono::seconds kSlowPauseMax{300};
  static constexpr std::chrono::seconds kLackingPause{60};
  static constexpr std::chrono::seconds kWrongPause{60};  // doubled each time
  static constexpr std::chrono::seconds kWrongPauseMax{3600};

  explicit SourceBook(std::vector<std::unique_ptr<Source>> sources);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Whom to ask; none: all are left, the first until due().
  [[nodiscard]] Source* pick(MonoTime now);
  [[nodiscard]] MonoTime due() const;
  // All below are of the one picked last.
  // It said that it has executed so far. False: it had said more before, which is a fault.
  [[nodiscard]] bool saw_height(std::uint64_t height);
  void answered();
  void go_on();  // the next one is asked next
  void leave(Fault fault, std::string why, MonoTime now, std::chrono::steady_clock::duration cost);

  // The highest that a source has shown that is not wrong.
  [[nodiscard]] std::uint64_t height() const;
  [[nodiscard]] std::vector<api::SourceFacts> facts(MonoTime now) const;

 private:
  struct Entry {
    std::unique_ptr<Source> source;
    std::uint64_t height = 0;
    std::uint32_t misses = 0;  // in a row
    std::uint32_t wrongs = 0;  // ever
    bool is_wrong = false;     // left for that
    MonoTime left_until;
    std::string trouble;
  };

  std::vector<Entry> entries_;
  std::size_t at_ = 0;
};

}  // namespace footproof::node
