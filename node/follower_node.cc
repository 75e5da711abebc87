#include "node/follower_node.h"

#include <fmt/ranges.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <mutex>
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
#include "node/joining.h"
#include "node/log.h"
#include "node/snapshot_join.h"
#include "node/thread_runner.h"
#include "node/unserved.h"
#include "node/verifier_pool.h"

namespace footproof::node {
namespace {

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

}  // namespace

Result<void> make_follower_data(const DataFolder& folder, const Network& network, CatchUp how) {
  constexpr std::array<std::string_view, 2> kMade = {kDatabaseFolder, kAnchorFile};
  if (auto begun = folder.begin_init("follower", kMade); !begun) return fail(begun.error());
  if (how == CatchUp::replay) {
    auto store = ledger::Store::create(store_paths(folder.path()), network.genesis_result);
    if (!store) return fail(store.error());
  }
  if (auto wrote = folder.write_marker(network.chain_id, kNoKey); !wrote) {
    return fail(wrote.error());
  }
  if (auto ended = folder.end_init(); !ended) return fail(ended.error());
  return {};
}

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
  EvidenceBook evidence;
  Mempool mempool;
  Refusals refusals;
  Waiters waiters;
  FactBoard facts;
  Counters counters;
  VerdictCache verdicts;
  std::function<void(const std::string&)> fatal;
  // The runner's own, once it runs.
  std::unique_ptr<SnapshotJoin> join;  // until there is a store
  std::unique_ptr<Follower> follower;
  std::unique_ptr<Port> port;
  // What answers requests: while the snapshot comes, and afterwards.
  std::mutex mutex;
  std::shared_ptr<const api::Handler> handler;  // guarded by mutex
  std::shared_ptr<api::ServerMeter> meter = std::make_shared<api::ServerMeter>();
  std::unique_ptr<api::Server> server;

  Result<void> start();
  Result<void> start_server();
  Result<void> begin_joining();
  Result<void> begin_following();
  void answer_with(api::Handler next);
  void stop();
  MonoTime step();
  MonoTime join_step();
  api::Health joining_health() const;
};

void FollowerNode::Parts::answer_with(api::Handler next) {
  auto made = std::make_shared<const api::Handler>(std::move(next));
  const std::lock_guard lock(mutex);
  handler = std::move(made);
}

api::Health FollowerNode::Parts::joining_health() const {
  api::Health out;
  out.chain_id = network.chain_id;
  out.origin = network.origin;
  out.version = FOOTPROOF_VERSION;
  out.node_time_ms = clock.wall_ms();
  out.validators = static_cast<std::uint32_t>(network.membership.n());
  out.quorum = static_cast<std::uint32_t>(network.membership.q());
  out.follow = join->facts();
  out.disk_free_bytes = disk_space(config.data).value_or(DiskSpace{}).free_bytes;
  out.not_ready_reason = why_unserved(*out.follow);
  if (out.not_ready_reason.empty()) out.not_ready_reason = out.follow->doing + "; wait";
  return out;
}

MonoTime FollowerNode::Parts::join_step() {
  const auto due = join->step();
  if (!due) {
    log(LogLevel::error, "disk_failed", {{"why", due.error().detail}});
    fatal(due.error().detail);
    return kNever;
  }
  if (!join->is_done()) return *due;
  if (auto begun = begin_following(); !begun) {
    log(LogLevel::error, "disk_failed", {{"why", begun.error().detail}});
    fatal(begun.error().detail);
    return kNever;
  }
  return clock.now();
}

MonoTime FollowerNode::Parts::step() {
  if (!follower) return join_step();
  const MonoTime due = follower->step();
  if (const auto alarm = follower->alarm(); !alarm.empty()) {
    CoreFacts told;
    told.alarm = alarm;
    facts.set(std::move(told));
  }
  return due;
}

Result<void> FollowerNode::Parts::start() {
  const auto marked = data.has_marker(network.chain_id, kNoKey);
  if (!marked) return fail(marked.error());
  if (!*marked) {
    if (auto made = make_follower_data(data, network, config.catch_up); !made) return made;
  }
  const auto paths = store_paths(config.data);
  if (auto allowed = SnapshotJoin::check_cut_off(paths, config.catch_up); !allowed) return allowed;
  const bool joins =
      !std::filesystem::exists(paths.database) && config.catch_up == CatchUp::snapshot;
  if (auto begun = joins ? begin_joining() : begin_following(); !begun) return begun;
  if (auto started = start_server(); !started) return started;
  runner.start([this] { return step(); });
  runner.wake();
  return {};
}

Result<void> FollowerNode::Parts::begin_joining() {
  auto sources = make_http_sources(config.follow);
  if (!sources) return fail(sources.error());
  auto begun = SnapshotJoin::begin(network, clock, store_paths(config.data), *std::move(sources));
  if (!begun) return fail(begun.error());
  join = *std::move(begun);
  answer_with(make_joining_routes([this] { return joining_health(); }, meter));
  log(LogLevel::info, "node_started",
      {{"follows", fmt::format("{}", fmt::join(config.follow, ","))},
       {"chain", network.chain_id.hex()},
       {"begins_with", "snapshot"}});
  return {};
}

Result<void> FollowerNode::Parts::begin_following() {
  auto sources = make_http_sources(config.follow);
  if (!sources) return fail(sources.error());
  auto opened = ledger::Store::open(store_paths(config.data), network.chain_id);
  if (!opened) return fail("database", opened.error());
  store = *std::move(opened);
  if (auto loaded = evidence.load(*store); !loaded) return fail("database", loaded.error());
  follower = std::make_unique<Follower>(FollowerParts{*store, evidence, clock, verdicts, counters,
                                                      &pool, [this] { waiters.notify(); }, fatal},
                                        *std::move(sources));
  port = std::make_unique<Port>(PortParts{outside, config, network, *store, evidence, mempool,
                                          refusals, waiters, facts, verdicts, counters, [] {},
                                          [this] { return follower->facts(); }});
  api::RoutesConfig routes;
  routes.meter = meter;
  routes.counters = [this] { return counters.now(); };
  answer_with(api::make_routes(routes, *port, *port));
  const auto head = store->snapshot()->head();
  log(LogLevel::info, "node_started",
      {{"follows", fmt::format("{}", fmt::join(config.follow, ","))},
       {"chain", network.chain_id.hex()},
       {"height", head.height},
       {"size", head.log_size}});
  return {};
}

Result<void> FollowerNode::Parts::start_server() {
  api::ServerConfig server_config;
  server_config.address = config.http_listen.host;
  server_config.port = config.http_listen.port;
  server_config.connections_per_address_max = config.connections_per_address_max;
  server_config.meter = meter;
  const auto answer = [this](const api::Request& request) {
    std::shared_ptr<const api::Handler> now;
    {
      const std::lock_guard lock(mutex);
      now = handler;
    }
    return (*now)(request);
  };
  auto started = api::Server::start(server_config,
                                    api::with_rate_limit(config.requests_per_second_max, answer));
  if (!started) return fail("[http] listen", started.error());
  server = *std::move(started);
  return {};
}

// The step under way ends, its stretch synced; then no request any more.
void FollowerNode::Parts::stop() {
  runner.stop();
  waiters.stop();
  server.reset();
  pool.stop();
}

FollowerNode::FollowerNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header.
FollowerNode::~FollowerNode() {
  parts_->stop();
  const auto& store = parts_->store;
  log(LogLevel::info, "node_stopped",
      {{"height", store ? store->snapshot()->head().height : std::uint64_t{0}}});
}

Result<std::unique_ptr<FollowerNode>> FollowerNode::start(
    const Config& config, std::function<void(const std::string&)> on_fatal) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  auto folder = DataFolder::open(config.data);
  if (!folder) return fail(folder.error());
  auto parts = std::make_unique<Parts>(config, *std::move(network), *std::move(folder));
  parts->fatal = std::move(on_fatal);
  if (auto started = parts->start(); !started) {
    parts->stop();
    return fail(started.error());
  }
  return std::unique_ptr<FollowerNode>(new FollowerNode(std::move(parts)));
}

std::uint16_t FollowerNode::http_port() const { return parts_->server->port(); }

}  // namespace footproof::node
