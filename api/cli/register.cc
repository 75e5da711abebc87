// footproof register: how a party's keys get onto the ledger. The party makes a key request (public
// key and proof of possession) on its own machine; whoever may register it signs the statement: for
// the first keys the registrar (of a verifier: the body that granted its accreditation), later the
// party itself with a key of usage `status`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/inspect.h"
#include "api/cli/key_request.h"
#include "api/cli/submitting.h"
#include "attest/identifier.h"
#include "attest/x509.h"

namespace footproof::api {
namespace {

struct RegisterOptions {
  SignOptions sign;
  std::string party;
  std::string usage = "sign";
  std::string request;
  std::string kid;
  std::string since;
  std::string x5chain;
};

// The digest of the chain in the file, which must be of this very key.
Result<Digest> read_chain(const std::string& path, const PublicKey& key) {
  const auto bytes = read_file(path, kCertificateFileSizeMax);
  if (!bytes) return fail(bytes.error());
  const auto chain = parse_certificate_chain(*bytes);
  if (!chain) return fail(wrong_file(path, chain.error()));
  if (chain->key != key) {
    return fail(Errc::usage, path +
                                 ": its first certificate is of another key; put that of this "
                                 "key first");
  }
  return chain->digest;
}

// Nothing: now. A day means its beginning in UTC, the earlier reading.
Result<Instant> parse_since(const std::string& text) {
  if (text.empty()) return clock_now();
  const auto day = Date::parse(std::string_view(text).substr(0, 10));
  const auto wrong = [&text] {
    return fail(Errc::usage, "--since: " + text +
                                 " is neither a day YYYY-MM-DD nor an instant "
                                 "YYYY-MM-DDTHH:MM:SSZ");
  };
  if (!day || day->days() < 0) return wrong();
  std::uint64_t seconds = static_cast<std::uint64_t>(day->days()) * 86'400;
  if (text.size() == 10) return instant_from_seconds(seconds);
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return wrong();
  }
  constexpr std::array<std::uint64_t, 3> kUnits = {3600, 60, 1};
  constexpr std::array<std::uint64_t, 3> kLimits = {24, 60, 60};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const char tens = text[11 + 3 * i];
    const char ones = text[12 + 3 * i];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return wrong();
    const auto value =
        static_cast<std::uint64_t>(tens - '0') * 10 + static_cast<std::uint64_t>(ones - '0');
    if (value >= kLimits[i]) return wrong();
    seconds += value * kUnits[i];
  }
  return instant_from_seconds(seconds);
}

int request(const RegisterOptions& options, const Context& context) {
  if (!is_party_uri(options.party)) {
    return report({Errc::usage, "--party: " + options.party +
                                    " is no party URI, e.g. "
                                    "https://verifier.example"});
  }
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
  auto made = make_key_request(**key, *chain_id, options.party, *usage);
  if (!made) return report(made.error());
  if (!options.x5chain.empty()) {
    const auto digest = read_chain(options.x5chain, made->added.key);
    if (!digest) return report(digest.error());
    made->certificate_chain = *digest;
  }
  const auto written =
      write_file(options.sign.output, encode_key_request(*made), 0644, Overwrite::no);
  if (!written) return report(written.error());
  std::cerr << "key " << made->added.key.kid().hex() << " for " << made->party << " in "
            << options.sign.output << '\n';
  return kOk;
}

Result<KeyRequest> read_request(const std::string& path) {
  const auto bytes = read_file(path, kKeyRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto parsed = parse_key_request(*bytes);
  if (!parsed) return fail(wrong_file(path, *bytes, "key request", parsed.error()));
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
  if (asked) {
    change.added = asked->added;
    change.certificate_chain = asked->certificate_chain;
  }
  if (action != KeyAction::add) {
    const auto kid = digest_from_hex(options.kid);
    if (!kid) return report({Errc::usage, "--kid: a key id of 64 hex digits"});
    change.kid = *kid;
  }
  if (action == KeyAction::compromised) {
    const auto since = parse_since(options.since);
    if (!since) return report(since.error());
    if (*since > clock_now()) {
      return report({Errc::usage, "--since: " + options.since + " lies in the future, in UTC"});
    }
    change.since = *since;
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

std::string history_text(const KeyRecord& record) {
  std::string text;
  for (const KeyEvent& event : record.events) {
    text += text.empty() ? "" : "; ";
    switch (event.what) {
      case KeyEvent::What::add:
        text += "added " + event.origin.recorded.text();
        break;
      case KeyEvent::What::rotate:
        text += "replaced " + event.origin.recorded.text() + " by " + event.successor->hex();
        break;
      case KeyEvent::What::compromised:
        text += "compromised since " + event.since->text() + ", reported " +
                event.origin.recorded.text();
        break;
    }
  }
  return text;
}

// Every key that a party ever had: a node's word at its newest checkpoint.
int list(const std::string& party, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto bytes = state_of(*client, state_key::party(party));
  if (!bytes) return report(bytes.error());
  if (!*bytes) return report({Errc::not_found, party + ": no party of this network"});
  const auto record = parse_party_record(**bytes);
  if (!record) return report(record.error());
  auto shown = nlohmann::ordered_json::array();
  for (const Digest& kid : record->keys) {
    const auto key_bytes = state_of(*client, state_key::key(kid));
    if (!key_bytes) return report(key_bytes.error());
    const auto key = *key_bytes
                         ? parse_key_record(**key_bytes)
                         : Result<KeyRecord>(fail(Errc::corrupt, "no record of " + kid.hex()));
    if (!key) return report(key.error());
    if (!context.json) {
      std::cout << kid.hex() << "  " << to_text(key->usage) << "  " << to_text(key->key.algorithm())
                << "  " << history_text(*key) << '\n';
      continue;
    }
    nlohmann::ordered_json one;
    one["kid"] = kid.hex();
    one["usage"] = to_text(key->usage);
    one["algorithm"] = to_text(key->key.algorithm());
    one["cose_key"] = to_hex(key->key.cose_key());
    if (key->certificate_chain) one["x5t"] = key->certificate_chain->hex();
    one["history"] = history_text(*key);
    shown.push_back(std::move(one));
  }
  if (context.json) std::cout << shown.dump(2) << '\n';
  return kOk;
}

}  // namespace

void add_register_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("register", "Get keys of parties onto the ledger");
  group->require_subcommand(1);
  auto options = std::make_shared<RegisterOptions>();

  auto* asking = group->add_subcommand("request", "Make a key request for whoever registers you");
  asking->add_option("--key", options->sign.key, "Key file, or pkcs11: URI")->required();
  asking->add_option("--passphrase-file", options->sign.passphrase_file, kPassphraseHelp);
  asking->add_option("--party", options->party, "Your party URI")->required();
  asking->add_option("--usage", options->usage, "sign (attestations) or status (all else)")
      ->capture_default_str();
  asking->add_option("--policy", options->sign.policy, "Trust policy of the network");
  asking->add_option("--x5chain", options->x5chain,
                     "X.509 certificates of the key (PEM), to be registered by their digest");
  asking->add_option("-o,--output", options->sign.output, "File to write")->required();
  asking->footer(
      "Example:\n  footproof register request --key verifier-sign.pem --party "
      "https://verifier.example \\\n    --policy policy.txt -o verifier-sign.keyrequest\n");
  asking->callback([options, &context] { context.exit_code = request(*options, context); });

  const auto add = [&](const char* name, const char* text, KeyAction action) {
    auto* command = group->add_subcommand(name, text);
    if (action == KeyAction::compromised) {
      command->add_option("--party", options->party, "Party URI of the key's owner")->required();
      command->add_option("--since", options->since,
                          "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, in UTC; default now. What was "
                          "attested from then on does not count");
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

  auto* listing = group->add_subcommand("list", "Every key that a party ever had, from a node");
  listing->add_option("--party", options->party, "Party URI")->required();
  listing->footer(
      "Example:\n  footproof register list --party https://verifier.example \\\n"
      "    --node http://127.0.0.1:8101\n");
  listing->callback([options, &context] { context.exit_code = list(options->party, context); });
}

}  // namespace footproof::api
