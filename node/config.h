// The configuration of one validator: what the operator writes in <home>/config.toml.
//
// Only what belongs to this machine stands here: addresses, folders, limits. Who the validators
// are and what they have agreed on comes from the genesis file and the ledger, never from here.
// Every unknown key is refused by name, as is every combination that cannot work. Immutable after
// start. Holds paths of keys, never a key.
//
// An example with every key that has no default; relative paths start at the home folder:
//
//   [node]
//   validator = "battery"              # our validator id, in the genesis file or by ballot
//   [mesh]
//   listen = "127.0.0.1:7101"          # where the other validators reach us
//   [[mesh.peer]]
//   validator = "automobile"
//   address = "127.0.0.1:7102"
//   [http]
//   listen = "127.0.0.1:8101"
//
// A node that only follows has no validator and no keys; it names the nodes that it follows:
//
//   [node]
//   follow = ["https://battery.example", "https://steel.example"]
//   [http]
//   listen = "127.0.0.1:8101"
//
// A validator may name nodes to follow, too: while no set in force names its keys, or where it
// missed how the set changed, it has no links and asks them.
//
// Files of the home folder, unless [node] says otherwise: genesis.cbor, data/ (made by `footproofd
// --init` once), keys/{vote,cosign,log}.pem (PKCS#8, unencrypted, mode 0600), keys/tls.pem,
// keys/tls.crt; keys/next/ while new keys of ours wait for the set that names them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attest/result.h"

namespace footproof::node {

// A numeric address and a port, or a host name and a port; port 0 lets the system choose (tests).
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "host:port" or "[v6]:port".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

struct PeerConfig {
  std::string validator;
  Endpoint address;
};

// How a node that follows begins: by executing every block, or from the state at a checkpoint.
enum class CatchUp { replay, snapshot };

enum class LogLevel { debug, info, warning, error };

struct Config {
  // [node]
  std::filesystem::path home;  // the folder of the configuration file
  std::string validator;       // required, but for a node that follows
  // URLs, at most 16. Without `validator`, this node has no vote and no key; with it, they are
  // asked for what its links do not give (source_feed.h).
  std::vector<std::string> follow;
  CatchUp catch_up = CatchUp::replay;
  std::filesystem::path genesis = "genesis.cbor";
  std::filesystem::path data = "data";
  std::filesystem::path vote_key = "keys/vote.pem";
  std::filesystem::path cosign_key = "keys/cosign.pem";
  std::filesystem::path log_key = "keys/log.pem";
  std::filesystem::path tls_key = "keys/tls.pem";
  std::filesystem::path tls_certificate = "keys/tls.crt";
  std::filesystem::path next_keys = "keys/next";  // a folder; need not be there (own_keys.h)
  std::size_t verifier_threads = 2;               // 1..64; signature and hash workers

  // [mesh]
  Endpoint mesh_listen;  // required; a node that follows has none
  // Where to dial validators, whether they are in the set now or will be; at most 30.
  std::vector<PeerConfig> peers;

  // [http]
  Endpoint http_listen;  // required
  std::size_t connections_per_address_max = 16;
  unsigned requests_per_second_max = 0;  // of one address; 0: no limit
  // Signs off a request for a receipt with 202 after this long.
  std::chrono::milliseconds receipt_wait{10'000};

  // [consensus]
  std::chrono::milliseconds delta{100};          // 10..10000: the network's one-way delay bound
  std::chrono::milliseconds idle_block{60'000};  // 1000..3600000: an empty block this often
  std::chrono::milliseconds drift{2'000};        // 100..60000: clocks may differ by so much

  // [batch]
  std::size_t batch_statements_max = 256;                 // 1..1024
  std::size_t batch_bytes_max = std::size_t{128} * 1024;  // 17..255 KiB
  std::chrono::milliseconds batch_delay{5};               // 0..1000
  std::size_t mempool_statements_max = 20'000;            // 256..1000000

  // [log]
  LogLevel log_level = LogLevel::info;

  // And never validates.
  [[nodiscard]] bool follows() const { return validator.empty() && !follow.empty(); }
};

// `home` is what relative paths start at. The paths of the answer are absolute if `home` is.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::filesystem::path& home);
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

// One line of key=value, no secrets: printed once at start.
[[nodiscard]] std::string describe(const Config& config);

}  // namespace footproof::node
