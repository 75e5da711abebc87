// A validator that does not keep the rules: the production node with its mouth tampered with, by
// somebody who holds its keys. What the honest inside decides to say passes here and may be kept
// back, changed and signed anew, said twice or to some only. (The protocol's own simulator has a
// class for each behaviour and more of them, tests/simulation/adversaries.cc; here they speak in
// frames, and lie about batches and cosignatures too.)
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "node/wire.h"
#include "tests/simulation/whole/cast.h"
#include "tests/simulation/whole/network.h"

namespace footproof::whole {

class Liar {
 public:
  Liar(Stage stage, const Cast& cast, Network& links, Place place, std::uint64_t seed);

  // False: this frame is not sent; what is sent in its place has been.
  [[nodiscard]] bool speak(Place to, const node::Frame& frame);
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  enum class Habit : std::uint8_t {
    silent_to_some,
    equivocates,  // as leader: another block for some
    votes_twice,  // every kind of vote for everything
    never_finalizes,
    repeats,        // what it has said before, at any time
    garbles,        // flips bits
    hides_batches,  // sends few, serves none
    false_heads,    // cosigns and proposes heads that are none
    forges_chain,   // answers with blocks that were not finalised, and ends of epochs that are none
    floods,         // with batches that nobody wants
    boasts,         // of heights and views
  };
  static constexpr std::size_t kHabits = 11;

  [[nodiscard]] bool has(Habit habit) const;
  [[nodiscard]] bool speak_message(Place to, const node::Envelope& envelope);
  [[nodiscard]] bool speak_vote(Place to, const consensus::Vote& vote);
  [[nodiscard]] bool speak_proposal(Place to, const consensus::Propose& propose);
  [[nodiscard]] bool speak_cosignature(Place to, const node::Envelope& envelope);
  [[nodiscard]] bool speak_hop(Place to, const node::Envelope& envelope);
  void say(Place to, node::FrameKind kind, const consensus::Message& message);
  void flood(Place to);
  // Of the set that it is in now.
  [[nodiscard]] node::ValidatorIndex index() const { return links_.self(place_)->index; }
  [[nodiscard]] const node::OwnKeys& keys() const;
  [[nodiscard]] consensus::Vote sign(consensus::VoteType type, consensus::Proposal proposal) const;
  bool lied(const std::string& how) {
    ++counts_["lies: " + how];
    return false;
  }

  Stage stage_;
  const Cast& cast_;
  Network& links_;
  Place place_;
  std::vector<node::OwnKeys> keys_;  // all that it has had
  std::uint64_t habits_;             // bits
  std::uint64_t deaf_;               // bits: who is told little
  std::uint64_t number_ = 0;
  std::vector<node::Frame> said_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace footproof::whole
