// footproof network: genesis, assembled from the descriptors of those who take part, and `new`, a
// whole demonstration network on one machine.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/assemble_genesis.h"
#include "api/cli/command.h"
#include "api/cli/demo_network.h"
#include "api/cli/inspect.h"
#include "attest/state_record.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

constexpr std::size_t kDescriptorMax = std::size_t{64} * 1024;

struct GenesisOptions {
  std::string domain;
  std::string network;
  std::string output;
  std::vector<std::string> descriptors;
};

Result<void> add_descriptor(const std::string& path, ledger::Genesis& genesis) {
  const auto bytes = read_file(path, kDescriptorMax);
  if (!bytes) return fail(bytes.error());
  auto validator = ledger::parse_validator_descriptor(*bytes);
  auto party = ledger::parse_party_descriptor(*bytes);
  if (!validator && !party) {
    if (const auto kind = kind_of(*bytes)) {
      return fail(Errc::usage, path + ": is " + with_article(*kind) +
                                   ", not a validator descriptor nor a party descriptor");
    }
    // Whichever it was meant to be, one of the two says more than the other's tag.
    return fail(Errc::usage, path + ": as a validator: " + validator.error().detail +
                                 "; as a party: " + party.error().detail);
  }
  const std::string& domain = validator ? validator->domain : party->domain;
  const std::string& network = validator ? validator->network : party->network;
  if (domain != genesis.domain || network != genesis.network) {
    return fail(Errc::usage, path + ": made for network " + domain + '/' + network +
                                 "; its owner must make it again for this one");
  }
  if (validator) {
    genesis.validators.push_back(std::move(validator->validator));
  } else {
    genesis.parties.push_back(std::move(party->party));
  }
  return {};
}

int make_genesis(const GenesisOptions& options, const Context& context) {
  ledger::Genesis genesis;
  genesis.domain = options.domain;
  genesis.network = options.network;
  genesis.time_ms = clock_now().ms;
  for (const std::string& path : options.descriptors) {
    if (const auto added = add_descriptor(path, genesis); !added) return report(added.error());
  }
  const std::size_t validators = genesis.validators.size();
  const std::size_t parties = genesis.parties.size();
  if (validators < kValidatorsMin || validators > kValidatorsMax) {
    return report({Errc::usage, "genesis: " + std::to_string(validators) +
                                    " descriptors of validators given; a network has 4 to 31"});
  }
  const auto assembled = assemble_genesis(std::move(genesis));
  if (!assembled) return report({Errc::usage, assembled.error().detail});
  const auto written = write_file(options.output, assembled->bytes, 0644, Overwrite::no);
  if (!written) return report(written.error());
  if (context.json) {
    nlohmann::ordered_json shown;
    shown["file"] = options.output;
    shown["chain_id"] = assembled->chain_id.hex();
    shown["origin"] = assembled->origin;
    std::cout << shown.dump(2) << '\n';
  } else {
    std::cout << "genesis   " << options.output << ": " << validators << " validators, " << parties
              << " parties\nchain id  " << assembled->chain_id.hex() << "\norigin    "
              << assembled->origin
              << "\nEvery association compares the chain id, by telephone if need be, before it "
                 "starts.\n";
  }
  return kOk;
}

int make_demo(const DemoOptions& options, const Context& context) {
  const auto made = make_demo_network(options);
  if (!made) return report(made.error());
  if (context.json) {
    const auto overview =
        read_file((options.folder / "network.json").string(), std::size_t{1024} * 1024);
    if (!overview) return report(overview.error());
    std::cout << as_text(*overview);
    return kOk;
  }
  std::cout << "network   " << made->origin << "\nchain id  " << made->chain_id.hex() << '\n';
  for (const DemoValidator& validator : made->validators) {
    std::cout << "          " << validator.url << "   " << (validator.home / "config.toml").string()
              << '\n';
  }
  std::cout << "start     footproofd --init CONFIG once, then footproofd CONFIG, for each\n";
  std::cout << "parties   keys below " << (options.folder / "parties").string()
            << ", passphrase in " << made->passphrase_file.string()
            << "\nA demonstration: all private keys are on this one machine.\n";
  return kOk;
}

}  // namespace

void add_network_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("network", "Start a network");
  group->require_subcommand(1);

  auto options = std::make_shared<GenesisOptions>();
  auto* genesis = group->add_subcommand("genesis", "Assemble the genesis file from descriptors");
  genesis->add_option("DESCRIPTOR", options->descriptors, "Descriptors of validators and parties")
      ->required();
  genesis->add_option("--domain", options->domain, "Domain, e.g. footproof.example")->required();
  genesis->add_option("--network", options->network, "Name, e.g. korea")->required();
  genesis->add_option("-o,--output", options->output, "File to write")->required();
  genesis->footer(
      "Example:\n  footproof network genesis *.validator *.party --domain footproof.example \\\n"
      "    --network korea -o genesis.cbor\n");
  genesis->callback([options, &context] { context.exit_code = make_genesis(*options, context); });

  auto demo_options = std::make_shared<DemoOptions>();
  auto folder = std::make_shared<std::string>();
  auto* demo = group->add_subcommand("new", "Make a demonstration network on this machine");
  demo->add_option("DIR", *folder, "Folder to make it in")->required();
  demo->add_option("--validators", demo_options->validators, "4 to 31, one association each")
      ->capture_default_str();
  demo->add_option("--base-port", demo_options->base_port,
                   "Mesh listens from this + 1, HTTP from this + 101")
      ->capture_default_str();
  demo->add_option("--domain", demo_options->domain, "Domain")->capture_default_str();
  demo->add_option("--network", demo_options->network, "Name")->capture_default_str();
  demo->footer("Example:\n  footproof network new ./demo --validators 5 --base-port 7100\n");
  demo->callback([demo_options, folder, &context] {
    demo_options->folder = *folder;
    context.exit_code = make_demo(*demo_options, context);
  });
}

}  // namespace footproof::api
