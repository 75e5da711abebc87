#include "tests/simulation/whole/network.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/check.h"

namespace footproof::whole {
namespace {

constexpr Micros kPatience = 5 * kSecond;    // of a link that hears nothing
constexpr Micros kDialAgain = 100 * kMilli;  // at the longest, where both ends are willing
constexpr std::size_t kUnderWayMax = 4'000;

// By the kind that a frame begins with (node/wire.h).
constexpr std::array<std::string_view, 10> kHeldUp = {"",
                                                      "",
                                                      "a heartbeat is held up",
                                                      "a vote or request is held up",
                                                      "a proposal is held up",
                                                      "a chain is held up",
                                                      "a batch is held up",
                                                      "a request for batches is held up",
                                                      "a cosignature is held up",
                                                      "a hop is held up"};
constexpr std::array<std::string_view, 10> kBroken = {"",
                                                      "",
                                                      "a link breaks under a heartbeat",
                                                      "a link breaks under a vote or request",
                                                      "a link breaks under a proposal",
                                                      "a link breaks under a chain",
                                                      "a link breaks under a batch",
                                                      "a link breaks under a request for batches",
                                                      "a link breaks under a cosignature",
                                                      "a link breaks under a hop"};

std::size_t kind_of(const node::Frame& frame) {
  constexpr std::size_t kAt = 5;
  return frame->size() > kAt && (*frame)[kAt] < kHeldUp.size() ? (*frame)[kAt] : 2;
}

bool is_same(const node::PeerIdentity& a, const node::PeerIdentity& b) {
  return a.id == b.id && a.vote_key == b.vote_key && a.tls_pin == b.tls_pin;
}

std::uint64_t hash_of(ByteView bytes) {
  std::uint64_t hash = bytes.size();
  for (const std::uint8_t byte : bytes) hash = hash * 1'099'511'628'211U + byte;
  return hash;
}

}  // namespace

// --- one end --------------------------------------------------------------------------------

SimLinks::SimLinks(Network& network, Place place, Owner owner, const SimReactor& reactor)
    : network_(network), place_(place), owner_(owner), reactor_(reactor) {}

const node::PeerIdentity* SimLinks::find(const node::PeerIdentity& peer) const {
  const auto found =
      std::ranges::find_if(peers_, [&peer](const auto& known) { return is_same(known, peer); });
  return found == peers_.end() ? nullptr : &*found;
}

std::pair<const node::ValidatorIndex, SimLinks::End>* SimLinks::end_at(Place place) {
  const auto found =
      std::ranges::find_if(ends_, [place](const auto& end) { return end.second.place == place; });
  return found == ends_.end() ? nullptr : &*found;
}

Result<std::uint16_t> SimLinks::start(node::LinkEvents& events) {
  events_ = &events;
  network_.attach(*this);
  return std::uint16_t{1};
}

void SimLinks::stop() {
  if (events_ == nullptr) return;
  events_ = nullptr;
  network_.detach(*this);
}

void SimLinks::set_links(node::LinkSet links) {
  const bool all_anew = self_ && !is_same(*self_, links.self);
  self_ = std::move(links.self);
  peers_ = std::move(links.peers);
  dials_ = links.dials;
  for (const auto& [old_index, end] : std::exchange(ends_, {})) {
    const auto* peer = find(end.peer);
    if (peer != nullptr && !all_anew) {
      ends_.emplace(peer->index, end);
    } else {
      network_.closed(place_, end, kDialAgain);
    }
  }
  if (events_ != nullptr) network_.dial_all(*this, kDialAgain);
}

bool SimLinks::send(node::ValidatorIndex to, const node::Frame& frame) {
  return network_.send(*this, to, frame);
}

void SimLinks::broadcast(const node::Frame& frame) {
  for (const auto& peer : peers_) (void)network_.send(*this, peer.index, frame);
}

void SimLinks::drop(node::ValidatorIndex peer, const std::string& reason) {
  const auto found = ends_.find(peer);
  if (found == ends_.end()) return;
  const End was = found->second;
  ends_.erase(found);
  if (network_.dropped) network_.dropped(place_, was.place, reason);
  network_.closed(place_, was, network_.stage_.random.between(100, 300) * kMilli);
  if (events_ != nullptr) events_->peer_disconnected(peer);
}

void SimLinks::charge(node::ValidatorIndex peer, std::size_t verifications) {
  const auto found = ends_.find(peer);
  if (found == ends_.end()) return;
  if (verifications > 3 && network_.stage_.points.hit("a costly peer is read slowly", 100)) {
    found->second.read_again = network_.stage_.loop.now() + 100 * kMilli;
  }
}

bool SimLinks::is_connected(node::ValidatorIndex peer) const { return ends_.contains(peer); }

std::optional<node::MonoTime> SimLinks::last_heard(node::ValidatorIndex peer) const {
  const auto found = ends_.find(peer);
  return found == ends_.end() ? std::nullopt : std::optional(found->second.heard);
}

// --- all of them ----------------------------------------------------------------------------

Network::Network(Stage stage, std::vector<Person> people)
    : stage_(stage),
      people_(std::move(people)),
      lives_(people_.size(), nullptr),
      wires_(people_.size() * people_.size()),
      cut_(people_.size() * people_.size(), false),
      dialling_(people_.size() * people_.size(), false) {}

// Mostly at once, sometimes only when a heartbeat stays away.
Micros Network::notice() {
  if (stage_.points.hit("the other end of a broken link hears late of it", 200)) {
    return stage_.points.between(500, 5'000) * kMilli;
  }
  return stage_.random.between(1, 30) * kMilli;
}

void Network::attach(SimLinks& links) {
  lives_[links.place_] = &links;
  dial_all(links, kDialAgain);
}

void Network::dial_all(const SimLinks& links, Micros longest) {
  for (Place other = 0; other < places(); ++other) {
    if (people_[other] == people_[links.place_]) continue;
    dial(links.place_, other, stage_.random.between(1, longest / kMilli) * kMilli);
  }
}

void Network::detach(SimLinks& links) {
  const Place place = links.place_;
  if (lives_[place] == &links) lives_[place] = nullptr;
  for (const auto& [index, end] : std::exchange(links.ends_, {})) {
    closed(place, end, stage_.random.between(100, 5'000) * kMilli);
  }
}

void Network::closed(Place by, const SimLinks::End& end, Micros dial_after) {
  down(end.place, by, end.link, notice());
  dial(by, end.place, dial_after);
}

SimLinks::End* Network::end_of(Place at, Place other) {
  auto* end = lives_[at] == nullptr ? nullptr : lives_[at]->end_at(other);
  return end == nullptr ? nullptr : &end->second;
}

void Network::dial(Place a, Place b, Micros after) {
  if (a > b) std::swap(a, b);
  if (dialling_[a * places() + b]) return;
  dialling_[a * places() + b] = true;
  stage_.loop.after(after, kWorld, "dial", [this, a, b] {
    dialling_[a * places() + b] = false;
    connect(a, b);
  });
}

void Network::connect(Place a, Place b) {
  auto* at_a = lives_[a];
  auto* at_b = lives_[b];
  if (at_a == nullptr || at_b == nullptr) return;  // whoever comes up dials
  // Who gets to know the other dials, too.
  const auto* as_a = at_b->find(*at_a->self_);
  const auto* as_b = at_a->find(*at_b->self_);
  if (as_a == nullptr || as_b == nullptr) return;
  if (!at_a->dials_ && !at_b->dials_) return;
  const auto end_a = at_a->ends_.find(as_b->index);
  const auto end_b = at_b->ends_.find(as_a->index);
  const bool is_free = end_a == at_a->ends_.end() && end_b == at_b->ends_.end();
  if (end_a != at_a->ends_.end() && end_b != at_b->ends_.end() &&
      end_a->second.link == end_b->second.link) {
    return;
  }
  const bool possible = is_free && !is_cut(a, b) && !is_cut(b, a) &&
                        (!may_link || may_link(a, b)) && !stage_.points.hit("a dial fails", 200);
  if (!possible) return dial(a, b, stage_.random.between(100, 1'000) * kMilli);
  const std::uint64_t link = ++links_;
  for (auto* direction : {&wire(a, b), &wire(b, a)}) *direction = {};
  const Micros at_once = stage_.random.between(1, 20) * kMilli;
  const Micros later = at_once + stage_.random.between(0, 20) * kMilli;
  const bool first = stage_.random.chance(500);
  up(a, *as_b, b, link, first ? at_once : later);
  up(b, *as_a, a, link, first ? later : at_once);
  // Nothing arrives before its end is up.
  wire(a, b).last_arrival = wire(b, a).last_arrival = stage_.loop.now() + later;
}

void Network::up(Place at, const node::PeerIdentity& peer, Place other, std::uint64_t link,
                 Micros after) {
  auto& links = *lives_[at];
  links.ends_.emplace(peer.index, SimLinks::End{link, other, peer, links.reactor_.now(), 0});
  stage_.loop.after(after, links.owner_, "link up", [this, &links, other, link] {
    const auto* end = links.end_at(other);
    if (links.events_ == nullptr || end == nullptr || end->second.link != link) return;
    const node::ValidatorIndex index = end->first;
    links.events_->peer_connected(index);
    if (stage_.points.hit("a link breaks as soon as it is up", 30)) break_link(links.place_, other);
    if (stage_.points.hit("a link takes another's place", 50) && links.is_connected(index)) {
      links.events_->peer_connected(index);
    }
  });
}

void Network::down(Place at, Place other, std::uint64_t link, Micros after) {
  if (lives_[at] == nullptr) return;
  auto& links = *lives_[at];
  stage_.loop.after(after, links.owner_, "link down", [this, &links, at, other, link] {
    const auto* end = links.end_at(other);
    if (links.events_ == nullptr || end == nullptr || end->second.link != link) return;
    const node::ValidatorIndex index = end->first;
    links.ends_.erase(index);
    links.events_->peer_disconnected(index);
    dial(at, other, stage_.random.between(50, 500) * kMilli);
  });
}

void Network::break_link(Place a, Place b) {
  for (const auto& [at, other] : {std::pair(a, b), std::pair(b, a)}) {
    const auto* end = end_of(at, other);
    if (end != nullptr) {
      down(at, other, end->link, notice());
    }
  }
}

void Network::break_links(Place place) {
  for (Place other = 0; other < places(); ++other) {
    if (people_[other] != people_[place]) break_link(place, other);
  }
}

void Network::set_cut(Place from, Place to, bool cut) {
  if (is_cut(from, to) == cut) return;
  cut_[from * places() + to] = cut;
  if (cut) {
    stage_.loop.after(kPatience, kWorld, "patience", [this, from, to] {
      if (is_cut(from, to)) break_link(from, to);
    });
    return;
  }
  auto parked = std::exchange(wire(from, to).parked, {});
  const auto* end = end_of(from, to);
  if (end == nullptr) return;
  for (const auto& frame : parked) transmit(from, to, end->link, frame);
}

void Network::heal() {
  for (Place from = 0; from < places(); ++from) {
    for (Place to = 0; to < places(); ++to) set_cut(from, to, false);
  }
}

bool Network::send(SimLinks& from, node::ValidatorIndex to, const node::Frame& frame) {
  const auto found = from.ends_.find(to);
  if (found == from.ends_.end() || from.events_ == nullptr) return false;
  const Place place = found->second.place;
  if (mouth && !mouth(from.place_, place, frame)) return true;
  say(from.place_, place, frame);
  return true;
}

void Network::say(Place from, Place to, const node::Frame& frame) {
  const auto* end = end_of(from, to);
  if (end == nullptr) return;
  const std::uint64_t link = end->link;
  if (sent) sent(from, to, frame);
  if (wire(from, to).under_way > kUnderWayMax ||
      stage_.points.hit("a send queue is full and its link breaks", 1) ||
      stage_.points.hit(kBroken.at(kind_of(frame)), 8)) {
    break_link(from, to);
  }
  if (stage_.random.chance(rates_.loss)) return;
  transmit(from, to, link, frame);
  if (stage_.random.chance(rates_.repeat)) {
    put(from, to, link, frame, stage_.loop.now() + stage_.random.between(1, 5'000) * kMilli);
  }
}

void Network::transmit(Place from, Place to, std::uint64_t link, const node::Frame& frame) {
  if (is_cut(from, to)) {
    wire(from, to).parked.push_back(frame);
    return;
  }
  Micros arrival = stage_.loop.now() + stage_.random.between(rates_.delay_min, rates_.delay_max);
  if (stage_.points.hit("a frame is held up", 10)) {
    arrival += stage_.points.between(50, 1'500) * kMilli;
  }
  if (stage_.points.hit(kHeldUp.at(kind_of(frame)), 40)) {
    arrival += stage_.points.between(20, 1'000) * kMilli;
  }
  if (!stage_.points.is_calm()) {
    if (stage_.points.chosen("long frames take their time")) arrival += frame->size() * 20;
    if ((from + to) % 3 == 0 && stage_.points.chosen("some links are slow")) {
      arrival += 250 * kMilli;
    }
    if (stage_.points.chosen("frames come in bursts")) {
      arrival += 100 * kMilli - arrival % (100 * kMilli);
    }
  }
  auto& last = wire(from, to).last_arrival;
  if (!stage_.random.chance(rates_.reorder)) arrival = last = std::max(arrival, last);
  put(from, to, link, frame, arrival);
}

void Network::put(Place from, Place to, std::uint64_t link, const node::Frame& frame,
                  Micros arrival) {
  if (lives_[to] == nullptr) return;
  ++wire(from, to).under_way;
  stage_.loop.at(arrival, kWorld, "frame", [this, from, to, link, frame] {
    if (wire(from, to).under_way > 0) --wire(from, to).under_way;
    arrive(from, to, link, frame);
  });
}

void Network::arrive(Place from, Place to, std::uint64_t link, const node::Frame& frame) {
  const auto* end = end_of(to, from);
  if (end == nullptr || end->link != link || lives_[to]->events_ == nullptr) return;
  if (end->read_again > stage_.loop.now()) return put(from, to, link, frame, end->read_again);
  ++frames_;
  stage_.loop.add_to_hash(hash_of(*frame));
  auto& links = *lives_[to];
  // As a session reads it.
  std::array<std::uint8_t, node::kFrameHeadSize> head{};
  CHECK(frame->size() >= head.size());
  std::copy_n(frame->begin(), head.size(), head.begin());
  const auto size = node::parse_frame_head(head);
  auto envelope = size ? node::parse_envelope(ByteView(*frame).subspan(4))
                       : Result<node::Envelope>(fail(size.error()));
  if (!envelope) return links.drop(links.end_at(from)->first, "a frame that does not parse");
  links.end_at(from)->second.heard = links.reactor_.now();
  // On the host's own thread, which may be paused; meanwhile the peer's index may change.
  const auto task = [&links, from, link, body = *std::move(envelope)]() mutable {
    const auto* now = links.end_at(from);
    if (links.events_ == nullptr || now == nullptr || now->second.link != link) return;
    links.events_->peer_message(now->first, std::move(body));
  };
  stage_.loop.after(0, links.owner_, "message", task);
}

}  // namespace footproof::whole
