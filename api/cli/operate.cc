// footproof trust export: the trust policy that offline verifiers need. footproof doctor: what is
// wrong with a node, a network or a validator's home folder. footproof fsck, backup, restore: the
// node's own program does them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "api/cli/doctor.h"
#include "api/cli/inspect.h"
#include "api/cli/submitting.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

struct ExportOptions {
  std::string output;
  std::string genesis;
};

struct DoctorOptions {
  std::string home;
  std::vector<std::string> listen;
};

// The policy must be of the chain of the genesis file, and its first set the one in that file.
Result<void> compare_with_genesis(const Policy& policy, const std::string& path) {
  const auto bytes = read_file(path, ledger::kGenesisSizeMax);
  if (!bytes) return fail(bytes.error());
  const auto genesis = ledger::parse_genesis(*bytes);
  if (!genesis) return fail(wrong_kind(path, *bytes, "genesis file", genesis.error()));
  const Digest chain_id = ledger::chain_id_of(*bytes);
  const auto validators = ledger::first_validators(*genesis, chain_id);
  if (!validators) return fail(path, validators.error());
  if (policy.chain_id != chain_id) {
    return fail(Errc::mismatch, "the node's policy is of chain " + policy.chain_id.hex() +
                                    ", the genesis file of " + chain_id.hex());
  }
  if (policy.epochs.front().members != make_policy_epoch(policy.origin, *validators).members) {
    return fail(Errc::mismatch, "the node's policy names other first validators than " + path);
  }
  return {};
}

int export_policy(const ExportOptions& options, const Context& context) {
  if (options.output == "-" && context.json) {
    return report(
        {Errc::usage, "-o -: standard output takes the policy or, with --json, the JSON"});
  }
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto text = client->trust_policy();
  if (!text) return report(text.error());
  const auto policy = parse_policy(as_bytes(*text));
  if (!policy) return report({Errc::malformed, "the node's policy: " + policy.error().detail});
  if (!options.genesis.empty()) {
    if (const auto same = compare_with_genesis(*policy, options.genesis); !same) {
      return report(same.error());
    }
  }
  // A policy that its own network's checkpoint does not satisfy would be of no use to anybody.
  const auto note = client->checkpoint();
  if (!note) return report(note.error());
  if (const auto trusted = judge_live_checkpoint(*policy, as_bytes(*note)); !trusted) {
    return report({Errc::mismatch,
                   "the node's checkpoint does not satisfy its policy: " + trusted.error().detail});
  }
  const auto written = write_file(options.output, as_bytes(*text), 0644, Overwrite::yes);
  if (!written) return report(written.error());
  if (context.json) {
    nlohmann::ordered_json shown;
    shown["file"] = options.output;
    shown["chain_id"] = policy->chain_id.hex();
    shown["origin"] = policy->origin;
    shown["first_epoch"] = policy->epochs.front().epoch;
    shown["epoch"] = policy->newest().epoch;
    shown["validators"] = policy->newest().members.size();
    shown["quorum"] = policy->newest().quorum();
    std::cout << shown.dump(2) << '\n';
    return kOk;
  }
  if (options.output != "-") {
    std::cout << "policy    " << options.output << ": epoch " << policy->newest().epoch << ", "
              << policy->newest().quorum() << " of " << policy->newest().members.size()
              << " validators\nchain id  " << policy->chain_id.hex() << '\n';
  }
  if (options.genesis.empty()) {
    std::cerr << "not checked against a genesis file: compare the chain id with one that you got "
                 "another way, or give --genesis FILE\n";
  }
  return kOk;
}

const char* name_of(Grade grade) {
  switch (grade) {
    case Grade::pass:
      return "pass";
    case Grade::warn:
      return "warn";
    case Grade::fail:
      break;
  }
  return "fail";
}

int examine(const DoctorOptions& options, const Context& context) {
  if (context.nodes.empty() && options.home.empty() && options.listen.empty()) {
    return report({Errc::usage,
                   "nothing to examine: give --node URL, --home DIR or --listen "
                   "HOST:PORT"});
  }
  std::vector<Symptom> symptoms = examine_nodes(context.nodes);
  if (!options.home.empty()) {
    for (Symptom& symptom : examine_home(options.home)) symptoms.push_back(std::move(symptom));
  }
  for (const std::string& address : options.listen) symptoms.push_back(examine_port(address));
  Grade worst = Grade::pass;
  nlohmann::ordered_json shown = nlohmann::ordered_json::array();
  for (const Symptom& symptom : symptoms) {
    worst = std::max(worst, symptom.grade);
    if (context.json) {
      shown.push_back(
          {{"what", symptom.what}, {"grade", name_of(symptom.grade)}, {"detail", symptom.detail}});
    } else {
      std::cout << name_of(symptom.grade) << "  " << symptom.what << ": " << symptom.detail << '\n';
    }
  }
  if (context.json) std::cout << shown.dump(2) << '\n';
  return worst == Grade::pass ? kOk : (worst == Grade::warn ? kReservation : kCannotEvaluate);
}

// The node's own program knows its files: it is beside this one.
int run_node_program(const std::vector<std::string>& arguments, const Context& context) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "footproofd").string();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  if (context.json) words.emplace_back("--json");
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  return report({Errc::io, program + ": cannot be started; it belongs beside this program"});
}

std::string config_of(const std::string& home) { return home + "/config.toml"; }

void add_store_commands(CLI::App& app, Context& context) {
  auto home = std::make_shared<std::string>();
  auto folder = std::make_shared<std::string>();
  auto* fsck = app.add_subcommand("fsck", "Make all that a stopped node holds again, and compare");
  fsck->add_option("home", *home, "Home folder of the validator")->required();
  fsck->footer(
      "Names the file and the height of each thing that is wrong; changes nothing. Needs as much\n"
      "free space beside the data folder as the database has.\nExit code: 0 whole, 2 something is "
      "wrong, 3 could not find out.\n\nExample:\n  footproof fsck ./battery\n");
  fsck->callback([home, &context] {
    context.exit_code = run_node_program({"--fsck", config_of(*home)}, context);
  });
  auto* backup = app.add_subcommand("backup", "Copy the database of a stopped node");
  backup->add_option("home", *home, "Home folder of the validator")->required();
  backup->add_option("folder", *folder, "Folder to make; keys are not copied")->required();
  backup->footer("Example:\n  footproof backup ./battery /mnt/copies/2026-11-25\n");
  backup->callback([home, folder, &context] {
    context.exit_code = run_node_program({"--backup", config_of(*home), *folder}, context);
  });
  auto* restore = app.add_subcommand("restore", "Make a data folder from a copy: it never votes");
  restore->add_option("folder", *folder, "A folder that `footproof backup` made")->required();
  restore->add_option("home", *home, "Home folder, with config.toml, genesis and keys")->required();
  restore->footer("Example:\n  footproof restore /mnt/copies/2026-11-25 ./battery\n");
  restore->callback([home, folder, &context] {
    context.exit_code = run_node_program({"--restore", config_of(*home), *folder}, context);
  });
}

}  // namespace

void add_operate_commands(CLI::App& app, Context& context) {
  auto* trust = app.add_subcommand("trust", "Trust policies");
  trust->require_subcommand(1);
  auto options = std::make_shared<ExportOptions>();
  auto* exporting = trust->add_subcommand("export", "Get the trust policy of a network");
  exporting->add_option("-o,--output", options->output, "File to write; - for standard output")
      ->required();
  exporting->add_option("--genesis", options->genesis,
                        "Genesis file of the network, to check the policy against");
  exporting->footer(
      "Example:\n  footproof trust export --genesis genesis.cbor -o policy.txt --node "
      "http://127.0.0.1:7201\n");
  exporting->callback(
      [options, &context] { context.exit_code = export_policy(*options, context); });
  add_trust_join_command(*trust, context);
  add_trust_walk_command(*trust, context);

  auto asked = std::make_shared<DoctorOptions>();
  auto* doctor = app.add_subcommand("doctor", "Find out what is wrong with nodes or a home folder");
  doctor->add_option("--home", asked->home,
                     "Home folder of a node on this machine, running or not");
  doctor->add_option("--listen", asked->listen, "HOST:PORT that shall be free; repeatable");
  doctor->footer(
      "Example:\n  footproof doctor --node http://127.0.0.1:7201,http://127.0.0.1:7202 --home "
      "./battery\n");
  doctor->callback([asked, &context] { context.exit_code = examine(*asked, context); });
  add_store_commands(app, context);
}

}  // namespace footproof::api
