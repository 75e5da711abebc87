// The home folder of one validator, as footproofd expects it (node/config.h): its keys, its public
// descriptor, its configuration. Made on the association's own machine: no private key is ever
// anywhere else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "attest/payload.h"
#include "attest/result.h"
#include "ledger/genesis.h"

namespace footproof::api {

struct ValidatorNames {
  std::string id;      // "battery"
  std::string party;   // URI of its association
  std::string domain;  // of the network
  std::string network;
};

// Makes `home` and home/keys (both must be new or empty of keys): vote, cosign and log keys and TLS
// files, unencrypted, mode 0600 in a folder of mode 0700; writes home/<id>.validator, the
// descriptor.
[[nodiscard]] Result<ledger::ValidatorDescriptor> make_validator_home(
    const std::filesystem::path& home, const ValidatorNames& names);

struct PeerAddress {
  std::string id;
  std::string address;  // host:port
};

struct HomeConfig {
  std::string id;
  std::string mesh_listen;
  std::string http_listen;
  std::vector<PeerAddress> peers;
  std::size_t connections_per_address_max = 16;
  std::vector<std::string> follow;  // URLs of nodes, asked while it has no links
};

// home/config.toml.
[[nodiscard]] Result<void> write_config(const std::filesystem::path& home,
                                        const HomeConfig& config);

}  // namespace footproof::api
