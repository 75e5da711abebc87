// footproof validator new and party new (validator_join.cc has the rest): what an association, an
// accreditation body or a scheme owner makes on its own machine before a network exists: keys, and
// public descriptors for genesis.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/command.h"
#include "api/cli/key_request.h"
#include "api/cli/validator_home.h"
#include "api/client/client.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

struct ValidatorOptions {
  std::string home;
  ValidatorNames names;
  HomeConfig config;
  std::vector<std::string> peers;
};

struct PartyOptions {
  std::string output;
  std::string domain;
  std::string network;
  AdmitParty party;
  std::string role;
  std::string sign_key;
  std::string status_key;
  std::string passphrase_file;
};

// host:port of characters that need no quoting in the configuration.
bool is_address(const std::string& text) {
  return !text.empty() && text.size() <= 128 && text.find(':') != std::string::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view(".-:[]").find(c) != std::string_view::npos;
         });
}

Result<void> fill_config(ValidatorOptions& options) {
  options.config.id = options.names.id;
  const auto& [mesh, http] = std::pair(options.config.mesh_listen, options.config.http_listen);
  if (!is_address(mesh)) return fail(Errc::usage, "--mesh-listen: HOST:PORT, not " + mesh);
  if (!is_address(http)) return fail(Errc::usage, "--http-listen: HOST:PORT, not " + http);
  for (const std::string& text : options.peers) {
    const auto equals = text.find('=');
    const std::string address = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (!is_address(address)) return fail(Errc::usage, "--peer: ID=HOST:PORT, not " + text);
    options.config.peers.push_back({text.substr(0, equals), address});
  }
  for (const std::string& url : options.config.follow) {
    if (auto client = Client::make({url}); !client) return fail("--follow", client.error());
    if (url.find_first_of("\"\\\n") != std::string::npos) {
      return fail(Errc::usage, "--follow: not the URL of a node: " + url);
    }
  }
  return {};
}

int make_validator(ValidatorOptions options, const Context& context) {
  const bool with_config = !options.config.mesh_listen.empty();
  if (with_config) {
    if (const auto filled = fill_config(options); !filled) return report(filled.error());
  }
  const auto made = make_validator_home(options.home, options.names);
  if (!made) return report(made.error());
  if (with_config) {
    if (const auto written = write_config(options.home, options.config); !written) {
      return report(written.error());
    }
  }
  const std::string descriptor =
      (std::filesystem::path(options.home) / (options.names.id + ".validator")).string();
  if (context.json) {
    nlohmann::ordered_json shown;
    shown["validator"] = options.names.id;
    shown["home"] = options.home;
    shown["descriptor"] = descriptor;
    shown["tls_pin"] = made->validator.tls_pin.hex();
    std::cout << shown.dump(2) << '\n';
  } else {
    std::cout << "validator   " << options.names.id << "\nkeys        " << options.home
              << "/keys (private: they never leave this machine)\ndescriptor  " << descriptor
              << " (public: hand it to whoever assembles genesis)\n";
  }
  return kOk;
}

Result<void> add_key(PartyOptions& options, const std::string& path, KeyUsage usage) {
  if (path.empty()) return {};
  const auto key = open_key(path, options.passphrase_file);
  if (!key) return fail(key.error());
  auto made =
      make_new_key(**key, ledger::genesis_possession_context(options.domain, options.network),
                   options.party.uri, usage);
  if (!made) return fail(std::move(made.error()));
  options.party.keys.push_back(std::move(*made));
  return {};
}

int make_party(PartyOptions options) {
  const auto role = parse_party_role(options.role);
  if (!role) return report(role.error());
  options.party.role = *role;
  std::sort(options.party.schemes.begin(), options.party.schemes.end());
  std::sort(options.party.regimes.begin(), options.party.regimes.end());
  for (const auto& [path, usage] : {std::pair(options.sign_key, KeyUsage::sign),
                                    std::pair(options.status_key, KeyUsage::status)}) {
    if (const auto added = add_key(options, path, usage); !added) return report(added.error());
  }
  const Bytes encoded =
      ledger::encode(ledger::PartyDescriptor{options.domain, options.network, options.party});
  if (const auto parsed = ledger::parse_party_descriptor(encoded); !parsed) {
    return report({Errc::usage, parsed.error().detail});
  }
  const auto written = write_file(options.output, encoded, 0644, Overwrite::no);
  if (!written) return report(written.error());
  std::cerr << "descriptor of " << options.party.uri << " in " << options.output << '\n';
  return kOk;
}

}  // namespace

void add_validator_commands(CLI::App& app, Context& context) {
  auto* validator = app.add_subcommand("validator", "Associations: set up a validator");
  validator->require_subcommand(1);
  auto options = std::make_shared<ValidatorOptions>();
  auto* make = validator->add_subcommand("new", "Make its keys and its public descriptor");
  make->add_option("HOME", options->home, "Home folder of the validator, new")->required();
  make->add_option("--id", options->names.id, "Validator id, e.g. battery")->required();
  make->add_option("--party", options->names.party, "Party URI of the association")->required();
  make->add_option("--domain", options->names.domain, "Domain of the network")->required();
  make->add_option("--network", options->names.network, "Name of the network")->required();
  auto* mesh = make->add_option("--mesh-listen", options->config.mesh_listen,
                                "HOST:PORT for the other validators; also writes config.toml");
  auto* http = make->add_option("--http-listen", options->config.http_listen,
                                "HOST:PORT for clients (loopback, behind a proxy with TLS)");
  mesh->needs(http);
  http->needs(mesh);
  make->add_option("--peer", options->peers, "ID=HOST:PORT of another validator; repeatable")
      ->needs(mesh);
  make->add_option("--follow", options->config.follow,
                   "URL of a node that it asks while it has no links; repeatable")
      ->needs(mesh);
  make->footer(
      "Example:\n  footproof validator new ./battery --id battery --party https://battery.example "
      "\\\n    --domain footproof.example --network korea\n");
  make->callback([options, &context] { context.exit_code = make_validator(*options, context); });

  add_validator_join_commands(*validator, context);

  auto* party = app.add_subcommand("party", "Parties that a network starts with");
  party->require_subcommand(1);
  auto described = std::make_shared<PartyOptions>();
  auto* describe = party->add_subcommand("new", "Make a party's public descriptor for genesis");
  describe->add_option("--uri", described->party.uri, "Party URI")->required();
  describe
      ->add_option("--role", described->role,
                   "association, accreditation-body, scheme-owner, dataset-operator")
      ->required();
  describe->add_option("--legal-name", described->party.legal_name, "Registered name")->required();
  describe->add_option("--scheme", described->party.schemes, "Scheme it may act for; repeatable");
  describe->add_option("--regime", described->party.regimes,
                       "Regime it is recognised in; repeatable");
  describe->add_option("--sign-key", described->sign_key, "Key file of usage sign");
  describe->add_option("--status-key", described->status_key, "Key file of usage status")
      ->required();
  describe->add_option("--passphrase-file", described->passphrase_file, "See key new");
  describe->add_option("--domain", described->domain, "Domain of the network")->required();
  describe->add_option("--network", described->network, "Name of the network")->required();
  describe->add_option("-o,--output", described->output, "File to write")->required();
  describe->footer(
      "Example:\n  footproof party new --uri https://accreditation.example --role "
      "accreditation-body \\\n    --legal-name 'Accreditation Body' --scheme cbam --status-key "
      "body-status.pem \\\n    --domain footproof.example --network korea -o body.party\n");
  describe->callback([described, &context] { context.exit_code = make_party(*described); });
}

}  // namespace footproof::api
