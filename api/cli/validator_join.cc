// footproof validator request and ready: what the operator of a new validator, or of one with new
// keys, hands to the associations that vote on it: the keys with their proofs, and the word that
// its node keeps up (docs/rules.md, validators).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/ballot_show.h"
#include "api/cli/command.h"
#include "api/cli/submitting.h"
#include "api/cli/validator_request.h"
#include "attest/governance_record.h"
#include "attest/printable.h"
#include "attest/ready.h"

namespace footproof::api {
namespace {

struct JoinOptions {
  std::string home;
  std::string policy;
  std::string output;
  std::string proposal;
  std::string entry;
};

int request(const JoinOptions& options, const Context& context) {
  if (options.policy.empty() && context.nodes.empty()) {
    return report(
        {Errc::usage,
         "give --policy FILE or --node URL: the proofs of possession are for one network"});
  }
  // With a policy no node is asked, so any URL will do.
  auto client = context.nodes.empty() ? Client::make({"http://127.0.0.1"}) : make_client(context);
  if (!client) return report(client.error());
  const auto chain_id = network_of(options.policy, *client);
  if (!chain_id) return report(chain_id.error());
  const auto made = make_validator_request(options.home, *chain_id);
  if (!made) return report(made.error());
  const auto written = write_file(options.output, encode(*made), 0644, Overwrite::no);
  if (!written) return report(written.error());
  if (context.json) {
    nlohmann::ordered_json shown{{"validator", made->validator.id},
                                 {"association", made->validator.party},
                                 {"chain_id", chain_id->hex()},
                                 {"file", options.output}};
    std::cout << shown.dump(2) << '\n';
    return kOk;
  }
  std::cout << "validator   " << made->validator.id << " of " << printable(made->validator.party)
            << "\nrequest     " << options.output
            << " (public: hand it to the association that proposes)\n";
  return kOk;
}

// The newest ballot on the proposal, unless another entry is named: this node's state holds it, so
// it has executed it.
Result<Digest> entry_for(const JoinOptions& options, const ProposalRecord& record) {
  if (!options.entry.empty()) {
    const auto entry = digest_from_hex(options.entry);
    if (!entry) return fail(Errc::usage, "--entry: 64 lower-case hex digits");
    return *entry;
  }
  const auto newest = std::ranges::max_element(record.ballots, {}, &CastBallot::recorded);
  if (newest == record.ballots.end()) return fail(Errc::corrupt, "the proposal has no ballot");
  constexpr std::uint64_t kDayMs = 86'400'000;
  if (newest->recorded.ms + kReadyDaysMax * kDayMs < clock_now().ms) {
    return fail(Errc::usage,
                "the last ballot is older than 7 days; name an entry of this week that this node "
                "has: --entry ID, see footproof history");
  }
  return newest->entry;
}

int ready(const JoinOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto chain_id = network_of(options.policy, *client);
  if (!chain_id) return report(chain_id.error());
  const auto record = proven_proposal(*client, options.proposal, options.policy);
  if (!record) return report(record.error());
  const auto entry = entry_for(options, *record);
  if (!entry) return report(entry.error());
  if (const auto receipt = client->receipt(*entry, std::nullopt); !receipt) {
    return report({Errc::not_found,
                   "the node does not show entry " + entry->hex() + ": " + receipt.error().detail});
  }
  const std::string path = (std::filesystem::path(options.home) / "keys" / "vote.pem").string();
  const auto key = open_key(path, "");
  if (!key) return report(key.error());
  const auto word = make_ready(**key, *chain_id, record->proposal, *entry);
  if (!word) return report(word.error());
  const auto written = write_file(options.output, encode(*word), 0644, Overwrite::no);
  if (!written) return report(written.error());
  if (context.json) {
    nlohmann::ordered_json shown{
        {"proposal", options.proposal}, {"entry_id", entry->hex()}, {"file", options.output}};
    std::cout << shown.dump(2) << '\n';
    return kOk;
  }
  std::cout << "ready       for proposal " << options.proposal << ", after entry " << entry->hex()
            << "\n            " << options.output
            << " (public: whoever votes gives it with ballot vote --ready, within 7 days)\n";
  return kOk;
}

}  // namespace

void add_validator_join_commands(CLI::App& validator, Context& context) {
  auto options = std::make_shared<JoinOptions>();
  auto* asking = validator.add_subcommand(
      "request", "Prove its keys for a running network: what a ballot proposes");
  asking->add_option("HOME", options->home, "Home folder that validator new made")->required();
  asking->add_option("--policy", options->policy, "Trust policy of the network");
  asking->add_option("-o,--output", options->output, "File to write")->required();
  asking->footer(
      "Example:\n  footproof validator request ./textile --policy korea.policy -o "
      "textile.request\n");
  asking->callback([options, &context] { context.exit_code = request(*options, context); });

  auto* word = validator.add_subcommand("ready", "Say that its node keeps up: needed to decide");
  word->add_option("HOME", options->home, "Home folder with the vote key that is proposed")
      ->required();
  word->add_option("--proposal", options->proposal, "As ballot list shows it")->required();
  word->add_option("--entry", options->entry,
                   "Entry id of this week that this node has executed; default: the last ballot");
  word->add_option("--policy", options->policy, "Trust policy of the network");
  word->add_option("-o,--output", options->output, "File to write")->required();
  word->footer(
      "--node is the new validator's own node, which follows the network as an observer: what it\n"
      "has not executed it cannot show.\n\nExample:\n  footproof validator ready ./textile "
      "--proposal 3f…c2 --policy korea.policy \\\n    --node http://127.0.0.1:7205 -o "
      "textile.ready\n");
  word->callback([options, &context] { context.exit_code = ready(*options, context); });
}

}  // namespace footproof::api
