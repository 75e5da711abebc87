// Those who submit: each statement goes to some node through the node's own port, as an HTTP
// request would, and is followed to its end. An answer that did not come because the node died is
// none; who was refused for now, or told that the node is busy, asks another node later. Who was
// promised (202) never asks again: the promise alone must do it.
//
// A promise of a host that need not keep it is worth nothing; then the statement goes to another.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/whole/books.h"

namespace footproof::whole {

class Clients {
 public:
  // `hosts` and all else outlive the clients.
  Clients(Stage stage, const Plan& plan, Cast& cast, Books& books,
          std::vector<std::unique_ptr<Host>>& hosts, std::function<bool(const Host&)> keeps);

  void begin();
  // One statement more, of those that the plan's changes of the set take.
  void order(Bytes statement) { offer(std::move(statement), false); }
  // As statements are dated.
  [[nodiscard]] std::uint64_t now_s() const;
  // Every statement has come to its end.
  [[nodiscard]] bool all_settled() const { return settled_ == planned_; }
  [[nodiscard]] std::string open_ones() const;
  // At the end: every node that keeps its promises says of every entry what was said before.
  void check(Host& host);
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  enum class State : std::uint8_t { not_sent, asked, promised, logged, refused, lost };
  struct Order {
    Bytes statement;
    Digest entry_id;
    bool contested = false;
    bool copy = false;  // of another order's statement
    State state = State::not_sent;
    Place place = 0;
    std::uint64_t life = 0;
    std::uint64_t promises = 0;
  };

  void make(std::size_t number);
  void offer(Bytes statement, bool contested);
  void submit(std::size_t order);
  void submit_to(std::size_t order, Host& host);
  // What others ask of a node meanwhile, which must not matter.
  void bother(Host& host, const Order& order);
  void fetch_again(const Digest& entry_id);
  void submit_later(std::size_t order);
  void settle(std::size_t order, node::Port::Taken taken, Place place, std::uint64_t life);
  void answered(std::size_t order, const api::Answer& answer, Place place);
  void follow(std::size_t order);
  void end(Order& order, State state);
  void told_logged(Order& order, const api::Logged& logged, Host& host);
  void tell(const Order& order, std::string_view what, Place place);

  Stage stage_;
  const Plan& plan_;
  Cast& cast_;
  Books& books_;
  std::vector<std::unique_ptr<Host>>& hosts_;
  std::function<bool(const Host&)> keeps_;
  std::vector<Order> orders_;
  std::size_t planned_ = 0;
  std::size_t settled_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace footproof::whole
