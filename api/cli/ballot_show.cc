#include "api/cli/ballot_show.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/submitting.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kAnswerSizeMax = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kProposalDigits = 32;

Result<ordered_json> fetch(const Context& context, const std::string& path) {
  auto client = make_client(context);
  if (!client) return fail(client.error());
  const auto answer = client->get(path, kAnswerSizeMax);
  if (!answer) return fail(answer.error());
  auto body = ordered_json::parse(answer->body, nullptr, false);
  if (!body.is_object()) return fail(Errc::malformed, answer->node + ": not a JSON object");
  return body;
}

// What a node sent is shown as text whatever it is.
std::string text_of(const ordered_json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end()) return "?";
  return printable(found->is_string() ? found->get<std::string>() : found->dump());
}

void print_votes(const ordered_json& body) {
  std::cout << "          " << text_of(body, "approve") << " for, " << text_of(body, "reject")
            << " against; " << text_of(body, "needed") << " of " << text_of(body, "associations")
            << " associations are needed\n";
}

void print_proposal(const ordered_json& body) {
  std::cout << text_of(body, "state") << "  " << text_of(body, "proposal") << "\n          "
            << text_of(body, "summary") << '\n';
  print_votes(body);
  std::cout << "          lapses after " << text_of(body, "lapses") << '\n';
}

// Whatever a node answers that is not as documented must not end the program.
template <class Print>
int show(const Context& context, const std::string& path, const Print& print) {
  const auto body = fetch(context, path);
  if (!body) return report(body.error());
  if (context.json) {
    std::cout << body->dump(2) << '\n';
    return kOk;
  }
  try {
    print(*body);
  } catch (const ordered_json::exception&) {
    return report({Errc::malformed, "the node's answer is not as docs/api.md describes it"});
  }
  return kOk;
}

int list(const Context& context) {
  return show(context, "/v1/ballots", [](const ordered_json& body) {
    const ordered_json& ballots = body.at("ballots");
    if (ballots.empty()) {
      std::cout << "no open proposals; " << body.at("associations").size()
                << " associations, of which " << text_of(body, "needed") << " decide\n";
    }
    for (const ordered_json& one : ballots) print_proposal(one);
  });
}

int show_one(const std::string& proposal, const Context& context) {
  if (proposal.size() != kProposalDigits || !from_hex(proposal)) {
    return report({Errc::usage, "PROPOSAL: 32 lower-case hex digits, as ballot list shows them"});
  }
  return show(context, "/v1/ballots/" + proposal, [](const ordered_json& body) {
    print_proposal(body);
    std::cout << "          proposed by " << text_of(body, "proposer") << " on "
              << text_of(body, "proposed") << '\n';
    for (const ordered_json& ballot : body.at("ballots")) {
      std::cout << "          " << (ballot.at("approve").get<bool>() ? "for      " : "against  ")
                << text_of(ballot, "association") << " on " << text_of(ballot, "recorded")
                << (ballot.at("counts").get<bool>() ? "" : " (no member any more)") << '\n';
    }
    if (!body.at("decided").is_null()) {
      std::cout << "          carried out on " << text_of(body.at("decided"), "recorded")
                << " by entry " << text_of(body.at("decided"), "entry_id") << '\n';
    }
    std::cout << "          " << printable(body.at("change").dump()) << '\n';
  });
}

int parameters(const Context& context) {
  return show(context, "/v1/parameters", [](const ordered_json& body) {
    for (const ordered_json& one : body.at("parameters")) {
      std::cout << text_of(one, "id") << "  " << text_of(one, "value") << ' '
                << text_of(one, "unit") << " (at first " << text_of(one, "initial") << ", "
                << text_of(one, "min") << " to " << text_of(one, "max")
                << ")\n    a statement is refused if " << text_of(one, "refused_if") << '\n';
    }
  });
}

}  // namespace

void add_ballot_show_commands(CLI::App& ballot, Context& context) {
  auto* listing = ballot.add_subcommand("list", "Open proposals and how their votes stand");
  listing->footer("Example:\n  footproof ballot list --node http://127.0.0.1:8101 --json\n");
  listing->callback([&context] { context.exit_code = list(context); });

  auto proposal = std::make_shared<std::string>();
  auto* showing = ballot.add_subcommand("show", "One proposal, open, accepted or lapsed");
  showing->add_option("PROPOSAL", *proposal, "As ballot list shows it")->required();
  showing->footer("Example:\n  footproof ballot show 3f…c2 --node http://127.0.0.1:8101\n");
  showing->callback([proposal, &context] { context.exit_code = show_one(*proposal, context); });

  auto* parameter =
      ballot.add_subcommand("parameters", "The parameters that ballots set, with their ranges");
  parameter->footer("Example:\n  footproof ballot parameters --node http://127.0.0.1:8101\n");
  parameter->callback([&context] { context.exit_code = parameters(context); });
}

}  // namespace footproof::api
