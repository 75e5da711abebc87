#include "api/cli/demo_network.h"

#include <array>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "api/cli/assemble_genesis.h"
#include "api/cli/command.h"
#include "api/cli/key_request.h"
#include "api/cli/validator_home.h"
#include "attest/key.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

constexpr std::array kAssociations = {"battery", "automobile", "home-appliances", "steel-aluminium",
                                      "textiles"};
constexpr std::array kLegalNames = {
    "Battery Industry Association", "Automobile Manufacturers Association",
    "Home Appliances Association", "Steel and Aluminium Association",
    "Textile Industry Association"};
constexpr std::uint16_t kHttpOffset = 100;
// So that many clients on this one machine, all of one address, can be tried.
constexpr std::size_t kDemoConnectionsPerAddress = 128;

std::string association_id(std::size_t index) {
  return index < kAssociations.size() ? kAssociations[index]
                                      : "association-" + std::to_string(index + 1);
}
std::string association_name(std::size_t index) {
  return index < kLegalNames.size() ? kLegalNames[index]
                                    : "Association " + std::to_string(index + 1);
}
std::string uri_of(const std::string& name) { return "https://" + name + ".example"; }

class Builder {
 public:
  explicit Builder(const DemoOptions& options)
      // Two keys for each party: the associations, the body, the scheme owner, the dataset
      // operator, the verifier.
      : options_(options), progress_("making keys", 2 * (options.validators + 4)) {}

  Result<DemoNetwork> build() {
    if (const auto made = make_folders(); !made) return fail(made.error());
    if (const auto made = make_validators(); !made) return fail(made.error());
    if (const auto made = make_parties(); !made) return fail(made.error());
    const auto genesis = write_genesis();
    if (!genesis) return fail(genesis.error());
    if (const auto made = make_verifier(); !made) return fail(made.error());
    if (const auto written = write_overview(); !written) return fail(written.error());
    return std::move(network_);
  }

 private:
  Result<void> make_folders() {
    if (options_.validators < kDemoValidatorsMin || options_.validators > kDemoValidatorsMax) {
      return fail(Errc::usage, "--validators: 4 to 31; fewer cannot bear a faulty one");
    }
    if (options_.base_port < 1024 || options_.base_port > 65'000) {
      return fail(Errc::usage, "--base-port: 1024 to 65000");
    }
    std::error_code error;
    if (std::filesystem::exists(options_.folder / "genesis.cbor", error)) {
      return fail(Errc::usage, options_.folder.string() +
                                   ": holds a network already; choose another folder or remove it");
    }
    std::filesystem::create_directories(options_.folder / "parties", error);
    if (error) {
      return fail(Errc::io, options_.folder.string() + ": cannot create: " + error.message());
    }
    network_.passphrase_file = options_.folder / "parties" / "passphrase";
    passphrase_ = to_hex(random_bytes(16));
    const auto written = write_file(network_.passphrase_file.string(), as_bytes(passphrase_ + "\n"),
                                    0600, Overwrite::no);
    if (!written) return fail(written.error());
    genesis_.domain = options_.domain;
    genesis_.network = options_.network;
    genesis_.time_ms = clock_now().ms;
    return {};
  }

  Result<void> make_validators() {
    for (std::size_t i = 0; i < options_.validators; ++i) {
      const std::string id = association_id(i);
      const auto port = static_cast<std::uint16_t>(options_.base_port + i + 1);
      DemoValidator validator{id, options_.folder / id, "127.0.0.1:" + std::to_string(port),
                              "http://127.0.0.1:" + std::to_string(port + kHttpOffset)};
      auto made =
          make_validator_home(validator.home, {id, uri_of(id), options_.domain, options_.network});
      if (!made) return fail(made.error());
      genesis_.validators.push_back(std::move(made->validator));
      network_.validators.push_back(std::move(validator));
    }
    for (const DemoValidator& validator : network_.validators) {
      HomeConfig config{validator.id,
                        validator.mesh,
                        validator.url.substr(std::string_view("http://").size()),
                        {},
                        kDemoConnectionsPerAddress,
                        {}};
      for (const DemoValidator& peer : network_.validators) {
        if (peer.id == validator.id) continue;
        config.peers.push_back({peer.id, peer.mesh});
        config.follow.push_back(peer.url);
      }
      if (const auto written = write_config(validator.home, config); !written) {
        return fail(written.error());
      }
    }
    return {};
  }

  Result<void> make_parties() {
    // So that late anchoring can be tried; a real network leaves it to its schemes' owners.
    genesis_.parameters.late_days = {{"cbam", 180}};
    for (std::size_t i = 0; i < options_.validators; ++i) {
      const auto made =
          add_party(association_id(i), PartyRole::association, association_name(i), {}, {});
      if (!made) return fail(made.error());
    }
    const auto body = add_party("accreditation-body", PartyRole::accreditation_body,
                                "Demonstration Accreditation Body", {"cbam", "kitech-cfp", "pact"},
                                {"eu-nab", "iaf-mla"});
    if (!body) return fail(body.error());
    const auto owner = add_party("scheme-owner", PartyRole::scheme_owner,
                                 "Demonstration Scheme Owner", {"cbam"}, {});
    if (!owner) return fail(owner.error());
    return add_party("dataset-operator", PartyRole::dataset_operator,
                     "Demonstration LCI Database Operator", {}, {});
  }

  // Keys below parties/<name>/, the public half into genesis.
  Result<void> add_party(const std::string& name, PartyRole role, std::string legal_name,
                         std::vector<std::string> schemes, std::vector<std::string> regimes) {
    AdmitParty party{uri_of(name),       role, std::move(legal_name), std::move(schemes),
                     std::move(regimes), {}};
    const Digest context = ledger::genesis_possession_context(options_.domain, options_.network);
    for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
      const auto key = make_key(name, usage);
      if (!key) return fail(key.error());
      auto made = make_new_key(*key, context, party.uri, usage);
      if (!made) return fail(std::move(made.error()));
      party.keys.push_back(std::move(*made));
    }
    network_.parties.push_back({name, party.uri, std::string(to_text(role))});
    genesis_.parties.push_back(std::move(party));
    return {};
  }

  Result<SigningKey> make_key(const std::string& name, KeyUsage usage) {
    const auto folder = options_.folder / "parties" / name;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    SigningKey key = SigningKey::generate(Algorithm::es256);
    std::string pem = key.to_pem(passphrase_);
    progress_.advance(++keys_made_);
    const auto written = write_file((folder / (std::string(to_text(usage)) + ".pem")).string(),
                                    as_bytes(pem), 0600, Overwrite::no);
    wipe(std::span(reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()));
    if (!written) return fail(written.error());
    return key;
  }

  Result<void> write_genesis() {
    const auto assembled = assemble_genesis(std::move(genesis_));
    if (!assembled) return fail(assembled.error());
    const Bytes& bytes = assembled->bytes;
    network_.chain_id = assembled->chain_id;
    network_.origin = assembled->origin;
    std::vector<std::filesystem::path> places = {options_.folder / "genesis.cbor"};
    for (const DemoValidator& validator : network_.validators) {
      places.push_back(validator.home / "genesis.cbor");
    }
    for (const auto& place : places) {
      if (const auto written = write_file(place.string(), bytes, 0644, Overwrite::no); !written) {
        return fail(written.error());
      }
    }
    return {};
  }

  // No party yet: the accreditation body's grant makes it one. Its key requests are for this chain.
  Result<void> make_verifier() {
    const std::string name = "verifier";
    for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
      const auto key = make_key(name, usage);
      if (!key) return fail(key.error());
      const auto request = make_key_request(*key, network_.chain_id, uri_of(name), usage);
      if (!request) return fail(request.error());
      const auto path =
          options_.folder / "parties" / name / (std::string(to_text(usage)) + ".keyrequest");
      const auto written =
          write_file(path.string(), encode_key_request(*request), 0644, Overwrite::no);
      if (!written) return fail(written.error());
    }
    network_.parties.push_back({name, uri_of(name), std::string(to_text(PartyRole::verifier))});
    return {};
  }

  Result<void> write_overview() {
    nlohmann::ordered_json overview;
    overview["chain_id"] = network_.chain_id.hex();
    overview["origin"] = network_.origin;
    overview["passphrase_file"] = network_.passphrase_file.string();
    for (const DemoValidator& validator : network_.validators) {
      overview["validators"].push_back({{"id", validator.id},
                                        {"home", validator.home.string()},
                                        {"mesh", validator.mesh},
                                        {"url", validator.url}});
    }
    for (const DemoParty& party : network_.parties) {
      overview["parties"].push_back(
          {{"name", party.name},
           {"uri", party.uri},
           {"role", party.role},
           {"keys", (options_.folder / "parties" / party.name).string()}});
    }
    const auto written = write_file((options_.folder / "network.json").string(),
                                    as_bytes(overview.dump(2) + "\n"), 0644, Overwrite::no);
    if (!written) return fail(written.error());
    return {};
  }

  const DemoOptions& options_;
  Progress progress_;
  std::uint64_t keys_made_ = 0;
  std::string passphrase_;
  ledger::Genesis genesis_;
  DemoNetwork network_;
};

}  // namespace

Result<DemoNetwork> make_demo_network(const DemoOptions& options) {
  return Builder(options).build();
}

}  // namespace footproof::api
