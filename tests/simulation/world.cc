#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>

#include "attest/check.h"

namespace footproof::simulation {

using consensus::ValidatorIndex;

namespace {

constexpr std::uint64_t kSideEvery = 4'000;     // ms a twin keeps its half
constexpr std::uint64_t kStrictOffers = 3'000;  // ms of offers after strict_from_ms

Digest digest_of(std::uint64_t value) {
  Digest digest;
  for (std::size_t i = 0; i < 32; ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(mix(value + i / 8) >> (8 * (i % 8)));
  }
  return digest;
}

}  // namespace

World::World(const Plan& plan)
    : plan_(plan),
      random_(mix(plan.seed)),
      keys_(plan.hosts(), plan.changes.empty() ? 1 : kKeysMax, plan.real_keys,
            Random(mix(plan.seed ^ 0x6b657973U))),
      cut_(plan.hosts(), std::vector<bool>(plan.hosts(), false)) {
  Set first;
  for (std::size_t i = 0; i < plan.n; ++i) first.push_back({static_cast<Person>(i), 0});
  const Digest chain_id = digest_of(plan.seed);
  const consensus::Block genesis =
      consensus::genesis_block(chain_id, 1'799'999'000'000, digest_of(7));
  const consensus::EpochRoot root{
      consensus::block_id(genesis.header), 0, genesis.header.time_ms, {0, 1, digest_of(9)}};
  epochs_ = std::make_unique<Epochs>(keys_, chain_id, first, digest_of(7), root, plan.leaders);
  checkers_ = all_checkers();

  const auto kind = [&](std::size_t i) {
    return i < plan_.adversaries.size() ? plan_.adversaries[i] : AdversaryKind::none;
  };
  for (std::size_t i = 0; i < plan.hosts(); ++i) {
    hosts_.push_back(
        std::make_unique<Host>(*this, i, static_cast<Person>(i), make_adversary(kind(i))));
  }
  for (std::size_t i = 0; i < plan.hosts(); ++i) {
    if (kind(i) != AdversaryKind::twin) continue;
    hosts_.push_back(std::make_unique<Host>(*this, hosts_.size(), static_cast<Person>(i),
                                            make_adversary(AdversaryKind::twin)));
  }
  for (auto& host : hosts_) {
    host->set_clock_offset(static_cast<std::int64_t>(random_.below(1800)) - 900);
  }
  for (const EpochCrash& crash : plan_.epoch_crashes) {
    hosts_[crash.who]->crash_at_epoch(crash.epoch, static_cast<EpochStep>(crash.step));
  }
  offers_left_ = plan.offers;
  for (const Fault& fault : plan_.faults) {
    Item item;
    item.at = fault.at_ms;
    item.kind = Item::Kind::fault;
    item.value = static_cast<std::uint64_t>(&fault - plan_.faults.data());
    push(item);
  }
  if (offers_left_ > 0) {
    Item item;
    item.at = plan_.offer_every_ms;
    item.kind = Item::Kind::offer;
    push(item);
  }
  for (auto& host : hosts_) host->start();
  for (auto& host : hosts_) link_changed(*host, true);
  if (plan_.changes.empty()) return;
  for (auto& host : hosts_) schedule_poll(*host, random_.between(1, 150));
}

World::~World() = default;

bool World::is_honest(Person who) const { return hosts_[who]->honest(); }

void World::fail(const std::string& why) {
  if (failure_.empty()) failure_ = why + " (at " + std::to_string(now_) + " ms)";
}

void World::push(Item item) {
  item.order = order_++;
  queue_.push(std::move(item));
}

// ---- network

// Each of two twins serves one half of the validators; the halves change.
bool World::twin_route(const Host& from, const Host& to) const {
  const auto half = [this](Person twin, Person peer) {
    return mix(plan_.seed ^ (now_ / kSideEvery) * 977 ^ static_cast<std::uint64_t>(twin) << 8U ^
               peer) &
           1U;
  };
  const auto serves = [&](const Host& twin, Person peer) {
    const bool second = twin.place() >= plan_.hosts();
    const bool has_twin = twin.who() < plan_.adversaries.size() &&
                          plan_.adversaries[twin.who()] == AdversaryKind::twin;
    return !has_twin || half(twin.who(), peer) == (second ? 1U : 0U);
  };
  return serves(from, to.who()) && serves(to, from.who());
}

bool World::reachable(const Host& from, const Host& to, const Wire& wire) const {
  if (cut_[from.who()][to.who()]) return false;
  return route ? route(from, to, wire) : twin_route(from, to);
}

void World::transmit(const Host& from, std::optional<Person> to, std::shared_ptr<const Wire> wire) {
  if (wire->hash == 0) {
    auto& hashed = const_cast<Wire&>(*wire);
    std::uint64_t hash = static_cast<std::uint64_t>(wire->kind) + 1;
    for (const std::uint8_t byte : wire->bytes) hash = (hash ^ byte) * 0x100000001b3U;
    for (const std::uint8_t byte : wire->digest.bytes) hash = (hash ^ byte) * 0x100000001b3U;
    if (wire->chain) hash ^= wire->chain->blocks.size() << 32U;
    hashed.hash = mix(hash ^ wire->size) | 1U;
  }
  for (std::size_t place = 0; place < hosts_.size(); ++place) {
    const Host& target = *hosts_[place];
    if (target.who() == from.who() || (to && *to != target.who())) continue;
    // Where I12 is judged, a liar whose set has ended hides no work from those who came after: what
    // some alone know of may cost views (consensus/README.md §14).
    const bool shows_all =
        plan_.strict_from_ms > 0 && !from.honest() && wire->kind == Wire::Kind::batch;
    if (!to && !shows_all && !from.facts().place_of(target.who())) continue;
    deliver_to(from, place, wire);
  }
}

void World::deliver_to(const Host& from, std::size_t to, const std::shared_ptr<const Wire>& wire) {
  const Host& target = *hosts_[to];
  if (!reachable(from, target, *wire)) return;
  if (filter && filter(from.who(), target.who(), *wire)) return;
  const bool chaos = !calm();
  if (chaos && random_.chance(plan_.loss)) return;
  const int copies = chaos && random_.chance(plan_.duplication) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    Item item;
    item.at = now_ + random_.between(1, chaos ? plan_.chaos_delay_ms : plan_.calm_delay_ms);
    item.kind = Item::Kind::wire;
    item.to = to;
    item.from = from.who();
    item.wire = wire;
    push(std::move(item));
  }
}

void World::link_changed(const Host& host, bool up) {
  for (std::size_t place = 0; place < hosts_.size(); ++place) {
    const Host& other = *hosts_[place];
    if (other.who() == host.who()) continue;
    Item item;
    item.kind = up ? Item::Kind::link_up : Item::Kind::link_down;
    item.at = now_ + random_.between(1, 30);
    item.to = place;
    item.from = host.who();
    push(item);
    if (!up) continue;
    item.to = host.place();
    item.from = other.who();
    push(item);
  }
}

// ---- what hosts ask for

void World::schedule(std::uint64_t at, Item::Kind kind, const Host& host, std::uint64_t value) {
  Item item;
  item.at = at;
  item.kind = kind;
  item.to = host.place();
  item.life = host.life();
  item.value = value;
  push(std::move(item));
}

void World::schedule_timer(const Host& host, std::uint64_t at_mono_ms) {
  schedule(std::max(at_mono_ms, now_), Item::Kind::timer, host, at_mono_ms);
}

void World::schedule_sync(const Host& host, std::uint64_t target, std::uint64_t after_ms) {
  schedule(now_ + after_ms, Item::Kind::synced, host, target);
}

void World::schedule_execution(const Host& host, std::uint64_t after_ms) {
  schedule(now_ + after_ms, Item::Kind::executed, host);
}

void World::schedule_hop(const Host& host, std::uint64_t after_ms) {
  schedule(now_ + after_ms, Item::Kind::hop, host);
}

void World::schedule_poll(const Host& host, std::uint64_t after_ms) {
  schedule(now_ + after_ms, Item::Kind::poll, host);
}

void World::schedule_restart(const Host& host, std::uint64_t after_ms) {
  link_changed(host, false);
  schedule(now_ + after_ms, Item::Kind::restart, host);
}

void World::delivered(const Host&, const consensus::Deliver& deliver) {
  highest_ = std::max(highest_, deliver.block.header.height);
  for (const auto& ref : deliver.block.batch_refs) final_batches_.insert(ref.digest);
}

// ---- fate

void World::heal() {
  for (auto& row : cut_) row.assign(plan_.hosts(), false);
}

void World::crash_all() {
  for (auto& host : hosts_) host->crash();
}

void World::restart_all() {
  for (auto& host : hosts_) {
    if (host->up()) continue;
    host->start();
    link_changed(*host, true);
  }
}

void World::handle(const Fault& fault) {
  const auto in_set = [&](std::size_t i) { return ((fault.set >> i) & 1U) != 0; };
  switch (fault.kind) {
    case Fault::Kind::split:
    case Fault::Kind::one_way:
      heal();
      for (std::size_t a = 0; a < plan_.hosts(); ++a) {
        for (std::size_t b = 0; b < plan_.hosts(); ++b) {
          const bool apart =
              fault.kind == Fault::Kind::split ? in_set(a) != in_set(b) : in_set(a) && !in_set(b);
          if (apart) cut_[a][b] = true;
        }
      }
      return;
    case Fault::Kind::heal:
      heal();
      return;
    case Fault::Kind::crash:
      if (!hosts_[fault.set]->up()) return;
      hosts_[fault.set]->crash();
      link_changed(*hosts_[fault.set], false);
      return;
    case Fault::Kind::crash_at_persist:
      hosts_[fault.set]->crash_at_persist(fault.extra);
      return;
    case Fault::Kind::restart:
      if (hosts_[fault.set]->up()) return;
      hosts_[fault.set]->start();
      link_changed(*hosts_[fault.set], true);
      return;
    case Fault::Kind::crash_all:
      crash_all();
      return;
    case Fault::Kind::restart_all:
      restart_all();
      return;
    case Fault::Kind::clock_jump:
      hosts_[fault.set]->set_clock_offset(static_cast<std::int64_t>(fault.extra) - 900);
      return;
  }
}

void World::offer(std::size_t place) {
  Host& host = *hosts_[place];
  if (!host.up() || !host.member()) return;
  ByteWriter body;
  body.u8(host.who()).u64(random_.next()).u64(offers_left_);
  host.offer(std::move(body).take());
}

// ---- the run

void World::trace(const Item& item) {
  const std::uint64_t wire = item.wire ? item.wire->hash : item.value;
  hash_ = mix(hash_ ^ item.at * 31 ^ static_cast<std::uint64_t>(item.kind) << 56U ^ item.to << 48U ^
              static_cast<std::uint64_t>(item.from) << 40U) +
          wire;
  if (!traced_) return;
  static constexpr const char* kKinds[] = {"wire",    "timer",     "synced", "executed",
                                           "link up", "link down", "offer",  "fault",
                                           "restart", "hop",       "poll"};
  std::string what = kKinds[static_cast<std::size_t>(item.kind)];
  if (item.wire && item.wire->message) {
    what = std::string(consensus::name(*item.wire->message));
    if (const auto* vote = std::get_if<consensus::Vote>(&*item.wire->message)) {
      what += " " + std::to_string(static_cast<int>(vote->type)) + " v" +
              std::to_string(vote->proposal.view) + " of " + std::to_string(vote->signer);
    } else if (const auto* c = std::get_if<consensus::Certificate>(&*item.wire->message)) {
      what +=
          " " + std::to_string(static_cast<int>(c->type)) + " v" + std::to_string(c->proposal.view);
    } else if (const auto* p = std::get_if<consensus::Propose>(&*item.wire->message)) {
      what += " v" + std::to_string(p->proposal.view) + " on " +
              std::to_string(p->proposal.parent_view) + " height " +
              std::to_string(p->block.header.height) + " " +
              p->proposal.block_id.hex().substr(0, 8);
    }
  }
  std::string state = "down";
  const Host& host = *hosts_[item.to];
  if (host.up() && !host.member()) {
    state = "follows, epoch " + std::to_string(host.epoch()) + " height " +
            std::to_string(host.store_height());
  } else if (host.up()) {
    const auto info = host.replica().info();
    state = "epoch " + std::to_string(info.epoch) + " view " + std::to_string(info.view) +
            " final " + std::to_string(info.finalized_view) + " height " +
            std::to_string(info.finalized_height);
  }
  std::printf("%8llu  %u -> %zu  %-40s  %s\n", static_cast<unsigned long long>(item.at), item.from,
              item.to, what.c_str(), state.c_str());
}

void World::handle(const Item& item) {
  Host& host = *hosts_[item.to];
  const bool same_life = host.up() && item.life == host.life();
  switch (item.kind) {
    case Item::Kind::wire:
      if (host.up()) host.receive(item.from, *item.wire);
      return;
    case Item::Kind::timer:
      if (same_life) host.timer_fired(item.value);
      return;
    case Item::Kind::synced:
      if (same_life) host.synced(item.value);
      return;
    case Item::Kind::executed:
      if (same_life) host.executed();
      return;
    case Item::Kind::link_up:
      if (host.up()) host.link(item.from, true);
      return;
    case Item::Kind::link_down:
      if (host.up()) host.link(item.from, false);
      return;
    case Item::Kind::offer: {
      std::size_t place = random_.below(plan_.hosts());
      for (int i = 0; i < 8 && !hosts_[place]->member() && !plan_.changes.empty(); ++i) {
        place = random_.below(plan_.hosts());
      }
      offer(place);
      if (offers_left_ == 0) return;
      const bool enough = plan_.strict_from_ms == 0 || now_ >= plan_.strict_from_ms + kStrictOffers;
      if (offers_left_ > 1 || enough) --offers_left_;
      if (offers_left_ == 0) return;
      Item next;
      next.at = now_ + random_.between(1, 2 * plan_.offer_every_ms);
      next.kind = Item::Kind::offer;
      push(next);
      return;
    }
    case Item::Kind::fault:
      handle(plan_.faults[item.value]);
      return;
    case Item::Kind::restart:
      if (host.up()) return;
      host.start();
      link_changed(host, true);
      return;
    case Item::Kind::hop:
      if (same_life) host.hop_synced();
      return;
    case Item::Kind::poll:
      host.poll();
      return;
  }
}

bool World::advance() {
  if (queue_.empty() || failed()) return false;
  const Item item = queue_.top();
  queue_.pop();
  now_ = item.at;
  ++events_;
  handle(item);
  trace(item);
  return true;
}

bool World::calm_and_final() const {
  if (!calm() || offers_left_ > 0) return false;
  for (const Digest& digest : offered_) {
    if (final_batches_.contains(digest)) continue;
    for (const auto& host : hosts_) {
      // Else nobody was promised it; who has no place in the set any more proposes nothing.
      const bool proposes = !host->up() || host->member();
      if (host->honest() && proposes && host->holds_body(digest)) return false;
    }
  }
  for (const auto& host : hosts_) {
    if (!host->honest()) continue;
    if (!host->up() || host->store_height() < highest_) return false;
    if (host->epoch() < epochs_->highest() || host->change_pending()) return false;
  }
  return true;
}

void World::run_until(std::uint64_t ms) {
  while (!queue_.empty() && queue_.top().at <= ms && advance()) {
  }
  if (!failed()) now_ = std::max(now_, ms);
}

void World::run_until(const std::function<bool()>& done, std::uint64_t at_most_ms) {
  const std::uint64_t end = now_ + at_most_ms;
  while (!failed() && !done()) {
    if (queue_.empty() || queue_.top().at > end) {
      fail("what was waited for did not come");
      return;
    }
    advance();
  }
}

Outcome World::run() {
  std::uint64_t looked = 0;
  while (!failed()) {
    if ((++looked & 31U) == 0 && calm_and_final()) break;
    if (queue_.empty() || queue_.top().at > plan_.deadline_ms) {
      std::string state;
      for (const auto& host : hosts_) {
        if (!host->honest()) continue;
        state += " " + std::to_string(host->place()) + ":";
        if (!host->up()) {
          state += "down";
          continue;
        }
        state += "e" + std::to_string(host->epoch());
        if (!host->member()) {
          state += "/follows/x" + std::to_string(host->store_height());
          continue;
        }
        const auto info = host->replica().info();
        state += "/v" + std::to_string(info.view) + "/f" + std::to_string(info.finalized_view) +
                 "/h" + std::to_string(info.finalized_height) + "/x" +
                 std::to_string(info.executed_height);
      }
      fail("I12/I13: not all is final at the deadline:" + state);
      break;
    }
    advance();
  }
  return finish();
}

Outcome World::finish() {
  if (!failed()) {
    for (auto& checker : checkers_) checker->ended(*this);
  }
  Outcome outcome;
  outcome.failure = failure_;
  outcome.trace_hash = hash_;
  outcome.virtual_ms = now_;
  outcome.events = events_;
  outcome.blocks_finalized = highest_;
  outcome.batches_final = final_batches_.size();
  if (epochs_->highest() > 0) count("epochs begun", epochs_->highest());
  outcome.counts = counts_;
  return outcome;
}

}  // namespace footproof::simulation
