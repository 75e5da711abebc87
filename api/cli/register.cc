// footproof register: how a party's keys get onto the ledger. The party makes a key request (public
// key and proof of possession) on its own machine; whoever may register it signs the statement: for
// the first keys the registrar (of a verifier: the body that granted its accreditation), later the
// party itself with a key of usage `status`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/key_request.h"
#include "api/cli/submitting.h"

namespace footproof::api {
namespace {

struct RegisterOptions {
  SignOptions sign;
  std::string party;
  std::string usage = "sign";
  std::string request;
  std::string kid;
  std::uint64_t since_s = 0;
};

int request(const RegisterOptions& options, const Context& context) {
  const auto usage = parse_usage(options.usage);
  if (!usage) return report(usage.error());
  Result<Digest> chain_id = fail(Errc::usage,
                                 "give --policy FILE or --node URL: the proof of "
                                 "possession is for one network");
  if (!options.sign.policy.empty() || !context.nodes.empty()) {
    // With a policy no node is asked, so any URL will do.
    auto client = context.nodes.empty() ? Client::make({"http://127.0.0.1"}) : make_client(context);
    if (!client) return report(client.error());
    chain_id = network_of(options.sign.policy, *client);
  }
  if (!chain_id) return report(chain_id.error());
  const auto key = open_key(options.sign.key, options.sign.passphrase_file);
  if (!key) return report(key.error());
  const KeyRequest made = make_key_request(*key, *chain_id, options.party, *usage);
  const auto written =
      write_file(options.sign.output, encode_key_request(made), 0644, Overwrite::no);
  if (!written) return report(written.error());
  std::cerr << "key " << made.added.key.kid().hex() << " for " << made.party << " in "
            << options.sign.output << '\n';
  return kOk;
}

Result<KeyRequest> read_request(const std::string& path) {
  const auto bytes = read_file(path, kKeyRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto parsed = parse_key_request(*bytes);
  if (!parsed) return fail(wrong_file(path, parsed.error()));
  return parsed;
}

int change_key(const RegisterOptions& options, KeyAction action, const Context& context) {
  std::optional<KeyRequest> asked;
  if (action != KeyAction::compromised) {
    auto read = read_request(options.request);
    if (!read) return report(read.error());
    asked = std::move(*read);
  }
  KeyChange change;
  change.action = action;
  change.party = asked ? asked->party : options.party;
  if (asked) change.added = asked->added;
  if (action != KeyAction::add) {
    const auto kid = digest_from_hex(options.kid);
    if (!kid) return report({Errc::usage, "--kid: a key id of 64 hex digits"});
    change.kid = *kid;
  }
  if (action == KeyAction::compromised) {
    change.since = options.since_s == 0 ? clock_now() : instant_from_seconds(options.since_s);
  }
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto chain_id = network_of(options.sign.policy, *client);
  if (!chain_id) return report(chain_id.error());
  if (asked && !verify_possession_proof(asked->added.key, *chain_id, asked->party,
                                        to_text(asked->added.usage), asked->added.proof)) {
    return report({Errc::bad_signature, options.request + ": its proof of possession is not for "
                                                          "this network; make it again"});
  }
  return sign_and_submit(context, options.sign, *client, std::move(change));
}

}  // namespace

void add_register_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("register", "Get keys of parties onto the ledger");
  group->require_subcommand(1);
  auto options = std::make_shared<RegisterOptions>();

  auto* asking = group->add_subcommand("request", "Make a key request for whoever registers you");
  asking->add_option("--key", options->sign.key, "Key file")->required();
  asking->add_option("--passphrase-file", options->sign.passphrase_file, "See key new");
  asking->add_option("--party", options->party, "Your party URI")->required();
  asking->add_option("--usage", options->usage, "sign (attestations) or status (all else)")
      ->capture_default_str();
  asking->add_option("--policy", options->sign.policy, "Trust policy of the network");
  asking->add_option("-o,--output", options->sign.output, "File to write")->required();
  asking->footer(
      "Example:\n  footproof register request --key verifier-sign.pem --party "
      "https://verifier.example \\\n    --policy policy.txt -o verifier-sign.keyrequest\n");
  asking->callback([options, &context] { context.exit_code = request(*options, context); });

  const auto add = [&](const char* name, const char* text, KeyAction action) {
    auto* command = group->add_subcommand(name, text);
    if (action == KeyAction::compromised) {
      command->add_option("--party", options->party, "Party URI of the key's owner")->required();
      command->add_option("--since", options->since_s, "Seconds since 1970; default now");
    } else {
      command->add_option("REQUEST", options->request, "Key request of the new key")->required();
    }
    if (action != KeyAction::add) {
      command->add_option("--kid", options->kid, "Key id that is replaced or compromised")
          ->required();
    }
    add_sign_options(*command, options->sign);
    command->callback(
        [options, action, &context] { context.exit_code = change_key(*options, action, context); });
    return command;
  };
  add("add", "Register a new key", KeyAction::add)
      ->footer(
          "Example:\n  footproof register add verifier-sign.keyrequest --key body-status.pem \\\n"
          "    --issuer https://accreditation.example -o add.statement\n");
  add("rotate", "Replace a key by a new one", KeyAction::rotate)
      ->footer(
          "Example:\n  footproof register rotate new-sign.keyrequest --kid 3f…c2 --key "
          "verifier-status.pem \\\n    --issuer https://verifier.example -o rotate.statement\n");
  add("compromised", "Declare a key compromised", KeyAction::compromised)
      ->footer(
          "Example:\n  footproof register compromised --party https://verifier.example --kid 3f…c2 "
          "\\\n    --key verifier-status.pem --issuer https://verifier.example -o "
          "gone.statement\n");
}

}  // namespace footproof::api
