// When a view is given up, and when things are said again (README.md §8). Arithmetic only: all
// times are monotonic milliseconds that are given in.
#pragma once

#include <cstdint>
#include <optional>

#include "consensus/messages.h"
#include "consensus/replica.h"

namespace footproof::consensus {

class Pacemaker {
 public:
  Pacemaker(const Parameters& parameters, std::size_t n) : parameters_(parameters), n_(n) {}

  void enter(std::uint64_t now);
  // Something waits to be ordered or finalized: sets since when, or that nothing does.
  void work(bool pending, std::uint64_t now);
  // A proposal of the current view came. It is work, too.
  void proposal_came(std::uint64_t now);
  void needs_fetch() { fetching_ = true; }

  // `unfinalized` = current view - highest finalized view.
  [[nodiscard]] std::uint64_t lead_deadline(std::uint64_t unfinalized, bool leader_absent) const;
  [[nodiscard]] std::uint64_t cert_deadline(std::uint64_t unfinalized) const;
  // From when on a leader proposes an empty block.
  [[nodiscard]] std::uint64_t empty_proposal_time() const;
  [[nodiscard]] bool working() const { return since_.has_value() || proposal_at_.has_value(); }
  [[nodiscard]] std::uint64_t entered() const { return entered_; }
  // How long a silent leader with an open link is still believed to be there.
  [[nodiscard]] std::uint64_t absent_after() const;

  // `ms` times 1.5 for each view without finality beyond n + 2, at most 12 times.
  [[nodiscard]] std::uint64_t grown(std::uint64_t ms, std::uint64_t unfinalized) const;

 private:
  [[nodiscard]] std::uint64_t lead_span() const;

  Parameters parameters_;
  std::uint64_t n_;
  std::uint64_t entered_ = 0;
  std::optional<std::uint64_t> since_;
  std::optional<std::uint64_t> proposal_at_;
  bool fetching_ = false;
};

}  // namespace footproof::consensus
