#include "tests/simulation/whole/world.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "attest/check.h"

namespace footproof::whole {
namespace {

namespace fs = std::filesystem;

std::vector<Person> people_of(const Plan& plan) {
  std::vector<Person> out;
  for (Person person = 0; person < plan.people(); ++person) out.push_back(person);
  if (plan.weak == Plan::Weak::twin) out.push_back(plan.weak_place);
  return out;
}

}  // namespace

World::World(const Plan& plan, const fs::path& folder, bool traced)
    : plan_(plan),
      last_set_(plan.last_set()),
      points_(plan.seed),
      random_(simulation::mix(plan.seed ^ 0x776f726c64U)),
      cast_(plan.validators),
      books_(cast_, plan.places()),
      links_(stage_, people_of(plan)),
      away_until_(plan.places(), 0),
      restarting_(plan.places(), false) {
  if (traced) loop_.trace_to_stdout();
  if (plan.calm_at == 0) points_.never();
  links_.set_rates(plan_.rough);
  links_.sent = [this](Place from, Place to, const node::Frame& frame) {
    if (!is_weak(*hosts_[from])) books_.sent(*hosts_[from], *hosts_[to], frame);
  };
  links_.dropped = [this](Place by, Place of, const std::string& reason) {
    count("links closed for a breach");
    tell(fmt::format("host {} closes its link to {}: {}", by, of, reason));
    if (!is_weak(*hosts_[by]) && !is_weak(*hosts_[of])) {
      books_.fail(fmt::format("host {} closed its link to host {}, which keeps the rules: {}", by,
                              of, reason));
    }
  };
  for (Place place = 0; place < plan_.places(); ++place) {
    hosts_.push_back(std::make_unique<Host>(stage_, plan_, cast_, links_, place,
                                            folder / fmt::format("host-{}", place)));
    watch(*hosts_.back());
  }
  if (plan_.weak == Plan::Weak::liar) {
    liar_ = std::make_unique<Liar>(stage_, cast_, links_, plan_.weak_place, plan_.seed);
    links_.mouth = [this](Place from, Place to, const node::Frame& frame) {
      return from != plan_.weak_place || liar_->speak(to, frame);
    };
  }
  if (plan_.weak == Plan::Weak::twin) {
    twin_of_.assign(plan_.places(), plan_.weak_place);
    links_.may_link = [this](Place a, Place b) {
      if (is_weak(*hosts_[a])) std::swap(a, b);
      return !is_weak(*hosts_[b]) || twin_of_[a] == b;
    };
    turn_twins();
  }
  clients_ = std::make_unique<Clients>(stage_, plan_, cast_, books_, hosts_,
                                       [this](const Host& host) { return keeps_promises(host); });
  ballots_ = std::make_unique<Ballots>(stage_, plan_, cast_, books_, *clients_, hosts_);
  ballots_->proposed = [this](const auto& change) { change_proposed(change); };
}

World::~World() = default;

bool World::is_weak(const Host& host) const {
  return plan_.weak != Plan::Weak::none && host.person() == plan_.weak_place;
}

// The two GETs of a validator that asks: /v1/chain?from=<height> and /v1/epochs/<epoch>.
Result<Bytes> World::answer(Place from, Place to, const std::string& path) {
  constexpr std::string_view kChain = "/v1/chain?from=";
  constexpr std::string_view kHop = "/v1/epochs/";
  const bool is_hop = path.starts_with(kHop);
  CHECK(is_hop || path.starts_with(kChain));
  const std::string number = path.substr((is_hop ? kHop : kChain).size());
  const std::uint64_t of = std::stoull(number);
  Host& host = *hosts_[to];
  count("questions over HTTP");
  if (!host.is_up() || links_.is_cut(from, to) || links_.is_cut(to, from)) {
    return fail(Errc::io, "no connection");
  }
  if (points_.hit("a node that is asked is busy", 100)) return fail(Errc::too_busy, "busy");
  if (points_.hit("a node that is asked is too slow", 50)) return fail(Errc::io, "too slow");
  const auto& port = host.engine().port();
  Result<Bytes> answer = fail(Errc::not_found, "");
  if (is_hop) {
    const auto hop = port.hop(of);
    answer = hop ? Result<Bytes>(encode_hop(*hop)) : fail(hop.error());
  } else {
    answer = port.chain(of);
  }
  if (answer && is_weak(host) && points_.hit("a node that is asked lies", 300)) {
    (*answer)[points_.between(0, answer->size() - 1)] ^= 1U;
  }
  return answer;
}

void World::watch(Host& host) {
  host.ask = [this](Place from, Place to, const std::string& path) {
    return answer(from, to, path);
  };
  host.stepped = [this, &host] { stepped(host); };
  host.broke_rule = [this, &host](const std::string& what) {
    if (!is_weak(host)) books_.fail(fmt::format("I14: host {}: {}", host.place(), what));
  };
  host.died = [this, &host](const std::string& why) {
    tell(fmt::format("host {} ends: {}", host.place(), why));
    count("nodes that ended by themselves");
    if (!host.disk_failed() && !host.disk_exhausted() && !is_weak(host)) {
      books_.fail(fmt::format("host {} ended without a fault of its disk: {}", host.place(), why));
    }
    crash_soon(host);
  };
}

// Not inside what its own life does.
void World::crash_soon(Host& host) {
  loop_.after(0, kWorld, "end", [this, &host, life = host.lives()] {
    if (host.is_up() && host.lives() == life) crash(host);
  });
}

void World::stepped(Host& host) {
  if (!host.is_up()) return;
  const auto what = books_.executed(host, false, !is_weak(host));
  if (what != Books::Passed::nothing) passed(host, what);
}

// From one epoch to the next it is to be safe to be cut off anywhere.
void World::passed(Host& host, Books::Passed what) {
  const bool ends = what == Books::Passed::end_of_epoch;
  count(ends ? "ends of epochs executed" : "hops kept");
  tell(fmt::format("host {} {}", host.place(),
                   ends ? "executes the end of its epoch" : "keeps a hop"));
  if (points_.hit_few(ends ? "a node dies as its epoch ends" : "a node dies as it keeps a hop",
                      200)) {
    return crash_soon(host);
  }
  if (points_.hit_few(
          ends ? "the power fails as an epoch ends" : "the power fails as a hop is kept", 200)) {
    return host.set_disk_fault(test::Fault::power_cut, points_.between(1, 40), false);
  }
  if (points_.hit_few("all links break between two epochs", 200)) links_.break_links(host.place());
  if (points_.hit_few("a node stands still between two epochs", 100)) {
    host.pause(loop_.now() + points_.between(100, 6'000) * kMilli);
  }
}

void World::change_proposed(const Plan::SetChange& change) {
  count("changes of the set proposed");
  tell("a change of the set is proposed");
  if (!points_.hit_few("a validator is away while the set changes", 600)) return;
  Host& host = *hosts_[points_.hit_few("the one that the change is about", 500)
                           ? change.who
                           : points_.between(0, plan_.people() - 1)];
  away_until_[host.place()] = loop_.now() + points_.between(2'000, 15'000) * kMilli;
  crash(host);
}

void World::start(Host& host) {
  if (host.is_up() || !host.refusal().empty()) return;
  if (loop_.now() < away_until_[host.place()]) return restart_later(host.place());
  if (points_.hit("the power fails during a start", 60)) {
    host.set_disk_fault(test::Fault::power_cut, points_.between(1, 60), false);
  }
  const auto started = host.start();
  if (!started) {
    return books_.fail(
        fmt::format("host {} does not start: {}", host.place(), started.error().detail));
  }
  if (!host.refusal().empty()) {
    count("nodes that refused a damaged disk");
    return tell(fmt::format("host {} refuses: {}", host.place(), host.refusal()));
  }
  if (!host.is_up()) {  // the fault of its disk met it at once
    count("starts that met a fault of the disk");
    return restart_later(host.place());
  }
  tell(fmt::format("host {} starts, life {}", host.place(), host.lives()));
  if (host.is_observer()) {
    count("nodes that follow as observers");
    if (!is_weak(host)) books_.fail(fmt::format("host {} became an observer", host.place()));
  }
  (void)books_.executed(host, true, !is_weak(host));
}

void World::crash(Host& host) {
  if (!host.is_up()) return;
  using test::Kept;
  const bool bad = plan_.weak == Plan::Weak::bad_disk && is_weak(host);
  if (host.power_is_gone()) {
    lose_power(host);
  } else if (points_.hit("a node is stopped cleanly", 150)) {
    host.stop(true);
  } else if (points_.hit("a clean stop is cut short", 100)) {
    host.stop(false);
  } else if (plan_.power_cuts && random_.chance(700)) {
    static constexpr std::array kGood = {Kept::nothing, Kept::names, Kept::all};
    const Kept kept = bad && random_.chance(500) ? Kept::pages : kGood.at(random_.below(3));
    tell(fmt::format("host {} loses power, keeps {}", host.place(), static_cast<int>(kept)));
    count("power cuts");
    host.cut_power(kept);
  } else {
    tell(fmt::format("host {} is killed", host.place()));
    count("kills");
    host.kill();
  }
  if (bad && !calm_) meddle(host);
  restart_later(host.place());
}

// The power was cut inside an event.
void World::lose_power(Host& host) {
  static constexpr std::array kKept = {test::Kept::nothing, test::Kept::names, test::Kept::all};
  count("power cuts");
  host.cut_power(kKept.at(random_.below(3)));
}

// What disks and people do to a folder that no node can be made to stand, but must notice.
void World::meddle(Host& host) {
  if (points_.hit("a copy of the folder is made", 500)) host.keep_copy();
  if (points_.hit("a bit flips on a disk", 300)) host.flip_bit();
  if (points_.hit("the whole folder is an old copy", 100)) host.bring_back(Host::Part::all);
  if (points_.hit("the database is an old copy", 150)) host.bring_back(Host::Part::database);
  if (points_.hit("the log is an old copy", 150)) host.bring_back(Host::Part::log);
  if (points_.hit("the anchor is an old copy", 100)) host.bring_back(Host::Part::anchor);
  if (points_.hit("the anchor is lost", 50)) host.lose(Host::Part::anchor);
  if (points_.hit("the database is lost", 50)) host.lose(Host::Part::database);
  if (points_.hit("the log is lost", 50)) host.lose(Host::Part::log);
}

void World::restart_later(Place place) {
  if (restarting_[place]) return;
  if (plan_.weak == Plan::Weak::dies && place == plan_.weak_place && random_.chance(500)) return;
  restarting_[place] = true;
  Micros after = calm_ ? 100 * kMilli : random_.between(10, 4'000) * kMilli;
  if (points_.hit("a restart comes at once", 100)) after = 0;
  loop_.after(after, kWorld, "restart", [this, place] {
    restarting_[place] = false;
    start(*hosts_[place]);
  });
}

void World::again_and_again(Micros every, const char* what, void (World::*act)()) {
  if (every == 0) return;
  loop_.after(random_.between(every / 4, every * 2), kWorld, what, [this, every, what, act] {
    if (calm_) return;
    (this->*act)();
    again_and_again(every, what, act);
  });
}

void World::partition() {
  if (random_.chance(400)) return links_.heal();
  count("partitions");
  const std::uint64_t sides = random_.next();
  const bool one_way = random_.chance(300);
  for (Place from = 0; from < plan_.places(); ++from) {
    for (Place to = 0; to < plan_.places(); ++to) {
      const bool a = ((sides >> from) & 1U) != 0;
      const bool b = ((sides >> to) & 1U) != 0;
      links_.set_cut(from, to, one_way ? a && !b : a != b);
    }
  }
}

void World::crash_one() {
  if (random_.chance(50)) {
    count("all crash at once");
    for (auto& host : hosts_) crash(*host);
    return;
  }
  crash(*hosts_[random_.below(hosts_.size())]);
}

void World::break_one() {
  count("links broken");
  links_.break_link(random_.below(hosts_.size()), random_.below(hosts_.size()));
}

void World::pause_one() {
  count("pauses");
  hosts_[random_.below(hosts_.size())]->pause(loop_.now() + random_.between(50, 4'000) * kMilli);
}

void World::set_one_clock() {
  count("clock jumps");
  const auto span = static_cast<std::int64_t>(plan_.clock_jump_ms);
  const auto drawn = static_cast<std::int64_t>(random_.below(plan_.clock_jump_ms * 2));
  hosts_[random_.below(hosts_.size())]->set_clock(drawn - span);
}

void World::fail_one_disk() {
  count("disk faults set");
  hosts_[random_.below(hosts_.size())]->set_disk_fault(
      random_.chance(500) ? test::Fault::io : test::Fault::full, random_.between(1, 30),
      random_.chance(400));
}

// Each twin serves some of the others, for a while.
void World::turn_twins() {
  for (Place place = 0; place < plan_.people(); ++place) {
    const Place turned = random_.chance(500) ? plan_.weak_place : plan_.twin_place();
    if (place == plan_.weak_place || twin_of_[place] == turned) continue;
    links_.break_link(place, twin_of_[place]);
    twin_of_[place] = turned;
  }
  loop_.after(random_.between(500, 5'000) * kMilli, kWorld, "twins", [this] { turn_twins(); });
}

void World::become_calm() {
  tell("calm");
  calm_ = true;
  points_.calm();
  links_.set_rates(plan_.smooth);
  links_.heal();
  for (auto& host : hosts_) {
    host->set_clock(static_cast<std::int64_t>(random_.below(800)) - 400);
    host->pause(loop_.now());
    if (cut_place_ != host->place()) host->clear_disk_fault();
    const bool stays_dead = plan_.weak == Plan::Weak::dies && is_weak(*host);
    if (stays_dead && random_.chance(500)) continue;
    if (!host->is_up()) restart_later(host->place());
  }
}

bool World::is_done() {
  if (!calm_ || !clients_->all_settled()) return false;
  for (auto& host : hosts_) {
    if (is_weak(*host)) continue;  // the others have it all, also who left the set
    if (!host->is_up() || books_.epoch_of(*host) < plan_.changes.size()) return false;
    if (must_vote(*host) != host->engine().facts().get().set.votes) return false;
    const auto published = host->engine().store().published();
    if (!published) return false;
    for (const auto& [entry, where] : books_.entries()) {
      if (published->head().log_size <= where.first) return false;
    }
  }
  return true;
}

void World::check_end() {
  for (auto& host : hosts_) {
    if (is_weak(*host) || !host->is_up()) continue;
    clients_->check(*host);
    books_.check_receipts(*host);
    const auto facts = host->engine().facts().get();
    if (!facts.alarm.empty()) {
      books_.fail(fmt::format("host {} raised an alarm: {}", host->place(), facts.alarm));
    }
    const bool accused = !facts.evidence.empty();
    if (accused) count("nodes that hold evidence");
    if (accused && plan_.weak != Plan::Weak::liar && plan_.weak != Plan::Weak::twin &&
        plan_.weak != Plan::Weak::bad_disk) {
      books_.fail(fmt::format("host {} holds evidence, and all keep the rules", host->place()));
    }
  }
  if (plan_.seed % 4 == 0) check_disks();
}

// What every node that keeps its promises has on its disk is what genesis and log make of it.
void World::check_disks() {
  for (auto& host : hosts_) {
    if (is_weak(*host) || !host->is_up()) continue;
    host->stop(random_.chance(500));
    const auto found = host->fsck();
    count("disks checked whole (fsck)");
    if (!found || !found->empty()) {
      books_.fail(
          fmt::format("host {}: fsck: {}", host->place(), found ? *found : found.error().detail));
    }
  }
}

void World::cut_power_at(Place place, std::size_t call) {
  cut_place_ = place;
  cut_call_ = call;
  links_.mouth = [this](Place from, Place, const node::Frame&) {
    return from != *cut_place_ || hosts_[from]->speaks();
  };
}

Outcome World::run() {
  if (cut_place_) hosts_[*cut_place_]->set_disk_fault(test::Fault::power_cut, cut_call_, false);
  for (auto& host : hosts_) {
    const bool stands_by = host->person() >= plan_.validators;
    if (stands_by && points_.hit("who stands by comes up late", 500)) {
      away_until_[host->place()] = points_.between(1'000, plan_.calm_at / kMilli) * kMilli;
    }
    start(*host);
  }
  clients_->begin();
  ballots_->begin();
  again_and_again(plan_.partition_every, "partition", &World::partition);
  again_and_again(plan_.crash_every, "crash", &World::crash_one);
  again_and_again(plan_.break_every, "break", &World::break_one);
  again_and_again(plan_.pause_every, "pause", &World::pause_one);
  again_and_again(plan_.clock_every, "clock", &World::set_one_clock);
  again_and_again(plan_.disk_fault_every, "disk fault", &World::fail_one_disk);
  loop_.at(plan_.calm_at, kWorld, "calm", [this] { become_calm(); });
  Micros looked = 0;
  while (books_.failure().empty() && loop_.advance()) {
    for (auto& host : hosts_) {
      if (host->is_up() && host->power_is_gone()) crash(*host);
    }
    if (loop_.now() > plan_.deadline) {
      books_.fail("not all final by the deadline: " + clients_->open_ones() + where_all_are());
      break;
    }
    if (loop_.now() < looked) continue;
    looked = loop_.now() + 100 * kMilli;
    if (is_done()) break;
  }
  if (books_.failure().empty()) check_end();
  return finish();
}

std::string World::where_all_are() {
  std::string out;
  for (auto& host : hosts_) {
    out += fmt::format("; host {}", host->place());
    if (!host->is_up()) {
      out += " down";
      continue;
    }
    const auto facts = host->engine().facts().get();
    out += fmt::format(" epoch {} height {}{}", facts.set.epoch, facts.replica.executed_height,
                       facts.set.votes ? "" : " no vote: " + facts.set.why_no_vote);
  }
  return out;
}

Outcome World::finish() {
  Outcome out;
  out.failure = books_.failure();
  out.trace_hash = loop_.hash();
  out.virtual_ms = loop_.now() / kMilli;
  out.events = loop_.events();
  out.blocks = books_.highest();
  out.statements = books_.entries().size();
  out.counts = counts_;
  for (const auto& [what, times] : clients_->counts()) out.counts[what] += times;
  if (liar_) {
    for (const auto& [what, times] : liar_->counts()) out.counts[what] += times;
  }
  out.counts["votes looked at"] = books_.votes();
  out.counts["receipts verified"] = books_.receipts();
  out.counts["frames"] = links_.frames();
  for (const auto& host : hosts_) out.counts["rules: records judged"] += host->judged();
  out.counts["epochs begun"] = books_.newest_epoch();
  out.counts["hops looked at"] = books_.hops();
  for (const auto& [what, times] : points_.counts()) out.points[what] += times;
  return out;
}

}  // namespace footproof::whole
