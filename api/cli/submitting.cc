#include "api/cli/submitting.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/inspect.h"
#include "attest/catalogue.h"
#include "attest/cbor.h"
#include "attest/cose.h"

namespace footproof::api {
namespace {

constexpr std::chrono::seconds kReceiptWait{30};

int check_only(const Context& context, Client& client, const Statement& statement) {
  const auto result = ask_rules(client, statement);
  if (!result) return report(result.error());
  if (context.json) {
    nlohmann::ordered_json shown;
    shown["accepted"] = !result->refusal.has_value();
    shown["height"] = result->height;
    if (result->refusal) {
      shown["reason"] = result->refusal->reason;
      shown["rule"] = result->refusal->rule;
      shown["detail"] = result->refusal->detail;
      shown["remedy"] = result->refusal->remedy;
    }
    std::cout << shown.dump(2) << '\n';
  } else if (result->refusal) {
    std::cout << "the rules would refuse it: " << result->refusal->reason << " (rule "
              << result->refusal->rule << ")\n"
              << "  " << result->refusal->detail << "\n  remedy: " << result->refusal->remedy
              << '\n';
  } else {
    std::cout << "the rules would accept it (judged at height " << result->height
              << "; nothing was submitted)\n";
  }
  return result->refusal ? kRefused : kOk;
}

// The place in bytes that nobody wrote by hand tells nothing.
std::string without_position(const std::string& detail) {
  return detail.substr(0, detail.find(" (at byte "));
}

void print_logged(const Submitted& submitted, const Receipt& receipt, const std::string& saved_in,
                  bool json) {
  if (json) {
    nlohmann::ordered_json shown;
    shown["status"] = "logged";
    shown["entry_id"] = submitted.entry_id.hex();
    shown["index"] = submitted.index;
    shown["node"] = submitted.node;
    shown["file"] = saved_in;
    std::cout << shown.dump(2) << '\n';
    return;
  }
  std::cout << "logged    entry " << submitted.entry_id.hex() << "\n          at index "
            << submitted.index << ", receipt of " << encode_receipt(receipt).size() << " bytes\n";
  if (!saved_in.empty()) std::cout << "saved in  " << saved_in << '\n';
}

Save save_bare(const std::string& output) {
  return [output](const Statement& statement, const Receipt* receipt,
                  const std::vector<std::string>&) -> Result<void> {
    if (receipt != nullptr) return {};  // the file holds the statement alone and has it already
    const auto written = write_file(output, statement.bytes(), 0644, Overwrite::no);
    if (!written) return fail(written.error());
    return {};
  };
}

// A file that is there may hold what was signed before.
Result<void> check_unsigned(const std::string& output) {
  if (output.empty()) {
    return fail(Errc::usage,
                "--output FILE: name the file that the signed statement is saved in before it is "
                "sent, so that a retry sends the same bytes");
  }
  if (output == "-") return {};
  const auto bytes = read_file(output, kCatalogueSizeMax);
  const auto kind = bytes ? kind_of(*bytes) : std::nullopt;
  if (kind != "statement" && kind != "attested file" && kind != "catalogue") return {};
  return fail(Errc::usage, output + ": exists already; footproof submit " + output +
                               " sends what is signed in it; to sign anew remove it, or choose "
                               "another --output");
}

}  // namespace

void add_sign_options(CLI::App& command, SignOptions& options) {
  command.add_option("--key", options.key, kKeyHelp)->required();
  command.add_option("--passphrase-file", options.passphrase_file, kPassphraseHelp);
  command.add_option("--issuer", options.issuer, "Party URI that the key belongs to")->required();
  command.add_option("--policy", options.policy,
                     "Trust policy that says which network this is for; without it the node does. "
                     "What the node answers is judged by disclose --policy and by verify");
  command.add_option("-o,--output", options.output,
                     "Where the signed statement is saved before it is sent");
  command.add_flag("--check", options.check,
                   "Only ask what the rules would say; nothing signed leaves this machine");
}

Result<Policy> read_policy(const std::string& path) {
  const auto bytes = read_file(path, kPolicySizeMax);
  if (!bytes) return fail(bytes.error());
  auto policy = parse_policy(*bytes);
  if (!policy) return fail(wrong_file(path, *bytes, "trust policy", policy.error()));
  return policy;
}

Result<Client> make_client(const Context& context) { return Client::make(context.nodes); }

Result<Digest> network_of(const std::string& policy_path, Client& client) {
  if (!policy_path.empty()) {
    const auto policy = read_policy(policy_path);
    if (!policy) return fail(policy.error());
    return policy->chain_id;
  }
  const auto health = client.health();
  if (!health) return fail(health.error());
  return health->chain_id;
}

Result<std::optional<Bytes>> state_of(Client& client, const Digest& key) {
  auto found = client.state({key});
  if (!found) return fail(std::move(found.error()));
  return std::move(found->records.at(0));
}

Result<DryRun> ask_rules(Client& client, const Statement& statement) {
  Bytes bytes = statement.bytes();
  if (bytes.size() < kSignatureSize) return fail(Errc::bad_length, "statement: too short");
  std::fill(bytes.end() - static_cast<std::ptrdiff_t>(kSignatureSize), bytes.end(), 0);
  return client.dry_run(bytes);
}

int sign_and_submit(const Context& context, const SignOptions& options, Client& client,
                    Payload payload, const Save& save) {
  if (!options.check) {
    if (const auto free = check_unsigned(options.output); !free) return report(free.error());
  }
  const auto chain_id = network_of(options.policy, client);
  if (!chain_id) return report(chain_id.error());
  const auto key = open_key(options.key, options.passphrase_file);
  if (!key) return report(key.error());
  const StatementDraft draft{options.issuer, random_subject(), *chain_id, clock_now().seconds(),
                             std::move(payload)};
  const auto statement = sign_statement(draft, **key);
  if (!statement) {
    // A token may fail to sign; anything else is what was asked for.
    return report(statement.error().code == Errc::io
                      ? statement.error()
                      : Error{Errc::usage, without_position(statement.error().detail)});
  }
  if (options.check) return check_only(context, client, *statement);
  if (const auto saved = save(*statement, nullptr, client.nodes()); !saved) {
    return report(saved.error());
  }
  return submit_saved(context, client, *statement, options.output, save);
}

int sign_and_submit(const Context& context, const SignOptions& options, Client& client,
                    Payload payload) {
  return sign_and_submit(context, options, client, std::move(payload), save_bare(options.output));
}

int submit_saved(const Context& context, Client& client, const Statement& statement,
                 const std::string& saved_in, const Save& save) {
  auto submitted = [&] {
    const Waiting waiting("waiting for the receipt, seconds:");
    return client.submit(statement.bytes(), kReceiptWait);
  }();
  if (!submitted) {
    const int code = report(submitted.error());
    if (!saved_in.empty() && submitted.error().code != Errc::usage) {
      std::cerr << "  the signed statement is in " << saved_in
                << "; footproof submit sends the same bytes again\n";
    }
    return code;
  }
  if (submitted->entry_id != statement.entry_id()) {
    return report({Errc::mismatch, submitted->node + ": answered for another statement"});
  }
  if (submitted->what != Submitted::What::logged) {
    print_outcome(*submitted, saved_in, context.json);
    return submitted->what == Submitted::What::refused ? kRefused : kCannotEvaluate;
  }
  const auto receipt = client.receipt(submitted->entry_id, std::nullopt);
  if (!receipt) return report(receipt.error());
  if (const auto saved = save(statement, &*receipt, client.nodes()); !saved) {
    return report(saved.error());
  }
  print_logged(*submitted, *receipt, saved_in, context.json);
  return kOk;
}

void print_outcome(const Submitted& submitted, const std::string& saved_in, bool json) {
  const bool refused = submitted.what == Submitted::What::refused;
  if (json) {
    nlohmann::ordered_json shown;
    shown["status"] = refused ? "refused" : "pending";
    shown["entry_id"] = submitted.entry_id.hex();
    shown["node"] = submitted.node;
    if (refused) {
      shown["reason"] = submitted.refusal.reason;
      shown["detail"] = submitted.refusal.detail;
      shown["remedy"] = submitted.refusal.remedy;
      shown["final"] = submitted.refusal.final;
      shown["height"] = submitted.refusal.height;
    }
    if (!saved_in.empty()) shown["file"] = saved_in;
    std::cout << shown.dump(2) << '\n';
    return;
  }
  if (!refused) {
    std::cerr << "pending   entry " << submitted.entry_id.hex()
              << "\n          the network has not logged it yet; is a quorum of validators up?\n";
  } else {
    std::cerr << "refused   " << submitted.refusal.reason << " (at height "
              << submitted.refusal.height << (submitted.refusal.final ? ", final" : ", early")
              << ")\n          " << submitted.refusal.detail
              << "\n          remedy: " << submitted.refusal.remedy << '\n';
  }
  if (saved_in.empty()) return;
  std::cerr << "saved in  " << saved_in << "; footproof submit " << saved_in
            << " sends the same bytes again"
            << (refused && submitted.refusal.final
                    ? ", once the cause is gone; to sign anew remove it first\n"
                    : "\n");
}

Result<Date> date_or_today(const std::string& text, const char* name) {
  if (text.empty()) return utc_day(clock_now());
  auto date = Date::parse(text);
  if (!date) return fail(Errc::usage, std::string(name) + ": " + text + " is no date YYYY-MM-DD");
  return date;
}

}  // namespace footproof::api
