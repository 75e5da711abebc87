// footproof accredit import: a body's list becomes what the ledger says, change by change. With
// --dry-run it only shows them. What is not in the list stays as it is.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/accreditation.h"
#include "api/cli/scopes_csv.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct ImportOptions {
  std::string csv;
  std::string issuer;
  std::string key;
  std::string passphrase_file;
  std::string policy;
  std::string effective;
  std::string folder = ".";
  bool dry_run = false;
};

// All changes of one accreditation, and the event that the first of them builds on.
struct Plan {
  std::string id;
  std::optional<Digest> last;
  std::vector<PlannedChange> steps;
};

Result<std::vector<Plan>> make_plans(const ImportOptions& options, Client& client) {
  const auto bytes = read_file(options.csv, kScopesCsvSizeMax);
  if (!bytes) return fail(bytes.error());
  const auto list = parse_scopes_csv(as_text(*bytes));
  if (!list) return fail(wrong_file(options.csv, list.error()));
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return fail(effective.error());
  std::vector<Plan> plans;
  Progress progress("comparing", list->size());
  for (const WantedAccreditation& want : *list) {
    const auto record = accreditation_of(client, options.issuer, want.id);
    if (!record) return fail(record.error());
    const AccreditationRecord* have = *record ? &**record : nullptr;
    auto steps = plan_changes(have, want, *effective);
    if (!steps) return fail(wrong_file(options.csv, steps.error()));
    Plan plan{want.id, std::nullopt, std::move(*steps)};
    if (have != nullptr) plan.last = have->events.back().origin.entry;
    plans.push_back(std::move(plan));
    progress.advance(plans.size());
  }
  return plans;
}

// What has become of one change: "planned", "logged", "refused" ….
class Report {
 public:
  explicit Report(const Context& context) : json_(context.json) {}
  ~Report() {
    if (json_) std::cout << shown_.dump(2) << '\n';
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void add(const std::string& id, std::string_view action, std::string_view what,
           const std::vector<std::string>& lines, const std::string& entry = "") {
    if (json_) {
      nlohmann::ordered_json one;
      one["accreditation"] = id;
      one["action"] = action;
      one["status"] = what;
      one["changes"] = lines;
      if (!entry.empty()) one["entry_id"] = entry;
      shown_.push_back(std::move(one));
      return;
    }
    std::cout << what << "  " << action << ' ' << printable(id) << '\n';
    for (const auto& line : lines) std::cout << "    " << printable(line) << '\n';
    if (!entry.empty()) std::cout << "    entry " << entry << '\n';
  }

 private:
  bool json_;
  nlohmann::ordered_json shown_ = nlohmann::ordered_json::array();
};

// The change is logged; its entry id. Else the exit code.
std::variant<Digest, int> submit_step(const ImportOptions& options, Client& client,
                                      const Signer& key, const Digest& chain_id,
                                      const AccreditationChange& change, Report& shown,
                                      const std::vector<std::string>& lines) {
  const StatementDraft draft{options.issuer, random_subject(), chain_id, clock_now().seconds(),
                             change};
  const auto statement = sign_statement(draft, key);
  if (!statement) return report({Errc::usage, change.id + ": " + statement.error().detail});
  const std::string action(to_text(change.action));
  const std::string path = options.folder + '/' + change.id + '.' + action + '.' +
                           statement->entry_id().hex().substr(0, 8) + ".statement";
  if (const auto saved = write_file(path, statement->bytes(), 0644, Overwrite::no); !saved) {
    return report(saved.error());
  }
  const auto submitted = client.submit(statement->bytes(), std::chrono::milliseconds(30'000));
  if (!submitted) return report(submitted.error());
  if (submitted->what == Submitted::What::logged) {
    shown.add(change.id, action, "logged ", lines, submitted->entry_id.hex());
    return submitted->entry_id;
  }
  const bool refused = submitted->what == Submitted::What::refused;
  shown.add(change.id, action, refused ? "refused" : "pending", lines);
  print_outcome(*submitted, path, false);
  return refused ? kRefused : kCannotEvaluate;
}

int import(const ImportOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto plans = make_plans(options, *client);
  if (!plans) return report(plans.error());
  Report shown(context);
  if (options.dry_run) {
    for (const Plan& plan : *plans) {
      if (plan.steps.empty()) shown.add(plan.id, "", "same   ", {});
      for (const PlannedChange& step : plan.steps) {
        shown.add(plan.id, to_text(step.change.action), "planned", step.lines);
      }
    }
    return kOk;
  }
  if (options.key.empty()) return report({Errc::usage, "--key FILE: needed unless --dry-run"});
  const auto key = open_key(options.key, options.passphrase_file);
  if (!key) return report(key.error());
  const auto chain_id = network_of(options.policy, *client);
  if (!chain_id) return report(chain_id.error());
  for (Plan& plan : *plans) {
    if (plan.steps.empty()) shown.add(plan.id, "", "same   ", {});
    for (PlannedChange& step : plan.steps) {
      if (step.change.action != AccreditationAction::grant) step.change.previous = plan.last;
      const auto done =
          submit_step(options, *client, **key, *chain_id, step.change, shown, step.lines);
      // What was logged stays logged: the next run finds it and goes on from there.
      if (const int* code = std::get_if<int>(&done)) return *code;
      plan.last = std::get<Digest>(done);
    }
  }
  return kOk;
}

}  // namespace

void add_import_command(CLI::App& accredit, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  auto* command =
      accredit.add_subcommand("import", "Bring a list of accreditations onto the ledger");
  command->add_option("CSV", options->csv, "The list; - for standard input")->required();
  command->add_option("--issuer", options->issuer, "Party URI of the body")->required();
  command->add_option("--key", options->key, "The body's sign key; not for --dry-run");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "Read the passphrase from this file's first line instead of asking");
  command->add_option("--policy", options->policy,
                      "Trust policy of the network; without it the node is believed");
  command->add_option("--effective", options->effective, "Effective from; default today");
  command
      ->add_option("--folder", options->folder,
                   "Where the signed statements are saved before they are sent")
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Only show every change");
  command->footer(
      "The first line names the columns: accreditation, verifier, scope, scheme, standards,\n"
      "assurance, from, until and, if there are any, regimes. One line a scope; standards and\n"
      "regimes separated by spaces. A list that adds and takes away becomes an extension and a\n"
      "reduction. What is not in the list stays as it is.\n"
      "Example:\n"
      "  footproof accredit import scopes.csv --issuer https://accreditation.example --dry-run\n"
      "  footproof accredit import scopes.csv --issuer https://accreditation.example \\\n"
      "    --key body-sign.pem --folder sent --node http://127.0.0.1:8101\n");
  command->callback([options, &context] { context.exit_code = import(*options, context); });
}

}  // namespace footproof::api
