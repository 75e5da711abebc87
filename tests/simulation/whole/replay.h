// I14 of whole nodes: every record, message and delivery of a production replica is one that the
// rules allow (tests/simulation/rules.h), given what the core loop handed in before. One for each
// host; it outlives the lives of its node.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "consensus/trace.h"
#include "tests/simulation/rules.h"

namespace footproof::whole {

class Replay final : public consensus::Trace {
 public:
  explicit Replay(std::function<void(const std::string&)> wrong) : wrong_(std::move(wrong)) {}

  void made(const consensus::Parameters& parameters, const consensus::Membership& membership,
            const consensus::EpochRoot& root, std::optional<consensus::ValidatorIndex> self,
            const consensus::Recovery& recovery) override;
  void stepped(const consensus::Event& event, const consensus::Effects& effects) override;

  [[nodiscard]] std::uint64_t judged() const;  // votes and certificates

 private:
  // What the host knows beside the protocol, as it was told.
  struct Known {
    consensus::Membership membership;
    consensus::EpochRoot root;
    std::uint64_t drift_ms = 0;
    std::uint64_t wall_ms = 0;
    consensus::Height executed = 0;
    std::map<consensus::Height, consensus::Checkpoint> heads;
    std::map<consensus::Height, std::optional<Bytes>> next_sets;  // where that changed
    std::set<Digest> bodies;
  };
  [[nodiscard]] simulation::Rules::Surroundings surroundings(
      const consensus::Parameters& parameters, consensus::ValidatorIndex self);
  void take(const consensus::Event& event);
  void judge(const consensus::Effect& effect);
  void say(const std::string& wrong) {
    if (!wrong.empty()) wrong_(wrong);
  }

  std::function<void(const std::string&)> wrong_;
  std::optional<Known> known_;                            // of the epoch and life at hand
  std::optional<simulation::Rules> rules_;                // none: it follows and does not vote
  std::map<consensus::Height, consensus::Block> blocks_;  // delivered in any life
  std::uint64_t judged_ = 0;
};

}  // namespace footproof::whole
