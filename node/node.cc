#include "node/node.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "api/rate_limit.h"
#include "api/routes.h"
#include "api/server.h"
#include "node/adopt.h"
#include "node/asio_reactor.h"
#include "node/data_folder.h"
#include "node/engine.h"
#include "node/http_source.h"
#include "node/log.h"
#include "node/mesh.h"
#include "node/own_keys.h"
#include "node/snapshot_join.h"
#include "node/source_feed.h"
#include "node/thread_name.h"
#include "node/thread_runner.h"
#include "node/verifier_pool.h"

namespace footproof::node {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kStopPatience{2};

std::vector<PeerAddress> addresses(const Config& config) {
  std::vector<PeerAddress> out;
  for (const auto& peer : config.peers) out.push_back({peer.validator, peer.address});
  return out;
}

// A folder that nothing ever ran on begins with the first set; then the genesis file must name the
// keys that are here, if it names this validator. Later sets say for themselves.
Result<void> check_first_set(const Config& config, const Network& network, KeyRing& keys) {
  const auto& members = network.validators.members;
  const auto index = network.membership.index_of(config.validator);
  const OwnKeys& own = keys.first();
  if (!index) {
    const auto other = std::ranges::find(members, own.vote.public_key(), &Member::vote_key);
    if (other == members.end()) return {};
    return fail(
        Errc::mismatch,
        fmt::format("[node] validator: {} has the vote key that the genesis file names for {}",
                    config.validator, other->id));
  }
  const Member& member = members[*index];
  if (keys.find(member) != nullptr) return {};
  const auto& file = own.vote.public_key() != member.vote_key       ? config.vote_key
                     : own.cosign.public_key() != member.cosign_key ? config.cosign_key
                     : own.log.public_key() != member.log_key       ? config.log_key
                                                                    : config.tls_certificate;
  return fail(Errc::mismatch,
              fmt::format("{} is not the key that the genesis file names for {}. If it came later, "
                          "by ballot, and the data folder is lost: footproofd --init-observer",
                          file.string(), config.validator));
}

// It is there, or can be made.
Result<void> check_data(const std::filesystem::path& data) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(data, error);
  const auto folder = is_there || !data.has_parent_path() ? data : data.parent_path();
  if (!std::filesystem::is_directory(folder, error)) {
    return fail(Errc::bad_value, folder.string() + " is not a folder; make it, or name another");
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) == 0) return {};
  return fail(Errc::io, folder.string() +
                            " cannot be written by the user that this runs as; run "
                            "chown or chmod on it, or name another");
}

// Those that are to come, if any: a node that runs only tells of them in its log.
Result<void> check_next_keys(const Config& config) {
  std::error_code error;
  if (!std::filesystem::exists(config.next_keys, error) && !error) return {};
  if (std::filesystem::is_empty(config.next_keys, error) && !error) return {};
  Config next = config;
  next.vote_key = config.next_keys / "vote.pem";
  next.cosign_key = config.next_keys / "cosign.pem";
  next.log_key = config.next_keys / "log.pem";
  next.tls_key = config.next_keys / "tls.pem";
  next.tls_certificate = config.next_keys / "tls.crt";
  next.next_keys.clear();
  const auto keys = KeyRing::load(next);
  if (!keys) return fail(keys.error());
  if (auto links = link_keys(keys->first()); !links) return fail(links.error());
  return {};
}

}  // namespace

Result<void> check_files(const Config& config) {
  auto network = load_network(config.genesis);
  if (!network) return fail("[node] genesis", network.error());
  if (auto usable = check_data(config.data); !usable) return fail("[node] data", usable.error());
  if (config.follows()) return {};  // neither key nor certificate
  auto keys = KeyRing::load(config);
  if (!keys) return fail(keys.error());
  if (auto links = link_keys(keys->first()); !links) return fail(links.error());
  if (auto next = check_next_keys(config); !next) {
    return fail(next.error().code, "[node] next_keys: " + next.error().detail +
                                       "; put all files of the new keys there, or take them away");
  }
  std::error_code error;
  if (!std::filesystem::exists(config.data / kMarkerFile, error)) {
    if (auto first = check_first_set(config, *network, *keys); !first) return first;
  }
  return {};
}

Result<void> init_data(const Config& config, bool observer) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  auto keys = KeyRing::load(config);
  if (!keys) return fail(keys.error());
  if (!observer) {
    if (auto first = check_first_set(config, *network, *keys); !first) return first;
  }
  auto folder = DataFolder::open(config.data);
  if (!folder) return fail(folder.error());
  const auto follows = folder->has_marker(network->chain_id, kNoKey);
  const bool begins = follows && config.catch_up == CatchUp::snapshot;
  if (begins) {
    // Found again after it is fetched, by the set in force then.
    if (!observer && network->membership.index_of(config.validator)) {
      return fail(
          Errc::mismatch,
          fmt::format("[node] catch_up: the genesis file names the keys of {} already: they "
                      "may have voted before. footproofd --init-observer, and new keys by "
                      "ballot; or, if this network has never run, without catch_up",
                      config.validator));
    }
    auto fetched = fetch_snapshot(*folder, *network, config);
    if (!fetched) return fetched;
  }
  if (follows && *follows) {
    const auto paths = store_paths(folder->path());
    if (auto allowed = SnapshotJoin::check_cut_off(paths, config.catch_up); !allowed) {
      return allowed;
    }
  }
  if (begins || (follows && *follows)) {
    return adopt_followed(*folder, *network, *keys, config.validator, observer);
  }
  auto marked = is_marked(*folder, network->chain_id, *keys);
  if (!marked) return fail(marked.error());
  if (*marked) {
    return fail(Errc::usage, config.data.string() + " is initialised already; start footproofd");
  }
  return make_data(*folder, *network, *keys, observer);
}

struct Node::Parts {
  explicit Parts(Config settings, Network net, KeyRing own, DataFolder folder)
      : config(std::move(settings)),
        network(std::move(net)),
        keys(std::move(own)),
        data(std::move(folder)),
        pool(config.verifier_threads),
        guard(asio::make_work_guard(io)) {}

  const Config config;
  const Network network;
  KeyRing keys;  // the core thread's, once that runs
  const DataFolder data;
  asio::io_context io{1};
  AsioReactor reactor{io};
  ThreadRunner storage{"fp-storage"};
  VerifierPool pool;
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  std::unique_ptr<Mesh> mesh;
  std::optional<Outside> outside;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<SourceFeed> feed;  // none without [node] follow
  ThreadRunner feeding{"fp-follow"};
  std::unique_ptr<api::Server> server;
  std::promise<void> core_done;
  std::thread core_thread;

  Result<void> start(std::function<void(const std::string&)> on_fatal);
  Result<void> start_feed();
  Result<void> start_server();
  void stop();
};

Result<void> Node::Parts::start(std::function<void(const std::string&)> on_fatal) {
  auto links = link_keys(keys.first());
  if (!links) return fail(links.error());
  const PeerIdentity self{0, config.validator, keys.first().vote.public_key(),
                          keys.first().tls_pin};
  const auto keys_of = [this](const PeerIdentity& me) -> Result<LinkKeys> {
    const auto* own = keys.find(me.vote_key);
    if (own == nullptr) return fail(Errc::not_found, "no link key for this vote key");
    return link_keys(*own);
  };
  mesh = std::make_unique<Mesh>(io, LinkIdentity{network.chain_id, self, {}, *std::move(links)},
                                addresses(config), config.mesh_listen, keys_of);
  outside.emplace(
      Outside{reactor, *mesh, pool, storage, [this] { return disk_space(config.data); }});
  auto started = Engine::start({*outside, config, network, keys, std::move(on_fatal)});
  if (!started) return fail(started.error());
  engine = *std::move(started);
  const auto head = engine->store().snapshot()->head();
  for (const auto& own : keys.all()) {
    if (const auto why = certificate_warning(*own, reactor.wall_ms()); !why.empty()) {
      log(LogLevel::warning, "tls_certificate_expires", {{"why", why}});
    }
  }
  core_thread = std::thread([this] {
    name_thread("fp-core");
    io.run();
    core_done.set_value();
  });
  log(LogLevel::info, "node_started",
      {{"validator", config.validator},
       {"chain", network.chain_id.hex()},
       {"height", head.height},
       {"size", head.log_size},
       {"observer", engine->is_observer() ? 1 : 0}});
  if (auto fed = start_feed(); !fed) return fed;
  return start_server();
}

Result<void> Node::Parts::start_feed() {
  if (config.follow.empty()) return {};
  auto sources = make_http_sources(config.follow);
  if (!sources) return fail(sources.error());
  feed = std::make_unique<SourceFeed>(engine->store(), reactor, engine->fed(), *std::move(sources));
  feeding.start([this] { return feed->step(); });
  feeding.wake();
  return {};
}

Result<void> Node::Parts::start_server() {
  api::ServerConfig server_config;
  server_config.address = config.http_listen.host;
  server_config.port = config.http_listen.port;
  server_config.connections_per_address_max = config.connections_per_address_max;
  api::RoutesConfig routes;
  routes.wait_max = std::min(routes.wait_max, config.receipt_wait);
  routes.meter = server_config.meter;
  routes.counters = [this] { return engine->counters().now(); };
  Port& port = engine->port();
  auto started = api::Server::start(
      server_config,
      api::with_rate_limit(config.requests_per_second_max, api::make_routes(routes, port, port)));
  if (!started) return fail("[http] listen", started.error());
  server = *std::move(started);
  return {};
}

// Outside in: no request any more, then no peer, then what is left is written down.
void Node::Parts::stop() {
  if (engine) engine->refuse_requests();
  server.reset();
  feeding.stop();
  pool.stop();
  if (core_thread.joinable()) {
    asio::post(io, [this] { engine->stop(); });
    guard.reset();
    auto done = core_done.get_future();
    if (done.wait_for(kStopPatience) == std::future_status::timeout) io.stop();
    core_thread.join();
  }
  if (engine) engine->finish();
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header.
Node::~Node() {
  parts_->stop();
  log(LogLevel::info, "node_stopped",
      {{"height", parts_->engine->store().snapshot()->head().height}});
}

Result<std::unique_ptr<Node>> Node::start(const Config& config,
                                          std::function<void(const std::string&)> on_fatal) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  auto keys = KeyRing::load(config);
  if (!keys) return fail(keys.error());
  if (!std::filesystem::exists(config.data)) {
    return fail(Errc::not_found,
                fmt::format("there is no data folder {}; run `footproofd --init CONFIG` once. If "
                            "this validator has run before and lost its disk, run `footproofd "
                            "--init-observer CONFIG`: its vote key may have voted",
                            config.data.string()));
  }
  auto folder = DataFolder::open(config.data);
  if (!folder) return fail(folder.error());
  const auto marked = is_marked(*folder, network->chain_id, *keys);
  if (!marked) return fail(marked.error());
  if (!*marked) {
    return fail(Errc::not_found,
                fmt::format("{} is not initialised; run `footproofd --init CONFIG` once",
                            config.data.string()));
  }
  auto parts =
      std::make_unique<Parts>(config, *std::move(network), *std::move(keys), *std::move(folder));
  auto started = parts->start(std::move(on_fatal));
  if (!started) {
    parts->stop();
    return fail(started.error());
  }
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

std::uint16_t Node::mesh_port() const { return parts_->engine->mesh_port(); }
std::uint16_t Node::http_port() const { return parts_->server->port(); }

}  // namespace footproof::node
