// The `footproof` command: everything a person does with the ledger and its files.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "api/cli/command.h"

namespace {

// In the order of --help: what an association does, a verifier, an exporter, a customs officer.
void add_all(CLI::App& app, footproof::api::Context& context) {
  using namespace footproof::api;
  add_network_commands(app, context);
  add_validator_commands(app, context);
  add_key_commands(app, context);
  add_accredit_commands(app, context);
  add_register_commands(app, context);
  add_attest_commands(app, context);
  add_status_commands(app, context);
  add_seal_commands(app, context);
  add_disclose_commands(app, context);
  add_verify_commands(app, context);
  add_inspect_commands(app, context);
  add_operate_commands(app, context);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace footproof::api;
  CLI::App app{
      "Footproof: prove that a product carbon footprint was certified and is unchanged,\n"
      "revealing only the fields you choose."};
  app.name("footproof");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "footproof " FOOTPROOF_VERSION);
  Context context;
  app.add_option("--node", context.nodes, "Nodes to ask, tried in this order: URL[,URL]")
      ->delimiter(',')
      ->envname("FOOTPROOF_NODE");
  app.add_flag("--json", context.json, "Print one JSON value instead of text for people");
  add_all(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "footproof: " << error.what() << '\n';
    return kCannotEvaluate;
  }
  return context.exit_code;
}
