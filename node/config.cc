#include "node/config.h"

#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

namespace footproof::node {
namespace {

constexpr std::size_t kConfigSizeMax = std::size_t{256} * 1024;
constexpr std::size_t kPeersMax = 30;
constexpr std::size_t kFollowMax = 16;
constexpr std::size_t kUrlSizeMax = 256;

bool is_validator_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

// Reads one table: every key that is asked for is known, all others are refused at the end.
// Keeps the first error, so that the calls below read as a list.
class Section {
 public:
  Section(std::string name, const toml::table* table) : name_(std::move(name)), table_(table) {}

  void text(std::string_view key, const std::function<Result<bool>(std::string)>& take) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* value = node->as_string();
    if (value == nullptr) return refuse(key, "must be a string in quotes");
    auto taken = take(value->get());
    if (!taken) refuse(key, taken.error().detail);
  }

  template <class T>
  void number(std::string_view key, T& out, std::int64_t min, std::int64_t max) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < min || value->get() > max) {
      return refuse(key, fmt::format("must be a whole number from {} to {}", min, max));
    }
    out = static_cast<T>(value->get());
  }

  void milliseconds(std::string_view key, std::chrono::milliseconds& out, std::int64_t min,
                    std::int64_t max) {
    auto count = static_cast<std::size_t>(out.count());
    number(key, count, min, max);
    out = std::chrono::milliseconds(static_cast<std::int64_t>(count));
  }

  void path(std::string_view key, std::filesystem::path& out) {
    text(key, [&out](const std::string& value) -> Result<bool> {
      if (value.empty()) return fail(Errc::bad_value, "must not be empty");
      out = value;
      return true;
    });
  }

  void endpoint(std::string_view key, Endpoint& out) {
    text(key, [&out](const std::string& value) -> Result<bool> {
      auto parsed = parse_endpoint(value);
      if (!parsed) return fail(parsed.error());
      out = *std::move(parsed);
      return true;
    });
  }

  const toml::node* find(std::string_view key) {
    known_.insert(std::string(key));
    return table_ == nullptr ? nullptr : table_->get(key);
  }

  void refuse(std::string_view key, std::string_view why) {
    if (error_.empty()) error_ = fmt::format("[{}] {}: {}", name_, key, why);
  }

  // The first thing wrong with this table, or nothing.
  std::string problem() const {
    if (!error_.empty() || table_ == nullptr) return error_;
    for (const auto& [key, value] : *table_) {
      if (!known_.contains(std::string(key.str()))) {
        std::string names;
        for (const auto& name : known_) names += (names.empty() ? "" : ", ") + name;
        return fmt::format("[{}] {}: unknown key; this table knows: {}", name_,
                           std::string_view(key.str()), names);
      }
    }
    return {};
  }

 private:
  std::string name_;
  const toml::table* table_;
  std::set<std::string> known_;
  std::string error_;
};

std::string read_peers(Section& mesh, Config& config) {
  const auto* node = mesh.find("peer");
  if (node == nullptr) return {};
  const auto* list = node->as_array();
  if (list == nullptr || list->size() > kPeersMax) {
    return fmt::format("[mesh] peer: must be at most {} [[mesh.peer]] tables", kPeersMax);
  }
  for (const auto& item : *list) {
    const auto* table = item.as_table();
    if (table == nullptr) return "[mesh] peer: must be [[mesh.peer]] tables";
    Section section("[mesh.peer]", table);
    PeerConfig peer;
    section.text("validator", [&peer](std::string value) -> Result<bool> {
      if (!is_validator_id(value)) return fail(Errc::bad_value, "is no validator id");
      peer.validator = std::move(value);
      return true;
    });
    section.endpoint("address", peer.address);
    if (auto problem = section.problem(); !problem.empty()) return problem;
    if (peer.validator.empty()) return "[[mesh.peer]] validator: is missing";
    if (peer.address.host.empty()) {
      return fmt::format("[[mesh.peer]] address: of {} is missing", peer.validator);
    }
    config.peers.push_back(std::move(peer));
  }
  return {};
}

// What is asked for there, this program says.
bool is_node_alone(std::string_view url) {
  const auto host = url.find("://") + 3;
  return host < url.size() && url.find_first_of("/?#@ ", host) == std::string_view::npos;
}

// Whoever listens on all addresses is reached under those of loopback, too.
bool is_reached_at(const Endpoint& listens, std::string_view url) {
  constexpr std::array<std::string_view, 3> kLoopback = {"127.0.0.1", "::1", "localhost"};
  const auto is_loopback = [&](const std::string& host) {
    return std::ranges::find(kLoopback, host) != kLoopback.end();
  };
  const std::string where(url.substr(url.find("://") + 3));
  auto asked = parse_endpoint(where);
  if (!asked) asked = parse_endpoint(where + (url.starts_with("https") ? ":443" : ":80"));
  if (!asked || listens.port == 0 || asked->port != listens.port) return false;
  const bool on_loopback =
      listens.host == "0.0.0.0" || listens.host == "::" || is_loopback(listens.host);
  return asked->host == listens.host || (on_loopback && is_loopback(asked->host));
}

void read_follow(Section& node, Config& config) {
  if (const auto* value = node.find("follow")) {
    const auto* list = value->as_array();
    if (list == nullptr || list->empty() || list->size() > kFollowMax) {
      return node.refuse("follow", fmt::format("must be a list of 1 to {} URLs", kFollowMax));
    }
    for (const auto& item : *list) {
      const auto* text = item.as_string();
      auto url = text == nullptr ? std::string() : text->get();
      while (url.ends_with('/')) url.pop_back();
      if (url.size() > kUrlSizeMax ||
          !(url.starts_with("https://") || url.starts_with("http://"))) {
        return node.refuse("follow", "every item must be a URL in quotes, https:// or http://");
      }
      if (!is_node_alone(url)) {
        return node.refuse("follow", fmt::format("{}: name the node alone, \"https://host:port\", "
                                                 "without path or query",
                                                 url));
      }
      config.follow.push_back(std::move(url));
    }
  }
  node.text("catch_up", [&config](const std::string& value) -> Result<bool> {
    if (config.follow.empty()) {
      return fail(Errc::bad_value, "is for a node with `follow`, which names whom it fetches from");
    }
    if (value != "replay" && value != "snapshot") {
      return fail(Errc::bad_value, "must be replay or snapshot");
    }
    config.catch_up = value == "snapshot" ? CatchUp::snapshot : CatchUp::replay;
    return true;
  });
}

std::string follower_problem(const Config& config) {
  if (!config.mesh_listen.host.empty() || !config.peers.empty()) {
    return "[mesh]: a node that only follows has no links; leave the table out, or name "
           "[node] validator";
  }
  if (config.http_listen.host.empty()) return "[http] listen: is missing; write \"host:port\"";
  return {};
}

std::string combination_problem(const Config& config) {
  const std::set<std::string> distinct(config.follow.begin(), config.follow.end());
  if (distinct.size() != config.follow.size()) return "[node] follow: names a node twice";
  for (const auto& url : config.follow) {
    if (is_reached_at(config.http_listen, url)) {
      return fmt::format("[node] follow: {} is this node's own [http] listen; name other nodes",
                         url);
    }
  }
  if (config.follows()) return follower_problem(config);
  if (config.validator.empty()) return "[node] validator: is missing; it is our validator id";
  if (config.mesh_listen.host.empty()) return "[mesh] listen: is missing; write \"host:port\"";
  if (config.http_listen.host.empty()) return "[http] listen: is missing; write \"host:port\"";
  if (config.mesh_listen.port != 0 && config.mesh_listen == config.http_listen) {
    return "[http] listen: is the address of [mesh] listen; choose another port";
  }
  std::set<std::string> seen{config.validator};
  std::map<std::string, std::string> dialled;
  for (const auto& peer : config.peers) {
    if (!seen.insert(peer.validator).second) {
      return fmt::format("[[mesh.peer]] validator: {} is named twice or is this node itself",
                         peer.validator);
    }
    if (peer.address.port == 0) {
      return fmt::format("[[mesh.peer]] address: of {} has port 0; nobody can dial that",
                         peer.validator);
    }
    const auto [other, fresh] = dialled.emplace(peer.address.text(), peer.validator);
    if (!fresh) {
      return fmt::format("[[mesh.peer]] address: {} and {} have the same one", other->second,
                         peer.validator);
    }
    if (peer.address == config.mesh_listen) {
      return fmt::format("[[mesh.peer]] address: of {} is our own [mesh] listen", peer.validator);
    }
  }
  if (config.mempool_statements_max < config.batch_statements_max) {
    return "[batch] mempool_statements_max: is below statements_max; a full batch would not fit";
  }
  if (config.idle_block < 4 * config.delta) {
    return "[consensus] idle_block_ms: is below 4 * delta_ms; idle views would always time out";
  }
  return {};
}

void make_absolute(Config& config) {
  for (auto* path :
       {&config.genesis, &config.data, &config.vote_key, &config.cosign_key, &config.log_key,
        &config.tls_key, &config.tls_certificate, &config.next_keys}) {
    if (path->is_relative()) *path = config.home / *path;
  }
}

std::string read_level(Section& log, Config& config) {
  log.text("level", [&config](const std::string& value) -> Result<bool> {
    if (value == "debug") {
      config.log_level = LogLevel::debug;
    } else if (value == "info") {
      config.log_level = LogLevel::info;
    } else if (value == "warning") {
      config.log_level = LogLevel::warning;
    } else if (value == "error") {
      config.log_level = LogLevel::error;
    } else {
      return fail(Errc::bad_value, "must be debug, info, warning or error");
    }
    return true;
  });
  return log.problem();
}

std::string read_tables(const toml::table& root, Config& config) {
  Section top("top level", &root);
  const auto table = [&top](std::string_view name) -> Section {
    const auto* node = top.find(name);
    if (node != nullptr && node->as_table() == nullptr) top.refuse(name, "must be a table");
    return {std::string(name), node == nullptr ? nullptr : node->as_table()};
  };
  auto node = table("node");
  auto mesh = table("mesh");
  auto http = table("http");
  auto consensus = table("consensus");
  auto batch = table("batch");
  auto log = table("log");
  if (auto problem = top.problem(); !problem.empty()) return problem;

  node.text("validator", [&config](std::string value) -> Result<bool> {
    if (!is_validator_id(value)) return fail(Errc::bad_value, "must be 1 to 64 of A-Za-z0-9._-");
    config.validator = std::move(value);
    return true;
  });
  read_follow(node, config);
  node.path("genesis", config.genesis);
  node.path("data", config.data);
  node.path("vote_key", config.vote_key);
  node.path("cosign_key", config.cosign_key);
  node.path("log_key", config.log_key);
  node.path("tls_key", config.tls_key);
  node.path("tls_certificate", config.tls_certificate);
  node.path("next_keys", config.next_keys);
  node.number("verifier_threads", config.verifier_threads, 1, 64);

  mesh.endpoint("listen", config.mesh_listen);
  if (auto problem = read_peers(mesh, config); !problem.empty()) return problem;

  http.endpoint("listen", config.http_listen);
  http.number("connections_per_address_max", config.connections_per_address_max, 1, 10'000);
  http.number("requests_per_second_max", config.requests_per_second_max, 0, 1'000'000);
  http.milliseconds("receipt_wait_ms", config.receipt_wait, 0, 60'000);

  consensus.milliseconds("delta_ms", config.delta, 10, 10'000);
  consensus.milliseconds("idle_block_ms", config.idle_block, 1'000, 3'600'000);
  consensus.milliseconds("drift_ms", config.drift, 100, 60'000);

  batch.number("statements_max", config.batch_statements_max, 1, 1024);
  batch.number("bytes_max", config.batch_bytes_max, 17L * 1024, 255L * 1024);
  batch.milliseconds("delay_ms", config.batch_delay, 0, 1'000);
  batch.number("mempool_statements_max", config.mempool_statements_max, 256, 1'000'000);

  for (const auto* section : {&node, &mesh, &http, &consensus, &batch}) {
    if (auto problem = section->problem(); !problem.empty()) return problem;
  }
  return read_level(log, config);
}

}  // namespace

std::string Endpoint::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.size() > 300) {
    return fail(Errc::bad_value, "must be \"host:port\"");
  }
  auto host = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') {
      return fail(Errc::bad_value, "an IPv6 address stands in brackets: \"[::1]:7101\"");
    }
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(Errc::bad_value, "an IPv6 address stands in brackets: \"[::1]:7101\"");
  }
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) {
    return fail(Errc::bad_value, "the port must be a number from 0 to 65535");
  }
  for (const char c : host) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == ':';
    if (!plain) return fail(Errc::bad_value, "the host holds a character that no host name has");
  }
  return Endpoint{std::string(host), port};
}

Result<Config> parse_config(std::string_view text, const std::filesystem::path& home) {
  if (text.size() > kConfigSizeMax) return fail(Errc::bad_length, "configuration above 256 KiB");
  Config config;
  config.home = home;
  try {
    const toml::table root = toml::parse(text);
    if (auto problem = read_tables(root, config); !problem.empty()) {
      return fail(Errc::bad_value, std::move(problem));
    }
  } catch (const toml::parse_error& error) {
    return fail(Errc::malformed,
                fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  if (auto problem = combination_problem(config); !problem.empty()) {
    return fail(Errc::bad_value, std::move(problem));
  }
  make_absolute(config);
  return config;
}

Result<Config> load_config(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(file, ignored);
  if (std::filesystem::is_directory(whole, ignored)) {
    return fail(Errc::io,
                fmt::format("{} is a folder; name the file, or say --home", whole.string()));
  }
  std::ifstream in(whole, std::ios::binary);
  if (!in) return fail(Errc::io, fmt::format("cannot read {}", whole.string()));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return fail(Errc::io, fmt::format("cannot read {}", whole.string()));
  auto config = parse_config(text.str(), whole.parent_path());
  if (!config) return fail(whole.string(), config.error());
  return config;
}

std::string describe(const Config& config) {
  if (config.follows()) {
    return fmt::format("follow={} catch_up={} http={} data={} verifier_threads={}",
                       fmt::join(config.follow, ","),
                       config.catch_up == CatchUp::snapshot ? "snapshot" : "replay",
                       config.http_listen.text(), config.data.string(), config.verifier_threads);
  }
  return fmt::format(
      "validator={} mesh={} http={} peers={} data={} delta_ms={} idle_block_ms={} "
      "batch_statements_max={} batch_bytes_max={} batch_delay_ms={} verifier_threads={} follow={}",
      config.validator, config.mesh_listen.text(), config.http_listen.text(), config.peers.size(),
      config.data.string(), config.delta.count(), config.idle_block.count(),
      config.batch_statements_max, config.batch_bytes_max, config.batch_delay.count(),
      config.verifier_threads, fmt::join(config.follow, ","));
}

}  // namespace footproof::node
