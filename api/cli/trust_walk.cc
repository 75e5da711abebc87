// footproof trust walk: an old trust policy learns the validator sets since, from any node: each
// hop is cosigned by a quorum of the set before it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/command.h"
#include "api/cli/hops.h"
#include "api/cli/submitting.h"
#include "attest/state_check.h"
#include "attest/state_record.h"

namespace footproof::api {
namespace {

struct WalkOptions {
  std::string policy;
  std::string output;
};

// A node that keeps the last hops back would leave the reader with a set that has left: the state
// must prove that there is no later set. As of when.
Result<Instant> check_newest(Client& client, const Policy& walked) {
  const std::uint64_t next = walked.newest().epoch + 1;
  const std::vector<Digest> keys = {state_key::validators(next)};
  const auto answer = client.state(keys);
  if (!answer) return fail(answer.error());
  const std::string where = "the node's answer does not hold under the set that its hops lead to";
  const auto head = verify_head(walked, answer->checkpoint, answer->last_record);
  if (!head) return fail(Errc::mismatch, where + ": " + head.error().detail);
  if (const auto proven = verify_records(*head, answer->proof, keys, answer->records); !proven) {
    return fail(Errc::mismatch, where + ": " + proven.error().detail);
  }
  if (answer->records.front()) {
    return fail(Errc::mismatch, "the state has the validators of epoch " + std::to_string(next) +
                                    ", the node no hop to them; ask again, or another node");
  }
  return head->known();
}

void print(const WalkOptions& options, const Policy& before, const Policy& walked, Instant known,
           bool json) {
  const std::uint64_t from = before.newest().epoch;
  const PolicyEpoch& newest = walked.newest();
  if (json) {
    nlohmann::ordered_json shown{
        {"file", options.output},      {"chain_id", walked.chain_id.hex()},
        {"from_epoch", from},          {"epoch", newest.epoch},
        {"hops", newest.epoch - from}, {"validators", newest.members.size()},
        {"quorum", newest.quorum()}};
    std::cout << shown.dump(2) << '\n';
    return;
  }
  std::cout << "policy    " << options.output << ": epoch " << newest.epoch << ", "
            << newest.quorum() << " of " << newest.members.size() << " validators\n          ";
  if (newest.epoch == from) {
    std::cout << "nothing has changed since epoch " << from << '\n';
  } else {
    std::cout << newest.epoch - from << " hop(s) from epoch " << from
              << ", each signed by a quorum of the set before it\n";
  }
  std::cout << "as of     " << known.text() << ": no later set was in force then\n";
}

int walk(const WalkOptions& options, const Context& context) {
  const auto policy = read_policy(options.policy);
  if (!policy) return report(policy.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto hops = fetch_hops(*client, policy->newest().epoch, std::nullopt);
  if (!hops) return report(hops.error());
  const auto walked = walk_hops(*policy, *hops);
  if (!walked) return report(walked.error());
  const auto known = check_newest(*client, *walked);
  if (!known) return report(known.error());
  const auto written = write_file(options.output, as_bytes(encode(*walked)), 0644, Overwrite::no);
  if (!written) return report(written.error());
  print(options, *policy, *walked, *known, context.json);
  return kOk;
}

}  // namespace

void add_trust_walk_command(CLI::App& trust, Context& context) {
  auto options = std::make_shared<WalkOptions>();
  auto* command =
      trust.add_subcommand("walk", "Bring an old policy up to today's validators, from any node");
  command->add_option("POLICY", options->policy, "A trust policy, of years ago for instance")
      ->required();
  command->add_option("-o,--output", options->output, "File to write; none is overwritten")
      ->required();
  command->footer(
      "Each set of validators has signed who comes after it, so the node need not be trusted. "
      "What\n"
      "walking believes is that every set was honest until it left: of keys stolen later it "
      "cannot\n"
      "know. Where somebody you trust has a newer policy, take that (trust join compares).\n"
      "A hop that does not hold is named and nothing is written (exit 2).\n\n"
      "Example:\n  footproof trust walk 2026.policy -o today.policy --node "
      "http://127.0.0.1:7201\n");
  command->callback([options, &context] { context.exit_code = walk(*options, context); });
}

}  // namespace footproof::api
