// The simulated links between hosts: what node/links.h promises, over delay, partitions and breaks.
// A link carries frames in order and may break at any time; each end notices by itself, sooner or
// later, and what was under way is lost. While a direction is cut its frames wait; a link whose cut
// lasts longer than a heartbeat's patience breaks.
//
// A plan may also let links lose, repeat and reorder frames, which TCP never does: the protocol is
// made to stand it. A host whose mouth is tampered with is a validator that does not keep the
// rules.
//
// Hosts are known by place; several may speak for one validator (twins), and each other host is
// linked to at most one of those at a time. A link needs two ends that name each other, by id, vote
// key and TLS pin, in the sets that they are in; who speaks at a place, and under which index,
// changes with these (node/links.h, set_links).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/links.h"
#include "tests/simulation/whole/ports.h"

namespace footproof::whole {

using Place = std::size_t;
using Person = std::size_t;  // who runs hosts as one validator, whatever its keys and index

struct LinkRates {
  Micros delay_min = 200;
  Micros delay_max = 5 * kMilli;
  // Per mille of the frames.
  std::uint64_t loss = 0;
  std::uint64_t repeat = 0;
  std::uint64_t reorder = 0;
};

class Network;

// One life's end of all its links.
class SimLinks final : public node::Links {
 public:
  SimLinks(Network& network, Place place, Owner owner, const SimReactor& reactor);
  ~SimLinks() override { stop(); }

  [[nodiscard]] Result<std::uint16_t> start(node::LinkEvents& events) override;
  void stop() override;
  void set_links(node::LinkSet links) override;
  bool send(node::ValidatorIndex to, const node::Frame& frame) override;
  void broadcast(const node::Frame& frame) override;
  void drop(node::ValidatorIndex peer, const std::string& reason) override;
  void charge(node::ValidatorIndex peer, std::size_t verifications) override;
  [[nodiscard]] bool is_connected(node::ValidatorIndex peer) const override;
  [[nodiscard]] std::optional<node::MonoTime> last_heard(node::ValidatorIndex peer) const override;
  [[nodiscard]] const std::vector<node::PeerIdentity>& peers() const override { return peers_; }

 private:
  friend class Network;
  struct End {
    std::uint64_t link = 0;
    Place place = 0;          // who is at the other end …
    node::PeerIdentity peer;  // … and as whom, whatever its index is
    node::MonoTime heard;
    Micros read_again = 0;  // a peer that cost much is read more slowly
  };
  [[nodiscard]] const node::PeerIdentity* find(const node::PeerIdentity& peer) const;
  // The link to that place, by the index of the peer there; null: there is none.
  [[nodiscard]] std::pair<const node::ValidatorIndex, End>* end_at(Place place);

  Network& network_;
  Place place_;
  Owner owner_;
  const SimReactor& reactor_;
  std::optional<node::PeerIdentity> self_;  // from the first set_links() on
  std::vector<node::PeerIdentity> peers_;
  bool dials_ = true;
  node::LinkEvents* events_ = nullptr;  // between start() and stop()
  std::map<node::ValidatorIndex, End> ends_;
};

class Network {
 public:
  // Who stands at each place; twins are one.
  Network(Stage stage, std::vector<Person> people);

  void set_rates(const LinkRates& rates) { rates_ = rates; }
  void set_cut(Place from, Place to, bool cut);
  void heal();
  [[nodiscard]] bool is_cut(Place from, Place to) const { return cut_[from * places() + to]; }
  // Whether these two may have a link at all; none: all may.
  std::function<bool(Place, Place)> may_link;
  // What a host says, before it is sent; false: nothing is. May say() other things.
  std::function<bool(Place from, Place to, const node::Frame& frame)> mouth;
  // All that is really sent, for checkers.
  std::function<void(Place from, Place to, const node::Frame& frame)> sent;
  // A host closed a link for a breach of the protocol.
  std::function<void(Place by, Place of, const std::string& reason)> dropped;
  // Where there is a link.
  void say(Place from, Place to, const node::Frame& frame);
  // Links that must go, each end noticing by itself.
  void break_links(Place place);
  void break_link(Place a, Place b);
  [[nodiscard]] Person person(Place place) const { return people_[place]; }
  // As whom the host that is up there speaks now; null: none is.
  [[nodiscard]] const node::PeerIdentity* self(Place place) const {
    return lives_[place] == nullptr ? nullptr : &*lives_[place]->self_;
  }
  [[nodiscard]] std::size_t places() const { return people_.size(); }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  friend class SimLinks;
  struct Wire {  // one direction
    Micros last_arrival = 0;
    std::size_t under_way = 0;
    std::vector<node::Frame> parked;
  };

  void attach(SimLinks& links);
  void detach(SimLinks& links);
  void dial_all(const SimLinks& links, Micros longest);
  void dial(Place a, Place b, Micros after);
  void connect(Place a, Place b);
  void up(Place at, const node::PeerIdentity& peer, Place other, std::uint64_t link, Micros after);
  void down(Place at, Place other, std::uint64_t link, Micros after);
  // One end of this link has closed it.
  void closed(Place by, const SimLinks::End& end, Micros dial_after);
  bool send(SimLinks& from, node::ValidatorIndex to, const node::Frame& frame);
  void transmit(Place from, Place to, std::uint64_t link, const node::Frame& frame);
  void put(Place from, Place to, std::uint64_t link, const node::Frame& frame, Micros arrival);
  void arrive(Place from, Place to, std::uint64_t link, const node::Frame& frame);
  // Of the host that is up at a place; null: no link to the other one.
  [[nodiscard]] SimLinks::End* end_of(Place at, Place other);
  [[nodiscard]] Wire& wire(Place from, Place to) { return wires_[from * places() + to]; }
  [[nodiscard]] Micros notice();

  Stage stage_;
  std::vector<Person> people_;  // by place
  LinkRates rates_;
  std::vector<SimLinks*> lives_;  // by place
  std::vector<Wire> wires_;
  std::vector<bool> cut_;
  std::vector<bool> dialling_;
  std::uint64_t links_ = 0;
  std::uint64_t frames_ = 0;
};

}  // namespace footproof::whole
