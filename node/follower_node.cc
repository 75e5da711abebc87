#include "node/follower_node.h"

#include <fmt/ranges.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "api/rate_limit.h"
#include "api/routes.h"
#include "api/server.h"
#include "node/asio_reactor.h"
#include "node/data_folder.h"
#include "node/engine.h"
#include "node/follower.h"
#include "node/http_source.h"
#include "node/log.h"
#include "node/thread_runner.h"
#include "node/verifier_pool.h"

namespace footproof::node {
namespace {

// Of a folder whose node has no vote key.
constexpr ByteView kNoKey{};

class NoLinks final : public Links {
 public:
  [[nodiscard]] Result<std::uint16_t> start(LinkEvents&) override { return std::uint16_t{0}; }
  void stop() override {}
  void set_links(LinkSet) override {}
  bool send(ValidatorIndex, const Frame&) override { return false; }
  void broadcast(const Frame&) override {}
  void drop(ValidatorIndex, const std::string&) override {}
  void charge(ValidatorIndex, std::size_t) override {}
  [[nodiscard]] bool is_connected(ValidatorIndex) const override { return false; }
  [[nodiscard]] std::optional<MonoTime> last_heard(ValidatorIndex) const override {
    return std::nullopt;
  }
  [[nodiscard]] const std::vector<PeerIdentity>& peers() const override { return peers_; }

 private:
  std::vector<PeerIdentity> peers_;
};

Result<void> make_folder(const DataFolder& folder, const Network& network) {
  constexpr std::array<std::string_view, 2> kMade = {kDatabaseFolder, kAnchorFile};
  if (auto begun = folder.begin_init("follower", kMade); !begun) return fail(begun.error());
  auto store = ledger::Store::create(store_paths(folder.path()), network.genesis_result);
  if (!store) return fail(store.error());
  if (auto wrote = folder.write_marker(network.chain_id, kNoKey); !wrote) {
    return fail(wrote.error());
  }
  if (auto ended = folder.end_init(); !ended) return fail(ended.error());
  return {};
}

Result<std::vector<std::unique_ptr<Source>>> make_sources(const Config& config) {
  std::vector<std::unique_ptr<Source>> out;
  for (const auto& url : config.follow) {
    auto source = make_http_source(url);
    if (!source) return fail("[node] follow", source.error());
    out.push_back(*std::move(source));
  }
  return out;
}

}  // namespace

struct FollowerNode::Parts {
  Parts(Config settings, Network net, DataFolder folder)
      : config(std::move(settings)),
        network(std::move(net)),
        data(std::move(folder)),
        pool(config.verifier_threads),
        outside{clock, links, pool, runner, [this] { return disk_space(config.data); }},
        mempool(1) {}

  const Config config;
  const Network network;
  const DataFolder data;
  boost::asio::io_context io;
  AsioReactor clock{io};  // for the time alone; nothing is posted
  NoLinks links;
  ThreadRunner runner{"fp-follow"};
  VerifierPool pool;
  const Outside outside;
  std::unique_ptr<ledger::Store> store;
  Mempool mempool;
  Refusals refusals;
  Waiters waiters;
  FactBoard facts;
  Counters counters;
  VerdictCache verdicts;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<Port> port;
  std::unique_ptr<api::Server> server;

  Result<void> start(std::function<void(const std::string&)> on_fatal);
  Result<void> start_server();
  void stop();
  MonoTime step();
};

MonoTime FollowerNode::Parts::step() {
  const MonoTime due = follower->step();
  if (const auto alarm = follower->alarm(); !alarm.empty()) {
    CoreFacts told;
    told.alarm = alarm;
    facts.set(std::move(told));
  }
  return due;
}

Result<void> FollowerNode::Parts::start(std::function<void(const std::string&)> on_fatal) {
  auto sources = make_sources(config);
  if (!sources) return fail(sources.error());
  const auto marked = data.has_marker(network.chain_id, kNoKey);
  if (!marked) return fail(marked.error());
  if (!*marked) {
    if (auto made = make_folder(data, network); !made) return made;
  }
  auto opened = ledger::Store::open(store_paths(config.data), network.chain_id);
  if (!opened) return fail("database", opened.error());
  store = *std::move(opened);
  follower = std::make_unique<Follower>(
      FollowerParts{*store, network.origin, clock, verdicts, counters, &pool,
                    [this] { waiters.notify(); }, std::move(on_fatal)},
      *std::move(sources));
  port = std::make_unique<Port>(PortParts{outside, config, network, *store, mempool, refusals,
                                          waiters, facts, verdicts, counters, [] {},
                                          [this] { return follower->facts(); }});
  const auto head = store->snapshot()->head();
  log(LogLevel::info, "node_started",
      {{"follows", fmt::format("{}", fmt::join(config.follow, ","))},
       {"chain", network.chain_id.hex()},
       {"height", head.height},
       {"size", head.log_size}});
  runner.start([this] { return step(); });
  runner.wake();
  return start_server();
}

Result<void> FollowerNode::Parts::start_server() {
  api::ServerConfig server_config;
  server_config.address = config.http_listen.host;
  server_config.port = config.http_listen.port;
  server_config.connections_per_address_max = config.connections_per_address_max;
  api::RoutesConfig routes;
  routes.meter = server_config.meter;
  routes.counters = [this] { return counters.now(); };
  routes.submit_elsewhere = fmt::format("{}", fmt::join(config.follow, " or "));
  auto started = api::Server::start(
      server_config,
      api::with_rate_limit(config.requests_per_second_max, api::make_routes(routes, *port, *port)));
  if (!started) return fail("[http] listen", started.error());
  server = *std::move(started);
  return {};
}

// No request any more; the step under way ends, its stretch synced.
void FollowerNode::Parts::stop() {
  waiters.stop();
  server.reset();
  runner.stop();
  pool.stop();
}

FollowerNode::FollowerNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header.
FollowerNode::~FollowerNode() {
  parts_->stop();
  log(LogLevel::info, "node_stopped", {{"height", parts_->store->snapshot()->head().height}});
}

Result<std::unique_ptr<FollowerNode>> FollowerNode::start(
    const Config& config, std::function<void(const std::string&)> on_fatal) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  auto folder = DataFolder::open(config.data);
  if (!folder) return fail(folder.error());
  auto parts = std::make_unique<Parts>(config, *std::move(network), *std::move(folder));
  if (auto started = parts->start(std::move(on_fatal)); !started) {
    parts->stop();
    return fail(started.error());
  }
  return std::unique_ptr<FollowerNode>(new FollowerNode(std::move(parts)));
}

std::uint16_t FollowerNode::http_port() const { return parts_->server->port(); }

}  // namespace footproof::node
