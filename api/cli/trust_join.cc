// footproof trust join: two trust policies of one network become one that knows what either knows.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/command.h"
#include "api/cli/submitting.h"
#include "attest/policy_join.h"

namespace footproof::api {
namespace {

struct JoinOptions {
  std::string first;
  std::string second;
  std::string output;
};

// Which epochs of the joined policy one of the two files alone names.
struct Alone {
  std::string file;
  std::vector<std::uint64_t> epochs;
};

Alone only_in(const std::string& file, const Policy& policy, const Policy& other) {
  Alone alone{file, {}};
  for (const PolicyEpoch& epoch : policy.epochs) {
    const bool known =
        epoch.epoch >= other.epochs.front().epoch && epoch.epoch <= other.newest().epoch;
    if (!known) alone.epochs.push_back(epoch.epoch);
  }
  return alone;
}

std::string range_text(std::uint64_t first, std::uint64_t last) {
  if (first == last) return "epoch " + std::to_string(first);
  return "epochs " + std::to_string(first) + " to " + std::to_string(last);
}

void print(const JoinOptions& options, const Policy& joined, const std::vector<Alone>& alone) {
  std::cout << "policy    " << options.output << ": "
            << range_text(joined.epochs.front().epoch, joined.newest().epoch) << ", "
            << joined.newest().quorum() << " of " << joined.newest().members.size()
            << " validators, made on " << joined.made_on.text() << "\nchain id  "
            << joined.chain_id.hex() << '\n';
  for (const Alone& one : alone) {
    if (one.epochs.empty()) continue;
    // What one policy alone knows lies at one end of the other, but for one that holds it whole.
    std::cout << "          " << one.epochs.size() << " of its epochs (the last is "
              << one.epochs.back() << ") only " << one.file
              << " names: not checked, the word of whoever gave it\n";
  }
}

void print_json(const JoinOptions& options, const Policy& joined, const std::vector<Alone>& alone) {
  nlohmann::ordered_json shown{{"file", options.output},
                               {"chain_id", joined.chain_id.hex()},
                               {"origin", joined.origin},
                               {"made", joined.made_on.text()},
                               {"first_epoch", joined.epochs.front().epoch},
                               {"epoch", joined.newest().epoch}};
  for (const Alone& one : alone) {
    shown["only_in"].push_back({{"file", one.file}, {"epochs", one.epochs}});
  }
  std::cout << shown.dump(2) << '\n';
}

int join(const JoinOptions& options, const Context& context) {
  const auto first = read_policy(options.first);
  if (!first) return report(first.error());
  const auto second = read_policy(options.second);
  if (!second) return report(second.error());
  const auto joined = join_policies(*first, *second);
  if (!joined) return report(joined.error());
  const auto written = write_file(options.output, as_bytes(encode(*joined)), 0644, Overwrite::no);
  if (!written) return report(written.error());
  const std::vector<Alone> alone = {only_in(options.first, *first, *second),
                                    only_in(options.second, *second, *first)};
  if (context.json) {
    print_json(options, *joined, alone);
  } else {
    print(options, *joined, alone);
  }
  return kOk;
}

}  // namespace

void add_trust_join_command(CLI::App& trust, Context& context) {
  auto options = std::make_shared<JoinOptions>();
  auto* command =
      trust.add_subcommand("join", "Make one policy of two: what either knows, if they agree");
  command->add_option("POLICY", options->first, "A trust policy, of years ago for instance")
      ->required();
  command->add_option("OTHER", options->second, "Another one of the same network")->required();
  command->add_option("-o,--output", options->output, "File to write; none is overwritten")
      ->required();
  command->footer(
      "What both know must be the same in both; a contradiction or a gap is named and nothing is\n"
      "written (exit 2). Epochs that one file alone names stay the word of whoever gave it.\n\n"
      "Example:\n  footproof trust export -o today.policy --node http://127.0.0.1:7201\n"
      "  footproof trust join 2026.policy today.policy -o korea.policy\n");
  command->callback([options, &context] { context.exit_code = join(*options, context); });
}

}  // namespace footproof::api
