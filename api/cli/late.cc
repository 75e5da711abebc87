#include "api/cli/late.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "api/cli/describe.h"
#include "attest/late_anchoring.h"

namespace footproof::api {
namespace {

struct CountersignOptions {
  std::string request;
  std::string key;
  std::string passphrase_file;
  std::string output;
};

int countersign_request(const CountersignOptions& options, const Context& context) {
  const auto bytes = read_file(options.request, kLateRequestSizeMax);
  if (!bytes) return report(bytes.error());
  const auto request = parse_late_request(*bytes);
  if (!request) return report(wrong_file(options.request, request.error()));
  const auto key = open_key(options.key, options.passphrase_file);
  if (!key) return report(key.error());
  const auto made = countersign(**key, request->chain_id, request->issuer, request->attestation);
  if (!made) return report(made.error());
  if (const auto written = write_file(options.output, encode(*made), 0644, Overwrite::no);
      !written) {
    return report(written.error());
  }
  Facts facts = {{"countersigned", options.output}, {"issuer", request->issuer}};
  describe(request->attestation, facts);
  context.json ? void(std::cout << facts_json(facts) << '\n') : print_facts(std::cout, facts);
  return kOk;
}

}  // namespace

int write_late_request(const std::string& path, const SignOptions& sign, Client& client,
                       const Attestation& attestation) {
  if (attestation.count != 1) {
    return report({Errc::usage,
                   "--late-request: one sealed declaration at a time; several would be mixed anew "
                   "when they are attested"});
  }
  const auto chain_id = network_of(sign.policy, client);
  if (!chain_id) return report(chain_id.error());
  const Bytes request = encode(LateRequest{*chain_id, sign.issuer, attestation});
  // What the body cannot read would come to nothing only later.
  if (const auto readable = parse_late_request(request); !readable) {
    return report({Errc::usage, readable.error().detail});
  }
  const auto written = write_file(path, request, 0644, Overwrite::no);
  if (!written) return report(written.error());
  std::cout << "request   " << path << "\n          have " << attestation.accreditation.body
            << " run footproof accredit countersign on it\n";
  return kOk;
}

Result<Countersignature> read_countersignature(const std::string& path) {
  const auto bytes = read_file(path, kLateRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto made = parse_countersignature(*bytes);
  if (!made) return fail(wrong_file(path, made.error()));
  return made;
}

void add_countersign_command(CLI::App& accredit, Context& context) {
  auto options = std::make_shared<CountersignOptions>();
  auto* command = accredit.add_subcommand(
      "countersign", "Let an attestation be recorded late, if its scheme allows it");
  command->add_option("REQUEST", options->request, "What the verifier sent")->required();
  command->add_option("--key", options->key, "The body's sign key")->required();
  command->add_option("--passphrase-file", options->passphrase_file,
                      "Read the passphrase from this file's first line instead of asking");
  command->add_option("-o,--output", options->output, "The countersignature, for the verifier")
      ->required();
  command->footer(
      "Example:\n"
      "  footproof attest coil.sealed … --issued 2026-08-01 --late-request coil.request\n"
      "  footproof accredit countersign coil.request --key body-sign.pem -o coil.countersigned\n"
      "  footproof attest coil.sealed … --issued 2026-08-01 --countersignature coil.countersigned\n"
      "Shows what it signed. Nothing leaves this machine.\n");
  command->callback(
      [options, &context] { context.exit_code = countersign_request(*options, context); });
}

}  // namespace footproof::api
