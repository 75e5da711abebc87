// A whole network for trying things out, on one machine: what associations and parties do apart
// from each other is done here in one go, with the same code. Not for real use: every private key
// is in one place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::api {

inline constexpr std::size_t kDemoValidatorsMin = 4;
inline constexpr std::size_t kDemoValidatorsMax = 31;

struct DemoOptions {
  std::filesystem::path folder;  // new
  std::size_t validators = 5;
  std::uint16_t base_port = 7100;  // mesh at base + i, HTTP at base + 100 + i, i from 1
  std::string domain = "footproof.example";
  std::string network = "demo";
};

struct DemoValidator {
  std::string id;
  std::filesystem::path home;
  std::string mesh;  // host:port
  std::string url;
};

struct DemoParty {
  std::string name;  // "accreditation-body": the folder below parties/
  std::string uri;
  std::string role;
};

struct DemoNetwork {
  Digest chain_id;
  std::string origin;
  std::vector<DemoValidator> validators;
  std::vector<DemoParty> parties;  // with keys under parties/<name>/{sign,status}.pem
  std::filesystem::path passphrase_file;
};

// Makes the folder: genesis.cbor, network.json, one home a validator, parties/. The passphrase of
// the parties' keys is drawn at random into parties/passphrase, mode 0600.
[[nodiscard]] Result<DemoNetwork> make_demo_network(const DemoOptions& options);

}  // namespace footproof::api
