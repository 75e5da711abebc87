// Registers every command and runs the one asked for.
#include "api/cli/run.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

#include "api/cli/command.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

// In the order of --help: what an association does, a verifier, an exporter, a customs officer.
void add_all(CLI::App& app, Context& context) {
  add_network_commands(app, context);
  add_validator_commands(app, context);
  add_ballot_commands(app, context);
  add_key_commands(app, context);
  add_accredit_commands(app, context);
  add_register_commands(app, context);
  add_seal_commands(app, context);
  add_attest_commands(app, context);
  add_status_commands(app, context);
  add_dataset_commands(app, context);
  add_disclose_commands(app, context);
  add_compare_commands(app, context);
  add_verify_commands(app, context);
  add_inspect_commands(app, context);
  add_history_commands(app, context);
  add_replay_commands(app, context);
  add_watch_commands(app, context);
  add_accuse_commands(app, context);
  add_operate_commands(app, context);
}

// One line: which command, what is wrong with it, where to read on.
std::string usage_line(const CLI::App* root, const CLI::Error& error) {
  const CLI::App* app = root;
  std::string command = "footproof";
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    command += ' ' + app->get_name();
  }
  std::string what = error.what();
  // CLI11 misses the command before it looks at the word that was written in its place.
  const bool is_group = !app->get_subcommands([](const CLI::App*) { return true; }).empty();
  const auto words = root->remaining(true);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && is_group) {
    what = words.empty() ? "a command is missing" : "no such command: " + words.front();
  }
  return command + ": " + printable(what) + "; see " + command + " --help\n";
}

// An empty value would read like an option that is not there: a script's unset variable must not
// turn a successor into a newcomer.
void refuse_empty_values(CLI::App& app) {
  const CLI::Validator filled(
      [](std::string& value) {
        return value.empty() ? std::string("the value is empty; give one, or leave the option out")
                             : std::string();
      },
      "");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() > 0) option->check(filled);
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_empty_values(*command);
}

// A number is written in decimal digits: the parser would take -1 for 2^64 - 1 and 010 for 8, and
// an association would vote for a value that it never wrote.
void refuse_odd_numbers(CLI::App& app) {
  const CLI::Validator decimal(
      [](std::string& value) {
        std::uint64_t number = 0;
        const char* const end = value.data() + value.size();
        const auto read = std::from_chars(value.data(), end, number);
        const bool plain = read.ec == std::errc() && read.ptr == end &&
                           (value.size() == 1 || value.front() != '0');
        return plain ? std::string()
                     : value + " is no number of decimal digits, without leading zeros";
      },
      "");
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type.find("INT") != std::string::npos) option->check(decimal);
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_odd_numbers(*command);
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  CLI::App app{
      "Footproof: prove that a product carbon footprint was certified and is unchanged,\n"
      "revealing only the fields you choose."};
  app.name("footproof");
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(usage_line);
  app.set_version_flag("--version", "footproof " FOOTPROOF_VERSION);
  Context context;
  app.add_option("--node", context.nodes, "Nodes to ask, tried in this order: URL[,URL]")
      ->delimiter(',')
      ->envname("FOOTPROOF_NODE");
  app.add_flag("--json", context.json, "Print one JSON value instead of text for people");
  add_all(app, context);
  refuse_empty_values(app);
  refuse_odd_numbers(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "footproof: " << error.what() << '\n';
    return kCannotEvaluate;
  }
  // A full disk behind a redirection: an answer that was not written was not given.
  if (!std::cout.flush()) {
    std::cerr << "footproof: standard output: cannot write\n";
    return kCannotEvaluate;
  }
  return context.exit_code;
}

}  // namespace footproof::api
