#include "tests/simulation/whole/clients.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "attest/check.h"
#include "tests/support/fixture_log.h"

namespace footproof::whole {
namespace {

constexpr node::MonoTime kPassed{};

}  // namespace

Clients::Clients(Stage stage, const Plan& plan, Cast& cast, Books& books,
                 std::vector<std::unique_ptr<Host>>& hosts, std::function<bool(const Host&)> keeps)
    : stage_(stage),
      plan_(plan),
      cast_(cast),
      books_(books),
      hosts_(hosts),
      keeps_(std::move(keeps)),
      planned_(kAdmissionSteps + plan.attestations + 2 * plan.contested +
               kBallotsToDecide * plan.changes.size()) {}

void Clients::begin() {
  for (std::size_t i = 0; i < kAdmissionSteps + plan_.attestations + plan_.contested; ++i) {
    stage_.loop.after(i * plan_.submit_every + stage_.random.below(plan_.submit_every), kWorld,
                      "client", [this, i] { make(i); });
  }
}

std::uint64_t Clients::now_s() const {
  return (static_cast<std::uint64_t>(testing::kFixtureGenesis.ms) + 86'400'000) / 1000 +
         stage_.loop.now() / kSecond;
}

void Clients::make(std::size_t number) {
  const std::uint64_t at_s = now_s();
  if (number < kAdmissionSteps) return offer(cast_.admission(number, at_s), false);
  number -= kAdmissionSteps;
  if (number < plan_.attestations) return offer(cast_.attestation(number, at_s), false);
  number -= plan_.attestations;
  offer(cast_.contested_key(number, false, at_s), true);
  offer(cast_.contested_key(number, true, at_s), true);
}

void Clients::offer(Bytes bytes, bool contested) {
  const auto statement = parse_statement(bytes);
  CHECK(statement.has_value());
  orders_.push_back({std::move(bytes), statement->entry_id(), contested});
  submit(orders_.size() - 1);
}

void Clients::submit_later(std::size_t order) {
  stage_.loop.after(stage_.random.between(50, 1'500) * kMilli, kWorld, "client again",
                    [this, order] { submit(order); });
}

void Clients::submit(std::size_t number) {
  auto& order = orders_[number];
  Host& host = *hosts_[stage_.random.below(hosts_.size())];
  if (!host.is_up()) return submit_later(number);
  const bool first = order.state == State::not_sent && !order.copy;
  const bool twice = first && stage_.points.hit("two submit one statement to one node", 150);
  const bool both = first && !twice && stage_.points.hit("a statement goes to two nodes", 150);
  if (twice || both) {  // somebody else's order, with an end of its own
    Host& other = twice ? host : *hosts_[stage_.random.below(hosts_.size())];
    orders_.push_back({order.statement, order.entry_id, order.contested, true});
    ++planned_;
    if (other.is_up()) {
      submit_to(orders_.size() - 1, other);
    } else {
      submit_later(orders_.size() - 1);
    }
  }
  submit_to(number, host);
}

void Clients::bother(Host& host, const Order& order) {
  auto& port = host.engine().port();
  if (stage_.points.hit("somebody asks for a dry run", 100)) (void)port.dry_run(order.statement);
  if (stage_.points.hit("somebody asks for health", 100)) (void)port.health();
  if (stage_.points.hit("somebody reads the log", 100)) {
    (void)port.checkpoint();
    (void)port.tile(0, 0, 1);
    (void)port.entry_bundle(0, 1);
  }
  if (stage_.points.hit("somebody asks for a proof out of range", 50)) {
    (void)port.inclusion(1'000'000, 2'000'000);
    (void)port.consistency(5, 1'000'000);
  }
  if (stage_.points.hit("a submitter goes without an answer", 50)) {
    (void)port.take_in({order.statement});
  }
}

void Clients::submit_to(std::size_t number, Host& host) {
  auto& order = orders_[number];
  const Place place = host.place();
  order.state = State::asked;
  order.place = place;
  bother(host, order);
  std::vector<Bytes> sent = {order.statement};
  if (stage_.points.hit("the same entry comes with a junk signature", 200)) {
    sent.insert(sent.begin(), Cast::with_junk_signature(order.statement));
  }
  if (stage_.points.hit("a stranger's statement comes with it", 100)) {
    sent.insert(sent.begin(), cast_.stranger(number));
  }
  if (stage_.points.hit("what is no statement comes with it", 100)) {
    sent.insert(sent.begin(), Bytes(stage_.points.between(1, 300), 0x5a));
  }
  auto taken = host.engine().port().take_in(sent);
  const Micros patience = stage_.points.hit("a submitter does not wait", 100)
                              ? 0
                              : stage_.random.between(1, 1'800) * kMilli;
  stage_.loop.after(patience, kWorld, "answer",
                    [this, number, taken = std::move(taken), place, life = host.lives()] {
                      settle(number, taken, place, life);
                    });
}

void Clients::settle(std::size_t number, node::Port::Taken taken, Place place, std::uint64_t life) {
  Host& host = *hosts_[place];
  if (!host.is_up() || host.lives() != life) {
    ++counts_["answers lost with their node"];
    return submit_later(number);
  }
  const auto answers = host.engine().port().settle(std::move(taken), kPassed);
  answered(number, answers.back(), place);
}

void Clients::tell(const Order& order, std::string_view what, Place place) {
  if (!stage_.loop.traced()) return;
  stage_.loop.tell(
      fmt::format("client: {} {} by host {}", order.entry_id.hex().substr(0, 8), what, place));
}

void Clients::answered(std::size_t number, const api::Answer& answer, Place place) {
  auto& order = orders_[number];
  if (std::holds_alternative<api::TooBusy>(answer)) {
    ++counts_["too busy"];
    tell(order, "too busy", place);
    return submit_later(number);
  }
  if (const auto* refusal = std::get_if<api::Refusal>(&answer)) {
    tell(order, refusal->final ? "refused: " + refusal->reason : "not yet: " + refusal->reason,
         place);
    if (refusal->final) return end(order, State::refused);
    ++counts_["refused for now"];
    // Of one key registered twice the second is refused before it comes to a block.
    if (order.contested && ++order.promises > 20) return end(order, State::lost);
    return submit_later(number);
  }
  if (const auto* logged = std::get_if<api::Logged>(&answer)) {
    return told_logged(order, *logged, *hosts_[place]);
  }
  CHECK(std::holds_alternative<api::Accepted>(answer));
  ++counts_["promised (202)"];
  tell(order, "promised", place);
  order.state = State::promised;
  order.place = place;
  order.life = hosts_[place]->lives();
  follow(number);
}

void Clients::follow(std::size_t number) {
  stage_.loop.after(stage_.random.between(100, 1'000) * kMilli, kWorld, "poll", [this, number] {
    auto& order = orders_[number];
    Host& host = *hosts_[order.place];
    const bool keeps = keeps_(host);
    if (!host.is_up()) {
      if (keeps) return follow(number);
      ++counts_["promises of a host that need not keep them"];
      return submit_later(number);
    }
    if (stage_.points.hit("another node is asked", 100)) {
      Host& other = *hosts_[stage_.random.below(hosts_.size())];
      const auto said =
          other.is_up() ? other.engine().port().poll(order.entry_id) : api::Answer(api::Unknown{});
      if (const auto* logged = std::get_if<api::Logged>(&said)) {
        books_.logged(order.entry_id, logged->index, logged->height);
      }
    }
    const auto answer = host.engine().port().poll(order.entry_id);
    if (const auto* logged = std::get_if<api::Logged>(&answer)) {
      return told_logged(order, *logged, host);
    }
    if (const auto* refusal = std::get_if<api::Refusal>(&answer)) {
      if (refusal->final) return end(order, State::refused);
    }
    if (std::holds_alternative<api::Unknown>(answer)) {
      // What was refused for good may be forgotten with the process.
      if (order.contested) return end(order, State::lost);
      if (keeps) {
        return books_.fail(fmt::format("host {} promised {} (202) and knows nothing of it",
                                       order.place, order.entry_id.hex().substr(0, 8)));
      }
      return submit_later(number);
    }
    if (!keeps && stage_.random.chance(100)) return submit_later(number);
    follow(number);
  });
}

void Clients::end(Order& order, State state) {
  order.state = state;
  ++settled_;
  if (state == State::refused) {
    ++counts_["refused for good"];
    if (!order.contested) books_.fail("a statement that the rules accept was refused for good");
  }
}

void Clients::told_logged(Order& order, const api::Logged& logged, Host& host) {
  tell(order, fmt::format("logged at {}", logged.index), host.place());
  books_.logged(order.entry_id, logged.index, logged.height);
  ++counts_["logged (201)"];
  end(order, State::logged);
  const auto receipt = host.engine().port().receipt(order.entry_id, std::nullopt);
  if (!receipt) {
    if (keeps_(host) && !host.disk_failed()) {
      books_.fail("no receipt for what was said to be logged: " + receipt.error().detail);
    }
    return;
  }
  books_.receipt(order.entry_id, *receipt);
  if (stage_.points.hit("a receipt is fetched again elsewhere", 200)) fetch_again(order.entry_id);
}

void Clients::fetch_again(const Digest& entry_id) {
  const Micros later = stage_.points.between(100, 8'000) * kMilli;
  stage_.loop.after(later, kWorld, "receipt again", [this, entry_id] {
    Host& host = *hosts_[stage_.random.below(hosts_.size())];
    if (!host.is_up()) return;
    const auto receipt = host.engine().port().receipt(entry_id, std::nullopt);
    if (receipt) books_.receipt(entry_id, *receipt);
  });
}

std::string Clients::open_ones() const {
  static constexpr std::array kNames = {"not sent", "asked",   "promised",
                                        "logged",   "refused", "lost"};
  std::string out = fmt::format("{} of {} statements settled;", settled_, planned_);
  for (const auto& order : orders_) {
    if (order.state >= State::logged) continue;
    out += fmt::format(" {} {} by host {}", order.entry_id.hex().substr(0, 8),
                       kNames.at(static_cast<std::size_t>(order.state)), order.place);
  }
  return out;
}

void Clients::check(Host& host) {
  for (const auto& order : orders_) {
    if (order.state != State::logged) continue;
    const auto answer = host.engine().port().poll(order.entry_id);
    const auto* logged = std::get_if<api::Logged>(&answer);
    if (logged == nullptr) {
      return books_.fail(fmt::format("host {} does not hold {}, which was logged (201)",
                                     host.place(), order.entry_id.hex().substr(0, 8)));
    }
    books_.logged(order.entry_id, logged->index, logged->height);
  }
}

}  // namespace footproof::whole
