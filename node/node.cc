#include "node/node.h"

#include <fmt/format.h>

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
#include "node/asio_reactor.h"
#include "node/data_folder.h"
#include "node/engine.h"
#include "node/log.h"
#include "node/mesh.h"
#include "node/thread_name.h"
#include "node/thread_runner.h"
#include "node/verifier_pool.h"

namespace footproof::node {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kStopPatience{2};

Result<LinkIdentity> make_links(const Config& config, const Network& network, const OwnKeys& keys,
                                ValidatorIndex self) {
  auto client = make_tls_context(TlsRole::client, config.tls_key, config.tls_certificate);
  if (!client) return fail(client.error());
  auto server = make_tls_context(TlsRole::server, config.tls_key, config.tls_certificate);
  if (!server) return fail(server.error());
  const auto pem = read_file(config.tls_certificate, std::size_t{64} * 1024);
  if (!pem) return fail(pem.error());
  const auto pin = certificate_pin(as_text(*pem));
  if (!pin) return fail(pin.error());
  const auto& members = network.validators.members;
  if (*pin != members[self].tls_pin) {
    return fail(Errc::mismatch, config.tls_certificate.string() +
                                    " does not hold the TLS key that the genesis file names");
  }
  std::vector<PeerIdentity> peers;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i == self) continue;
    peers.push_back(
        {static_cast<ValidatorIndex>(i), members[i].id, members[i].vote_key, members[i].tls_pin});
  }
  return LinkIdentity{
      network.chain_id,   {self, members[self].id, members[self].vote_key, members[self].tls_pin},
      std::move(peers),   [&keys](ByteView message) { return keys.vote.sign(message); },
      *std::move(client), *std::move(server)};
}

std::vector<PeerAddress> addresses(const Config& config, const Network& network) {
  std::vector<PeerAddress> out;
  for (const auto& peer : config.peers) {
    const auto index = network.membership.index_of(peer.validator);
    if (index) out.push_back({*index, peer.address});
  }
  return out;
}

}  // namespace

Result<void> check_files(const Config& config) {
  auto network = load_network(config.genesis);
  if (!network) return fail("[node] genesis", network.error());
  const auto self = find_self(config, *network);
  if (!self) return fail(self.error());
  const auto keys = load_keys(config, network->validators.members[*self]);
  if (!keys) return fail(keys.error());
  if (auto links = make_links(config, *network, *keys, *self); !links) return fail(links.error());
  std::error_code error;
  if (std::filesystem::exists(config.data, error) &&
      !std::filesystem::is_directory(config.data, error)) {
    return fail(Errc::bad_value, "[node] data: " + config.data.string() + " is not a folder");
  }
  return {};
}

Result<void> init_data(const Config& config, bool observer) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  const auto self = find_self(config, *network);
  if (!self) return fail(self.error());
  const auto& member = network->validators.members[*self];
  const auto keys = load_keys(config, member);
  if (!keys) return fail(keys.error());
  auto folder = DataFolder::open(config.data);
  if (!folder) return fail(folder.error());
  auto marked = folder->has_marker(network->chain_id, member.vote_key.raw());
  if (!marked) return fail(marked.error());
  if (*marked) {
    return fail(Errc::usage, config.data.string() + " is initialised already; start footproofd");
  }
  return make_data(*folder, *network, member, observer);
}

struct Node::Parts {
  explicit Parts(Config settings, Network net, OwnKeys own, DataFolder folder)
      : config(std::move(settings)),
        network(std::move(net)),
        keys(std::move(own)),
        data(std::move(folder)),
        pool(config.verifier_threads),
        guard(asio::make_work_guard(io)) {}

  const Config config;
  const Network network;
  const OwnKeys keys;
  const DataFolder data;
  asio::io_context io{1};
  AsioReactor reactor{io};
  ThreadRunner storage{"fp-storage"};
  VerifierPool pool;
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  std::unique_ptr<Mesh> mesh;
  std::optional<Outside> outside;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<api::Server> server;
  std::promise<void> core_done;
  std::thread core_thread;

  Result<void> start(ValidatorIndex self, std::function<void(const std::string&)> on_fatal);
  Result<void> start_server();
  void stop();
};

Result<void> Node::Parts::start(ValidatorIndex self,
                                std::function<void(const std::string&)> on_fatal) {
  auto links = make_links(config, network, keys, self);
  if (!links) return fail(links.error());
  mesh =
      std::make_unique<Mesh>(io, *std::move(links), addresses(config, network), config.mesh_listen);
  outside.emplace(
      Outside{reactor, *mesh, pool, storage, [this] { return disk_space(config.data); }});
  auto started = Engine::start({*outside, config, network, keys, self, std::move(on_fatal)});
  if (!started) return fail(started.error());
  engine = *std::move(started);
  const auto head = engine->store().snapshot()->head();
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
  return start_server();
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
  const auto self = find_self(config, *network);
  if (!self) return fail(self.error());
  const auto& member = network->validators.members[*self];
  auto keys = load_keys(config, member);
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
  const auto marked = folder->has_marker(network->chain_id, member.vote_key.raw());
  if (!marked) return fail(marked.error());
  if (!*marked) {
    return fail(Errc::not_found,
                fmt::format("{} is not initialised; run `footproofd --init CONFIG` once",
                            config.data.string()));
  }
  auto parts =
      std::make_unique<Parts>(config, *std::move(network), *std::move(keys), *std::move(folder));
  auto started = parts->start(*self, std::move(on_fatal));
  if (!started) {
    parts->stop();
    return fail(started.error());
  }
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

std::uint16_t Node::mesh_port() const { return parts_->engine->mesh_port(); }
std::uint16_t Node::http_port() const { return parts_->server->port(); }

}  // namespace footproof::node
