// The simulated network, clock and fate: a single queue of events in virtual time. The same plan
// gives the same trace, event by event.
#pragma once

#include <functional>
#include <queue>
#include <string>

#include "tests/simulation/checker.h"
#include "tests/simulation/host.h"

namespace footproof::simulation {

struct Outcome {
  std::string failure;  // empty: none
  std::uint64_t trace_hash = 0;
  std::uint64_t virtual_ms = 0;
  std::uint64_t events = 0;
  consensus::Height blocks_finalized = 0;
  std::uint64_t batches_final = 0;
  std::map<std::string, std::uint64_t>
      counts;  // of what happened, so that nothing is only hoped for
};

class World {
 public:
  explicit World(const Plan& plan);
  ~World();

  // Runs the plan to its end: all honest hosts hold every offered batch in one chain, or the
  // deadline is over.
  Outcome run();
  // For scenarios: pieces of a run.
  void run_until(std::uint64_t ms);
  void run_until(const std::function<bool()>& done, std::uint64_t at_most_ms);
  Outcome finish();

  void trace_to_stdout() { traced_ = true; }
  void crash_all();
  void restart_all();
  void cut(std::size_t from, std::size_t to, bool cut) { cut_[from][to] = cut; }
  void heal();
  // Drops what it returns true for: (from, to, wire).
  std::function<bool(Person, Person, const Wire&)> filter;
  // Which hosts hear each other; none: each of two twins serves one half of the validators.
  std::function<bool(const Host& from, const Host& to, const Wire&)> route;
  void offer(std::size_t place);
  [[nodiscard]] bool calm_and_final() const;

  // For hosts, adversaries and checkers.
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] Epochs& epochs() { return *epochs_; }
  [[nodiscard]] const Epochs& epochs() const { return *epochs_; }
  // Of epoch 0.
  [[nodiscard]] const consensus::Membership& membership() const {
    return epochs_->at(0).membership;
  }
  [[nodiscard]] const consensus::EpochRoot& root() const { return epochs_->at(0).root; }
  [[nodiscard]] const Keys& keys() const { return keys_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] std::uint64_t now() const { return now_; }
  [[nodiscard]] bool calm() const { return now_ >= plan_.gst_ms; }
  [[nodiscard]] std::vector<std::unique_ptr<Host>>& hosts() { return hosts_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }
  [[nodiscard]] Host& host(std::size_t place) { return *hosts_[place]; }
  [[nodiscard]] std::vector<std::unique_ptr<Checker>>& checkers() { return checkers_; }
  [[nodiscard]] bool is_honest(Person who) const;
  [[nodiscard]] bool is_honest(consensus::Epoch epoch, consensus::ValidatorIndex index) const {
    return is_honest(epochs_->at(epoch).member(index).who);
  }
  void fail(const std::string& why);
  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }

  // To nobody in particular: to all in the set of the sender's epoch.
  void transmit(const Host& from, std::optional<Person> to, std::shared_ptr<const Wire> wire);
  void schedule_timer(const Host& host, std::uint64_t at_mono_ms);
  void schedule_sync(const Host& host, std::uint64_t target, std::uint64_t after_ms);
  void schedule_execution(const Host& host, std::uint64_t after_ms);
  void schedule_hop(const Host& host, std::uint64_t after_ms);
  void schedule_poll(const Host& host, std::uint64_t after_ms);
  void schedule_restart(const Host& host, std::uint64_t after_ms);
  void link_changed(const Host& host, bool up);
  void delivered(const Host& host, const consensus::Deliver& deliver);
  void count(const std::string& what, std::uint64_t times = 1) { counts_[what] += times; }
  void offered(const Digest& digest) { offered_.push_back(digest); }

 private:
  struct Item {
    enum class Kind : std::uint8_t {
      wire,
      timer,
      synced,
      executed,
      link_up,
      link_down,
      offer,
      fault,
      restart,
      hop,
      poll
    };
    std::uint64_t at = 0;
    std::uint64_t order = 0;
    Kind kind = Kind::wire;
    std::size_t to = 0;  // host
    Person from = 0;
    std::uint64_t life = 0;
    std::uint64_t value = 0;
    std::shared_ptr<const Wire> wire;
  };
  struct Later {
    bool operator()(const Item& a, const Item& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  void push(Item item);
  void schedule(std::uint64_t at, Item::Kind kind, const Host& host, std::uint64_t value = 0);
  bool advance();  // one event; false: none left
  void handle(const Item& item);
  void handle(const Fault& fault);
  void deliver_to(const Host& from, std::size_t to, const std::shared_ptr<const Wire>& wire);
  [[nodiscard]] bool twin_route(const Host& from, const Host& to) const;
  [[nodiscard]] bool reachable(const Host& from, const Host& to, const Wire& wire) const;
  void trace(const Item& item);

  Plan plan_;
  Random random_;
  Keys keys_;
  std::unique_ptr<Epochs> epochs_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::vector<std::vector<bool>> cut_;
  std::priority_queue<Item, std::vector<Item>, Later> queue_;
  std::uint64_t now_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t side_seed_ = 0;  // which half each twin serves; changes now and then
  std::uint64_t offers_left_ = 0;
  bool traced_ = false;
  std::string failure_;
  std::vector<Digest> offered_;
  std::set<Digest> final_batches_;
  consensus::Height highest_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace footproof::simulation
