#include "consensus/pacemaker.h"

#include <algorithm>

namespace footproof::consensus {
namespace {

constexpr std::uint64_t kGrowthsMax = 12;

// A leader that has nothing but an unfinalized block to push waits this part of Delta for the
// finalization before it spends an empty block on it. Everybody's lead timer includes it.
constexpr std::uint64_t kLingerParts = 4;

}  // namespace

void Pacemaker::enter(std::uint64_t now) {
  entered_ = now;
  proposal_at_.reset();
  fetching_ = false;
}

void Pacemaker::work(bool pending, std::uint64_t now) {
  if (!pending) {
    since_.reset();
  } else if (!since_) {
    since_ = now;
  }
}

void Pacemaker::proposal_came(std::uint64_t now) {
  if (!proposal_at_) proposal_at_ = now;
}

std::uint64_t Pacemaker::grown(std::uint64_t ms, std::uint64_t unfinalized) const {
  const std::uint64_t calm = n_ + 2;
  const std::uint64_t growths = unfinalized > calm ? unfinalized - calm : 0;
  for (std::uint64_t i = 0; i < std::min(growths, kGrowthsMax); ++i) ms += ms / 2;
  return ms;
}

std::uint64_t Pacemaker::lead_span() const {
  return 2 * parameters_.delta_ms + parameters_.delta_ms / kLingerParts;
}

std::uint64_t Pacemaker::lead_deadline(std::uint64_t unfinalized, bool leader_absent) const {
  const std::uint64_t span = grown(lead_span(), unfinalized);
  const std::uint64_t idle = entered_ + parameters_.idle_ms + span;
  if (!working()) return idle;
  std::uint64_t since = since_.value_or(UINT64_MAX);
  if (proposal_at_) since = std::min(since, *proposal_at_);
  if (leader_absent) return std::max(entered_, since);
  // Work that came during the view may have reached the leader one delay later.
  const std::uint64_t busy =
      since <= entered_ ? entered_ + span : since + span + grown(parameters_.delta_ms, unfinalized);
  return std::min(idle, busy);
}

std::uint64_t Pacemaker::cert_deadline(std::uint64_t unfinalized) const {
  return lead_deadline(unfinalized, false) + grown(parameters_.delta_ms, unfinalized) +
         (fetching_ ? parameters_.delta_ms : 0);
}

std::uint64_t Pacemaker::empty_proposal_time() const {
  if (!since_) return entered_ + parameters_.idle_ms;
  return std::max(entered_, *since_) + parameters_.delta_ms / kLingerParts;
}

std::uint64_t Pacemaker::absent_after() const {
  return 2 * std::max(parameters_.delta_ms, parameters_.status_ms) + parameters_.delta_ms;
}

}  // namespace footproof::consensus
