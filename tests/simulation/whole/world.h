// A network of whole nodes in virtual time: production node::Engine, with LevelDB and write-ahead
// log, over simulated clocks, links, threads and disks. One seed is one trace.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/whole/ballots.h"
#include "tests/simulation/whole/books.h"
#include "tests/simulation/whole/clients.h"
#include "tests/simulation/whole/liar.h"

namespace footproof::whole {

struct Outcome {
  std::string failure;  // empty: none
  std::uint64_t trace_hash = 0;
  std::uint64_t virtual_ms = 0;
  std::uint64_t events = 0;
  std::uint64_t blocks = 0;
  std::uint64_t statements = 0;
  std::map<std::string, std::uint64_t> counts;  // of what happened
  std::map<std::string, std::uint64_t> points;  // and of what was made to happen (points.h)
};

class World {
 public:
  // `folder` is empty, and the run's own.
  World(const Plan& plan, const std::filesystem::path& folder, bool traced);
  ~World();

  Outcome run();
  // S3: this host loses power at its call of the disk, or frame that leaves, of that number.
  void cut_power_at(Place place, std::size_t call);
  // Of this host, in the whole run. Counted if cut_power_at() was given a call that never comes.
  [[nodiscard]] std::size_t calls_of(Place place) const { return hosts_[place]->calls_counted(); }

 private:
  [[nodiscard]] bool is_weak(const Host& host) const;
  // Who has left the set has nobody to order what it promised.
  [[nodiscard]] bool keeps_promises(const Host& host) const {
    return !is_weak(host) && books_.is_in_newest_set(host.id());
  }
  [[nodiscard]] bool must_vote(const Host& host) const {
    return !is_weak(host) && last_set_.contains(host.person());
  }
  [[nodiscard]] Result<Bytes> answer(Place from, Place to, const std::string& path);
  void watch(Host& host);
  void crash_soon(Host& host);
  void stepped(Host& host);
  void passed(Host& host, Books::Passed what);
  void change_proposed(const Plan::SetChange& change);
  void start(Host& host);
  void crash(Host& host);
  void lose_power(Host& host);
  void meddle(Host& host);
  void restart_later(Place place);
  void again_and_again(Micros every, const char* what, void (World::*act)());
  void partition();
  void crash_one();
  void break_one();
  void pause_one();
  void set_one_clock();
  void fail_one_disk();
  void turn_twins();
  void become_calm();
  [[nodiscard]] bool is_done();
  [[nodiscard]] std::string where_all_are();
  void check_end();
  void check_disks();
  [[nodiscard]] Outcome finish();
  void count(const std::string& what) { ++counts_[what]; }
  void tell(const std::string& text) { loop_.tell(text); }

  Plan plan_;
  std::set<Person> last_set_;
  Loop loop_;
  Points points_;
  simulation::Random random_;
  Stage stage_{loop_, points_, random_};
  Cast cast_;
  Books books_;
  Network links_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::unique_ptr<Liar> liar_;
  std::vector<Place> twin_of_;  // by place: which of two twins it has its link to
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Ballots> ballots_;
  std::vector<Micros> away_until_;  // by place: hosts that nobody starts before
  std::vector<bool> restarting_;
  bool calm_ = false;
  std::optional<Place> cut_place_;
  std::size_t cut_call_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace footproof::whole
